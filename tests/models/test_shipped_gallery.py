"""What the galleries that ship do to the photographs that ship."""

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
GALLERIES = pytest.mark.parametrize("name", ["gallery", "gallery-small"])


@cache
def gallery(name: str) -> painterly.Painter:
    return painterly.load(name, backend="torch", precision="float32")


def painted(name: str, path: Path, style: str, strength: float) -> npt.NDArray[np.uint8]:
    return np.asarray(gallery(name)(read_picture(path).convert("RGB"), size=320, style=style, strength=strength))


def given(path: Path) -> npt.NDArray[np.uint8]:
    """The photograph at that size, as the painter sees it."""
    from painterly.images.tensors import from_tensor, to_tensor
    from painterly.models.kinds import resize_tensor

    return np.asarray(from_tensor(resize_tensor(to_tensor(read_picture(path).convert("RGB")), 320)))


@pytest.mark.parametrize(("name", "mean", "least"), [("gallery", 28, 26), ("gallery-small", 25, 22)])
def test_strength_0_gives_the_photographs_back_and_1_does_not(name: str, mean: float, least: float) -> None:
    back = [peak_signal_noise_ratio(given(path), painted(name, path, "great-wave", 0.0)) for path in PHOTOGRAPHS]
    assert np.mean(back) >= mean, back
    assert min(back) >= least, back
    assert all(
        peak_signal_noise_ratio(given(path), painted(name, path, "great-wave", 1.0)) < 18 for path in PHOTOGRAPHS
    )


@pytest.mark.parametrize("number", range(STYLES))
@GALLERIES
def test_strength_goes_from_photograph_to_painting_without_a_jump(name: str, number: int) -> None:
    path, style = PHOTOGRAPHS[0], gallery(name).styles[number]
    steps = [painted(name, path, style, strength).astype(float) for strength in np.linspace(0, 1, 6)]
    moves = [np.abs(after - before).mean() for before, after in itertools.pairwise(steps)]
    assert np.abs(steps[-1] - steps[0]).mean() > 15
    assert max(moves) < 0.4 * sum(moves)


@GALLERIES
def test_no_two_styles_look_alike(name: str) -> None:
    paintings = [painted(name, PHOTOGRAPHS[0], style, 1.0).astype(float) for style in gallery(name).styles[:STYLES]]
    assert len(paintings) == STYLES
    for index, one in enumerate(paintings):
        assert all(np.abs(one - other).mean() > 15 for other in paintings[:index])


def test_the_small_one_has_the_same_paintings() -> None:
    whole, small = (painterly.info(name).styles for name in ("gallery", "gallery-small"))
    assert whole == small
