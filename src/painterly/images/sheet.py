"""Contact sheets: captioned pictures, a line of them below another."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

__all__ = ["contact_sheet"]

_GAP = 4


def contact_sheet(lines: Sequence[Sequence[tuple[str, Image.Image]]], *, letters: int = 12) -> Image.Image:
    """Lay pictures out in lines.

    Args:
        lines: Caption and picture of every cell; lines may differ in length, pictures in size.
        letters: Height of the captions in pixels.

    Returns:
        An RGB picture on white.
    """
    caption, font = letters * 3 // 2, ImageFont.load_default(letters)
    columns = max(len(line) for line in lines)
    width = max(picture.width for line in lines for _, picture in line) + _GAP
    heights = [max(picture.height for _, picture in line) + caption + _GAP for line in lines]
    sheet = Image.new("RGB", (columns * width, sum(heights)), "white")
    draw = ImageDraw.Draw(sheet)
    top = 0
    for line, height in zip(lines, heights, strict=True):
        for column, (text, picture) in enumerate(line):
            draw.text((column * width + 2, top + 2), text, fill="black", font=font)
            sheet.paste(picture, (column * width, top + caption))
        top += height
    return sheet
