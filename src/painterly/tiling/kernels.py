"""One operation on a part of a picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from painterly.inference.finish import Finish, finish, pad_border
from painterly.inference.graph import Add, Convolution, Nearest, Norm, Pad, Relu, Scale, Shuffle, Transposed
from painterly.inference.transposing import transposed_convolution
from painterly.tiling.geometry import needs_rect, reflected
from painterly.tiling.ops import Cast, Extend, Global, NormChain, Pointwise, Resize, TiledOp
from painterly.tiling.rect import Patch, Rect, Span
from painterly.tiling.resampling import resample

__all__ = ["Moments", "run"]

Moments = tuple[Tensor, Tensor]
"""Mean and variance of every channel of a whole value, float64, shape (C,) each."""

Size = tuple[int, int]


def run(
    op: TiledOp, rect: Rect, given: Sequence[Patch], sizes: Sequence[Size], out: Size, moments: Sequence[Moments]
) -> Tensor:
    """Compute part of what an operation gives.

    Args:
        op: The operation; not a `Source`.
        rect: The part.
        given: At least what `needs_rect` names of every operand.
        sizes: Height and width of the operands as a whole.
        out: Of the result as a whole.
        moments: Of the values that the operation surveys.

    Returns:
        Shape (1, C, H, W), of the size of `rect`. It may share memory with what was given.
    """
    x = given[0]
    match op:
        case Pad():
            return _pad(x, rect, op.amount, op.mode, sizes[0])
        case Extend():
            return _pad(x, rect, 0, "reflect", sizes[0])
        case Convolution():
            return _convolve(op, x, rect, sizes[0])
        case Transposed():
            return _transposed(op, x, rect)
        case Norm():
            mean, variance = moments[0]
            return finish(x.part(rect), Finish(), op.weight, op.bias, op.epsilon, moments=(mean, variance))
        case NormChain():
            return _norm_chain(op, given, rect, sizes, out, moments[0])
        case Scale():
            part = x.part(rect)
            weight, bias = (v.to(part.dtype).view(1, -1, 1, 1) for v in (op.weight, op.bias))
            return torch.addcmul(bias, part, weight)
        case Relu():
            return F.relu(x.part(rect))
        case Add():
            return given[1].part(rect) + x.part(Rect(*(Span(a + op.crop, b + op.crop) for a, b in rect)))
        case Nearest():
            f = op.factor
            large = x.tensor.repeat_interleave(f, 2).repeat_interleave(f, 3)
            return Patch(large, _scaled(x.rect, f)).part(rect)
        case Shuffle():
            return Patch(F.pixel_shuffle(x.tensor, op.factor), _scaled(x.rect, op.factor)).part(rect)
        case Resize():
            return _resize(op, x, rect, sizes[0], out)
        case Cast():
            return x.part(rect).to(op.dtype, memory_format=torch.channels_last)
        case Pointwise():
            return op.function(*(patch.part(rect) for patch in given))
        case Global():
            return op.function(*(patch.part(rect) for patch in given), list(moments))
        case _:  # Cut, Keep
            return x.part(rect)


def _resize(op: Resize, x: Patch, rect: Rect, given: Size, wanted: Size) -> Tensor:
    if given == wanted:
        return x.part(rect)
    return resample(x.tensor, x.rect, rect, given, wanted, linear=op.linear).clamp(0, 1)


def _scaled(rect: Rect, factor: int) -> Rect:
    return Rect(*(Span(a * factor, b * factor) for a, b in rect))


def _convolve(op: Convolution, x: Patch, rect: Rect, size: Size) -> Tensor:
    """Only what lies beyond the whole picture's border is zero; between tiles, the neighbours are there."""
    part, pads = [], []
    for (a, b), n in zip(rect, size, strict=True):
        low, high = a * op.stride - op.padding, (b - 1) * op.stride - op.padding + op.weight.shape[-1]
        part.append(Span(max(low, 0), min(high, n)))
        pads.append((max(-low, 0), max(high - n, 0)))
    pixels = x.part(Rect(*part))
    (above, below), (left, right) = pads
    if any((left, right, above, below)):
        pixels = F.pad(pixels, (left, right, above, below))
    groups = pixels.shape[1] // op.weight.shape[1]
    return F.conv2d(pixels, op.weight, op.bias, op.stride, groups=groups)


