"""`painterly evaluate learning`: how fast styles are learnt."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from painterly.commands.common import Json, Overwrite, Quiet, Verbose, print_json, say
from painterly.commands.tables import markdown

__all__ = ["learning"]


def learning(
    runs: Annotated[
        list[str], typer.Argument(metavar="PAINTING:WAY=RUN...", help="Run folders with measures, and what they show.")
    ],
    figure: Annotated[Path | None, typer.Option("--figure", help="Draw the curves into this .svg file.")] = None,
    goal: Annotated[
        str, typer.Option("--goal", help="WAY:FACTOR: the goal is that way's last objective times the factor.")
    ] = "",
    overwrite: Overwrite = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Compare ways to learn a style: the objective on unseen photographs against steps (train with --measure-every)."""
    from painterly.evaluation.charts import check_chart, learning_chart, save_chart
    from painterly.evaluation.learning import learning_curves, learning_goals

    if figure is not None:
        check_chart(figure, overwrite=overwrite)
    panels = learning_curves(runs)
    goals = learning_goals(panels, goal) if goal else {}
    if figure is not None:
        save_chart(learning_chart(panels, goals), figure, overwrite=overwrite)
        say(f"wrote {figure}")
    if json:
        print_json({"curves": panels, "goals": goals})
        return
    head, cells = ["painting", "way", "steps", "objective", "goal", "reached after"], []
    for painting, curves in panels.items():
        for way, points in curves.items():
            reached = next((step for step, value in points if value <= goals.get(painting, float("-inf"))), None)
            wanted = f"{goals[painting]:.4g}" if painting in goals else ""
            steps, value = points[-1]
            cells.append([painting, way, str(steps), f"{value:.4g}", wanted, "" if reached is None else str(reached)])
    typer.echo("\n".join(markdown(head, cells)))
