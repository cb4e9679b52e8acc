"""How tiles are asked for. Imports nothing heavy."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from painterly.errors import UsageError

__all__ = ["STATISTICS", "TILES_SOONER", "TileSettings", "parse_memory"]

STATISTICS: Final = ("whole", "thumbnail")
"""Of the whole picture; or of a small version of it, a look of its own, which makes strokes larger."""

TILES_SOONER: Final = 16_000_000
"""Pixels from which on tiles paint sooner on a CPU, however much memory there is: they stay in the cache."""

_UNITS: Final = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "KI": 2**10, "MI": 2**20, "GI": 2**30}


@dataclass(frozen=True)
class TileSettings:
    """Whether a picture is worked on by tiles, of which size, and in how much memory.

    Attributes:
        tile: "auto", by tiles where the whole does not fit or takes longer; "off", never; or the side of the tiles in
            pixels.
        memory: What the process may hold in all, in bytes or as "2GB"; by default two thirds of what is free.
        statistics: One of `STATISTICS`.

    Raises:
        UsageError: They are none of that.
    """

    tile: str | int = "auto"
    memory: str | int | None = None
    statistics: str = "whole"

    def __post_init__(self) -> None:
        words = str(self.tile)
        if words not in ("auto", "off") and not (words.isdecimal() and int(words) > 0):
            raise UsageError(f"--tile must be auto, off or a number of pixels, not '{self.tile}'")
        if self.statistics not in STATISTICS:
            raise UsageError(f"--statistics must be one of {', '.join(STATISTICS)}, not '{self.statistics}'")
        if self.statistics == "thumbnail" and words == "off":
            raise UsageError("--statistics thumbnail goes by tiles; leave out --tile off")
        parse_memory(self.memory)

    @property
    def side(self) -> int | None:
        """Side of the tiles in pixels; None where it is left to painterly."""
        return int(self.tile) if str(self.tile).isdecimal() else None

    @property
    def bytes(self) -> int | None:
        """What the process may hold."""
        return parse_memory(self.memory)

    def wanted(self, need: int, free: int | None, held: int | None, *, sooner: bool = False) -> bool:
        """Whether a picture is to be worked on by tiles.

        Args:
            need: Bytes that the whole would take beside what is held.
            free: Bytes that are free, if that is known.
            held: Bytes that the process holds, likewise.
            sooner: Whether it is done sooner so in any case.
        """
        if self.tile == "off":
            return False
        if sooner or self.side is not None or self.statistics == "thumbnail":
            return True
        limits = [limit for limit in (free, self.bytes and self.bytes - (held or 0)) if limit is not None]
        return need > min(limits, default=need)


def parse_memory(text: str | int | None) -> int | None:
    """Bytes from a number with a unit: 2GB, 1.5 GiB, 800M, or plain bytes.

    Raises:
        UsageError: It is nothing of that, or not more than zero.
    """
    if text is None:
        return None
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?I?)B?\s*", str(text).upper())
    amount = float(match[1]) * _UNITS.get(match[2], 0) if match else 0
    if amount < 1:
        raise UsageError(f"--memory must be an amount such as 2GB, not '{text}'")
    return int(amount)
