"""Side-by-side pictures, as in the paper's figures 8 and 9."""

from __future__ import annotations

from collections.abc import Mapping

import torch.nn.functional as F
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from painterly.evaluation.metrics import luma
from painterly.images.tensors import from_tensor

__all__ = ["busiest_square", "side_by_side"]

_ZOOM = 3
_GAP, _LINE, _LEAST = 6, 16, 128


def side_by_side(
    small: Tensor,
    large: Tensor,
    outputs: Mapping[str, Tensor],
    captions: Mapping[str, str],
    corner: tuple[int, int] | None = None,
) -> Image.Image:
    """The ground truth as a whole, and below it a part of it as every method has it, three times enlarged.

    Args:
        small: What the methods were given, RGB in [0, 1], shape (1, 3, h, w).
        large: The ground truth, shape (1, 3, H, W).
        outputs: Results by method, in the order in which they are shown, same shape as `large`.
        captions: A second line of text by method.
        corner: Left and top of the part that is shown enlarged; by default the busiest, and within the picture anyhow.

    Returns:
        A picture as wide as all parts together.
    """
    side = min(96, *large.shape[-2:])
    left, top = busiest_square(large, side) if corner is None else corner
    left, top = min(left, large.shape[-1] - side), min(top, large.shape[-2] - side)
    cells = [(name, captions.get(name, ""), _part(output, left, top, side)) for name, output in outputs.items()] + [
        ("ground truth", f"{large.shape[-1]}x{large.shape[-2]}", _part(large, left, top, side))
    ]
    cell = side * _ZOOM
    whole = from_tensor(large)
    ImageDraw.Draw(whole).rectangle((left, top, left + side - 1, top + side - 1), outline="red", width=2)
    given = from_tensor(small)
    width = max(len(cells) * (cell + _GAP) - _GAP, given.width + 2 * _GAP + _LEAST)
    whole.thumbnail((width - given.width - 2 * _GAP, 480))
    head = max(whole.height, given.height) + _LINE + 2 * _GAP

    sheet = Image.new("RGB", (width, head + 2 * _LINE + cell), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=13)
    draw.text((0, 0), "ground truth", fill="black", font=font)
    sheet.paste(whole, (0, _LINE))
    draw.text((whole.width + 2 * _GAP, 0), f"given: {given.width}x{given.height}", fill="black", font=font)
    sheet.paste(given, (whole.width + 2 * _GAP, _LINE))
    for index, (name, caption, picture) in enumerate(cells):
        x = index * (cell + _GAP)
        draw.text((x, head), name, fill="black", font=font)
        draw.text((x, head + _LINE), caption, fill="black", font=font)
        sheet.paste(picture, (x, head + 2 * _LINE))
    return sheet


def busiest_square(picture: Tensor, side: int) -> tuple[int, int]:
    """Left and top of the square in which luma varies most from pixel to pixel."""
    y = luma(picture)
    change = F.pad((y[..., 1:, 1:] - y[..., :-1, 1:]).abs() + (y[..., 1:, 1:] - y[..., 1:, :-1]).abs(), (0, 1, 0, 1))
    columns = F.avg_pool2d(change, (side, 1), stride=1)  # one direction after the other: the same sums, much sooner
    sums = F.avg_pool2d(columns, (1, side), stride=1)[0, 0]
    top, left = divmod(int(sums.argmax()), sums.shape[1])
    return left, top


def _part(picture: Tensor, left: int, top: int, side: int) -> Image.Image:
    part = from_tensor(picture[..., top : top + side, left : left + side])
    return part.resize((side * _ZOOM, side * _ZOOM), Image.Resampling.NEAREST)
