"""Moving pictures: frames out of GIF, WebP, PNG and AVIF, and into the first three."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from PIL import Image

from painterly.atomic import atomic_path
from painterly.errors import InputError, OutputError
from painterly.images.limits import check_pixels
from painterly.images.metadata import Metadata, read_metadata
from painterly.images.options import SaveOptions
from painterly.images.reading import damaged, open_picture, upright_srgb
from painterly.images.whole import read_unchanged
from painterly.images.writing import check_sides, encode

__all__ = ["ANIMATED", "Animation", "find_animation", "read_frames", "save_animation"]

ANIMATED: Final = {".gif": "GIF", ".webp": "WEBP", ".png": "PNG"}
"""Formats by file name ending in which animations can be written."""

_MOVING: Final = ("GIF", "WEBP", "PNG", "AVIF")


@dataclass(frozen=True)
class Animation:
    """What an animation says beside its frames.

    Attributes:
        frames: How many there are.
        plays: How often they are shown; 0 for ever.
        metadata: Dates, comments and the like.
    """

    frames: int
    plays: int = 0
    metadata: Metadata = Metadata()


def find_animation(path: str | Path, *, max_pixels: int | None = None) -> Animation | None:
    """What an animation says; None for a still picture, and for formats whose further pictures are no frames.

    Args:
        path: The file.
        max_pixels: The limit for all frames together.

    Raises:
        InputError: It cannot be read, or claims too many pixels.
    """
    with open_picture(path, max_pixels=max_pixels) as image, damaged(path):
        if image.format not in _MOVING or (count := _frames(image)) < 2:
            return None
        check_pixels(path, image.width, image.height * count, max_pixels)
        return Animation(count, _plays(str(image.format), image.info.get("loop")), read_metadata(image))


def read_frames(path: str | Path, *, max_pixels: int | None = None) -> Iterator[tuple[Image.Image, float]]:
    """Decode an animation frame by frame.

    Args:
        path: The file.
        max_pixels: The limit for one frame; `find_animation` holds all of them to it.

    Yields:
        Each frame, RGB or RGBA, upright and in sRGB, and how long it is shown in milliseconds.

    Raises:
        InputError: It is damaged, or changed meanwhile.
    """
    with read_unchanged(path), open_picture(path, max_pixels=max_pixels) as image, damaged(path):
        if image.format == "GIF" and not _gif_ends(image.fp):  # type: ignore[attr-defined]
            raise InputError(f"{path} is damaged (it ends within a frame); export it again")
        first = 1 if image.info.get("default_image") else 0  # a PNG's still for viewers that know no animations
        last = image.n_frames  # type: ignore[attr-defined]
        for number in range(first, last):
            try:
                image.seek(number)
            except EOFError as error:
                raise InputError(f"{path} is damaged (frame {number + 1} is missing); export it again") from error
            image.load()
            yield upright_srgb(image), float(image.info.get("duration", 0))


def save_animation(
    frames: Sequence[tuple[Image.Image, float]],
    path: Path,
    animation: Animation,
    *,
    overwrite: bool = False,
    options: SaveOptions | None = None,
) -> None:
    """Write frames one after the other.

    Args:
        frames: RGB or RGBA, all of one size, each with its milliseconds.
        path: A .gif, .webp or .png.
        animation: How often it is shown, and what it says.
        overwrite: Whether the file may exist.
        options: Quality and the like.

    Raises:
        OutputError: It exists, or cannot be written.
    """
    kind = ANIMATED[path.suffix.lower()]
    if (path.exists() or path.is_symlink()) and not overwrite:
        raise OutputError(f"{path} exists; add --overwrite to replace it")
    pictures = [picture for picture, _ in frames]
    check_sides(path, kind, *pictures[0].size)
    mode = "RGBA" if any(picture.mode == "RGBA" for picture in pictures) else "RGB"
    pictures = [picture if picture.mode == mode else picture.convert(mode) for picture in pictures]
    more: dict[str, Any] = {"duration": [round(duration) for _, duration in frames]}
    if kind == "GIF":
        # Optimised, Pillow drops transparency that the first frame does not use, from the later ones too.
        more |= {"disposal": 2 if mode == "RGBA" else 1, "optimize": False}
        if animation.plays != 1:
            more["loop"] = max(0, animation.plays - 1)
    else:
        more["loop"] = animation.plays
        if kind == "WEBP" and mode == "RGBA":
            more |= {"kmin": 0, "kmax": 1}  # every frame whole: differences lose what becomes transparent
    with atomic_path(path) as temporary:
        encode(pictures, temporary, kind, options or SaveOptions(), animation.metadata, **more)


def _frames(image: Image.Image) -> int:
    """How many frames move."""
    count = int(getattr(image, "n_frames", 1))
    return count - 1 if image.info.get("default_image") else count


def _plays(kind: str, loop: object) -> int:
    """GIF counts repetitions, and none means once; the others count showings, and zero means for ever."""
    if not isinstance(loop, int):
        return 1 if kind == "GIF" else 0
    return loop + 1 if kind == "GIF" and loop else loop


def _gif_ends(file: IO[bytes]) -> bool:
    """Whether a GIF goes on to its end; Pillow takes a cut one for one with fewer frames."""
    place = file.tell()
    try:
        file.seek(0)
        head = file.read(13)
        file.seek(_table(head[10]), 1)
        while kind := file.read(1):
            if kind == b";":
                return True
            if kind == b"!":
                file.seek(1, 1)
            elif kind == b",":
                file.seek(_table(file.read(9)[8]) + 1, 1)
            else:
                return False
            while size := (file.read(1) or b"\0")[0]:
                file.seek(size, 1)
        return False
    except IndexError:
        return False
    finally:
        file.seek(place)


def _table(flags: int) -> int:
    """Bytes of the colour table that a GIF's flags announce."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0
