"""`painterly camera`: what a camera sees, painted as it happens."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from painterly.commands.common import Backend, Overwrite, Precision, Quiet, Verbose, say

__all__ = ["camera"]


def camera(
    source: Annotated[
        str, typer.Option("--device", help="A camera, by its number or as a file such as /dev/video0; or any clip.")
    ] = "0",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A clip to write; otherwise there is a window.")
    ] = None,
    virtual: Annotated[bool, typer.Option("--virtual", help="Send it to a camera that other programs see.")] = False,
    style: Annotated[str | None, typer.Option(help="A style, or a mixture; painterly styles lists them.")] = None,
    strength: Annotated[float, typer.Option(help="From 0, the photograph, to 1, the style.")] = 1.0,
    color: Annotated[
        str, typer.Option(help="style, the painting's colours; content, the camera's; or luminance.")
    ] = "style",
    stroke: Annotated[str, typer.Option(help="How large strokes are: small, medium or large.")] = "medium",
    model: Annotated[
        str,
        typer.Option(
            "--model", "-m", help="A model's name or file; by default a small one, where one knows the style."
        ),
    ] = "",
    size: Annotated[int, typer.Option("--size", "-s", min=16, help="Longest side of the paintings in pixels.")] = 480,
    smooth: Annotated[
        float, typer.Option("--smooth", help="From 0 to below 1: how much of the past remains where nothing moves.")
    ] = 0.8,
    seconds: Annotated[float | None, typer.Option("--seconds", min=0, help="When to stop.")] = None,
    run_on: Annotated[str, typer.Option("--run-on", help="Where the network runs: auto, cpu, cuda or mps.")] = "auto",
    backend: Backend = "auto",
    precision: Precision = "auto",
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Paint what a camera sees, as it happens; Ctrl-C, Escape or closing the window ends it.

    Frames that come while one is painted are left out, so that the picture is never late by more than one.
    """
    from painterly.video.camera import paint_camera

    live = paint_camera(
        source,
        output,
        virtual=virtual,
        style=style,
        strength=strength,
        color=color,
        stroke=stroke,
        model=model,
        size=size,
        smooth=smooth,
        seconds=seconds,
        device=run_on,
        backend=backend,
        precision=precision,
        overwrite=overwrite,
    )
    where = f" -> {output}" if output is not None else ""
    say(
        f"{source}{where}  {live.width}x{live.height}  {live.frames} frames painted, {live.dropped} left out, "
        f"{live.rate:.1f} a second"
    )
