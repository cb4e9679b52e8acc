"""What operations say they need: all that their result depends on, and nothing else."""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from painterly.inference.graph import Convolution, Pad
from painterly.tiling.geometry import extent, needs, reflected
from painterly.tiling.rect import Span

Mode = Literal["reflect", "edge"]
MODES: st.SearchStrategy[Mode] = st.sampled_from(["reflect", "edge"])


def spans(n: int) -> st.SearchStrategy[Span]:
    return st.tuples(st.integers(0, n - 1), st.integers(1, n)).map(
        lambda ends: Span(min(ends), max(*ends, ends[0] + 1))
    )


@given(n=st.integers(1, 20), amount=st.integers(0, 70))
def test_a_row_is_reflected_for_ever(n: int, amount: int) -> None:
    expected = np.pad(np.arange(n), amount, "reflect")
    assert [reflected(i, n) for i in range(-amount, n + amount)] == expected.tolist()


@given(
    n=st.integers(1, 30),
    kernel=st.integers(1, 7),
    stride=st.integers(1, 4),
    padding=st.integers(0, 6),
    data=st.data(),
)
def test_convolutions_need_no_more_than_what_their_result_depends_on(
    n: int, kernel: int, stride: int, padding: int, data: st.DataObject
) -> None:
    """The outermost pixels of a part that is needed change the result; and nothing beyond does."""
    padding = min(padding, kernel - 1)
    if n + 2 * padding < kernel:
        return
    op = Convolution(0, torch.ones(1, 1, kernel, kernel, dtype=torch.float64), torch.zeros(1), stride, padding)
    row = torch.zeros(1, 1, n, dtype=torch.float64)
    out = extent(op, [n])
    span = data.draw(spans(out), "span")
    reached = [
        i
        for i in range(n)
        if F.conv1d(row.index_fill(2, torch.tensor([i]), 1), op.weight[:, :, 0], None, stride, padding)[
            0, 0, span.start : span.stop
        ].any()
    ]
    (part,) = needs(op, span, [n], out)
    if stride <= kernel:  # otherwise there are pixels that nothing looks at
        assert reached == list(range(*part))
    else:
        assert (reached[0], reached[-1] + 1) == tuple(part)


@given(n=st.integers(1, 30), amount=st.integers(0, 40), mode=MODES, data=st.data())
def test_padding_needs_the_smallest_part_that_holds_what_it_mirrors(
    n: int, amount: int, mode: Mode, data: st.DataObject
) -> None:
    out = n + 2 * amount
    span = data.draw(spans(out), "span")
    places = np.pad(np.arange(n), amount, mode)[span.start : span.stop]
    (part,) = needs(Pad(0, mode, amount), span, [n], out)
    assert part.start <= places.min() < places.max() + 1 <= part.stop
    inside = span.start < n + amount and span.stop > amount
    if inside and (mode == "edge" or (span.start - amount >= 1 - n and span.stop - amount <= 2 * n - 1)):
        assert part == (places.min(), places.max() + 1)
