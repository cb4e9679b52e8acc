"""Which part of every value a tile needs, and for how long."""

from __future__ import annotations

from collections.abc import Collection

from painterly.tiling.geometry import needs_rect
from painterly.tiling.ops import Source, operands
from painterly.tiling.program import Program
from painterly.tiling.rect import Rect, Span

__all__ = ["last_uses", "targets_in", "trace"]

Size = tuple[int, int]


def trace(program: Program, sizes: list[Size], order: tuple[int, ...], targets: dict[int, Rect]) -> dict[int, Rect]:
    """Which part of every value a tile needs.

    Args:
        program: The operations.
        sizes: Height and width of every value.
        order: The operations that will be run.
        targets: Parts of the values that are wanted.

    Returns:
        Parts by value: of what is run, and of what is given to it.
    """
    regions = dict(targets)
    for value in reversed(order):
        op = program.ops[value]
        if isinstance(op, Source) or value not in regions:
            continue
        before = operands(op)
        parts = needs_rect(op, regions[value], [sizes[v] for v in before], sizes[value])
        for operand, part in zip(before, parts, strict=True):
            regions[operand] = regions[operand] | part if operand in regions else part
    return regions


def targets_in(cell: Rect, targets: Collection[int], coarsest: int, sizes: list[Size]) -> dict[int, Rect]:
    """The parts of several values that lie in one cell of a grid, so that the cells of each cover it exactly once."""
    found = {}
    for value in targets:
        spans = [
            Span(span.start * n // base, span.stop * n // base)
            for span, n, base in zip(cell, sizes[value], sizes[coarsest], strict=True)
        ]
        if all(span.length for span in spans):
            found[value] = Rect(*spans)
    return found


def last_uses(program: Program, order: tuple[int, ...], targets: Collection[int]) -> dict[int, int]:
    """After which operation a value's part can be given up; a target's after it has been used for what it is for."""
    uses = {value: value for value in targets}
    for value in order:
        for operand in operands(program.ops[value]):
            uses[operand] = value
    return uses
