"""Side-by-side pictures."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from painterly.evaluation.comparison import busiest_square, side_by_side
from painterly.images.tensors import to_tensor


@pytest.mark.parametrize(("left", "top"), [(0, 0), (7, 3), (32, 22)])
def test_the_busiest_square_is_where_the_noise_is(left: int, top: int) -> None:
    picture = torch.full((1, 3, 32, 42), 0.5)
    picture[..., top : top + 10, left : left + 10] = torch.rand(10, 10).round()
    found = busiest_square(picture, 10)
    assert found == pytest.approx((left, top), abs=1)


@pytest.mark.parametrize("size", [(24, 40), (40, 24), (24, 24)])
def test_the_square_lies_within_the_picture(size: tuple[int, int]) -> None:
    for side in (1, 7, 24):
        left, top = busiest_square(torch.rand(1, 3, *size), side)
        assert 0 <= left <= size[1] - side
        assert 0 <= top <= size[0] - side


def test_every_part_is_shown_three_times_enlarged_in_the_order_given() -> None:
    large = (torch.rand(1, 3, 40, 30) * 255).round() / 255
    outputs = {"nearest": torch.zeros_like(large), "ours": torch.full_like(large, 0.2)}
    sheet = side_by_side(large[..., ::4, ::4], large, outputs, {"ours": "30 dB"})
    left, top = busiest_square(large, 30)
    truth = large[..., top : top + 30, left : left + 30].repeat_interleave(3, 2).repeat_interleave(3, 3)
    parts = [torch.zeros(1, 3, 90, 90), torch.full((1, 3, 90, 90), 51 / 255), truth]
    for index, part in enumerate(parts):
        cell = sheet.crop((96 * index, sheet.height - 90, 96 * index + 90, sheet.height))
        torch.testing.assert_close(to_tensor(cell), part, atol=1e-6, rtol=0)
    assert sheet.width == 3 * 96 - 6


def test_captions_are_written_above_their_parts() -> None:
    large = torch.rand(1, 3, 32, 32)
    plain, captioned = (
        np.asarray(side_by_side(large[..., ::4, ::4], large, {"a": large, "b": large}, captions))
        for captions in ({}, {"b": "30 dB"})
    )
    _, columns = np.nonzero((plain != captioned).any(2))
    assert 102 <= columns.min() <= columns.max() < 2 * 102


@pytest.mark.parametrize(
    ("size", "scale"),
    [
        ((24, 24), 4),
        ((24, 400), 4),
        ((400, 24), 8),
        ((24, 400), 2),
        ((40, 1140), 2),
    ],
)
def test_pictures_of_any_shape_have_a_sheet(size: tuple[int, int], scale: int) -> None:
    large = torch.rand(1, 3, *size)
    small = large[..., ::scale, ::scale]
    sheet = side_by_side(small, large, {"one": large}, {})
    assert sheet.width >= small.shape[-1]
