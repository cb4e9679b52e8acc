"""Pictures into files strip by strip, in memory that does not grow with their height."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from painterly.atomic import atomic_path, check_writable, disk_reason
from painterly.errors import OutputError
from painterly.images.flow import write_flowing
from painterly.images.metadata import Metadata
from painterly.images.options import SaveOptions
from painterly.images.profiles import srgb_profile
from painterly.images.tiff_tags import add_exif
from painterly.images.vips import has_vips, import_vips
from painterly.images.writing import check_depth, check_format, check_sides, flatten, save_picture

__all__ = ["write_strips"]

_INCH: Final = 25.4
_BIG: Final = 3_500_000_000
"""Bytes of pixels from which on TIFF is written with 64-bit addresses; deflate may make them a little more."""


def write_strips(
    path: str | Path,
    width: int,
    height: int,
    channels: int,
    dtype: npt.DTypeLike,
    strips: Iterable[npt.NDArray[Any]],
    options: SaveOptions | None = None,
    metadata: Metadata | None = None,
    overwrite: bool = False,
) -> None:
    """Write a picture from its strips, from top to bottom.

    PNG, JPEG and TIFF are never held whole where the extra `vips` is installed; the others, and all without it, are.

    Args:
        path: The file, whose name says the format.
        width: In pixels.
        height: Likewise.
        channels: 3, or 4 with transparency; formats without transparency get a white ground.
        dtype: uint8, uint16, or float32 in [0, 1].
        strips: Shape (rows, W, C) each, of any heights that add up to the picture's.
        options: Quality, depth and the like.
        metadata: What to say beside the pixels.
        overwrite: Whether the file may exist.

    Raises:
        OutputError: It exists, cannot be written, or its format has no such large sides.
        UsageError: The format is unknown, or has no sixteen bits.
        MissingExtraError: Sixteen bits need libvips.
        ValueError: The strips do not make up the picture.
    """
    path, options = Path(path), options or SaveOptions()
    kind = check_format(path)
    check_depth(path, options.depth)
    check_writable(path, overwrite=overwrite)
    check_sides(path, kind, width, height)
    dtype = np.dtype(dtype)
    depth = np.dtype(np.uint16 if options.depth == 16 else np.uint8)
    checked = _checked(strips, (height, width, channels), dtype)
    if not (kind in ("PNG", "JPEG", "TIFF") and has_vips()):
        whole = np.empty((height, width, channels), np.uint8)
        top = 0
        for strip in checked:
            whole[top : top + len(strip)] = to_depth(strip, np.dtype(np.uint8))
            top += len(strip)
        save_picture(Image.fromarray(whole), path, overwrite=overwrite, options=options, metadata=metadata)
        return
    vips, flat = import_vips("sixteen bits"), kind == "JPEG" and channels == 4
    packed = (_on_white(strip) if flat else strip for strip in (to_depth(strip, depth) for strip in checked))
    with atomic_path(path) as temporary:

        def save(image: Any) -> None:
            _save(vips, image, temporary, kind, options, metadata)

        write_flowing(vips, packed, (height, width, 3 if flat else channels), depth, save)


def to_depth(values: npt.NDArray[Any], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """Eight or sixteen bits a channel, rounded, from those or from floats in [0, 1]."""
    if values.dtype == dtype:
        return np.ascontiguousarray(values)
    if values.dtype == np.uint8:
        return values.astype(np.uint16) * np.uint16(257)
    top = np.iinfo(dtype).max
    if values.dtype == np.uint16:
        return ((values.astype(np.uint32) * 255 + 32895) >> 16).astype(np.uint8)
    result: npt.NDArray[Any] = np.rint(np.nan_to_num(values).clip(0, 1) * top).astype(dtype)
    return result


def _on_white(values: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """RGBA on a white ground: RGB."""
    return np.ascontiguousarray(np.asarray(flatten(Image.fromarray(values))))


def _checked(
    strips: Iterable[npt.NDArray[Any]], shape: tuple[int, int, int], dtype: np.dtype[Any]
) -> Iterator[npt.NDArray[Any]]:
    """Only strips that make up the picture."""
    height, width, channels = shape
    top = 0
    for strip in strips:
        if strip.shape[1:] != (width, channels) or strip.dtype != dtype:
            raise ValueError(
                f"expected strips (rows, {width}, {channels}) of {dtype}, not {strip.shape} of {strip.dtype}"
            )
        top += len(strip)
        if top > height:
            break
        yield strip
    if top != height:
        raise ValueError(f"expected strips of {height} rows together, not {top}")


def _save(vips: Any, image: Any, path: Path, kind: str, options: SaveOptions, metadata: Metadata | None) -> None:
    """Write with libvips what is to be whole."""
    image = image.copy()
    blob = vips.GValue.blob_type
    image.set_type(blob, "icc-profile-data", srgb_profile())
    said = (metadata or Metadata()).for_result(kind, image.width, image.height) if not options.strip else Metadata()
    if said.exif:
        image.set_type(blob, "exif-data", said.exif)
    if said.xmp:
        image.set_type(blob, "xmp-data", said.xmp)
    for number, (key, text) in enumerate(said.texts if kind == "PNG" else ()):
        image.set_type(vips.GValue.gstr_type, f"png-comment-{number}-{key}", text)
    if said.dpi:
        image = image.copy(xres=said.dpi[0] / _INCH, yres=said.dpi[1] / _INCH)
        image.set_type(vips.GValue.gstr_type, "resolution-unit", "in")
    # Told what to keep, as libvips would otherwise make up what is not there.
    keep = "|".join(["icc", *(["exif"] if said.exif else []), *(["xmp"] if said.xmp else []), "other"])
    try:
        if kind == "PNG":
            image.pngsave(str(path), keep=keep, compression=options.png_level, filter="all")
        elif kind == "JPEG":
            # Tables of its own would need all coefficients at once.
            image.jpegsave(str(path), keep=keep, Q=options.quality or 95, subsample_mode="off", optimize_coding=False)
        else:
            size = image.width * image.height * image.bands * (2 if image.format == "ushort" else 1)
            image.tiffsave(str(path), keep=keep, compression="deflate", predictor="horizontal", bigtiff=size > _BIG)
            if said.exif:
                add_exif(path, said.exif)
    except vips.Error as error:
        raise OutputError(f"cannot write {path} ({_reason(error)})") from error


def _reason(error: Any) -> str:
    detail = str(getattr(error, "detail", error)).strip()
    for number in (errno.ENOSPC, errno.EDQUOT):
        if os.strerror(number).lower() in detail.lower():
            return disk_reason(OSError(number, ""))
    return detail.splitlines()[-1][:160] if detail else "libvips cannot"
