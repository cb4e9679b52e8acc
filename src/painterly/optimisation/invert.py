"""Inversions from a file to a picture, alone or as a grid over layers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from PIL import Image
from rich.progress import Progress

from painterly.encoders.loading import load_loss_network
from painterly.encoders.names import parse_layers
from painterly.errors import UsageError
from painterly.images.reading import read_picture, resize_longest
from painterly.images.sheet import contact_sheet
from painterly.images.tensors import from_tensor, to_tensor
from painterly.memory import keep_freed_memory
from painterly.models.device import choose_device
from painterly.optimisation.descent import Iteration, Method
from painterly.optimisation.inversion import Inversion, invert_layers
from painterly.progress import console

__all__ = ["invert"]


def invert(
    picture: str | Path,
    layers: str,
    *,
    kind: Inversion = "feature",
    grid: bool = False,
    size: int = 256,
    iterations: int = 200,
    variation: float = 0.5,
    beta: float = 2.0,
    method: Method = "lbfgs",
    loss_network: str = "auto",
    seed: int = 0,
    device: str = "auto",
) -> tuple[Image.Image, list[dict[str, Any]]]:
    """Find pictures that layers of the loss network cannot tell from a picture.

    Args:
        picture: The file.
        layers: Layers, separated by commas.
        kind: Whether activations or Gram matrices are matched.
        grid: Whether each layer is inverted by itself, and all are shown side by side after the original.
        size: Longest side.
        iterations: Iterations a picture.
        variation: Weight of total variation.
        beta: Its power.
        method: "lbfgs" or "adam".
        loss_network: A name, a file, or "auto".
        seed: Decides the noise to start from.
        device: Where to compute.

    Returns:
        The picture, or the grid, and a row for each inversion: `layers`, `kind`, and the distance at `start` and `end`.

    Raises:
        InputError: The picture or the loss network cannot be read.
        UsageError: The loss network lacks a layer, or none is named.
    """
    names = parse_layers(layers)
    if not names:
        raise UsageError("name a layer, such as relu3_3")
    keep_freed_memory()
    where = choose_device(device)
    original = to_tensor(resize_longest(read_picture(picture).convert("RGB"), size)).to(where)
    network = load_loss_network(loss_network, content_layers=names, style_layers=names).to(where)
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    groups = [(name,) for name in names] if grid else [names]

    rows, cells = [], [("original", from_tensor(original))]
    with Progress(console=console()) as progress:
        for group in groups:
            task = progress.add_task(", ".join(group), total=iterations)
            first: Iteration | None = None
            for last in invert_layers(
                network,
                original,
                group,
                kind=kind,
                variation=variation,
                beta=beta,
                iterations=iterations,
                method=method,
                seed=seed,
            ):
                first = first or last
                progress.update(task, completed=last.number)
            assert first is not None
            found = from_tensor(last.picture)
            rows.append({"layers": ",".join(group), "kind": kind, "start": first.terms[kind], "end": last.terms[kind]})
            cells.append((", ".join(group), found))
    return (contact_sheet([cells]) if grid else found), rows
