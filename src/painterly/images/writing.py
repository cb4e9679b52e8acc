"""Pictures into files: whole or not at all, in sRGB and saying so."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from PIL import Image, features
from PIL.PngImagePlugin import PngInfo

from painterly.atomic import atomic_path
from painterly.errors import OutputError, UsageError
from painterly.images.heif import load_heif
from painterly.images.metadata import Metadata
from painterly.images.options import SaveOptions
from painterly.images.profiles import srgb_profile
from painterly.images.tiff_tags import add_exif

__all__ = ["WRITABLE", "check_depth", "check_format", "check_sides", "encode", "flatten", "save_picture"]

WRITABLE: Final = {
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".png": "PNG",
    ".webp": "WEBP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".bmp": "BMP",
    ".avif": "AVIF",
    ".heic": "HEIF",
    ".heif": "HEIF",
}
"""Formats by file name ending. GIF is written for animations only: a still picture would lose its colours."""

_XMP: Final = 700
_DEEP: Final = ("PNG", "TIFF")
_SIDES: Final = {"JPEG": 65535, "WEBP": 16383, "GIF": 65535}
"""The longest side that a format has room for."""

_OPTIONS: Final[dict[str, dict[str, Any]]] = {
    # Full colour resolution: strokes are made of colour edges, which 4:2:0 smears.
    "JPEG": {"quality": 95, "subsampling": 0, "optimize": True},
    "PNG": {},
    "WEBP": {"quality": 95, "method": 4},
    "TIFF": {"compression": "tiff_deflate"},
    "BMP": {},
    "AVIF": {"quality": 90, "subsampling": "4:4:4"},
    "HEIF": {"quality": 90, "chroma": 444},
    "GIF": {},
}


def check_format(path: Path) -> str:
    """The format that a file's name asks for.

    Raises:
        UsageError: It asks for none that can be written.
        MissingExtraError: It asks for HEIC, and its plug-in is not installed.
    """
    kind = WRITABLE.get(path.suffix.lower())
    if kind is None or (kind == "AVIF" and not features.check("avif")):
        raise UsageError(f"{path}: cannot write '{path.suffix}' files; use {', '.join(WRITABLE)}")
    if kind == "HEIF":
        load_heif(path)
    return kind


def check_depth(path: Path, depth: int, ending: str = "") -> None:
    """Make sure that a format has so many bits a channel.

    Args:
        path: The file, or what else names the format.
        depth: 8 or 16.
        ending: The file's, where `path` does not say it.

    Raises:
        UsageError: It has not.
    """
    if depth == 16 and WRITABLE.get((ending or path.suffix).lower()) not in _DEEP:
        raise UsageError(f"{path}: --depth 16 goes with .png and .tif only")


def check_sides(path: Path, kind: str, width: int, height: int) -> None:
    """Make sure that a format has room for a picture.

    Raises:
        OutputError: It has not.
    """
    if max(width, height) > _SIDES.get(kind, width + height):
        raise OutputError(
            f"cannot write {path}: {width}x{height} pixels are more than {_SIDES[kind]} in a row, the most that "
            f"{kind} has room for; name a .png or .tif"
        )


def save_picture(
    image: Image.Image,
    path: Path,
    *,
    overwrite: bool = False,
    options: SaveOptions | None = None,
    metadata: Metadata | None = None,
) -> None:
    """Write a picture in the format that its name asks for.

    Args:
        image: RGB or RGBA. Formats without transparency get a white ground.
        path: The file.
        overwrite: Whether it may exist.
        options: Quality and the like.
        metadata: What to say beside the pixels.

    Raises:
        OutputError: It exists, or cannot be written.
        UsageError: The format is unknown.
    """
    kind = check_format(path)
    if (path.exists() or path.is_symlink()) and not overwrite:
        raise OutputError(f"{path} exists; add --overwrite to replace it")
    check_sides(path, kind, *image.size)
    with atomic_path(path) as temporary:
        encode([image], temporary, kind, options or SaveOptions(), metadata or Metadata())


def encode(
    frames: Sequence[Image.Image],
    file: Path,
    kind: str,
    options: SaveOptions,
    metadata: Metadata,
    **more: Any,
) -> None:
    """Write pictures in a format, by Pillow.

    Args:
        frames: RGB or RGBA; several for an animation.
        file: Where to.
        kind: Pillow's name of the format.
        options: Quality and the like.
        metadata: What to say beside the pixels, unless `options` have it left out.
        **more: Pillow's own, for animations.
    """
    said = Metadata() if options.strip else metadata.for_result(kind, *frames[0].size)
    chosen = _OPTIONS[kind] | more
    if kind not in ("BMP", "GIF"):
        chosen["icc_profile"] = srgb_profile()
    if kind in ("JPEG", "WEBP", "AVIF", "HEIF") and options.quality is not None:
        chosen["quality"] = options.quality
    if kind == "PNG":
        chosen |= {"compress_level": options.png_level, "pnginfo": _png_texts(said)}
    if said.exif and kind not in ("BMP", "GIF", "TIFF"):
        chosen["exif"] = said.exif
    if said.xmp and kind in ("JPEG", "WEBP", "AVIF", "HEIF"):
        chosen["xmp"] = said.xmp
    if said.xmp and kind == "TIFF":
        chosen["tiffinfo"] = {_XMP: said.xmp}
    if said.comment and kind in ("JPEG", "GIF"):
        chosen["comment"] = said.comment
    if said.dpi and kind in ("JPEG", "PNG", "TIFF", "BMP"):
        chosen["dpi"] = said.dpi
    if kind in ("JPEG", "BMP"):
        frames = [flatten(frame) for frame in frames]
    first, *rest = [_bare(frame) for frame in frames]
    if rest:
        chosen |= {"save_all": True, "append_images": rest}
    first.save(file, format=kind, **chosen)
    if said.exif and kind == "TIFF":
        add_exif(file, said.exif)


def flatten(image: Image.Image) -> Image.Image:
    """RGBA on a white ground; RGB as it is."""
    if image.mode != "RGBA":
        return image
    ground = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(ground, image).convert("RGB")


def _bare(image: Image.Image) -> Image.Image:
    """Pixels only: Pillow would write what it finds beside them, stripped or not."""
    if image.info:
        image = image.copy()
        image.info = {}
    return image


def _png_texts(metadata: Metadata) -> PngInfo:
    info = PngInfo()
    if metadata.xmp:
        info.add_itxt("XML:com.adobe.xmp", metadata.xmp.decode("utf-8", "replace"))
    for key, text in metadata.texts:
        info.add_itxt(key, text) if not _latin(text) else info.add_text(key, text)
    return info


def _latin(text: str) -> bool:
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True
