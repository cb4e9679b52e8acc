"""Draw the figures of "How it works" as SVG: tiles, conditional normalisation, the fast paths.

python docs/drawing/figures.py docs/images
"""

# ruff: noqa: RUF001
from __future__ import annotations

import math
import sys
from collections.abc import Callable
from html import escape
from pathlib import Path

__all__ = ["FIGURES"]

INK, FAINT, PAPER = "#22303c", "#9fb0bd", "#ffffff"
BLUE, TEAL, GOLD, RED = "#1d6f8c", "#3fa7a3", "#f2b134", "#d9482f"


class Drawing:
    """Shapes and words on a white sheet."""

    def __init__(self, width: int, height: int, title: str) -> None:
        self.head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
            f'font-family="system-ui, sans-serif" font-size="15" fill="{INK}"><title>{escape(title)}</title>'
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
            f'orient="auto"><path d="M0 0 8 4 0 8z" fill="{INK}"/></marker></defs>'
            f'<rect width="{width}" height="{height}" fill="{PAPER}"/>'
        )
        self.parts: list[str] = []

    def box(self, x: float, y: float, w: float, h: float, fill: str = "none", line: str = INK, **more: object) -> None:
        """A rectangle."""
        self.parts.append(
            f'<rect x="{x:g}" y="{y:g}" width="{w:g}" height="{h:g}" fill="{fill}" stroke="{line}"{_more(more)}/>'
        )

    def words(self, x: float, y: float, *lines: str, anchor: str = "start", **more: object) -> None:
        """Lines of text below one another."""
        for number, line in enumerate(lines):
            self.parts.append(
                f'<text x="{x:g}" y="{y + 20 * number:g}" text-anchor="{anchor}"{_more(more)}>{escape(line)}</text>'
            )

    def arrow(self, *points: tuple[float, float], line: str = INK) -> None:
        """An arrow along points."""
        way = " ".join(f"{x:g},{y:g}" for x, y in points)
        self.parts.append(f'<polyline points="{way}" fill="none" stroke="{line}" marker-end="url(#tip)"/>')

    def line(self, *points: tuple[float, float]) -> None:
        """A line along points."""
        way = " ".join(f"{x:g},{y:g}" for x, y in points)
        self.parts.append(f'<polyline points="{way}" fill="none" stroke="{INK}"/>')

    def text(self) -> str:
        """The file."""
        return self.head + "\n".join(["", *self.parts, "</svg>", ""])


def tiling() -> Drawing:
    """A tile and what it needs at each operation; passes over the picture."""
    d = Drawing(960, 420, "A tile, what it needs of its neighbours, and the passes that measure the whole")
    d.words(30, 34, "What one tile needs, operation by operation", font_weight="bold")
    names = ("picture", "after 9 x 9", "after stride 2", "result")
    for number, (name, cells, reach) in enumerate(zip(names, (32, 32, 16, 32), (9.5, 5.5, 1.75, 0), strict=True)):
        x, side = 30 + 135 * number, 112
        scale = side / cells
        d.box(x, 62, side, side, "#eef3f6", FAINT)
        start, stop = cells * 0.25, cells * 0.5
        low, high = max(0, start - reach), min(cells, stop + reach)
        d.box(x + low * scale, 62 + low * scale, (high - low) * scale, (high - low) * scale, GOLD, INK, opacity=0.65)
        d.box(x + start * scale, 62 + start * scale, (stop - start) * scale, (stop - start) * scale, BLUE, INK)
        d.words(x + side / 2, 196, name, anchor="middle", font_size=13)
        if number:
            d.arrow((x - 4, 118), (x - 20, 118))
    d.box(30, 216, 14, 14, BLUE)
    d.words(52, 228, "the tile", font_size=13)
    d.box(120, 216, 14, 14, GOLD, opacity=0.65)
    d.words(142, 228, "what it needs besides: exactly that much, less at the border,", font_size=13)
    d.words(142, 246, "where padding is the whole picture's", font_size=13)

    d.words(620, 34, "Statistics of the whole", font_weight="bold")
    for row in range(3):
        for column in range(4):
            shade = (TEAL, BLUE, GOLD)[(row + column) % 3]
            d.box(620 + 42 * column, 62 + 37 * row, 40, 35, shade, PAPER, opacity=0.55)
            d.words(640 + 42 * column, 85 + 37 * row, "n μ M₂", anchor="middle", font_size=11)
    d.arrow((796, 118), (836, 118))
    d.words(846, 112, "μ, σ of all", font_size=14)
    d.words(846, 132, "in float64", font_size=13, fill=BLUE)
    d.words(620, 196, "Tiles do not overlap in what they measure:", font_size=13)
    d.words(620, 214, "merged moments are those of the whole.", font_size=13)

    d.words(30, 296, "Once through the picture for each normalisation", font_weight="bold")
    steps = ("measure norm 1", "norm 1, measure 2", "norm 2, measure 3", "...", "last norm, write")
    for number, name in enumerate(steps):
        x = 30 + 184 * number
        last = number == len(steps) - 1
        d.box(x, 318, 150, 40, RED if last else "#eef3f6", INK, rx=6)
        d.words(x + 75, 343, name, anchor="middle", font_size=13, fill=PAPER if last else INK)
        if number:
            d.arrow((x - 32, 338), (x - 3, 338))
    between = (
        "Between passes, values are kept in memory, kept in a file, or computed again: what is cheapest in --memory."
    )
    d.words(30, 388, between, font_size=13)
    return d


