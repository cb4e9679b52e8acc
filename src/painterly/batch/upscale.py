"""Files, folders and globs of pictures to larger ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from painterly.batch.files import work_on_files
from painterly.batch.make import Files
from painterly.batch.run import Outcome
from painterly.batch.tiles import TiledWork
from painterly.errors import InputError
from painterly.images.options import SaveOptions
from painterly.models.upscaler import load_upscaler
from painterly.tiling.settings import TileSettings
from painterly.tiling.stores import Pixels

__all__ = ["upscale"]


def upscale(
    inputs: str | Path | Sequence[str | Path],
    output: str | Path | None = None,
    *,
    model: str | Path | None = None,
    scale: int | None = None,
    match_histogram: bool | None = None,
    format: str | None = None,
    device: str = "auto",
    backend: str = "auto",
    precision: str = "auto",
    tile: str | int = "auto",
    memory: str | int | None = None,
    overwrite: bool = False,
    quality: int | None = None,
    png_level: int = 6,
    depth: int = 8,
    strip: bool = False,
    max_pixels: int | None = None,
    report: Callable[[Outcome], object] = lambda outcome: None,
    run: Callable[..., list[Outcome]] = work_on_files,
) -> list[Outcome]:
    """Enlarge pictures, from files to files.

    Args:
        inputs: Files, folders and glob patterns; or "-", standard input.
        output: A file for a single picture, "-" for standard output, or a folder; by default
            each result lies beside its picture.
        model: A model's name or file; by default the one that ships for `scale`.
        scale: How many times larger; by default what the model does, or 4.
        match_histogram: Whether results get their pictures' own distribution of colours; by default where it helps.
        format: "png", "jpg", ... for results in folders; by default that of the picture.
        device: "auto", "cpu", "cuda" or "mps".
        backend: "auto", "torch", "compile", "openvino" or "onnxruntime".
        precision: "auto", "float32" or "bfloat16".
        tile: "auto", by tiles if the whole does not fit or takes longer; "off", never; or the side of the tiles in
            pixels.
        memory: What the process may hold in all, in bytes or as "2GB"; by default two thirds of what is free.
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
        UsageError: It was asked for wrongly: an unknown model, scale, device or format, one file for several pictures.
        InputError: The model cannot be read, or there are no pictures.
        MissingExtraError: Sixteen bits are wanted, and libvips is not installed.
    """
    files = Files(overwrite, SaveOptions(quality, png_level, depth, strip), max_pixels)
    if depth == 16 and precision == "auto":
        precision = "float32"
    upscaler = load_upscaler(model, scale=scale, device=device, backend=backend, precision=precision)
    tiles = TileSettings(tile, memory)
    matching = upscaler.matches_histogram if match_histogram is None else match_histogram

    def by_tiles(source: Pixels, output: Pixels, progress: Callable[[float], object]) -> None:
        if matching:
            raise InputError(
                "its colours are to be matched, which takes all of it at once; add --no-match-histogram, or --tile off"
            )
        upscaler.by_tiles(source, output, tiles, progress)

    return run(
        inputs,
        output,
        lambda picture: upscaler(picture, match_histogram=matching, tile=tile, memory=memory),
        suffix=f"x{upscaler.scale}",
        format=format,
        files=files,
        report=report,
        tiled=TiledWork(
            wanted=lambda height, width: upscaler.wants_tiles(tiles, height, width),
            size=lambda height, width: (height * upscaler.scale, width * upscaler.scale),
            run=by_tiles,
        ),
    )
