"""The spaces in which networks work, against arithmetic spelled out."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from painterly.networks.description import Pixels
from painterly.networks.pixels import PixelsIn, PixelsOut

unit = st.floats(0, 1)
anything = st.floats(-30, 30)


def column(*channels: float) -> torch.Tensor:
    return torch.tensor(channels).view(1, 3, 1, 1)


@given(unit, unit, unit)
def test_vgg_sees_bgr_in_255_steps_less_its_mean(red: float, green: float, blue: float) -> None:
    wanted = column(blue * 255 - 103.939, green * 255 - 116.779, red * 255 - 123.68)
    torch.testing.assert_close(PixelsIn("vgg")(column(red, green, blue)), wanted, rtol=1e-5, atol=1e-4)


@given(anything, anything, anything)
def test_vgg_gives_150_tanh_in_bgr_with_the_mean_added_back(first: float, second: float, third: float) -> None:
    blue, green, red = (
        (150 * math.tanh(x) + mean) / 255
        for x, mean in zip((first, second, third), (103.939, 116.779, 123.68), strict=True)
    )
    torch.testing.assert_close(PixelsOut("vgg")(column(first, second, third)), column(red, green, blue))


@given(unit, unit, unit)
def test_unit_sees_rgb_normalised_as_imagenet_is(red: float, green: float, blue: float) -> None:
    wanted = column((red - 0.485) / 0.229, (green - 0.456) / 0.224, (blue - 0.406) / 0.225)
    torch.testing.assert_close(PixelsIn("unit")(column(red, green, blue)), wanted, rtol=1e-5, atol=1e-5)


@given(anything, anything, anything)
def test_unit_gives_what_it_sees_and_cuts_it_off_except_in_training(first: float, second: float, third: float) -> None:
    x, out = column(first, second, third), PixelsOut("unit")
    wanted = column(first * 0.229 + 0.485, second * 0.224 + 0.456, third * 0.225 + 0.406)
    torch.testing.assert_close(out.train()(x), wanted, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(out.eval()(x), wanted.clamp(0, 1), rtol=1e-5, atol=1e-5)


@given(unit, unit, unit)
def test_unit_gives_back_what_it_sees(red: float, green: float, blue: float) -> None:
    picture = column(red, green, blue)
    torch.testing.assert_close(PixelsOut("unit").eval()(PixelsIn("unit")(picture)), picture, rtol=0, atol=1e-6)


@given(st.tuples(*[st.floats(0, 0.99)] * 3))
def test_all_but_the_brightest_blue_is_within_reach_of_vggs_output(rgb: tuple[float, float, float]) -> None:
    picture = column(*rgb).double()
    needed = (PixelsIn("vgg").double()(picture) / 150).atanh()
    torch.testing.assert_close(PixelsOut("vgg").double()(needed), picture, rtol=0, atol=1e-6)


@pytest.mark.parametrize("space", ["vgg", "unit"])
def test_constants_are_not_saved_with_the_weights(space: Pixels) -> None:
    assert not PixelsIn(space).state_dict()
    assert not PixelsOut(space).state_dict()