def conditional_norm() -> Drawing:
    """Scales and shifts of several paintings, mixed into one set."""
    d = Drawing(960, 370, "Conditional instance normalisation")
    rows = (("the-scream", 0.7, RED), ("udnie", 0.3, TEAL), ("photograph", 0.0, FAINT))
    d.words(30, 34, "A style: 3,200 numbers", font_weight="bold")
    for number, (name, share, colour) in enumerate(rows):
        y = 60 + 70 * number
        d.words(30, y + 22, name, font_size=14)
        for k in range(14):
            height = 16 + 14 * math.sin(1.7 * k + 2.1 * number + 0.3 * k * number)
            d.box(130 + 11 * k, y + 32 - height, 8, height, colour, "none")
        d.words(298, y + 22, f"x {share:g}", font_size=14)
        d.arrow((338, y + 18), (400, 130 + 10 * (number - 1)))
    d.box(404, 82, 178, 96, "#eef3f6", INK, rx=8)
    d.words(493, 112, "γ = Σ share γₛ", "β = Σ share βₛ", anchor="middle")
    d.words(493, 160, "once, before it runs", anchor="middle", font_size=12, fill=BLUE)
    d.arrow((440, 178), (362, 282))
    d.arrow((546, 178), (633, 282))
    d.words(640, 34, "1.7 million weights, shared", font_weight="bold")
    x = 30.0
    for name, width, colour in (
        ("photo", 70, "#eef3f6"),
        ("conv", 70, BLUE),
        ("(x − μ) / σ", 100, "#eef3f6"),
        ("· γ + β", 84, GOLD),
        ("ReLU", 60, "#eef3f6"),
        ("conv", 70, BLUE),
        ("norm · γ + β", 110, GOLD),
        ("...", 40, PAPER),
        ("conv", 70, BLUE),
        ("painting", 76, "#eef3f6"),
    ):
        centre = x + width / 2
        d.box(x, 286, width, 44, colour, INK if colour != PAPER else PAPER, rx=6)
        d.words(centre, 313, name, anchor="middle", font_size=13, fill=PAPER if colour == BLUE else INK)
        x += width + 16
        if name != "painting":
            d.arrow((x - 15, 308), (x - 2, 308))
    d.words(640, 70, "Only γ and β differ from painting", "to painting. A mixture is a network", font_size=14)
    d.words(640, 110, "like any other, as fast.", "A new style is a new row at the left.", font_size=14)
    d.words(493, 356, "μ and σ: the picture's own, channel by channel", anchor="middle", font_size=13, fill=BLUE)
    return d


def fast_paths() -> Drawing:
    """Layers, operations, rewrites, back ends."""
    d = Drawing(960, 400, "From layers to operations, three exact rewrites, and what runs them")
    columns: tuple[tuple[float, str], ...] = ((30, "Layers"), (330, "Operations, rewritten exactly"), (700, "Run by"))
    for x, name in columns:
        d.words(x, 34, name, font_weight="bold")
    rewrites = (
        (("up-sample x2", "reflect", "conv 3x3"), "transposed conv 4x4, stride 2", "4 multiplications instead of 9"),
        (("instance norm", "ReLU", "add", "pad"), "one loop over memory", "each value read and written once"),
        (("conv 9x9 to 3 channels",), "conv 10x10, stride 2, to 12; shuffle", "as wide as the processor"),
        (("conv", "batch norm"), "conv", "a pass less"),
    )
    for number, (before, after, gain) in enumerate(rewrites):
        y = 60 + 74 * number
        x = 30.0
        for name in before:
            width = 12 + 7.4 * len(name)
            d.box(x, y, width, 34, "#eef3f6", INK, rx=5)
            d.words(x + width / 2, y + 22, name, anchor="middle", font_size=12)
            x += width + 6
        d.arrow((max(x + 2, 292), y + 17), (326, y + 17))
        d.box(330, y, 272, 34, BLUE, INK, rx=5)
        d.words(466, y + 22, after, anchor="middle", font_size=13, fill=PAPER)
        d.words(466, y + 51, gain, anchor="middle", font_size=12, fill=BLUE)
        d.line((604, y + 17), (640, y + 17))
    runs = (
        ("torch", "always there; oneDNN, CUDA graphs"),
        ("torch.compile", "where there is a compiler"),
        ("OpenVINO", "no torch from the second run on"),
        ("onnxruntime", "any platform"),
    )
    d.line((640, 77), (640, 299))
    for number, (name, why) in enumerate(runs):
        y = 60 + 74 * number
        d.arrow((640, y + 17), (697, y + 17))
        d.box(700, y, 130, 34, GOLD, INK, rx=5)
        d.words(765, y + 22, name, anchor="middle", font_size=13)
        d.words(700, y + 51, why, font_size=12, fill=BLUE)
    d.words(
        30, 384, "bfloat16: pixels go in as two numbers each, so that no level of 255 is lost; statistics stay float32."
    )
    return d


FIGURES: dict[str, Callable[[], Drawing]] = {
    "tiling.svg": tiling,
    "conditional-norm.svg": conditional_norm,
    "fast-paths.svg": fast_paths,
}


def _more(attributes: dict[str, object]) -> str:
    return "".join(f' {name.replace("_", "-")}="{value}"' for name, value in attributes.items())


if __name__ == "__main__":
    for file, draw in FIGURES.items():
        Path(sys.argv[1], file).write_text(draw().text(), encoding="utf-8")
