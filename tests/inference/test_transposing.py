"""Transposed convolutions of every width are torch's."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from painterly.inference.transposing import transposed_convolution


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@given(data=st.data())
def test_every_width_is_torchs(dtype: torch.dtype, data: st.DataObject) -> None:
    torch.manual_seed(0)
    kernel, stride = data.draw(st.sampled_from([(3, 2), (4, 2), (4, 3), (3, 1)]), "kernel and stride")
    padding = data.draw(st.tuples(st.integers(0, kernel - 1), st.integers(0, kernel - 1)), "padding")
    surplus = data.draw(st.sampled_from([(0, 0), (0, 0), (min(1, stride - 1),) * 2]), "surplus")
    height, width = data.draw(st.tuples(st.integers(4, 9), st.integers(4, 40)), "size")
    x = torch.randn(1, 2, height, width, dtype=dtype).contiguous(memory_format=torch.channels_last)
    weight, bias = torch.randn(2, 3, kernel, kernel, dtype=dtype), torch.randn(3, dtype=dtype)
    found = transposed_convolution(x, weight, bias, stride, padding, surplus)
    expected = F.conv_transpose2d(x, weight, bias, stride, padding, surplus)
    torch.testing.assert_close(found, expected, rtol=2e-2, atol=2e-2 if dtype == torch.bfloat16 else 1e-5)
    assert found.is_contiguous(memory_format=torch.channels_last) or dtype == torch.float32
