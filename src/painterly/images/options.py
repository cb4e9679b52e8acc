"""How pictures are written. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

from painterly.errors import UsageError

__all__ = ["SaveOptions"]


@dataclass(frozen=True)
class SaveOptions:
    """What a file's name does not say about it.

    Attributes:
        quality: Of JPEG, WebP, AVIF and HEIC, from 1 to 100; by default what suits the format.
        png_level: How hard PNG is compressed, from 0, not at all, to 9.
        depth: Bits a channel, 8 or 16; sixteen in PNG and TIFF only.
        strip: Whether dates, places, camera and comments are left out. The colour profile is always written.

    Raises:
        UsageError: A value is out of range.
    """

    quality: int | None = None
    png_level: int = 6
    depth: int = 8
    strip: bool = False

    def __post_init__(self) -> None:
        if self.quality is not None and not 1 <= self.quality <= 100:
            raise UsageError(f"--quality must be from 1 to 100, not {self.quality}")
        if not 0 <= self.png_level <= 9:
            raise UsageError(f"--png-level must be from 0 to 9, not {self.png_level}")
        if self.depth not in (8, 16):
            raise UsageError(f"--depth must be 8 or 16, not {self.depth}")
