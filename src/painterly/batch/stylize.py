"""Files, folders and globs of photographs to paintings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from painterly.batch.files import work_on_files
from painterly.batch.make import Files
from painterly.batch.painting import Painting
from painterly.batch.run import Outcome
from painterly.batch.tiles import TiledWork
from painterly.errors import UsageError
from painterly.images.mask_count import check_masks
from painterly.images.options import SaveOptions
from painterly.models.header import read_card
from painterly.models.resolve import Style, resolve
from painterly.models.treatment import Treatment
from painterly.tiling.settings import TileSettings

__all__ = ["stylize"]


def stylize(
    inputs: str | Path | Sequence[str | Path],
    output: str | Path | None = None,
    *,
    style: Style | Sequence[Style] | None = None,
    strength: float = 1.0,
    color: str = "style",
    stroke: str = "medium",
    canvas: float | None = None,
    mask: str | Path | Sequence[str | Path] | None = None,
    model: str | Path | None = None,
    size: int | None = None,
    format: str | None = None,
    device: str = "auto",
    backend: str = "auto",
    precision: str = "auto",
    tile: str | int = "auto",
    memory: str | int | None = None,
    statistics: str = "whole",
    overwrite: bool = False,
    quality: int | None = None,
    png_level: int = 6,
    depth: int = 8,
    strip: bool = False,
    max_pixels: int | None = None,
    report: Callable[[Outcome], object] = lambda outcome: None,
    run: Callable[..., list[Outcome]] = work_on_files,
) -> list[Outcome]:
    """Paint photographs in the style of a painting, from files to files.

    Args:
        inputs: Files, folders and glob patterns; or "-", standard input.
        output: A file for a single picture, "-" for standard output, or a folder; by default
            each painting lies beside its photograph.
        style: A style's name or a mixture (`starry-night:0.6,the-scream:0.4`); several, each for its mask.
        strength: From 0, the photograph, to 1, the style.
        color: "style", "content" or "luminance"; see `painterly.Painter`.
        stroke: "small", "medium" or "large".
        canvas: How uneven the canvas is, in grey levels from 0 to 32; by default as the network was trained, and even
            for animations, on which dabs that stand still would show. See `painterly.Painter`.
        mask: Where to paint, white inside; several for several styles.
        model: A model's name or file; by default the gallery.
        size: Longest side of the paintings; by default that of the photographs.
        format: "png", "jpg", ... for paintings in folders; by default that of the photograph.
        device: "auto", "cpu", "cuda" or "mps".
        backend: "auto", "torch", "compile", "openvino" or "onnxruntime".
        precision: "auto", "float32", "bfloat16" or "int8" (in OpenVINO, for style networks).
        tile: "auto", by tiles if the whole does not fit or takes longer; "off", never; or the side of the tiles in
            pixels.
        memory: What the process may hold in all, in bytes or as "2GB"; by default two thirds of what is free.
        statistics: "whole"; or "thumbnail", a look of its own; see `painterly.Painter`.
        overwrite: Whether existing files are replaced.
        quality: Of JPEG, WebP, AVIF and HEIC, from 1 to 100; by default what suits the format.
        png_level: How hard PNG is compressed, from 0 to 9.
        depth: Bits a channel, 8 or 16; sixteen in PNG and TIFF, read, computed and written with all their bits (needs
            the extra `vips`).
        strip: Whether dates, places, camera and comments are left out of the results.
        max_pixels: Larger pictures are refused; by default 500 million pixels.
        report: Called with each outcome as it comes.
        run: What goes through the files; `painterly.cluster` has its own.

    Returns:
        An outcome for every picture; one that failed says why, and stops none of the others.

    Raises:
        UsageError: It was asked for wrongly: an unknown model, device or format, one file for several pictures.
        InputError: The model cannot be read, or there are no pictures.
        MissingExtraError: Sixteen bits are wanted, and libvips is not installed.
    """
    files = Files(overwrite, SaveOptions(quality, png_level, depth, strip), max_pixels)
    styles: list[Style | None] = list(style) if isinstance(style, (list, tuple)) else [style]  # type: ignore[list-item]
    masks = [] if mask is None else [mask] if isinstance(mask, (str, Path)) else list(mask)
    found = [resolve(model, one, strength) for one in styles or [None]]
    path = found[0][0]
    if len({file for file, _ in found}) > 1:
        raise UsageError("the styles belong to different networks, so that one picture cannot have them all")
    check_masks(len(found), len(masks))
    looks = [one for _, one in found if one is not None]
    if depth == 16 and precision == "auto":
        precision = "float32"
    painting = Painting(
        model=path,
        looks=looks,
        treatment=Treatment(color, stroke, read_card(path).canvas if canvas is None else canvas),
        frames=Treatment(color, stroke, canvas or 0.0),
        masks=masks,
        size=size,
        tiles=TileSettings(tile, memory, statistics),
        deep=depth == 16,
        where={"device": device, "backend": backend, "precision": precision},
    )
    painting.load()
    return run(
        inputs,
        output,
        painting,
        suffix="-".join(one.title for one in looks) or path.stem,
        format=format,
        files=files,
        report=report,
        tiled=TiledWork(painting.wants_tiles, painting.result_size, painting.by_tiles),
    )
