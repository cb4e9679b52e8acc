"""Where painterly looks for data and keeps what it downloads."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["DEMO_PICTURE", "SHIPPED", "cache_folder", "data_folder", "styles_folder"]


SHIPPED = Path(__file__).parent / "models" / "shipped"
"""Where the networks that ship are."""

DEMO_PICTURE = Path(__file__).parent / "assets" / "demo.jpg"
"""The photograph that ships."""


def data_folder() -> Path | None:
    """The folder named by the environment variable `PAINTERLY_DATA`, or None."""
    named = os.environ.get("PAINTERLY_DATA")
    return Path(named).expanduser() if named else None


def cache_folder() -> Path:
    """Where downloads are kept: `PAINTERLY_CACHE`, or `painterly` in the user's cache folder."""
    named = os.environ.get("PAINTERLY_CACHE")
    if named:
        return Path(named).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache").expanduser() / "painterly"


def styles_folder() -> Path:
    """Where learnt styles are kept: `PAINTERLY_STYLES`, or `painterly/styles` in the user's data folder."""
    named = os.environ.get("PAINTERLY_STYLES")
    if named:
        return Path(named).expanduser()
    return (
        Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share").expanduser() / "painterly" / "styles"
    )
