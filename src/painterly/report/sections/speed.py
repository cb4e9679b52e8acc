"""Seconds, memory and energy of one pass and of optimisation (table 1)."""

from __future__ import annotations

from painterly.benchmarks.paper import ITERATIONS, benchmark_paper
from painterly.evaluation.charts import speed_chart
from painterly.report.context import Context, Section, mebibytes

__all__ = ["draw"]


def draw(context: Context) -> Section:
    """Table 1 on this machine, beside the paper's."""
    settings, budget = context.settings, context.budget
    section = Section("Speed", "table 1", "painterly benchmark paper")
    name, photograph = context.photographs(1)[0]
    source = settings.output / context.keep_picture("timed.png", photograph)
    table = benchmark_paper(
        source,
        model=settings.model,
        sizes=budget.speed_sizes,
        iterations=budget.speed_iterations,
        loss_network=settings.loss_network,
        device=settings.device,
        report=context.say,
    )
    section.text(
        f"{table.device}, {table.threads} threads, float32, loss network {table.loss_network}, on {name}. Medians, "
        f"with quartiles in brackets; seconds marked ~ are extrapolated from the median of {budget.speed_iterations} "
        "iterations. The paper's ratios are those of a Titan X."
    )
    section.table(
        [
            "size",
            "network",
            "an iteration",
            *(f"{count} iterations" for count in ITERATIONS),
            "speed-up",
            "the paper's",
        ],
        [
            [
                row["size"],
                *(_time(row[what]) for what in ("network", "iteration")),
                *(f"{'~' if e['extrapolated'] else ''}{e['seconds']:.1f} s" for e in row["optimisation"]),
                " / ".join(f"{e['speed_up']:.0f}x" for e in row["optimisation"]),
                " / ".join(f"{value / row['paper'][3]:.0f}x" for value in row["paper"][:3]) if row["paper"] else "",
            ]
            for row in table.rows
        ],
        "Table 1.",
    )
    section.picture(context.keep_chart("speed.svg", speed_chart(table.rows)), "The same as a chart.")
    usages = [(row["size"], what, row["usage"][what]) for row in table.rows for what in ("network", "optimisation")]
    section.table(
        ["size", "work", "memory before", "peak memory", "watts (idle)", "joules each, beyond idle"],
        [
            [
                size,
                "one pass" if what == "network" else "one iteration",
                *(mebibytes(usage[key]) for key in ("memory_before", "peak_memory")),
                "not known" if usage["watts"] is None else f"{usage['watts']:.0f} ({usage['idle_watts']:.0f})",
                usage.get("joules_per_image", "not known"),
            ]
            for size, what, usage in usages
        ],
        f"Memory of the process; energy: {usages[0][2]['energy_source']}.",
    )
    section.data = table.to_dict()
    return section


def _time(timing: dict[str, float]) -> str:
    return f"{timing['median']:.3f} s ({timing['low']:.3f} to {timing['high']:.3f})"
