"""PyAV, where it is installed."""

from __future__ import annotations

import functools
from typing import Any

from painterly.errors import MissingExtraError

__all__ = ["import_av"]


@functools.cache
def import_av(what: str = "video") -> Any:
    """The module `av`, silent about what its codecs would rather say on standard error.

    Silent by None: any level, PANIC too, has the codecs' threads call into Python for every message, where they wait
    for each other for good.

    Args:
        what: What needs it, for the message.

    Raises:
        MissingExtraError: It is not installed.
    """
    try:
        import av
        import av.logging
    except ImportError as error:
        raise MissingExtraError(what, "video") from error
    av.logging.set_level(None)
    return av
