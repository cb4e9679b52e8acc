"""`painterly invert`: what a layer of the loss network keeps of a picture (paper, figures 3 and 4)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from painterly.commands.common import Device, Json, Overwrite, Quiet, Verbose, print_json, say

__all__ = ["invert"]


def invert(
    image: Annotated[Path, typer.Argument(metavar="IMAGE", help="The picture.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The picture to write.")],
    layer: Annotated[
        str | None, typer.Option("--layer", help="Match the activations of this layer, or of several (figure 3).")
    ] = None,
    style: Annotated[
        str | None, typer.Option("--style", help="Match the Gram matrix of this layer, or of several (figure 4).")
    ] = None,
    grid: Annotated[
        bool, typer.Option("--grid", help="One picture of every layer named, each inverted by itself.")
    ] = False,
    size: Annotated[int, typer.Option("--size", min=32, help="Longest side in pixels.")] = 256,
    iterations: Annotated[int, typer.Option("--iterations", min=1, help="Iterations a picture.")] = 200,
    variation: Annotated[float, typer.Option("--variation", min=0.0, help="Weight of total variation.")] = 0.5,
    beta: Annotated[float, typer.Option("--beta", min=0.5, help="Power of total variation.")] = 2.0,
    method: Annotated[str, typer.Option("--method", help="lbfgs or adam.")] = "lbfgs",
    loss_network: Annotated[str, typer.Option("--loss-network", help="As for train style.")] = "auto",
    seed: Annotated[int, typer.Option("--seed", help="Decides the noise to start from.")] = 0,
    device: Device = "auto",
    overwrite: Overwrite = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Find a picture that a layer cannot tell from this one (figure 3), or whose style it cannot (figure 4)."""
    from painterly.atomic import check_writable
    from painterly.errors import UsageError
    from painterly.images.writing import check_format, save_picture

    if (layer is None) == (style is None):
        raise UsageError("give one of --layer and --style")
    if method not in ("lbfgs", "adam"):
        raise UsageError(f"--method must be lbfgs or adam, not '{method}'")
    check_format(output)
    check_writable(output, overwrite=overwrite)

    from painterly.optimisation.invert import invert as find

    picture, rows = find(
        image,
        layer or style or "",
        kind="feature" if layer is not None else "style",
        grid=grid,
        size=size,
        iterations=iterations,
        variation=variation,
        beta=beta,
        method=method,  # type: ignore[arg-type]
        loss_network=loss_network,
        seed=seed,
        device=device,
    )
    save_picture(picture, output, overwrite=overwrite)
    for row in rows:
        say(f"{row['layers']}: {row['kind']} {row['start']:.4g} -> {row['end']:.4g}")
    say(f"wrote {output}")
    if json:
        print_json({"output": str(output), "rows": rows})
