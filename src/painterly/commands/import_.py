"""`painterly import`: other people's networks as model files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from painterly.commands.common import Json, Overwrite, Quiet, Verbose, print_json, say

__all__ = ["import_"]


def import_(
    file: Annotated[
        Path, typer.Argument(help="A checkpoint: .pth, .pt, .model, .safetensors, .npz, .ckpt, .onnx, .t7.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The model file to write (.safetensors).")],
    title: Annotated[str, typer.Option("--title", help="For people; by default the file's name.")] = "",
    licence: Annotated[str, typer.Option("--licence", help="Under which its maker released it.")] = "",
    half: Annotated[bool, typer.Option("--half", help="Store weights in half precision.")] = False,
    overwrite: Overwrite = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Import a network of pytorch/examples, the paper's authors or others; it is recognised by its tensors."""
    from painterly.interop.importing import import_network

    card = import_network(file, output, title=title, licence=licence, half=half, overwrite=overwrite)
    network = card.network
    blocks = f"{network['blocks']} block{'' if network['blocks'] == 1 else 's'}"
    say(f"{file}: {card.training['imported']['layout']}, {network['width']} channels, {blocks}")
    say(f"wrote {output}; paint with it:  painterly stylize photo.jpg --model {output}")
    if json:
        print_json({"file": str(output), **card.to_dict()})
