"""Mean and variance, part by part, against numpy's of the whole."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from painterly.tiling.moments import RunningMoments, moments_of


def cuts(n: int) -> st.SearchStrategy[list[int]]:
    """Where a row of n pixels is cut, with both ends."""
    return st.sets(st.integers(1, n - 1) if n > 1 else st.nothing()).map(lambda inner: [0, *sorted(inner), n])


def parts_of(x: Tensor, rows: list[int], columns: list[int]) -> list[Tensor]:
    return [
        x[:, :, top:bottom, left:right]
        for top, bottom in itertools.pairwise(rows)
        for left, right in itertools.pairwise(columns)
    ]


def merged(parts: list[Tensor]) -> RunningMoments:
    running = RunningMoments(parts[0].shape[1])
    for part in parts:
        running.add(*moments_of(part))
    return running


@given(data=st.data(), height=st.integers(1, 20), width=st.integers(1, 20), mean=st.sampled_from([0.0, -3.0, 1e6, 1e9]))
def test_parts_of_any_shape_in_any_order_are_numpys_whole(
    data: st.DataObject, height: int, width: int, mean: float
) -> None:
    torch.manual_seed(data.draw(st.integers(0, 1000), "seed"))
    x = mean + torch.randn(1, 3, height, width, dtype=torch.float64)
    parts = parts_of(x, data.draw(cuts(height), "rows"), data.draw(cuts(width), "columns"))
    running = merged(data.draw(st.permutations(parts), "order"))
    whole = x.numpy().astype(np.longdouble)
    assert running.count == height * width
    np.testing.assert_allclose(running.mean.numpy(), whole.mean((0, 2, 3)), rtol=1e-14, atol=1e-13)
    np.testing.assert_allclose(
        running.variance.numpy(), whole.var((0, 2, 3)), rtol=0, atol=1e-6 if mean >= 1e6 else 1e-13
    )


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_large_pictures_far_from_zero_lose_nothing(dtype: torch.dtype, layout: torch.memory_format) -> None:
    x = (1000 + torch.randn(1, 2, 500, 701)).to(dtype).contiguous(memory_format=layout)
    running = merged(parts_of(x, [0, 1, 130, 499, 500], [0, 350, 351, 701]))
    whole = x.double().numpy()
    np.testing.assert_allclose(running.mean, whole.mean((0, 2, 3)), rtol=1e-7)
    np.testing.assert_allclose(running.variance, whole.var((0, 2, 3)), rtol=1e-4)


def test_the_variances_of_parts_alone_are_not_the_variance() -> None:
    """A picture that is dark on the left and bright on the right: most of its variance lies between the parts."""
    x = torch.cat([torch.randn(1, 1, 8, 8) - 10, torch.randn(1, 1, 8, 8) + 10], 3).double()
    parts = parts_of(x, [0, 8], [0, 8, 16])
    averaged = torch.stack([moments_of(part)[2] for part in parts]).mean()
    assert averaged < 2
    assert float(merged(parts).variance) == pytest.approx(float(x.var(correction=0)), rel=1e-12)
    assert float(merged(parts).variance) > 90


def test_many_small_parts_do_not_add_up_to_an_error() -> None:
    """Twenty thousand parts of a constant but for a ripple of a millionth of it."""
    x = 1e3 + 1e-3 * torch.sin(torch.arange(20_000, dtype=torch.float64)).view(1, 1, 100, 200)
    running = RunningMoments(1)
    for value in x.flatten().tolist():
        running.add(1, torch.tensor([value], dtype=torch.float64), torch.zeros(1, dtype=torch.float64))
    assert float(running.variance) == pytest.approx(float(x.var(correction=0)), rel=1e-6)


def test_a_constant_has_no_variance() -> None:
    x = torch.full((1, 3, 31, 17), 0.1)
    running = merged(parts_of(x, [0, 7, 31], [0, 1, 17]))
    assert float(running.variance.max()) <= 1e-14
    torch.testing.assert_close(running.mean, torch.full((3,), 0.1, dtype=torch.float64), rtol=1e-6, atol=0)


@pytest.mark.parametrize("value", [0.3, 0.7, 123.456])
def test_a_large_constant_has_no_variance(value: float) -> None:
    """As have channels that a ReLU has killed: what their deviation is off by, normalisation divides by 0.003."""
    _, mean, variance = moments_of(torch.full((1, 8, 128, 128), value).contiguous(memory_format=torch.channels_last))
    assert float((mean / value - 1).abs().max()) < 1e-6
    assert float(variance.sqrt().max()) / value < 1e-6
