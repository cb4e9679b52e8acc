"""Contact sheets: captioned pictures, a line of them below another."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageDraw

__all__ = ["contact_sheet"]

_CAPTION, _GAP = 18, 4


def contact_sheet(lines: Sequence[Sequence[tuple[str, Image.Image]]]) -> Image.Image:
    """Lay pictures out in lines.

    Args:
        lines: Caption and picture of every cell; lines may differ in length, pictures in size.

    Returns:
        An RGB picture on white.
    """
    columns = max(len(line) for line in lines)
    width = max(picture.width for line in lines for _, picture in line) + _GAP
    heights = [max(picture.height for _, picture in line) + _CAPTION + _GAP for line in lines]
    sheet = Image.new("RGB", (columns * width, sum(heights)), "white")
    draw = ImageDraw.Draw(sheet)
    top = 0
    for line, height in zip(lines, heights, strict=True):
        for column, (text, picture) in enumerate(line):
            draw.text((column * width + 2, top + 2), text, fill="black")
            sheet.paste(picture, (column * width, top + _CAPTION))
        top += height
    return sheet
