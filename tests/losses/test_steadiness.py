"""Painting alike what is hardly different: movements that are known, and a loss that sees only what they do not say."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from painterly.losses.steadiness import Movement, disturb, move, movements, steadiness


def photograph(height: int = 60, width: int = 70) -> Tensor:
    """Smooth, so that interpolation costs little."""
    torch.manual_seed(0)
    small = torch.rand(2, 3, 6, 7)
    return F.interpolate(small, (height, width), mode="bicubic", align_corners=False).clamp(0, 1)


def test_whole_pixels_are_shifted_exactly() -> None:
    x = photograph()
    moved = move(x, [Movement(2, -3), Movement(0, 0)])
    assert torch.equal(moved[0, :, 2:, :-3], x[0, :, :-2, 3:])
    assert torch.equal(moved[1], x[1])


@pytest.mark.parametrize("how", [Movement(2, -3), Movement(-1, 4)])
def test_parts_of_pixels_agree_with_whole_ones(how: Movement) -> None:
    x = photograph()
    exact = move(x, [how] * 2)
    nearly = move(x, [Movement(how.down + 1e-4, how.right, how.zoom)] * 2)
    assert (exact - nearly)[..., 8:-8, 8:-8].abs().max() < 1e-3


def test_zooming_is_about_the_middle() -> None:
    x = torch.zeros(1, 1, 41, 41)
    x[..., 20, 20] = 1
    x[..., 20, 30] = 1
    moved = move(x, [Movement(0.0, 0.0, zoom=1.2)])
    assert moved[0, 0, 20, 20] > 0.5
    assert moved[0, 0, 20, 32] > 0.5


def test_what_paints_pixel_by_pixel_is_steady() -> None:
    x = photograph()
    how = [Movement(3, -2, seed=1), Movement(-4, 1, seed=2)]

    def paint(pictures: Tensor) -> Tensor:
        return 1 - pictures.square()

    assert steadiness(paint(x), paint(move(x, how)), how) == 0
    assert steadiness(paint(x), paint(disturb(x, how)), how) > 0  # noise
    assert steadiness(paint(x), paint(x), how) > 1e-4  # what does not move along


def test_movements_follow_from_seed_and_sample() -> None:
    first = movements([3, 4, 5], 0)
    assert first == movements([3, 4, 5], 0)
    assert first[1:] == movements([4, 5], 0)
    assert first != movements([3, 4, 5], 1)
    for sample, one in zip([3, 4, 5], first, strict=True):
        assert max(abs(one.down), abs(one.right)) <= 4
        assert 0.98 <= one.zoom <= 1.02
        assert 0.95 <= one.light <= 1.05
        assert (one.zoom == 1) == (sample % 2 == 1)


def test_the_next_frame_is_a_picture_and_the_same_every_time() -> None:
    x, how = photograph(), movements([0, 1], 7)
    frame = disturb(x, how)
    assert torch.equal(frame, disturb(x, how))
    assert frame.shape == x.shape
    assert frame.min() >= 0
    assert frame.max() <= 1
    assert 0 < (frame - x).abs().mean() < 0.2


def test_gradients_reach_both_paintings() -> None:
    x, how = photograph(), movements([2, 3], 0)
    one, other = x.clone().requires_grad_(), disturb(x, how).requires_grad_()
    steadiness(one, other, how).backward()
    assert one.grad is not None
    assert other.grad is not None
    assert one.grad.abs().sum() > 0
    assert other.grad.abs().sum() > 0


def test_small_pictures_are_compared_too() -> None:
    x = torch.rand(1, 3, 16, 16)
    assert steadiness(x, x, [Movement(0, 0)]) == 0
