"""`painterly export`: networks for other programs."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from painterly.commands.common import Json, Overwrite, Quiet, Verbose, print_json, say

__all__ = ["export"]


def export(
    model: Annotated[
        str, typer.Argument(help="A model's name or file; gallery takes its styles' weights as an input.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The file: .onnx, .xml (OpenVINO) or .pt2 (torch).")],
    format: Annotated[
        str | None, typer.Option("--format", help="onnx, openvino or torch; by default by the file's name.")
    ] = None,
    style: Annotated[str | None, typer.Option("--style", help="A style of a gallery, or a mixture.")] = None,
    strength: Annotated[float, typer.Option("--strength", help="From 0, the photograph, to 1, the style.")] = 1.0,
    precision: Annotated[
        str, typer.Option("--precision", help="float32; or float16: weights stored in half, the same arithmetic.")
    ] = "float32",
    overwrite: Overwrite = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Export a network to ONNX, OpenVINO or torch.export, for any size, once it is checked against torch."""
    from painterly.interop.exporting import export_model

    done = export_model(
        model, output, style=style, strength=strength, format=format, precision=precision, overwrite=overwrite
    )
    for size, difference in done.differences.items():
        say(f"{size}: differs from torch by {difference:.2g} at most ({done.tolerance:g} allowed, of [0, 1])")
    if done.styles:
        say(f"second input, weights: {', '.join(done.styles)}")
    say(f"wrote {done.file} ({done.format}, {done.bytes:,} bytes; RGB in [0, 1], sides from {done.minimum} pixels)")
    if json:
        print_json({**dataclasses.asdict(done), "file": str(done.file)})
