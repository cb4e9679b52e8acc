"""Pictures strip by strip: from top to bottom, upright, in sRGB, in memory that does not grow with their height."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from painterly.errors import InputError
from painterly.images.flow import read_flowing
from painterly.images.limits import no_pillow_limit
from painterly.images.metadata import Metadata, orientation_of, read_metadata
from painterly.images.profiles import foreign, to_srgb
from painterly.images.reading import check_single, damaged, open_picture, upright_srgb
from painterly.images.strip_writing import write_strips
from painterly.images.vips import has_vips, import_vips
from painterly.images.whole import MISSING, check_whole, read_unchanged

__all__ = ["StripReader", "open_strips", "write_strips"]

_LOADERS: Final = {"JPEG": "jpegload", "MPO": "jpegload", "PNG": "pngload", "TIFF": "tiffload"}
"""Formats that libvips reads strip by strip; all of any other is held at once."""

_SMALL: Final = 64 << 20
"""Bytes that a picture on its side may have in memory."""

_MODES: Final = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "I;16", "I;16B", "I;16L", "F")
_INTERPRETATIONS: Final = ("b-w", "srgb", "rgb", "rgb16", "grey16", "cmyk")
_TURNS: Final[dict[int, tuple[str, ...]]] = {
    1: (),
    2: ("fliphor",),
    3: ("rot180",),
    4: ("flipver",),
    5: ("rot90", "fliphor"),
    6: ("rot90",),
    7: ("rot90", "flipver"),
    8: ("rot270",),
}
"""What turns a picture upright, by its EXIF orientation."""


@dataclass
class StripReader:
    """A picture that is decoded as its strips are asked for.

    Attributes:
        path: The file.
        width: Upright, in pixels.
        height: Likewise.
        channels: 3, or 4 with transparency.
        dtype: uint8, uint16, or float32 in [0, 1].
        metadata: What the file says beside its pixels.
    """

    path: Path
    width: int
    height: int
    channels: int
    dtype: np.dtype[Any]
    metadata: Metadata
    _source: _Whole | _Flowing = field(repr=False)

    def strips(self, rows: int) -> Iterator[npt.NDArray[Any]]:
        """Decode from top to bottom; may be asked for again, which decodes again.

        Args:
            rows: Height of the strips; the last may be lower.

        Yields:
            Shape (rows, W, C).

        Raises:
            InputError: The file is damaged, or changed since it was opened.
        """
        if rows < 1:
            raise ValueError(f"expected at least one row a strip, not {rows}")
        yield from self._source.strips(rows)


def open_strips(path: str | Path, *, max_pixels: int | None = None) -> StripReader:
    """Open a picture for reading strip by strip.

    JPEG, PNG and TIFF are never held whole where the extra `vips` is installed (one that lies on its side goes
    through a temporary file); the others, and all without it, are.

    Args:
        path: Any format that Pillow reads.
        max_pixels: Refuse larger ones; by default `painterly.images.limits.MAX_PIXELS`.

    Raises:
        InputError: The file is missing, empty, damaged, too large, no picture, or has several pages.
    """
    path = Path(path)
    with open_picture(path, max_pixels=max_pixels) as image, damaged(path):
        metadata, orientation = read_metadata(image), orientation_of(image)
        check_single(image, path)
        if (frames := _frame_count(image)) > 1:
            raise InputError(
                f"{path} is an animation of {frames} frames; save the one that is meant as a file of its own"
            )
        source: _Whole | _Flowing
        if image.format in _LOADERS and image.mode in _MODES and not _premultiplied(image) and _flows(image.format):
            upright = orientation < 5 or image.format == "TIFF"  # whose size Pillow has turned already
            size = image.size if upright else image.size[::-1]
            flowing = _Flowing(path, _LOADERS[image.format], size, orientation, foreign(image.info.get("icc_profile")))
            source = flowing if flowing.understood else _Whole(path, max_pixels)
        else:
            source = _Whole(path, max_pixels)
    width, height, channels, dtype = source.shape()
    return StripReader(path, width, height, channels, dtype, metadata, source)


class _Whole:
    """Decoded at once, by Pillow."""

    def __init__(self, path: Path, max_pixels: int | None) -> None:
        with read_unchanged(path), open_picture(path, max_pixels=max_pixels) as image, damaged(path):
            image.load()
            check_whole(image, path)
            self._image = upright_srgb(image)

    def shape(self) -> tuple[int, int, int, np.dtype[Any]]:
        return *self._image.size, len(self._image.getbands()), np.dtype(np.uint8)

    def strips(self, rows: int) -> Iterator[npt.NDArray[Any]]:
        width, height = self._image.size
        for top in range(0, height, rows):
            with no_pillow_limit():
                strip = self._image.crop((0, top, width, min(height, top + rows)))
            yield np.asarray(strip)


class _Flowing:
    """Decoded as it is asked for, by libvips; eight-bit colours are converted by Pillow, as everywhere."""

    def __init__(self, path: Path, loader: str, size: tuple[int, int], orientation: int, profile: bytes | None) -> None:
        self._vips = import_vips("reading strip by strip")
        self._path, self._loader, self._profile = path, loader, profile
        self._turns = _TURNS[orientation]
        self._random: Any = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        with read_unchanged(path):
            image = self._open("sequential")
        if (image.width, image.height) != (size if orientation < 5 else size[::-1]):
            raise InputError(f"{path} is damaged (its header claims different sizes); export it again")
        self._format, bands, kind = str(image.format), image.bands, str(image.interpretation)
        self.understood = (
            self._format in ("uchar", "ushort", "float", "double") and bands <= 4 and kind in _INTERPRETATIONS
        )
        self._cmyk = kind == "cmyk"
        self._alpha = bool(image.hasalpha())
        if bands - self._alpha not in (1, 4 if self._cmyk else 3):
            self.understood = False
        self._size = size

    def shape(self) -> tuple[int, int, int, np.dtype[Any]]:
        return *self._size, 4 if self._alpha else 3, np.dtype(_DTYPES[self._format])

    def strips(self, rows: int) -> Iterator[npt.NDArray[Any]]:
        top = self._brightest() if self._format in ("float", "double") else 1.0
        corners: list[npt.NDArray[Any]] = []
        for values in self._raw(rows):
            corners += [values[0, 0], values[0, -1], values[-1, 0], values[-1, -1]]
            corners = corners[:2] + corners[-2:]
            yield self._finish(values, top)
        if self._loader == "jpegload" and any(np.all(corner == MISSING) for corner in corners):
            self._check_whole()

    def _check_whole(self) -> None:
        """Decode again and take offence at the least thing; see `painterly.images.whole.check_whole`."""
        try:
            self._open("sequential", "warning").avg()
        except self._vips.Error as error:
            raise InputError(f"{self._path} is damaged ({_reason(error)}); export it again") from error

    def _open(self, access: str, fail_on: str = "error") -> Any:
        load = getattr(self._vips.Image, self._loader)
        try:
            # Told to look again, as libvips remembers by name what it has read.
            return load(str(self._path), access=access, fail_on=fail_on, revalidate=True)
        except self._vips.Error as error:
            raise InputError(f"{self._path} is damaged ({_reason(error)}); export it again") from error

    def _image(self) -> Any:
        """The picture upright, with its profile applied if it has more than eight bits."""
        in_order = all(turn == "fliphor" for turn in self._turns)
        if in_order:
            image = self._open("sequential")
        else:
            self._random = self._random or self._with_any_order()
            image = self._random
        for turn in self._turns:
            image = getattr(image, turn)()
        if self._format == "uchar":
            return image
        if self._format == "ushort" and (self._profile or self._cmyk):
            try:
                return image.icc_transform(
                    "srgb", embedded=True, depth=16, intent="perceptual", black_point_compensation=False
                )
            except self._vips.Error:
                return image.colourspace("rgb16") if self._cmyk else image
        return image

    def _with_any_order(self) -> Any:
        """The picture so that its last row can be had first: in memory if it is small, else in a temporary file."""
        image = self._open("sequential")
        if image.width * image.height * image.bands * np.dtype(_NUMPY[self._format]).itemsize <= _SMALL:
            return image.copy_memory()
        # In tiles, of which libvips keeps a few; all of a plain file would count as memory of this process.
        self._folder = tempfile.TemporaryDirectory(prefix="painterly-")
        name = str(Path(self._folder.name) / "picture.tif")
        image.tiffsave(name, tile=True, tile_width=256, tile_height=256, bigtiff=True)
        return self._vips.Image.tiffload(name)

    def _raw(self, rows: int) -> Iterator[npt.NDArray[Any]]:
        with read_unchanged(self._path):
            try:
                image = self._image()
                yield from read_flowing(self._vips, image, rows, np.dtype(_NUMPY[str(image.format)]))
            except self._vips.Error as error:
                raise InputError(f"{self._path} is damaged ({_reason(error)}); export it again") from error

    def _brightest(self) -> float:
        """Floating-point pictures run from 0 to 1, or to 255, by convention."""
        return 1.0 if max(float(np.nanmax(v, initial=0.0)) for v in self._raw(256)) <= 1.0 else 255.0

    def _finish(self, values: npt.NDArray[Any], top: float) -> npt.NDArray[Any]:
        """To RGB or RGBA, in sRGB."""
        if values.dtype == np.uint8:
            mode = "CMYK" if self._cmyk else {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}[values.shape[2]]
            image = Image.fromarray(values[..., 0] if values.shape[2] == 1 else values, mode)
            return np.asarray(to_srgb(image, self._profile))
        colour, alpha = (values[..., :-1], values[..., -1:]) if self._alpha else (values, values[..., :0])
        if colour.shape[2] == 1:
            colour = colour.repeat(3, 2)
        values = np.concatenate([colour, alpha], 2)
        if values.dtype == np.uint16:
            return values
        return np.nan_to_num(values / top, posinf=1.0).clip(0, 1).astype(np.float32)


_DTYPES: Final = {"uchar": np.uint8, "ushort": np.uint16, "float": np.float32, "double": np.float32}
_NUMPY: Final = {"uchar": np.uint8, "ushort": np.uint16, "float": np.float32, "double": np.float64}


def _flows(kind: str) -> bool:
    """Whether libvips is there and was built for a format."""
    return has_vips() and bool(import_vips("").type_find("VipsOperation", _LOADERS[kind]))


def _frame_count(image: Image.Image) -> int:
    return int(getattr(image, "n_frames", 1)) if image.format in ("GIF", "WEBP", "PNG", "AVIF") else 1


def _premultiplied(image: Image.Image) -> bool:
    """Whether a TIFF's colours are multiplied by its transparency, which Pillow undoes and libvips does not."""
    tags = getattr(image, "tag_v2", None) or {}
    return 1 in tuple(np.atleast_1d(tags.get(338, 0)))


def _reason(error: Exception) -> str:
    text = str(getattr(error, "detail", "") or getattr(error, "message", error)).strip()
    return text.splitlines()[0][:160] if text else "it cannot be decoded"
