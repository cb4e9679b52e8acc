"""Why the network works at a quarter of the resolution (section 3.1)."""

from __future__ import annotations

from painterly.evaluation.cost import downsampling_argument
from painterly.report.context import Context, Section

__all__ = ["draw"]


def draw(context: Context) -> Section:
    """The argument, counted and measured."""
    section = Section("What down-sampling costs", "section 3.1", "painterly report --sections cost -o FOLDER")
    section.text(
        "A 3x3 convolution with C filters on C x H x W takes 9 C² H W multiplications. On a picture made D times "
        "smaller, one with D C filters takes 9 (D C)² H W / D², which is as much; but each layer then widens what "
        "an output sees by 2 D pixels instead of 2. Here both are counted and measured, not derived."
    )
    rows = downsampling_argument()
    section.table(
        ["D", "channels", "layers", "multiplications counted", "9 (D C)² H W / D² each", "receptive field measured"],
        [[r.factor, r.channels, r.layers, f"{r.multiplications:,}", f"{r.formula:,}", r.field] for r in rows],
        "C = 8, H = W = 128.",
    )
    section.data["rows"] = [row.to_dict() for row in rows]
    return section
