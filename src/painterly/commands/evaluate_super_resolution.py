"""`painterly evaluate super-resolution`: how well networks enlarge, on the benchmarks of the paper."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from painterly.commands.common import Device, Json, Overwrite, Quiet, Verbose, print_json, say
from painterly.commands.tables import markdown

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["super_resolution"]


def super_resolution(
    data: Annotated[Path, typer.Option("--data", help="A folder of benchmark sets (Set5, Set14, ...), or one set.")],
    scale: Annotated[int, typer.Option("--scale", help="How many times larger: 2, 3, 4 or 8.")] = 4,
    models: Annotated[
        list[str] | None,
        typer.Option("--models", help="A network's name or file; may be given several times. By default what ships."),
    ] = None,
    sets: Annotated[
        list[str] | None, typer.Option("--set", help="A set to use; may be given several times. By default all.")
    ] = None,
    degradation: Annotated[
        str, typer.Option("--degradation", help="bicubic, as published figures mean it, or paper (blur first).")
    ] = "bicubic",
    loss_network: Annotated[
        str, typer.Option("--loss-network", help="Where the feature distance is taken: auto, none, a name or a file.")
    ] = "auto",
    feature_layers: Annotated[
        str, typer.Option("--feature-layers", help="Its layers, separated by commas.")
    ] = "relu2_2",
    figures: Annotated[
        Path | None, typer.Option("--figures", help="A folder for side-by-side pictures (the paper's figures 8 and 9).")
    ] = None,
    corner: Annotated[
        tuple[int, int] | None,
        typer.Option("--corner", help="Left and top of the part that they enlarge; by default the busiest."),
    ] = None,
    device: Device = "auto",
    overwrite: Overwrite = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """PSNR, SSIM and feature distance of bicubic enlargement and networks, beside the paper's (figures 8 and 9).

    On luma, of pictures rounded to eight bits, without a border as wide as the scale. `colour` is the shift of
    the mean colour, `grid` the strength of the pattern that repeats with the up-sampling in the flatter half of the
    ground truth (and in the ground truth itself), both in levels of 255.
    """
    from painterly.data.degradation import DEGRADATIONS
    from painterly.errors import OutputError, UsageError
    from painterly.evaluation.super_resolution import evaluate_super_resolution
    from painterly.images.writing import save_picture

    if degradation not in DEGRADATIONS:
        raise UsageError(f"--degradation must be one of {', '.join(DEGRADATIONS)}, not '{degradation}'")
    if corner is not None and min(corner) < 0:
        raise UsageError(f"--corner must not be negative, as {min(corner)} is")
    if figures is not None and figures.exists() and not figures.is_dir():
        raise OutputError(f"{figures} is not a folder")

    def keep(group: str, name: str, picture: Image.Image) -> None:
        assert figures is not None
        save_picture(picture, figures / group / f"{name}-x{scale}.png", overwrite=overwrite)

    result = evaluate_super_resolution(
        data,
        scale=scale,
        models=models,
        degradation=degradation,  # type: ignore[arg-type]
        loss_network=loss_network,
        feature_layers=feature_layers,
        device=device,
        sets=sets,
        corner=corner,
        figure=keep if figures is not None else None,
        report=say if verbose else (lambda text: None),
    )
    if json:
        print_json(result.to_dict())
        return
    for line in _table(result.rows):
        typer.echo(line)
    if result.feature_layers is None and loss_network == "auto":
        say("no feature distance: the loss network is not at hand (painterly download vgg16)")


def _table(rows: list[dict[str, Any]]) -> list[str]:
    head, cells = (
        ["set", "scale", "method", "PSNR", "SSIM", "paper's", "feature distance", "colour", "grid (truth)"],
        [],
    )
    for row in rows:
        paper = "" if row["paper_psnr"] is None else f"{row['paper_psnr']:.2f} / {row['paper_ssim']:.4f}"
        distance = "" if row["feature_distance"] is None else f"{row['feature_distance']:.3f}"
        measured = [f"{row['psnr']:.2f}", f"{row['ssim']:.4f}", paper, distance]
        measured += [f"{row['colour_shift']:.2f}", f"{row['grid']:.2f} ({row['grid_truth']:.2f})"]
        cells.append([row["set"], f"x{row['scale']}", row["method"], *measured])
    return markdown(head, cells)
