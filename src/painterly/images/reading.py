"""Pictures from files: upright, in sRGB, eight bits, with their transparency where they have any."""

from __future__ import annotations

import contextlib
import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from painterly.errors import InputError, PainterlyError
from painterly.images.heif import register_heif
from painterly.images.limits import MAX_PIXELS, check_pixels, no_pillow_limit
from painterly.images.metadata import Metadata, read_metadata
from painterly.images.profiles import to_srgb
from painterly.images.whole import check_whole, read_unchanged

__all__ = [
    "UNREADABLE",
    "check_single",
    "damaged",
    "open_picture",
    "read_picture",
    "read_with_metadata",
    "resize_longest",
    "upright_rgb",
    "upright_srgb",
]

UNREADABLE = (
    *(OSError, SyntaxError, ValueError, EOFError, RuntimeError, ArithmeticError, LookupError, TypeError),
    *(struct.error, zlib.error, Image.DecompressionBombError),
)
"""What Pillow raises for files that are damaged or whose headers lie; AVIF's decoder raises RuntimeError."""


def read_picture(path: str | Path, *, max_pixels: int | None = None) -> Image.Image:
    """Read a picture file whole.

    Args:
        path: Any format that Pillow reads; HEIC with the extra `heif`.
        max_pixels: Refuse larger ones; by default `painterly.images.limits.MAX_PIXELS`.

    Returns:
        An RGB image, or RGBA where the file has transparency; turned upright and converted to sRGB. Of an animation,
        the first frame.

    Raises:
        InputError: The file is missing, empty, damaged, too large, no picture, or changed meanwhile.
        MissingExtraError: It is HEIC, and its plug-in is not installed.
    """
    return read_with_metadata(path, max_pixels=max_pixels)[0]


def read_with_metadata(
    path: str | Path, file: io.BytesIO | None = None, *, max_pixels: int | None = None
) -> tuple[Image.Image, Metadata]:
    """As `read_picture`, and what the file says beside the pixels.

    Args:
        path: The file, or only its name for messages if `file` is given.
        file: Where to read it from instead.
        max_pixels: Refuse larger ones.
    """
    with read_unchanged(path, file), open_picture(path, file, max_pixels=max_pixels) as image, damaged(path):
        check_single(image, path)
        metadata = read_metadata(image)
        image.load()
        check_whole(image, path, file)
        return upright_srgb(image), metadata


def check_single(image: Image.Image, path: str | Path) -> None:
    """Make sure that a TIFF has one page; smaller copies of it are none.

    Raises:
        InputError: It has several.
    """
    if image.format != "TIFF" or getattr(image, "n_frames", 1) == 1:
        return
    pages = 0
    for number in range(image.n_frames):  # type: ignore[attr-defined]
        image.seek(number)
        pages += not int(image.tag_v2.get(254, 0)) & 1  # type: ignore[attr-defined]
    image.seek(0)
    if pages > 1:
        raise InputError(f"{path} has {pages} pages; save the one that is meant as a file of its own")


@contextlib.contextmanager
def damaged(path: str | Path) -> Iterator[None]:
    """Turn what Pillow raises while it decodes into one sentence."""
    try:
        yield
    except UNREADABLE as error:
        raise InputError(f"{path} is damaged ({_reason(error)}); export it again") from error


def open_picture(path: str | Path, file: io.BytesIO | None = None, *, max_pixels: int | None = None) -> Image.Image:
    """Open a picture without decoding it, for callers that want less than all of it.

    Args:
        path: The file, or only its name for messages if `file` is given.
        file: Where to read it from instead.
        max_pixels: Refuse larger ones; by default `painterly.images.limits.MAX_PIXELS`.

    Raises:
        InputError: As `read_picture`.
        MissingExtraError: Likewise.
    """
    path = Path(path)
    if file is None:
        if path.is_dir():
            raise InputError(f"{path} is a folder, not a picture")
        if not path.exists():
            raise InputError(f"{path} does not exist")
        if path.is_file() and path.stat().st_size == 0:
            raise InputError(f"{path} is empty (0 bytes)")
    elif not file.getbuffer().nbytes:
        raise InputError(f"{path} is empty (0 bytes)")
    register_heif(path, file)
    try:
        # The first is a lock for the second too. A GIF's first frame may claim more than the picture, and gets it.
        limit = (max_pixels or MAX_PIXELS) if _is_gif(path, file) else None
        with no_pillow_limit(limit), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of metadata that is not as it should be, which the pixels do not need
            image = Image.open(file or path)
    except UnidentifiedImageError as error:
        raise InputError(f"{path} is not a picture in a format that can be read") from error
    except Image.DecompressionBombError as error:
        raise InputError(
            f"{path} claims more than {limit} pixels; if that is right, allow more with --max-pixels"
        ) from error
    except UNREADABLE as error:
        raise InputError(f"{path} cannot be read ({_reason(error)})") from error
    if image.format == "TIFF":
        # Pillow maps plain ones into memory at their upright size, which garbles those that lie on their side.
        image.filename = ""
    try:
        check_pixels(path, *image.size, max_pixels)
    except PainterlyError:
        image.close()
        raise
    return image


def _is_gif(path: Path, file: io.BytesIO | None) -> bool:
    if file is not None:
        return bytes(file.getbuffer()[:4]) == b"GIF8"
    with path.open("rb") as opened:
        return opened.read(4) == b"GIF8"


def upright_srgb(image: Image.Image) -> Image.Image:
    """Apply the EXIF orientation and the embedded colour profile; returns RGB or RGBA with eight bits a channel."""
    profile = image.info.get("icc_profile")
    return to_srgb(_eight_bits(ImageOps.exif_transpose(image)), profile)


def upright_rgb(image: Image.Image) -> Image.Image:
    """Apply the EXIF orientation only; returns RGB with eight bits a channel. Quicker, for training crops."""
    return _eight_bits(ImageOps.exif_transpose(image)).convert("RGB")


def resize_longest(image: Image.Image, longest: int) -> Image.Image:
    """Resize so that the longest side has `longest` pixels, keeping the aspect; both sides have at least one pixel."""
    width, height = image.size
    ratio = longest / max(width, height)
    size = (max(1, round(width * ratio)), max(1, round(height * ratio)))
    return image if size == image.size else image.resize(size, Image.Resampling.LANCZOS)


def _eight_bits(image: Image.Image) -> Image.Image:
    """Sixteen-bit, 32-bit and floating-point grey to eight bits; other modes have them already."""
    if not (image.mode.startswith("I;16") or image.mode in ("I", "F")):
        return image
    values = np.asarray(image, dtype=np.float64)
    # Pillow reads sixteen-bit PNG as I or I;16; floating-point pictures run from 0 to 1, or to 255, by convention.
    top = 65535.0 if image.mode != "F" else (1.0 if np.nanmax(values, initial=0.0) <= 1.0 else 255.0)
    return Image.fromarray(np.clip(np.nan_to_num(values) * (255 / top) + 0.5, 0, 255).astype(np.uint8))


def _reason(error: BaseException) -> str:
    text = str(error).strip().rstrip(".")
    return text.splitlines()[0][:160] if text else type(error).__name__
