"""HEIC pictures, by a plug-in that is loaded when the first one is met."""

from __future__ import annotations

import contextlib
import importlib.util
import io
from functools import cache
from pathlib import Path

from painterly.errors import MissingExtraError

__all__ = ["HEIF_SUFFIXES", "has_heif", "load_heif", "register_heif"]

HEIF_SUFFIXES = (".heic", ".heif")

_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
"""What ISO/IEC 23008-12 calls them; `mif1` may be AVIF too, which Pillow tries first."""


@cache
def has_heif() -> bool:
    """Whether the plug-in is installed."""
    return importlib.util.find_spec("pillow_heif") is not None


def register_heif(path: Path, file: io.BytesIO | None = None) -> None:
    """Teach Pillow HEIC, if that is what a file holds.

    Raises:
        MissingExtraError: It is, and the plug-in is not installed.
    """
    try:
        with contextlib.ExitStack() as stack:
            opened = file or stack.enter_context(path.open("rb"))
            head = opened.read(64)
            if file is not None:
                file.seek(0)
    except OSError:
        return
    if head[4:8] == b"ftyp" and head[8:12] in _BRANDS and b"avif" not in head:
        load_heif(path)


def load_heif(path: Path) -> None:
    """Teach Pillow HEIC.

    Args:
        path: What it is needed for.

    Raises:
        MissingExtraError: The plug-in is not installed.
    """
    if not has_heif():
        raise MissingExtraError(f"{path}: HEIC", "heif")
    _register()


@cache
def _register() -> None:
    import pillow_heif

    pillow_heif.register_heif_opener()
