"""`painterly benchmark`: how long things take here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from painterly.commands.common import Device, Json, Quiet, Verbose, print_json, say
from painterly.commands.demo import DEMO_PICTURE
from painterly.models.catalogue import DEFAULT_MODEL

__all__ = ["app"]

app = typer.Typer(help="Measure speed.", no_args_is_help=True)


@app.callback()
def benchmark() -> None:
    """Measure speed."""


@app.command("paper")
def paper(
    sizes: Annotated[str, typer.Option("--sizes", help="Sides in pixels, separated by commas.")] = "256,512,1024",
    iterations: Annotated[
        int, typer.Option("--iterations", min=1, help="Iterations that are timed; more are extrapolated, and marked.")
    ] = 10,
    repeats: Annotated[int, typer.Option("--repeats", min=1, help="Passes of the network that are timed.")] = 5,
    model: Annotated[str, typer.Option("--model", "-m", help="A style network's name or file.")] = DEFAULT_MODEL,
    picture: Annotated[Path, typer.Option("--picture", help="Any picture; by default the demo's.")] = DEMO_PICTURE,
    loss_network: Annotated[str, typer.Option("--loss-network", help="As for train style.")] = "auto",
    device: Device = "auto",
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Table 1: seconds of optimisation against one pass of the network, in float32."""
    from painterly.benchmarks.paper import benchmark_paper
    from painterly.errors import UsageError

    try:
        wanted = [int(part) for part in sizes.split(",")]
    except ValueError:
        raise UsageError(f"--sizes takes whole numbers separated by commas, not '{sizes}'") from None
    if min(wanted) < 32:
        raise UsageError(f"--sizes must be at least 32, not {min(wanted)}")
    table = benchmark_paper(
        picture,
        model=model,
        sizes=wanted,
        iterations=iterations,
        repeats=repeats,
        loss_network=loss_network,
        device=device,
        report=say if verbose else (lambda text: None),
    )
    if json:
        print_json(table.to_dict())
        return
    typer.echo(f"{table.device}, {table.threads} threads, float32, loss network {table.loss_network}")
    for line in _lines(table.rows):
        typer.echo(line)
    if any(entry["extrapolated"] for row in table.rows for entry in row["optimisation"]):
        typer.echo(f"~ extrapolated from the median of {iterations} iterations")
    for line in _usage_lines(table.rows):
        typer.echo(line)


def _lines(rows: list[dict[str, Any]]) -> list[str]:
    lines = [
        "| size | network: median (quartiles) | an iteration | 100 | 300 | 500 | speed-up | the paper's |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        seconds = [f"{'~' if e['extrapolated'] else ''}{e['seconds']:.1f} s" for e in row["optimisation"]]
        ratios = " / ".join(f"{e['speed_up']:.0f}x" for e in row["optimisation"])
        paper = row["paper"]
        theirs = " / ".join(f"{value / paper[3]:.0f}x" for value in paper[:3]) if paper else ""
        times = [f"{t['median']:.3f} s ({t['low']:.3f} to {t['high']:.3f})" for t in (row["network"], row["iteration"])]
        lines.append(f"| {row['size']} | {' | '.join([*times, *seconds, ratios, theirs])} |")
    return lines


def _usage_lines(rows: list[dict[str, Any]]) -> list[str]:
    """Memory and energy, or why there is none to tell."""
    lines = [
        "",
        "| size | peak memory, network | optimisation | joules a pass | an iteration |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        usages = row["usage"]["network"], row["usage"]["optimisation"]
        memory = ["" if u["peak_memory"] is None else f"{u['peak_memory'] / 2**20:.0f} MiB" for u in usages]
        joules = [f"{u['joules_per_image']:.3g}" if "joules_per_image" in u else "not known" for u in usages]
        lines.append(f"| {row['size']} | {' | '.join([*memory, *joules])} |")
    first = rows[0]["usage"]["network"]
    idle = f"{first['idle_watts']:.0f} W idle subtracted" if first["idle_watts"] is not None else "not known"
    return [*lines, f"energy: {idle}, {first['energy_source']}"]
