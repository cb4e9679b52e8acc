"""How many iterations of optimisation the network is worth (figure 5)."""

from __future__ import annotations

from painterly.evaluation.charts import curve_chart
from painterly.evaluation.style import evaluate_style
from painterly.report.context import Context, Section

__all__ = ["draw"]


def draw(context: Context) -> Section:
    """The objective by iteration, at each size."""
    settings, budget = context.settings, context.budget
    section = Section(
        "One pass against many iterations",
        "figure 5",
        f"painterly evaluate style --model {settings.model} --photos DIR --size 256 --figure curve.svg",
    )
    found = []
    for size in budget.curve_sizes:
        context.say(f"{budget.curve_iterations} iterations on {budget.curve_photos} photographs at {size} px")
        found.append(
            evaluate_style(
                settings.model,
                context.photos_folder(),
                style=settings.style,
                size=size,
                iterations=budget.curve_iterations,
                count=budget.curve_photos,
                device=settings.device,
            )
        )
    photographs = f"{found[0].photographs} photographs" if found[0].photographs > 1 else "one photograph"
    section.text(
        "The same objective, lowered by projected L-BFGS from noise, and reached by the network in one pass; averaged "
        f"over {photographs}. In the paper the networks are worth 50 to 100 iterations."
    )
    section.picture(context.keep_chart("iterations.svg", curve_chart(found)), "Figure 5: objective by iteration.")
    section.table(
        ["size", "photograph", "network", "optimisation, last", "network is worth"],
        [
            [
                f"{one.size}x{one.size}",
                f"{one.content:.4g}",
                f"{one.network:.4g}",
                f"{one.optimisation[-1]:.4g}",
                f"{one.equivalent_iterations} iterations"
                if one.equivalent_iterations is not None
                else f"more than {len(one.optimisation) - 1}",
            ]
            for one in found
        ],
    )
    section.data["sizes"] = [one.to_dict() for one in found]
    return section
