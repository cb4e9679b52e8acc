"""Where the studio's page lies."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

__all__ = ["page_folder"]


def page_folder() -> Path:
    """The folder of the page: `index.html`, and what it loads below `static`."""
    return Path(str(files("painterly.studio")))
