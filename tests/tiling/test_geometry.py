"""Every operation on a part of a picture, given what it says it needs, against plain torch and numpy on the whole."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from painterly.inference.graph import Add, Convolution, Nearest, Norm, Pad, Relu, Scale, Shuffle, Transposed
from painterly.tiling.geometry import extent, needs_rect
from painterly.tiling.kernels import Moments, run
from painterly.tiling.ops import Cast, Cut, Extend, NormChain, Pointwise, Resize, TiledOp
from painterly.tiling.rect import Patch, Rect, Span

SIDES = st.integers(1, 12)
SIZES = st.tuples(SIDES, SIDES)
Mode = Literal["reflect", "edge"]
MODES: st.SearchStrategy[Mode] = st.sampled_from(["reflect", "edge"])
EPSILON = 1e-3


def random(*shape: int) -> Tensor:
    return torch.randn(shape, dtype=torch.float64)


def spans(n: int) -> st.SearchStrategy[Span]:
    return st.tuples(st.integers(0, n - 1), st.integers(1, n)).map(
        lambda ends: Span(min(ends), max(*ends, ends[0] + 1))
    )


def rects(size: tuple[int, int]) -> st.SearchStrategy[Rect]:
    return st.builds(Rect, spans(size[0]), spans(size[1]))


def size_of(x: Tensor) -> tuple[int, int]:
    return x.shape[2], x.shape[3]


def cut_out(x: Tensor, rect: Rect) -> Tensor:
    (top, bottom), (left, right) = rect
    return x[:, :, top:bottom, left:right]


def padded(x: Tensor, amount: int, mode: Mode) -> Tensor:
    return torch.from_numpy(np.pad(x.numpy(), ((0, 0), (0, 0), (amount, amount), (amount, amount)), mode))


def grown(rect: Rect, more: tuple[int, int, int, int], size: tuple[int, int]) -> Rect:
    above, below, left, right = more
    (top, bottom), (start, stop) = rect
    return Rect(
        Span(max(0, top - above), min(size[0], bottom + below)), Span(max(0, start - left), min(size[1], stop + right))
    )


def check(
    data: st.DataObject,
    op: TiledOp,
    whole: list[Tensor],
    expected: Tensor,
    moments: list[Moments] | None = None,
    tolerance: float = 1e-12,
    like: tuple[int, int] = (0, 0),
    around: bool = True,
) -> None:
    """A part of the result, from the parts that are needed or a bit more, is that part of the whole result."""
    sizes = [size_of(x) for x in whole]
    out = tuple(extent(op, [size[axis] for size in sizes], like[axis], axis) for axis in (0, 1))
    assert out == size_of(expected)
    rect = data.draw(rects(size_of(expected)), "rect")
    parts = needs_rect(op, rect, sizes, size_of(expected))
    assert len(parts) == len(whole)
    given = []
    for x, part in zip(whole, parts, strict=True):
        # What another operation needs of the same value lies around it, whatever it is: other values are independent.
        more = data.draw(
            st.sampled_from([(0, 0, 0, 0), (1, 2, 0, 3), (0, 1, 5, 0)] if around else [(0, 0, 0, 0)]), "more"
        )
        held = grown(part, more, size_of(x))
        assert 0 <= held.rows.start < held.rows.stop <= x.shape[2]
        assert 0 <= held.columns.start < held.columns.stop <= x.shape[3]
        given.append(Patch(cut_out(x, held).clone(), held))
    before = [patch.tensor.clone() for patch in given]
    found = run(op, rect, given, sizes, size_of(expected), moments or [])
    assert all(torch.equal(patch.tensor, copy) for patch, copy in zip(given, before, strict=True))
    torch.testing.assert_close(found, cut_out(expected, rect), rtol=tolerance, atol=tolerance)


@given(data=st.data(), size=SIZES, mode=MODES, amount=st.integers(0, 40))
def test_padding_of_any_width_is_numpys(data: st.DataObject, size: tuple[int, int], mode: Mode, amount: int) -> None:
    x = random(1, 2, *size)
    check(data, Pad(0, mode, amount), [x], padded(x, amount, mode), tolerance=0)


@given(data=st.data(), size=SIZES, multiple=st.integers(2, 20))
def test_extending_reflects_at_the_right_and_below(data: st.DataObject, size: tuple[int, int], multiple: int) -> None:
    x = random(1, 2, *size)
    more = [(0, 0), (0, 0), (0, -size[0] % multiple), (0, -size[1] % multiple)]
    check(data, Extend(0, multiple), [x], torch.from_numpy(np.pad(x.numpy(), more, "reflect")), tolerance=0)


@given(data=st.data(), size=SIZES)
def test_a_convolution_of_any_stride_padding_and_groups_is_torchs(data: st.DataObject, size: tuple[int, int]) -> None:
    kernel = data.draw(st.integers(1, 6), "kernel")
    padding = data.draw(st.integers(0, kernel - 1), "padding")
    stride, groups = data.draw(st.integers(1, 4), "stride"), data.draw(st.sampled_from([1, 2]), "groups")
    if min(size) + 2 * padding < kernel:
        return
    x, weight, bias = random(1, 4, *size), random(6, 4 // groups, kernel, kernel), random(6)
    expected = F.conv2d(x, weight, bias, stride, padding, groups=groups)
    check(data, Convolution(0, weight, bias, stride, padding), [x], expected)


@given(data=st.data(), size=SIZES)
def test_a_transposed_convolution_with_surplus_is_torchs(data: st.DataObject, size: tuple[int, int]) -> None:
    stride = data.draw(st.integers(1, 4), "stride")
    kernel = data.draw(st.integers(stride, stride + 5), "kernel")
    padding, surplus = data.draw(st.integers(0, kernel - 1), "padding"), data.draw(st.integers(0, stride - 1), "more")
    x, weight, bias = random(1, 3, *size), random(3, 2, kernel, kernel), random(2)
    if (min(size) - 1) * stride - 2 * padding + kernel + surplus < 1:
        return
    expected = F.conv_transpose2d(x, weight, bias, stride, padding, surplus)
    check(data, Transposed(0, weight, bias, stride, padding, surplus), [x], expected)


@given(data=st.data(), size=SIZES, factor=st.integers(1, 4))
def test_enlarging_by_repeating_and_by_laying_out_channels(
    data: st.DataObject, size: tuple[int, int], factor: int
) -> None:
    x = random(1, 2 * factor**2, *size)
    check(data, Nearest(0, factor), [x], F.interpolate(x, scale_factor=float(factor), mode="nearest"), tolerance=0)
    check(data, Shuffle(0, factor), [x], F.pixel_shuffle(x, factor), tolerance=0)


@given(data=st.data(), size=SIZES, crop=st.integers(0, 3))
def test_adding_less_a_border(data: st.DataObject, size: tuple[int, int], crop: int) -> None:
    y, x = random(1, 3, *size), random(1, 3, size[0] + 2 * crop, size[1] + 2 * crop)
    inner = x[..., crop : crop + size[0], crop : crop + size[1]]
    check(data, Add(0, 1, crop), [x, y], y + inner)


def resized(x: Tensor, size: tuple[int, int], linear: bool) -> Tensor:
    """By torch, which gets a contiguous tensor wrong whose result is one pixel wide (2.13), but not this."""
    if size == size_of(x):
        return x
    x = x.contiguous(memory_format=torch.channels_last)
    return F.interpolate(x, size, mode="bilinear" if linear else "bicubic", antialias=True).clamp(0, 1)


@given(
    data=st.data(),
    given_=SIZES,
    wanted=SIZES,
    dtype=st.sampled_from([torch.float32, torch.float64]),
    linear=st.booleans(),
)
def test_resizing_is_torchs_with_antialiasing(
    data: st.DataObject, given_: tuple[int, int], wanted: tuple[int, int], dtype: torch.dtype, linear: bool
) -> None:
    x = random(1, 3, *given_).to(dtype)
    expected = resized(x, wanted, linear)
    tolerance = 1e-12 if dtype == torch.float64 else 1e-5
    check(data, Resize(0, *wanted, linear), [x], expected, tolerance=tolerance)


@pytest.mark.parametrize("linear", [False, True])
@pytest.mark.parametrize(("given_", "wanted"), [((3001, 7), (97, 5)), ((97, 8), (3001, 8)), ((640, 33), (639, 34))])
def test_resizing_long_pictures_strip_by_strip(given_: tuple[int, int], wanted: tuple[int, int], linear: bool) -> None:
    x = torch.rand(1, 3, *given_)
    expected, op = resized(x, wanted, linear), Resize(0, *wanted, linear)
    for top in range(0, wanted[0], 31):
        rect = Rect(Span(top, min(top + 31, wanted[0])), Span(0, wanted[1]))
        (part,) = needs_rect(op, rect, [given_], wanted)
        found = run(op, rect, [Patch(cut_out(x, part), part)], [given_], wanted, [])
        torch.testing.assert_close(found, cut_out(expected, rect), rtol=0, atol=1e-4)


@given(data=st.data(), size=SIZES, like=SIZES)
def test_what_stands_pixel_by_pixel(data: st.DataObject, size: tuple[int, int], like: tuple[int, int]) -> None:
    x, y, weight, bias = random(1, 3, *size), random(1, 3, *size), random(3), random(3)
    check(data, Cut(0, 1), [x], x[..., : like[0], : like[1]], tolerance=0, like=like)
    check(data, Relu(0), [x], x.clamp_min(0), tolerance=0)
    check(data, Cast(0, torch.float32), [x], x.float(), tolerance=0)
    check(data, Scale(0, weight, bias), [x], x * weight.view(3, 1, 1) + bias.view(3, 1, 1))
    check(data, Pointwise((0, 1), torch.sub, 3), [x, y], x - y)


@given(data=st.data(), size=SIZES)
def test_normalising_with_all_that_follows_is_one_after_the_other(data: st.DataObject, size: tuple[int, int]) -> None:
    mode: Mode = data.draw(MODES, "mode")
    pad, crop = data.draw(st.integers(0, 15), "pad"), data.draw(st.integers(0, 3), "crop")
    relu, adds = data.draw(st.booleans(), "relu"), data.draw(st.booleans(), "adds")
    x, addend = random(1, 3, *size).float(), random(1, 3, size[0] + 2 * crop, size[1] + 2 * crop).float()
    weight, bias, mean, variance = torch.rand(3) + 0.5, torch.randn(3), random(3), random(3).square() + 0.1
    y = (x.double() - mean.view(3, 1, 1)) / (variance + EPSILON).sqrt().view(3, 1, 1)
    y = y * weight.view(3, 1, 1) + bias.view(3, 1, 1)
    moments: list[Moments] = [(mean, variance)]
    check(data, Norm(0, weight, bias, EPSILON), [x], y.float(), moments, tolerance=2e-5)
    y = y.clamp_min(0) if relu else y
    y = y + addend[..., crop : crop + size[0], crop : crop + size[1]] if adds else y
    op = NormChain(0, weight, bias, EPSILON, relu, 1 if adds else None, crop if adds else 0, pad, mode)
    whole = [x, addend] if adds else [x]
    check(data, op, whole, padded(y, pad, mode).float(), moments, tolerance=2e-5, around=not adds)


def test_normalising_and_adding_takes_more_than_is_needed() -> None:
    x, addend, unit = torch.randn(1, 1, 1, 9), torch.randn(1, 1, 1, 9), torch.ones(1)
    op = NormChain(0, unit, unit, EPSILON, False, 1, pad=1)
    rect, sizes, out = Rect(Span(0, 3), Span(0, 1)), [(1, 9), (1, 9)], (3, 11)
    parts = needs_rect(op, rect, sizes, out)
    wider = Rect(parts[0].rows, Span(0, 9))
    exact, more = (
        run(
            op,
            rect,
            [Patch(cut_out(x, part), part), Patch(cut_out(addend, parts[1]), parts[1])],
            sizes,
            out,
            unit_moments(),
        )
        for part in (parts[0], wider)
    )
    assert torch.equal(exact, more)


def unit_moments() -> list[Moments]:
    return [(torch.zeros(1, dtype=torch.float64), torch.ones(1, dtype=torch.float64))]


def test_a_part_that_is_one_pixel_short_gives_no_or_another_result() -> None:
    x, weight = random(1, 1, 20, 20), torch.ones(1, 1, 3, 3, dtype=torch.float64)
    op, rect, size = Convolution(0, weight, torch.zeros(1, dtype=torch.float64)), Rect(Span(5, 9), Span(6, 8)), (18, 18)
    (part,) = needs_rect(op, rect, [(20, 20)], size)
    assert part == Rect(Span(5, 11), Span(6, 10))
    short = Rect(Span(part.rows.start, part.rows.stop - 1), part.columns)
    found = run(op, rect, [Patch(cut_out(x, short), short)], [(20, 20)], size, [])
    assert size_of(found) != (rect.rows.length, rect.columns.length)


@pytest.mark.parametrize(("kernel", "padding"), [(1, 1), (1, 2), (3, 5)])
def test_a_convolution_that_sees_nothing_but_zeros_is_refused(kernel: int, padding: int) -> None:
    op = Convolution(0, random(2, 2, kernel, kernel), random(2), 1, padding)
    with pytest.raises(ValueError, match="sees nothing"):
        extent(op, [5])


def test_a_transposed_convolution_that_leaves_gaps_is_refused() -> None:
    with pytest.raises(ValueError, match="leaves gaps"):
        extent(Transposed(0, random(2, 2, 2, 2), random(2), 3, 0), [4])
