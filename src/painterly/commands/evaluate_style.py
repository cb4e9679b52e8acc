"""`painterly evaluate style`: what a network is worth in iterations of optimisation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from painterly.commands.common import Device, Json, Overwrite, Quiet, Verbose, print_json, say

__all__ = ["style"]


def style(
    model: Annotated[str, typer.Option("--model", "-m", help="A style network's name or file.")],
    photos: Annotated[Path, typer.Option("--photos", help="Photographs that it has not seen: a folder or a tar.")],
    painting: Annotated[
        Path | None, typer.Option("--style", help="The painting that it learnt; by default the data folder's.")
    ] = None,
    size: Annotated[int, typer.Option("--size", min=32, help="Side of the photographs in pixels.")] = 256,
    iterations: Annotated[int, typer.Option("--iterations", min=1, help="Iterations of L-BFGS.")] = 500,
    count: Annotated[int, typer.Option("--count", min=1, help="How many photographs.")] = 10,
    start: Annotated[str, typer.Option("--start", help="What optimisation starts from: noise or content.")] = "noise",
    loss_network: Annotated[
        str | None, typer.Option("--loss-network", help="Instead of the one that it was trained with.")
    ] = None,
    figure: Annotated[
        Path | None, typer.Option("--figure", help="Draw the curve into this .svg file (extra: evaluate).")
    ] = None,
    device: Device = "auto",
    overwrite: Overwrite = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """How many iterations of optimisation a network is worth (figure 5)."""
    from rich.progress import Progress

    from painterly.evaluation.charts import check_chart, curve_chart, save_chart
    from painterly.evaluation.style import evaluate_style
    from painterly.progress import console

    if figure is not None:
        check_chart(figure, overwrite=overwrite)
    with Progress(console=console()) as progress:
        task = progress.add_task("optimising", total=count * iterations)
        result = evaluate_style(
            model,
            photos,
            style=painting,
            size=size,
            iterations=iterations,
            count=count,
            start=start,
            loss_network=loss_network,
            device=device,
            report=lambda photograph, iteration: progress.update(task, completed=photograph * iterations + iteration),
        )
    if figure is not None:
        save_chart(curve_chart([result]), figure, overwrite=overwrite)
        say(f"wrote {figure}")
    if json:
        print_json(result.to_dict())
        return
    typer.echo(f"objective on {result.photographs} photographs at {size}x{size}")
    typer.echo(f"  unchanged photograph  {result.content:.4g}")
    typer.echo(f"  {result.model:20}  {result.network:.4g}")
    for number in (0, 20, 50, 100, 200, 300, 500):
        if number < len(result.optimisation):
            typer.echo(f"  L-BFGS {number:4} iterations {result.optimisation[number]:.4g}")
    reached = result.equivalent_iterations
    typer.echo(
        f"the network is worth {reached} iterations"
        if reached is not None
        else f"{iterations} iterations do not reach the network"
    )
