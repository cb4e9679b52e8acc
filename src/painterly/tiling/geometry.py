"""How large an operation's result is, and which part of its operands a part of it needs, exactly.

Everything here holds for rows and columns alike, so it speaks of one axis. Nothing is rounded up to be safe: the parts
follow from the operations, as far as the border, where padding is what it would be for the whole picture.
"""

from __future__ import annotations

from painterly.inference.graph import Add, Convolution, Nearest, Pad, Shuffle, Transposed
from painterly.tiling.ops import Cut, Extend, NormChain, Resize, TiledOp, operands
from painterly.tiling.rect import Rect, Span
from painterly.tiling.resampling import source_span

__all__ = ["extent", "needs", "needs_rect", "reflected"]


def extent(op: TiledOp, given: list[int], like: int = 0, axis: int = 0) -> int:
    """Pixels of an operation's result along an axis.

    Args:
        op: The operation.
        given: Those of its operands.
        like: Of the value that a `Cut` goes by.
        axis: 0 for rows, 1 for columns.

    Raises:
        ValueError: The operands do not fit each other, or nothing would be left.
    """
    n = given[0]
    match op:
        case Pad():
            n = n + 2 * op.amount
        case Extend():
            n = n + -n % op.multiple
        case Cut():
            n = min(n, like)
        case Resize():
            n = (op.height, op.width)[axis]
        case Convolution():
            if op.padding >= op.weight.shape[-1]:
                raise ValueError(f"a kernel of {op.weight.shape[-1]} pixels with {op.padding} of padding sees nothing")
            n = (n + 2 * op.padding - op.weight.shape[-1]) // op.stride + 1
        case Transposed():
            if op.weight.shape[-1] < op.stride:
                raise ValueError(f"a transposed kernel of {op.weight.shape[-1]} pixels leaves gaps at {op.stride}")
            n = (n - 1) * op.stride - 2 * op.padding + op.weight.shape[-1] + op.surplus
        case Nearest() | Shuffle():
            n = n * op.factor
        case Add():
            given = [given[0] - 2 * op.crop, given[1]]
            n = given[1]
        case NormChain():
            given = [n, *(other - 2 * op.crop for other in given[1:])]
        case _:
            pass
    if len(set(given)) > 1:
        raise ValueError(f"{type(op).__name__} takes values of one size, not {given}")
    if n < 1:
        raise ValueError(f"nothing is left after {type(op).__name__}: the picture is too small")
    return n + 2 * op.pad if isinstance(op, NormChain) else n


def needs(op: TiledOp, span: Span, given: list[int], out: int) -> tuple[Span, ...]:
    """The part of every operand that a part of the result needs.

    Args:
        op: The operation.
        span: Part of its result, not empty.
        given: Pixels of its operands along this axis.
        out: Pixels of its result.
    """
    a, b = span
    match op:
        case Pad():
            return (_padded(span, op.amount, given[0], op.mode),)
        case Extend():
            return (_padded(span, 0, given[0], "reflect"),)
        case Resize():
            return (source_span(span, given[0], out, linear=op.linear),)
        case Convolution():
            low, high = a * op.stride - op.padding, (b - 1) * op.stride - op.padding + op.weight.shape[-1]
            return (Span(max(low, 0), min(high, given[0])),)
        case Transposed():
            low = -(-(a + op.padding - op.weight.shape[-1] + 1) // op.stride)
            low = min(max(low, 0), given[0] - 1)
            high = (b - 1 + op.padding) // op.stride + 1
            return (Span(low, min(max(high, low + 1), given[0])),)
        case Nearest() | Shuffle():
            return (Span(a // op.factor, -(-b // op.factor)),)
        case Add():
            return (Span(a + op.crop, b + op.crop), span)
        case NormChain():
            inner = _padded(span, op.pad, given[0], op.mode) if op.pad else span
            return (inner, Span(inner.start + op.crop, inner.stop + op.crop))[: len(given)]
        case _:
            return (span,) * len(operands(op))


def needs_rect(op: TiledOp, rect: Rect, given: list[tuple[int, int]], out: tuple[int, int]) -> tuple[Rect, ...]:
    """`needs`, in both directions; sizes are (height, width)."""
    rows = needs(op, rect.rows, [height for height, _ in given], out[0])
    columns = needs(op, rect.columns, [width for _, width in given], out[1])
    return tuple(Rect(*spans) for spans in zip(rows, columns, strict=True))


def reflected(index: int, n: int) -> int:
    """The pixel that stands at `index`, within 0 .. n - 1 or beyond, where a row is reflected at both ends for ever."""
    if n == 1:
        return 0
    index %= 2 * (n - 1)
    return min(index, 2 * (n - 1) - index)


def _padded(span: Span, amount: int, n: int, mode: str) -> Span:
    """What of n pixels a part of them with padding needs."""
    a, b = span.start - amount, span.stop - amount
    low, high = max(a, 0), min(b, n)
    if mode == "edge":
        low, high = min(low, n - 1), max(high, 1)
        return Span(low, high)
    if a < 1 - n or b > 2 * n - 1:  # reflected more than once
        return Span(0, n)
    if a < 0:
        low, high = min(low, reflected(min(b, 0) - 1, n)), max(high, -a + 1)
    if b > n:
        low, high = min(low, reflected(b - 1, n)), max(high, reflected(max(a, n), n) + 1)
    return Span(low, high)
