"""`painterly evaluate convergence`: what training cost, and how far from converged it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from painterly.commands.common import Json, Overwrite, Quiet, Verbose, print_json, say
from painterly.commands.tables import markdown

if TYPE_CHECKING:
    from painterly.evaluation.convergence import Convergence

__all__ = ["convergence"]

_HEAD = (
    *("network", "stage", "steps", "pictures", "side", "hours", "energy"),
    *("objective", "first", "last", "unseen", "falls a doubling", "hardware"),
)


def convergence(
    sources: Annotated[
        list[str], typer.Argument(metavar="NETWORK-OR-RUN...", help="Networks by name or file, or folders of runs.")
    ],
    figure: Annotated[
        Path | None, typer.Option("--figure", help="Draw the curves into this .svg file (extra: evaluate).")
    ] = None,
    overwrite: Overwrite = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """What each stage of training cost, and how far from converged it still is.

    The last figure but one is by how much of itself the objective falls when the steps double, with its standard
    error, fitted to the last two doublings. Steps are counted by their learning rate, and what a falling rate gains by
    itself is left out. About that much, or somewhat less, is what twice the steps would bring.
    """
    from painterly.errors import InputError
    from painterly.evaluation.charts import check_chart, convergence_chart, save_chart
    from painterly.evaluation.convergence import evaluate_convergence

    if figure is not None:
        check_chart(figure, overwrite=overwrite)
    rows = evaluate_convergence(sources)
    if figure is not None:
        if not any(row.stage.curve for row in rows):
            raise InputError(f"there is no curve for {figure}: these cards are older than curves; name folders of runs")
        save_chart(convergence_chart(rows), figure, overwrite=overwrite)
        say(f"wrote {figure}")
    if json:
        print_json([row.to_dict() for row in rows])
        return
    typer.echo("\n".join(markdown(_HEAD, [_cells(row) for row in rows])))


def _cells(row: Convergence) -> list[object]:
    stage = row.stage
    known = [stage.name, f"{row.number} of {row.of}", stage.steps, stage.pictures, stage.training.get("size")]
    hours = None if stage.seconds is None else f"{stage.seconds / 3600:.2f}"
    energy = "not known" if stage.joules is None else f"{stage.joules / 3.6e6:.3g} kWh"
    ends = [None if value is None else f"{value:.4g}" for value in (row.first, row.last)]
    slope = "not known" if row.slope is None else f"{row.slope.percent:.1f} ± {row.slope.error:.1f} %"
    return [*known, hours, energy, " + ".join(stage.terms), *ends, stage.unseen, slope, stage.hardware]
