"""Settings of `painterly optimize`: sizes, weights, and what cannot be meant."""

from __future__ import annotations

import dataclasses
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from painterly.errors import UsageError
from painterly.losses import WEIGHTINGS
from painterly.optimisation import OptimizationSettings


@given(st.integers(32, 5000), st.integers(1, 8))
def test_sizes_end_in_the_size_and_grow_by_the_root_of_two(size: int, scales: int) -> None:
    sizes = OptimizationSettings(size=size, scales=scales).sizes()
    assert sizes[-1] == size
    assert 1 <= len(sizes) <= scales
    assert all(small >= 64 for small in sizes[:-1])
    assert all(large / small == pytest.approx(2**0.5, rel=0.02) for small, large in pairwise(sizes))
    if size / 2 ** ((scales - 1) / 2) > 64:
        assert len(sizes) == scales


@pytest.mark.parametrize("formula", list(WEIGHTINGS))
def test_weights_are_the_formula_s_unless_others_are_given(formula: str) -> None:
    named = WEIGHTINGS[formula]
    assert OptimizationSettings(formula=formula).weights() == named
    for term in ("content", "style", "variation"):
        for value in (0.0, 7.0):
            changes: dict[str, Any] = {f"{term}_weight": value}
            found = OptimizationSettings(formula=formula, **changes).weights()
            assert getattr(found, term) == value
            assert dataclasses.replace(found, **{term: getattr(named, term)}) == named


@pytest.mark.parametrize(
    "wrong",
    [
        *({"size": 31}, {"iterations": 0}, {"scales": 0}, {"style_scale": 0.01}),
        *({"content_weight": -1.0}, {"style_weight": float("nan")}, {"variation_weight": -1e-9}),
        *({"method": "sgd"}, {"formula": "nope"}, {"color": "grey"}, {"pooling": "none"}, {"precision": "64-true"}),
        {"learning_rate": 0.0},
        {"learning_rate": -1.0},
        *({"tile": tile} for tile in ("", "none", "0", "-16", "8", "100", "16.0", "512px", "nan")),
    ],
)
def test_settings_that_cannot_be_meant(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=f"--{next(iter(wrong)).replace('_', '-')} "):
        OptimizationSettings(**wrong)


@pytest.mark.parametrize("tile", ["auto", "off", "16", "48", "512", "4096"])
def test_tiles_that_can_be_meant(tile: str) -> None:
    assert OptimizationSettings(tile=tile).tile == tile
