"""What the gallery that ships does to the photographs that ship."""

from __future__ import annotations

import itertools
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from skimage.metrics import peak_signal_noise_ratio

import painterly
from painterly.images import read_picture

PHOTOGRAPHS = sorted((Path(painterly.__file__).parent / "assets" / "photographs").glob("*.jpg"))
STYLES = 8


@cache
def gallery() -> painterly.Painter:
    return painterly.load("gallery", backend="torch", precision="float32")


def painted(path: Path, style: str, strength: float) -> npt.NDArray[np.uint8]:
    return np.asarray(gallery()(read_picture(path).convert("RGB"), size=320, style=style, strength=strength))


def given(path: Path) -> npt.NDArray[np.uint8]:
    """The photograph at that size, as the painter sees it."""
    from painterly.images.tensors import from_tensor, to_tensor
    from painterly.models.kinds import resize_tensor

    return np.asarray(from_tensor(resize_tensor(to_tensor(read_picture(path).convert("RGB")), 320)))


def test_strength_0_gives_the_photographs_back_and_1_does_not() -> None:
    back = [peak_signal_noise_ratio(given(path), painted(path, "great-wave", 0.0)) for path in PHOTOGRAPHS]
    assert np.mean(back) >= 28, back
    assert min(back) >= 26, back
    assert all(peak_signal_noise_ratio(given(path), painted(path, "great-wave", 1.0)) < 18 for path in PHOTOGRAPHS)


@pytest.mark.parametrize("number", range(STYLES))
def test_strength_goes_from_photograph_to_painting_without_a_jump(number: int) -> None:
    path, style = PHOTOGRAPHS[0], gallery().styles[number]
    steps = [painted(path, style, strength).astype(float) for strength in np.linspace(0, 1, 6)]
    moves = [np.abs(after - before).mean() for before, after in itertools.pairwise(steps)]
    whole = np.abs(steps[-1] - steps[0]).mean()
    assert whole > 15
    assert max(moves) < 0.5 * whole


def test_no_two_styles_look_alike() -> None:
    paintings = [painted(PHOTOGRAPHS[0], style, 1.0).astype(float) for style in gallery().styles[:STYLES]]
    assert len(paintings) == STYLES
    for index, one in enumerate(paintings):
        assert all(np.abs(one - other).mean() > 15 for other in paintings[:index])
