"""Options that several commands share."""

from __future__ import annotations

import json
import logging
import sys
from typing import Annotated, Any

import typer

from painterly.progress import be_quiet, console

__all__ = [
    "MEASURE",
    "PAINT",
    "SHARE",
    "TRAIN",
    "Backend",
    "Depth",
    "Device",
    "Json",
    "MaxPixels",
    "Memory",
    "Overwrite",
    "PngLevel",
    "Precision",
    "Quality",
    "Quiet",
    "Strip",
    "Tile",
    "Verbose",
    "print_json",
    "say",
]

PAINT, TRAIN, MEASURE, SHARE = "Paint", "Train", "Measure", "Share"
"""The groups in which the commands are listed."""


def _quiet(value: bool) -> bool:
    be_quiet(value)
    if value:
        logging.getLogger("painterly").setLevel(logging.ERROR)
    return value


def _verbose(value: bool) -> bool:
    if value:
        logging.basicConfig(format="%(message)s", stream=sys.stderr)
        logging.getLogger("painterly").setLevel(logging.INFO)
    return value


Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.", callback=_quiet)]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Say what is done and with what.", callback=_verbose)]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace files that exist.")]
Backend = Annotated[
    str, typer.Option("--backend", help="auto, torch, compile, openvino or onnxruntime; the last two are extras.")
]
Precision = Annotated[
    str,
    typer.Option("--precision", help="auto, float32, bfloat16, or int8 (extra: int8); auto takes what is fast here."),
]
Quality = Annotated[
    int | None,
    typer.Option("--quality", help="Of JPEG, WebP, AVIF and HEIC, 1 to 100; by default what suits the format."),
]
PngLevel = Annotated[int, typer.Option("--png-level", help="How hard PNG is compressed, 0 to 9.")]
Depth = Annotated[int, typer.Option("--depth", help="Bits a channel: 8, or 16 in PNG and TIFF (extra: vips).")]
Strip = Annotated[bool, typer.Option("--strip", help="Leave out dates, places, camera and comments.")]
MaxPixels = Annotated[
    int | None, typer.Option("--max-pixels", help="Refuse pictures with more pixels; 500000000 unless given.")
]
Tile = Annotated[
    str, typer.Option("--tile", help="auto, by tiles where that fits or is sooner; off; or their side in pixels.")
]
Memory = Annotated[
    str | None,
    typer.Option("--memory", help="What may be held in all, such as 2GB; by default two thirds of what is free."),
]
Device = Annotated[str, typer.Option("--device", help="auto, cpu, cuda or mps.")]


def say(text: str) -> None:
    """One line for people, on standard error; nothing under --quiet."""
    console().print(text, markup=False, soft_wrap=True)


def print_json(value: Any) -> None:
    """A document for programs, on standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")
