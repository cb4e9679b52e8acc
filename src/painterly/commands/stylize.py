"""`painterly stylize`: photographs in, paintings out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from painterly.commands.common import (
    Backend,
    Depth,
    Device,
    Json,
    MaxPixels,
    Memory,
    Overwrite,
    PngLevel,
    Precision,
    Quality,
    Quiet,
    Strip,
    Tile,
    Verbose,
)
from painterly.commands.engine import Address, Engine, EngineOptions, Manifest, Quarantine, Workers, work

__all__ = ["stylize"]


def stylize(
    inputs: Annotated[
        list[str], typer.Argument(metavar="IN...", help="Pictures, folders or globs; - is standard input.")
    ],
    output: Annotated[
        str | None,
        typer.Option(
            "--output", "-o", help="A file, a folder, or - for standard output; otherwise beside each picture."
        ),
    ] = None,
    style: Annotated[
        list[str] | None,
        typer.Option(
            help="A style, or a mixture such as starry-night:0.6,the-scream:0.4; again for a second --mask. "
            "painterly styles lists them."
        ),
    ] = None,
    strength: Annotated[float, typer.Option(help="From 0, the photograph, to 1, the style.")] = 1.0,
    color: Annotated[
        str,
        typer.Option(
            help="style, the painting's colours; content, the photograph's; or luminance, the photograph's "
            "with its brightness and contrast too."
        ),
    ] = "style",
    stroke: Annotated[str, typer.Option(help="How large strokes are: small, medium or large.")] = "medium",
    canvas: Annotated[
        float | None,
        typer.Option(
            help="How uneven the canvas is, in grey levels up to 32: it gives skies and walls strokes of their own. "
            "By default as the network was trained: 4 for the gallery."
        ),
    ] = None,
    mask: Annotated[
        list[Path] | None,
        typer.Option(
            help="Where to paint: a picture, white inside; once for each --style. A last style without a mask "
            "fills what the others leave."
        ),
    ] = None,
    model: Annotated[
        str | None, typer.Option("--model", "-m", help="A model's name or file; by default the gallery.")
    ] = None,
    size: Annotated[
        int | None, typer.Option("--size", "-s", min=16, help="Longest side of the painting in pixels.")
    ] = None,
    format: Annotated[str | None, typer.Option("--format", help="png, jpg, ... for paintings in folders.")] = None,
    device: Device = "auto",
    backend: Backend = "auto",
    precision: Precision = "auto",
    tile: Tile = "auto",
    memory: Memory = None,
    statistics: Annotated[
        str,
        typer.Option(help="Instance normalisation by the whole picture, or by a thumbnail of it, a look of its own."),
    ] = "whole",
    quality: Quality = None,
    png_level: PngLevel = 6,
    depth: Depth = 8,
    strip: Strip = False,
    max_pixels: MaxPixels = None,
    engine: Engine = "local",
    workers: Workers = None,
    address: Address = None,
    manifest: Manifest = None,
    quarantine: Quarantine = None,
    overwrite: Overwrite = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Paint photographs in the style of a painting, or of several."""
    from painterly.batch.stylize import stylize as paint
    from painterly.models.resolve import resolve

    options: dict[str, Any] = {
        "style": style,
        "strength": strength,
        "color": color,
        "stroke": stroke,
        "canvas": canvas,
        "mask": mask,
        "model": model,
        "size": size,
        "device": device,
        "backend": backend,
        "precision": precision,
        "tile": tile,
        "memory": memory,
        "statistics": statistics,
        "quality": quality,
        "png_level": png_level,
        "depth": depth,
        "strip": strip,
        "max_pixels": max_pixels,
    }
    cluster = EngineOptions(engine, workers, address, manifest, quarantine)
    said: dict[str, Any] = {"format": format, "overwrite": overwrite, "json": json, "verbose": verbose}

    def about() -> dict[str, Any]:
        name = model if model is not None else resolve(None, style[0] if style else None, strength)[0].stem
        return {"model": name, "style": style}

    work("stylize", paint, inputs, output, options, cluster, about, **said)