def _transposed(op: Transposed, x: Patch, rect: Rect) -> Tensor:
    starts = [a * op.stride - op.padding for a, _ in x.rect]
    stops = [(b - 1) * op.stride - op.padding + op.weight.shape[-1] for _, b in x.rect]
    # What is cut off evenly on both sides is never computed; the rest is cut off afterwards.
    cuts = [max(0, min(a - start, stop - b)) for (a, b), start, stop in zip(rect, starts, stops, strict=True)]
    surplus = [max(0, b - stop) for (_, b), stop in zip(rect, stops, strict=True)]
    y = transposed_convolution(x.tensor, op.weight, op.bias, op.stride, (cuts[0], cuts[1]), (surplus[0], surplus[1]))
    spans = (
        Span(start + cut, stop - cut + more)
        for start, stop, cut, more in zip(starts, stops, cuts, surplus, strict=True)
    )
    return Patch(y, Rect(*spans)).part(rect)


def _norm_chain(
    op: NormChain, given: Sequence[Patch], rect: Rect, sizes: Sequence[Size], out: Size, moments: Moments
) -> Tensor:
    """Padding is written along with the rest where a tile holds what it mirrors; otherwise afterwards."""
    core, pads = _inside(rect, op.pad, sizes[0])
    fits = _mirrors(core, pads)
    within = core if fits else needs_rect(op, rect, list(sizes), out)[0]
    addend = None
    if op.add is not None:
        addend = given[1].part(Rect(*(Span(a + op.crop, b + op.crop) for a, b in within)))
    how = Finish(op.relu, pads if fits else (0, 0, 0, 0), op.mode)
    x = given[0].part(within).contiguous(memory_format=torch.channels_last)  # twice as fast as a view of a part
    y = finish(x, how, op.weight, op.bias, op.epsilon, addend, moments)
    return y if fits else _pad(Patch(y, within), rect, op.pad, op.mode, sizes[0])


def _pad(x: Patch, rect: Rect, amount: int, mode: Literal["reflect", "edge"], size: Size) -> Tensor:
    """Part of a padded picture, from the part of the picture that it mirrors."""
    core, pads = _inside(rect, amount, size)
    if not any(pads):
        return x.part(core)
    if _mirrors(core, pads):
        return pad_border(x.part(core), pads, mode)
    y = x.tensor
    for axis, ((a, b), have, n) in enumerate(zip(rect, x.rect, size, strict=True)):
        wanted = range(a - amount, b - amount)
        places = [reflected(i, n) for i in wanted] if mode == "reflect" else [min(max(i, 0), n - 1) for i in wanted]
        y = y.index_select(2 + axis, torch.tensor([place - have.start for place in places], device=y.device))
    return y.contiguous(memory_format=torch.channels_last)


def _inside(rect: Rect, amount: int, size: Size) -> tuple[Rect, tuple[int, int, int, int]]:
    """What of a part of a padded picture is picture, and how much padding is left, right, above and below of it."""
    (above, below), (left, right) = (
        (max(amount - a, 0), max(b - amount - n, 0)) for (a, b), n in zip(rect, size, strict=True)
    )
    core = Rect(*(Span(max(a - amount, 0), min(b - amount, n)) for (a, b), n in zip(rect, size, strict=True)))
    return core, (left, right, above, below)


def _mirrors(core: Rect, pads: tuple[int, int, int, int]) -> bool:
    """Whether a part of a picture holds all that its padding mirrors."""
    return core.rows.length > max(pads[2:]) and core.columns.length > max(pads[:2])
