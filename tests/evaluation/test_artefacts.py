"""Grids and colour shifts that are put in are found, and nothing else is."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from painterly.evaluation.artefacts import colour_shift, grid_energy

SCALES = [2, 3, 4, 8]


def picture(levels: Tensor) -> Tensor:
    """A grey picture of levels from 0 to 255, shape (H, W)."""
    return (levels / 255).expand(1, 3, *levels.shape)


def flat(scale: int) -> Tensor:
    return torch.full((24 * scale, 24 * scale), 100.0)


def columns(scale: int) -> Tensor:
    return torch.arange(24.0 * scale).expand(24 * scale, -1)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("kind", ["columns", "points"])
def test_a_grid_is_as_strong_as_it_was_made(scale: int, kind: str) -> None:
    def strength(amplitude: float) -> float:
        grid = flat(scale)
        grid[:: scale if kind == "points" else 1, ::scale] += amplitude
        return grid_energy(picture(grid), picture(flat(scale)), scale)

    share = 1 / scale ** (2 if kind == "points" else 1)  # of the pixels
    deviation = 8 * math.sqrt(share * (1 - share)) * 219 / 255  # of luma, for an amplitude of 8
    assert 0.6 * deviation < strength(8) < 1.01 * deviation
    assert strength(16) == pytest.approx(2 * strength(8))


@pytest.mark.parametrize("scale", SCALES)
def test_flat_pictures_have_none(scale: int) -> None:
    target = picture(flat(scale))
    assert grid_energy(target, target, scale) == pytest.approx(0, abs=1e-9)
    assert grid_energy(target + 20 / 255, target, scale) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("way", ["across", "down", "aslant"])
def test_ramps_have_none(scale: int, way: str) -> None:
    across = columns(scale)[: 12 * scale, : 12 * scale]
    ramp = {"across": across, "down": across.T, "aslant": across + across.T}[way]
    assert grid_energy(picture(ramp), picture(ramp), scale) < 0.15


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("waves", [1, 3, 5])
def test_waves_between_those_of_the_grid_are_none(scale: int, waves: int) -> None:
    wave = 100 + 20 * torch.cos(math.pi * waves * columns(scale) / scale)
    assert grid_energy(picture(wave), picture(flat(scale)), scale) < 0.1


def test_only_where_the_ground_truth_is_flat_is_it_looked_for() -> None:
    target = flat(4)
    target[:, 32:] += 40 * torch.rand(96, 64)
    grid = target.clone()
    grid[:, 32::4] += 20
    assert grid_energy(picture(grid), picture(target), 4, flattest=0.3) == pytest.approx(0, abs=1e-9)
    assert grid_energy(picture(grid), picture(target), 4, flattest=1) > 1


def test_a_picture_smaller_than_a_block_has_none() -> None:
    small, target = torch.rand(2, 1, 3, 15, 64)
    assert grid_energy(small, target, 4) == 0


@pytest.mark.parametrize("levels", [7, -12])
@pytest.mark.parametrize("channel", [0, 1, 2])
def test_the_largest_shift_of_a_channel_counts(channel: int, levels: int) -> None:
    target = 0.2 + 0.6 * torch.rand(1, 3, 9, 8)
    output = target + 3 / 255
    output[:, channel] += (levels - 3) / 255
    assert colour_shift(output, target) == pytest.approx(abs(levels), abs=1e-4)
    assert colour_shift(target, target) == 0
