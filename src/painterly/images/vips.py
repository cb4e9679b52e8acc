"""libvips, which reads and writes pictures strip by strip and with sixteen bits; an extra."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from painterly.errors import MissingExtraError

__all__ = ["has_vips", "import_vips"]


@cache
def has_vips() -> bool:
    """Whether it can be imported."""
    try:
        import_vips("")
    except MissingExtraError:
        return False
    return True


def import_vips(what: str) -> Any:
    """The module, with its warnings off: what matters is raised.

    Args:
        what: What needs it, for the message.

    Raises:
        MissingExtraError: It is not installed, or the library that it binds is not.
    """
    os.environ.setdefault("VIPS_WARNING", "1")  # libvips reads it once, when it starts
    try:
        import pyvips
    except (ImportError, OSError) as error:
        raise MissingExtraError(what, "vips") from error
    return pyvips
