"""How large a picture may claim to be, by its own limit instead of Pillow's for the whole process."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from PIL import Image

from painterly.errors import InputError, UsageError

__all__ = ["MAX_PIXELS", "check_pixels", "no_pillow_limit"]

MAX_PIXELS = 500_000_000
"""More pixels than this in one picture are refused unless more are asked for."""

_LOCK = threading.RLock()


@contextlib.contextmanager
def no_pillow_limit(other: int | None = None) -> Iterator[None]:
    """Lift Pillow's limit, which holds for the whole process, around a call whose result `check_pixels` sees next.

    Args:
        other: The limit to have instead, for formats of which opening alone takes memory.
    """
    with _LOCK:
        limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, other
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = limit


def check_pixels(name: object, width: int, height: int, max_pixels: int | None = None) -> None:
    """Refuse a picture by the size that its header claims, before anything is decoded.

    Args:
        name: The file, for the message.
        width: In pixels.
        height: Likewise.
        max_pixels: The limit, all frames of an animation together; by default `MAX_PIXELS`.

    Raises:
        InputError: It claims more pixels.
        UsageError: The limit is not positive.
    """
    limit = MAX_PIXELS if max_pixels is None else max_pixels
    if limit < 1:
        raise UsageError(f"--max-pixels must be at least 1, not {limit}")
    if width * height > limit:
        raise InputError(
            f"{name} claims {width}x{height} pixels, more than {limit}; if that is right, allow it with --max-pixels "
            f"{width * height}"
        )
