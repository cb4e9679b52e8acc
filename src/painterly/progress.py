"""The one console that progress and messages go to: standard error, so that standard output stays machine-readable."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["be_quiet", "console"]


@cache
def console() -> Console:
    """The shared console."""
    from rich.console import Console  # needed for work, not for --help

    return Console(stderr=True, highlight=False)


def be_quiet(quiet: bool = True) -> None:
    """Silence (or restore) everything that is written to the shared console."""
    console().quiet = quiet
