"""Draw the painting that the tutorial learns: leaded glass in warm and cold colours, ours and free to use.

python docs/drawing/stained_glass.py docs/images/tutorial/stained-glass.jpg
"""

from __future__ import annotations

import sys

import numpy as np
from PIL import Image

_COLOURS = ("0b3c5d", "1d6f8c", "3fa7a3", "f2b134", "ed553b", "8c1c13", "f6f0d5", "2f2440")


def stained_glass(width: int = 640, height: int = 480, panes: int = 420, seed: int = 7) -> Image.Image:
    """Irregular panes between leads, brighter in their middle, their colours in bands across the picture."""
    draw = np.random.default_rng(seed)
    centres = draw.uniform((0, 0), (height, width), (panes, 2))
    rows, columns = np.mgrid[0:height, 0:width]
    first, second = np.full((2, height, width), np.inf)
    pane = np.zeros((height, width), int)
    for number, (row, column) in enumerate(centres):  # the two nearest centres of every pixel
        distance = np.hypot(rows - row, columns - column)
        second = np.minimum(second, np.maximum(first, distance))
        pane[distance < first] = number
        first = np.minimum(first, distance)
    edge = second - first
    band = np.hypot(centres[:, 0] - 0.45 * height, 0.8 * (centres[:, 1] - 0.6 * width)) / 55
    palette = np.array([[int(code[i : i + 2], 16) for i in (0, 2, 4)] for code in _COLOURS], float)
    colours = palette[(band + draw.uniform(-0.8, 0.8, panes)).astype(int) % len(palette)]
    colours = colours * draw.uniform(0.8, 1.2, (panes, 1))
    light = 0.75 + 0.35 * np.clip(edge / 14, 0, 1) + draw.normal(0, 0.03, (height, width))
    pixels = colours[pane] * light[..., None] * np.clip((edge - 1.2) / 2, 0.08, 1)[..., None]
    return Image.fromarray(pixels.clip(0, 255).round().astype(np.uint8))


if __name__ == "__main__":
    stained_glass().save(sys.argv[1], quality=90)
