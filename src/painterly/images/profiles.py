"""Colour profiles: every picture is brought to sRGB, and every result says that it is."""

from __future__ import annotations

import io
import struct
from functools import cache, lru_cache
from typing import Any

from PIL import Image, ImageCms

__all__ = ["foreign", "srgb_profile", "to_srgb"]

_MODES = ("RGB", "RGBA", "L", "LA", "CMYK")


@cache
def srgb_profile() -> bytes:
    """The ICC profile that results are tagged with: the same bytes every day, without the date of its making."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    struct.pack_into(">6H", profile, 24, 2000, 1, 1, 0, 0, 0)
    return bytes(profile)


def foreign(profile: bytes | None) -> bytes | None:
    """A profile that has to be converted from: not the one of our own results, which come back as they were."""
    return None if not profile or profile == srgb_profile() else profile


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Bring a picture of eight bits a channel from its embedded profile to sRGB.

    Args:
        image: Of any mode with eight bits a channel, or a palette.
        profile: ICC profile, if there is one. One that cannot be used, or that is for another kind of picture, is
            ignored, as viewers do.

    Returns:
        RGB, or RGBA where the picture has transparency.
    """
    profile = foreign(profile)
    transparent = image.has_transparency_data
    if image.mode not in _MODES or "transparency" in image.info:
        image = image.convert("RGBA" if transparent else "RGB")
    transform = _transform(profile, image.mode.removesuffix("A")) if profile else None
    if transform is not None:
        alpha = image.getchannel("A") if image.mode in ("RGBA", "LA") else None
        colour = image.convert(image.mode.removesuffix("A")) if alpha else image
        converted = ImageCms.applyTransform(colour, transform)
        assert converted is not None
        if alpha:
            converted.putalpha(alpha)
        return converted
    return image.convert("RGBA" if transparent else "RGB")


@lru_cache(maxsize=8)
def _transform(profile: bytes, mode: str) -> Any:
    """From a profile to sRGB, or None where it cannot be used."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        return ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
