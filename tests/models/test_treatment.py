"""What is done around a network: strokes, colours, and where to paint."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from painterly.errors import UsageError
from painterly.images.canvas import CANVAS_WIDTH, canvas
from painterly.images.color import keep_colours
from painterly.models.look import parse_look
from painterly.models.treat import treat
from painterly.models.treatment import COLORS, STROKES, Treatment

Paint = Callable[[Tensor], Tensor]


def flat(value: float) -> Paint:
    return lambda x: torch.full_like(x, value)


def inverted(x: Tensor) -> Tensor:
    return 1 - x


class Seen:
    """Paints nothing, and remembers the sizes that it was given."""

    def __init__(self) -> None:
        self.sizes: list[tuple[int, int]] = []

    def __call__(self, x: Tensor) -> Tensor:
        assert x.min() >= 0
        assert x.max() <= 1
        self.sizes.append((x.shape[-2], x.shape[-1]))
        return x


def test_by_default_it_is_the_painting_itself() -> None:
    photograph = torch.rand(2, 3, 17, 23)
    for treatment in (None, Treatment(), Treatment("style", "medium")):
        assert torch.equal(treat(photograph, [inverted], treatment), 1 - photograph)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"color": "purple"}, "--color must be one of style, content, luminance, not 'purple'"),
        ({"stroke": "huge"}, "--stroke must be one of small, medium, large, not 'huge'"),
        ({"canvas": 40.0}, "--canvas must be from 0 to 32 grey levels, not 40"),
        ({"canvas": -1.0}, "--canvas must be from 0 to 32 grey levels, not -1"),
        ({"canvas": math.nan}, "--canvas must be from 0 to 32 grey levels, not nan"),
        ({"color": ""}, "--color must be one of style, content, luminance, not ''"),
    ],
)
def test_unknown_treatments_are_refused(how: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=f"^{re.escape(said)}$"):
        Treatment(**how)


@given(st.sampled_from(list(STROKES)), st.integers(16, 70), st.integers(16, 70))
def test_strokes_change_the_size_that_is_painted_and_nothing_else(stroke: str, height: int, width: int) -> None:
    seen = Seen()
    found = treat(torch.rand(1, 3, height, width), [seen], Treatment(stroke=stroke))
    assert found.shape == (1, 3, height, width)
    assert found.min() >= 0
    assert found.max() <= 1
    ((h, w),) = seen.sizes
    assert min(h, w) >= 16
    scale = {"small": 1.5, "medium": 1, "large": 0.6}[stroke]
    if min(height, width) * scale >= 16:
        assert abs(h - height * scale) <= 0.5
        assert abs(w - width * scale) <= 0.5
    else:  # as small as a network takes
        assert min(h, w) == 16
        assert abs(h * width - w * height) <= max(height, width)


def test_larger_strokes_are_painted_smaller() -> None:
    sizes = []
    for stroke in ("small", "medium", "large"):
        seen = Seen()
        treat(torch.rand(1, 3, 40, 60), [seen], Treatment(stroke=stroke))
        sizes += seen.sizes
    assert sizes == [(60, 90), (40, 60), (24, 36)]


@pytest.mark.parametrize("stroke", list(STROKES))
def test_at_any_scale_a_smooth_picture_stays_what_it_is(stroke: str) -> None:
    ramp = torch.linspace(0.2, 0.8, 64).expand(1, 3, 48, 64)
    found = treat(ramp, [lambda x: x], Treatment(stroke=stroke))
    torch.testing.assert_close(found, ramp, atol=0.01, rtol=0)


@pytest.mark.parametrize("stroke", list(STROKES))
@pytest.mark.parametrize("color", COLORS)
def test_colours_are_kept_at_the_photograph_s_own_size(color: str, stroke: str) -> None:
    photograph = torch.rand(2, 3, 20, 30)
    painting = treat(photograph, [inverted], Treatment("style", stroke))
    expected = painting if color == "style" else keep_colours(painting, photograph, contrast=color == "luminance")
    torch.testing.assert_close(treat(photograph, [inverted], Treatment(color, stroke)), expected)


@pytest.mark.parametrize("count", [2, 3])
def test_several_styles_need_masks(count: int) -> None:
    said = f"there are {count} styles and no mask that says where each belongs"
    with pytest.raises(UsageError, match=f"^{re.escape(said)}$"):
        treat(torch.rand(1, 3, 16, 16), [inverted] * count)


@pytest.mark.parametrize(("styles", "masks"), [(1, 2), (2, 3), (3, 1), (4, 2)])
def test_and_as_many_or_one_less(styles: int, masks: int) -> None:
    said = "give one mask for each style, or none to the last"
    with pytest.raises(UsageError, match=said):
        treat(torch.rand(1, 3, 16, 16), [inverted] * styles, masks=[torch.ones(1, 1, 16, 16)] * masks)


def test_each_style_is_where_its_mask_is_and_the_photograph_elsewhere() -> None:
    photograph = torch.rand(2, 3, 18, 20)
    left, top = torch.zeros(2, 1, 1, 18, 20)
    left[..., :5], top[..., :9, 5:] = 1, 1
    found = treat(photograph, [flat(0.25), flat(0.5)], masks=[left, top])
    assert (found[..., :5] == 0.25).all()
    assert (found[..., :9, 5:] == 0.5).all()
    assert torch.equal(found[..., 9:, 5:], photograph[..., 9:, 5:])


def test_a_last_style_without_a_mask_fills_what_is_left() -> None:
    mask = torch.zeros(1, 1, 18, 20)
    mask[..., :7] = 1
    found = treat(torch.rand(2, 3, 18, 20), [flat(0.25), flat(0.5)], masks=[mask])
    assert (found[..., :7] == 0.25).all()
    assert (found[..., 7:] == 0.5).all()


def test_soft_masks_mix_and_overlapping_ones_share() -> None:
    photograph, half, whole = torch.zeros(1, 3, 16, 16), torch.full((1, 1, 16, 16), 0.5), torch.ones(1, 1, 16, 16)
    for paint, masks, expected in (
        ([flat(0.8)], [half], 0.4),
        ([flat(0.8), flat(0.2)], [half], 0.5),
        ([flat(0.8), flat(0.2)], [whole, whole], 0.5),
        ([flat(0.9), flat(0.3)], [whole, half], 0.7),
        ([flat(0.8), flat(0.2)], [half / 2, half / 2], 0.25),
        ([flat(0.9), flat(0.6), flat(0.3)], [whole, whole], 0.75),
    ):
        found = treat(photograph, paint, masks=masks)
        torch.testing.assert_close(found, torch.full_like(found, expected))


@given(st.integers(0, 2**31), st.integers(1, 4), st.booleans())
def test_what_is_painted_lies_between_the_paintings_and_the_photograph(seed: int, count: int, fills: bool) -> None:
    generator = torch.Generator().manual_seed(seed)
    masks = list(torch.rand(count, 1, 1, 16, 17, generator=generator).mul(1.5).clamp(0, 1))
    masks = masks[:-1] if fills and count > 1 else masks
    pictures = torch.rand(count + 1, 1, 3, 16, 17, generator=generator)
    paint = [lambda x, painting=painting: painting for painting in pictures[1:]]
    found = treat(pictures[0], paint, masks=masks)
    low, high = pictures.amin(0), pictures.amax(0)
    assert ((found >= low - 1e-6) & (found <= high + 1e-6)).all()


def test_the_same_painting_everywhere_needs_no_mask_to_be_told_apart() -> None:
    masks = list(torch.rand(3, 1, 1, 16, 16))
    found = treat(torch.rand(1, 3, 16, 16), [flat(0.3)] * 4, masks=masks)
    torch.testing.assert_close(found, torch.full_like(found, 0.3))


def test_a_canvas_is_laid_under_what_is_painted_and_not_under_the_photograph() -> None:
    photograph = torch.full((2, 3, 40, 60), 0.5)
    seen = []

    def copied(x: Tensor) -> Tensor:
        seen.append(x)
        return x

    result = treat(photograph, [copied], Treatment(canvas=6, color="luminance"))
    expected = 0.5 + torch.from_numpy(canvas((0, 40), (0, 60))) * 6 / 255
    torch.testing.assert_close(seen[0], expected.expand(2, 3, -1, -1))
    torch.testing.assert_close(result.mean(), torch.tensor(0.5), atol=1e-3, rtol=0)  # the photograph's light
    treat(torch.ones(1, 3, 40, 60), [copied], Treatment(canvas=32))
    assert seen[1].max() == 1
    assert seen[1].min() < 0.9


def test_a_canvas_fades_with_the_strength() -> None:
    uneven = Treatment(canvas=8)
    looks = [parse_look("the-scream", strength) for strength in (0.0, 0.5)]
    assert uneven.for_looks(looks[:1]).canvas == 0
    assert uneven.for_looks(looks).canvas == 4
    assert uneven.for_looks([None]) == uneven
    assert Treatment().for_looks(looks) == Treatment()


@given(st.integers(0, 2000), st.integers(0, 2000), st.integers(1, 30), st.integers(1, 30))
def test_parts_of_the_canvas_fit_together(top: int, left: int, height: int, width: int) -> None:
    whole = canvas((top, top + height + 7), (left, left + width + 5))
    assert (canvas((top + 7, top + 7 + height), (left + 5, left + 5 + width)) == whole[7:, 5:]).all()


def test_the_canvas_is_even_noise_as_smooth_as_it_says() -> None:
    whole = canvas((0, 1200), (0, 1500)).astype(float)
    assert abs(whole.mean()) < 0.02
    assert whole.std() == pytest.approx(1, abs=0.02)
    # White noise through a Gaussian: two places d apart correlate as exp(-d**2 / (4 sigma**2)).
    for shift in (1, 3, 6, 12):
        expected = math.exp(-(shift**2) / (4 * CANVAS_WIDTH**2))
        for moved, still in ((whole[shift:], whole[:-shift]), (whole[:, shift:], whole[:, :-shift])):
            assert (moved * still).mean() == pytest.approx(expected, abs=0.03)
    for side in (383, 509, 383 * 2, 509 * 2):  # half of it comes again, and never the whole
        assert 0.3 < (whole[side:] * whole[:-side]).mean() < 0.7
