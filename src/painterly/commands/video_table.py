"""The table of `painterly benchmark video`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from painterly.commands.tables import markdown
from painterly.errors import UsageError

if TYPE_CHECKING:
    from painterly.video.benchmark import VideoRow

__all__ = ["frame_sizes", "video_table"]


def frame_sizes(text: str) -> list[tuple[int, int]]:
    """Widths and heights.

    Raises:
        UsageError: They are none.

    Example:
        >>> frame_sizes("640x360,1280x720")
        [(640, 360), (1280, 720)]
    """
    found = [re.fullmatch(r"(\d+)x(\d+)", part.strip()) for part in text.split(",")]
    sizes = [(int(match[1]), int(match[2])) for match in found if match is not None]
    if len(sizes) < len(found) or any(side < 16 or side % 2 for size in sizes for side in size):
        raise UsageError(f"--sizes takes even widths and heights of at least 16, such as 640x360, not '{text}'")
    return sizes


def video_table(rows: Sequence[VideoRow]) -> list[str]:
    """Frames a second, and how much of the time each stage was at work."""
    head = ["frames", "network", "smooth", "codec", "frames a second", "decoding", "network at work", "encoding"]
    cells = []
    for row in rows:
        work = [
            f"{part / row.shares.whole:.0%}" for part in (row.shares.decoding, row.shares.network, row.shares.encoding)
        ]
        about = [f"{row.width}x{row.height}", row.model, f"{row.smooth:g}", row.codec]
        cells.append([*about, f"{row.rate:.1f}", *work])
    return markdown(head, cells)
