"""Pictures into files: whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from PIL import Image

from painterly.atomic import atomic_path
from painterly.errors import OutputError, UsageError

__all__ = ["WRITABLE", "check_format", "save_picture"]

WRITABLE: Final = {
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".png": "PNG",
    ".webp": "WEBP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".bmp": "BMP",
}
"""Formats by file name ending."""

_OPTIONS: Final[dict[str, dict[str, Any]]] = {
    # Full colour resolution: strokes are made of colour edges, which 4:2:0 smears.
    "JPEG": {"quality": 95, "subsampling": 0, "optimize": True},
    "PNG": {"compress_level": 6},
    "WEBP": {"quality": 95, "method": 4},
    "TIFF": {"compression": "tiff_deflate"},
    "BMP": {},
}


def check_format(path: Path) -> str:
    """The format that a file's name asks for.

    Raises:
        UsageError: It asks for none that can be written.
    """
    try:
        return WRITABLE[path.suffix.lower()]
    except KeyError:
        raise UsageError(f"{path}: cannot write '{path.suffix}' files; use {', '.join(WRITABLE)}") from None


def save_picture(image: Image.Image, path: Path, *, overwrite: bool = False) -> None:
    """Write a picture in the format that its name asks for.

    Args:
        image: RGB or RGBA. Formats without transparency get a white ground.
        path: The file.
        overwrite: Whether it may exist.

    Raises:
        OutputError: It exists, or cannot be written.
        UsageError: The format is unknown.
    """
    kind = check_format(path)
    if path.exists() and not overwrite:
        raise OutputError(f"{path} exists; add --overwrite to replace it")
    if image.mode == "RGBA" and kind in ("JPEG", "BMP"):
        ground = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(ground, image).convert("RGB")
    with atomic_path(path) as temporary:
        image.save(temporary, format=kind, **_OPTIONS[kind])
