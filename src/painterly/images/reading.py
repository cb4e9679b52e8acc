"""Pictures from files: upright, in sRGB, eight bits, with their transparency where they have any."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from painterly.errors import InputError

__all__ = ["UNREADABLE", "open_picture", "read_picture", "resize_longest", "upright_rgb", "upright_srgb"]

UNREADABLE = (OSError, SyntaxError, ValueError, EOFError, RuntimeError, Image.DecompressionBombError)
"""What Pillow raises for files that are damaged; AVIF's decoder raises RuntimeError."""


def read_picture(path: str | Path) -> Image.Image:
    """Read a picture file whole.

    Args:
        path: Any format that Pillow reads.

    Returns:
        An RGB image, or RGBA where the file has transparency; turned upright and converted to sRGB.

    Raises:
        InputError: The file is missing, empty, damaged, too large, or no picture.
    """
    image = open_picture(path)
    try:
        with image:
            image.load()
            return upright_srgb(image)
    except UNREADABLE as error:
        raise InputError(f"{path} is damaged ({_reason(error)}); export it again") from error


def open_picture(path: str | Path, file: io.BytesIO | None = None) -> Image.Image:
    """Open a picture without decoding it, for callers that want less than all of it.

    Args:
        path: The file, or only its name for messages if `file` is given.
        file: Where to read it from instead.

    Raises:
        InputError: As `read_picture`.
    """
    path = Path(path)
    if file is None:
        if path.is_dir():
            raise InputError(f"{path} is a folder, not a picture")
        if not path.exists():
            raise InputError(f"{path} does not exist")
        if path.is_file() and path.stat().st_size == 0:
            raise InputError(f"{path} is empty (0 bytes)")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", Image.DecompressionBombWarning
            )  # the hard limit, twice as high, still holds
            return Image.open(file or path)
    except UnidentifiedImageError as error:
        raise InputError(f"{path} is not a picture in a format that can be read") from error
    except Image.DecompressionBombError as error:
        raise InputError(f"{path} claims to be too large ({_reason(error)}); make it smaller first") from error
    except UNREADABLE as error:
        raise InputError(f"{path} cannot be read ({_reason(error)})") from error


def upright_srgb(image: Image.Image) -> Image.Image:
    """Apply the EXIF orientation and the embedded colour profile; returns RGB or RGBA with eight bits a channel."""
    profile = image.info.get("icc_profile")
    image = _eight_bits(ImageOps.exif_transpose(image))
    transparent = image.has_transparency_data
    if profile and image.mode in ("RGB", "RGBA", "L", "LA", "CMYK"):
        image = _to_srgb(image, profile)
    return image.convert("RGBA" if transparent else "RGB")


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


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Convert from an embedded profile; a profile that cannot be used is ignored, as viewers do."""
    alpha = image.getchannel("A") if image.mode in ("RGBA", "LA") else None
    colour = image.convert(image.mode.removesuffix("A")) if alpha else image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(colour, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image
    assert converted is not None
    if alpha:
        converted.putalpha(alpha)
    return converted


def _reason(error: BaseException) -> str:
    text = str(error).strip().rstrip(".")
    return text.splitlines()[0][:160] if text else type(error).__name__
