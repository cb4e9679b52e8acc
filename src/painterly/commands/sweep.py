"""`painterly sweep`: what a style weight will look like, before hours are spent on it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from painterly.commands.common import Device, Json, Overwrite, Quiet, Verbose, print_json, say

__all__ = ["sweep"]


def sweep(
    style: Annotated[Path, typer.Option("--style", help="The painting.")],
    photos: Annotated[list[str], typer.Option("--photo", help="A photograph; may be given several times.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The contact sheet.")],
    weights: Annotated[
        str | None,
        typer.Option("--weights", help="Style weights, separated by commas; by default around the preset's."),
    ] = None,
    sizes: Annotated[
        str | None, typer.Option("--style-sizes", help="Sizes of the painting, separated by commas: a row for each.")
    ] = None,
    preset: Annotated[str, typer.Option("--preset", help="Whose weighting and style size to start from.")] = "modern",
    loss_network: Annotated[str, typer.Option("--loss-network", help="As for train style.")] = "auto",
    size: Annotated[int, typer.Option("--size", min=64, help="Longest side of the pictures.")] = 256,
    iterations: Annotated[int, typer.Option("--iterations", min=1, help="Steps of Adam for each picture.")] = 100,
    device: Device = "auto",
    overwrite: Overwrite = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Show what style weights mean: optimise pictures under each, and draw a contact sheet.

    Each picture is changed by gradient descent on the very objective that `train style` would use, so a minute shows
    where hours of training would lead.
    """
    from painterly.atomic import check_writable
    from painterly.images.writing import check_format, save_picture

    check_format(output)
    check_writable(output, overwrite=overwrite)

    from painterly.optimisation.sweep import sweep_weights

    sheet, rows = sweep_weights(
        style,
        [Path(name) for name in photos],
        weights=_numbers(weights, "--weights"),
        style_sizes=[int(value) for value in _numbers(sizes, "--style-sizes") or []],
        preset=preset,
        loss_network=loss_network,
        size=size,
        iterations=iterations,
        device=device,
    )
    save_picture(sheet, output, overwrite=overwrite)
    for row in rows:
        say(
            f"{row['photo']}: style size {row['style_size']}, weight {row['style_weight']:.3g}: "
            f"content {row['content']:.4g}, "
            f"style {row['style']:.4g} (unweighted {row['style'] / row['style_weight']:.4g})"
        )
    say(f"wrote {output}")
    if json:
        print_json(rows)


def _numbers(text: str | None, option: str) -> list[float] | None:
    from painterly.errors import UsageError

    if text is None:
        return None
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        raise UsageError(f"{option} takes numbers separated by commas, not '{text}'") from None
    if min(values) <= 0:
        raise UsageError(f"{option} takes numbers above zero, not '{text}'")
    return values
