"""`painterly upscale`: small pictures in, large ones out."""

from __future__ import annotations

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
from painterly.models.catalogue import DEFAULT_UPSCALERS

__all__ = ["upscale"]


def upscale(
    inputs: Annotated[
        list[str], typer.Argument(metavar="IN...", help="Pictures, folders or globs; - is standard input.")
    ],
    output: Annotated[
        str | None,
        typer.Option(
            "--output", "-o", help="A file, a folder, or - for standard output; otherwise beside each picture."
        ),
    ] = None,
    scale: Annotated[
        int | None, typer.Option("--scale", help="How many times larger: 4 or 8; by default what the model does, or 4.")
    ] = None,
    model: Annotated[str | None, typer.Option("--model", "-m", help="A model's name or file.")] = None,
    match_histogram: Annotated[
        bool | None,
        typer.Option(
            "--match-histogram/--no-match-histogram",
            help="Give the result the picture's own distribution of colours; by default where it helps.",
        ),
    ] = None,
    format: Annotated[str | None, typer.Option("--format", help="png, jpg, ... for results in folders.")] = None,
    device: Device = "auto",
    backend: Backend = "auto",
    precision: Precision = "auto",
    tile: Tile = "auto",
    memory: Memory = None,
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
    """Enlarge pictures, sharper than interpolation can (paper, section 4.2)."""
    from painterly.batch.upscale import upscale as enlarge

    options: dict[str, Any] = {
        "model": model,
        "scale": scale,
        "match_histogram": match_histogram,
        "device": device,
        "backend": backend,
        "precision": precision,
        "tile": tile,
        "memory": memory,
        "quality": quality,
        "png_level": png_level,
        "depth": depth,
        "strip": strip,
        "max_pixels": max_pixels,
    }
    cluster = EngineOptions(engine, workers, address, manifest, quarantine)
    said: dict[str, Any] = {"format": format, "overwrite": overwrite, "json": json, "verbose": verbose}

    def about() -> dict[str, Any]:
        return {"model": model or DEFAULT_UPSCALERS[scale or 4]}

    work("upscale", enlarge, inputs, output, options, cluster, about, **said)
