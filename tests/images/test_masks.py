"""Where in a picture something belongs."""

from __future__ import annotations

import re

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from painterly.errors import InputError, UsageError
from painterly.images.masks import fit_mask, shares_of
from painterly.models.kinds import resize_tensor

SIDES = st.integers(16, 200)


def smaller(height: int, width: int, longest: int) -> tuple[int, int]:
    """The size of a picture made smaller, as `resize_tensor` makes it."""
    height, width = resize_tensor(torch.zeros(1, 1, height, width), longest).shape[-2:]
    return height, width


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_at_the_picture_s_size_it_is_the_mean_over_its_channels(channels: int) -> None:
    mask = torch.rand(1, channels, 5, 7)
    torch.testing.assert_close(fit_mask(mask, 5, 7), mask.sum(1, keepdim=True) / channels)


@given(SIDES, SIDES, st.integers(1, 4))
def test_whole_multiples_and_fractions_fit(height: int, width: int, factor: int) -> None:
    for mask, picture in (((height, width), (height * factor, width * factor)),
                          ((height * factor, width * factor), (height, width))):  # fmt: skip
        assert fit_mask(torch.rand(1, 1, *mask), *picture).shape == (1, 1, *picture)


@given(SIDES, st.floats(0.5, 2), st.integers(16, 200))
def test_a_mask_made_smaller_fits_the_picture(height: int, aspect: float, longest: int) -> None:
    width = round(height * aspect)
    mask = smaller(height, width, min(longest, height, width))
    assert fit_mask(torch.rand(1, 1, *mask), height, width).shape == (1, 1, height, width)


@given(SIDES, st.floats(2.5, 10), st.integers(16, 200))
def test_so_does_that_of_a_long_picture(height: int, aspect: float, longest: int) -> None:
    width = round(height * aspect)
    mask = smaller(height, width, min(longest, height))
    assert fit_mask(torch.rand(1, 1, *mask), height, width).shape == (1, 1, height, width)


@given(st.integers(16, 1000), st.integers(16, 1000), st.integers(16, 300))
def test_a_photograph_s_own_mask_fits_it_made_smaller(height: int, width: int, longest: int) -> None:
    """`painterly stylize photo.jpg --mask mask.png --size 300`."""
    picture = smaller(height, width, min(longest, height, width))
    assert fit_mask(torch.zeros(1, 1, height, width), *picture).shape == (1, 1, *picture)


@pytest.mark.parametrize(
    ("mask", "picture"),
    [((20, 30), (30, 20)), ((16, 16), (16, 20)), ((90, 90), (90, 99)), ((300, 400), (90, 160)), ((30, 40), (90, 160))],
)  # fmt: skip
def test_other_proportions_are_refused(mask: tuple[int, int], picture: tuple[int, int]) -> None:
    said = (
        f"the mask sky.png has {mask[1]}x{mask[0]} pixels, the picture {picture[1]}x{picture[0]}: "
        "they must have the same proportions"
    )
    with pytest.raises(InputError, match=f"^{re.escape(said)}$"):
        fit_mask(torch.rand(1, 3, *mask), *picture, "the mask sky.png")


@given(st.integers(0, 2**31), st.sampled_from([(8, 12), (16, 24), (32, 48), (96, 144)]))
def test_resizing_stays_within_the_mask_s_own_range(seed: int, size: tuple[int, int]) -> None:
    mask = torch.rand(1, 1, 24, 36, generator=torch.Generator().manual_seed(seed))
    found = fit_mask(mask, *size)
    assert found.min() >= mask.min() - 1e-6
    assert found.max() <= mask.max() + 1e-6
    assert fit_mask(torch.ones(1, 3, 24, 36), *size).eq(1).all()
    assert fit_mask(torch.zeros(1, 3, 24, 36), *size).eq(0).all()


def test_what_is_left_stays_left_and_soft_only_at_the_edge() -> None:
    mask = torch.zeros(1, 1, 20, 20)
    mask[..., :10] = 1
    for size in (10, 40, 200):
        found, edge = fit_mask(mask, size, size), size // 20 + 1
        assert (found[..., : size // 2 - edge] == 1).all()
        assert (found[..., size // 2 + edge :] == 0).all()


@given(st.integers(0, 2**31), st.integers(1, 5), st.booleans())
def test_shares_add_up_to_one_everywhere(seed: int, count: int, fills: bool) -> None:
    masks = list(torch.rand(count, 1, 1, 4, 5, generator=torch.Generator().manual_seed(seed)).mul(1.4).clamp(0, 1))
    masks = masks[:-1] if fills and count > 1 else masks
    shares = shares_of(masks, count)
    assert shares.shape == (count + 1, 1, 4, 5)
    assert (shares >= 0).all()
    torch.testing.assert_close(shares.sum(0), torch.ones(1, 4, 5))
    if len(masks) < count:
        assert (shares[-1] == 0).all()  # the last picture leaves nothing

    whole = torch.cat(masks)
    total = whole.sum(0)
    alone = total <= 1
    for mask, share in zip(whole, shares, strict=False):
        torch.testing.assert_close(share[alone], mask[alone])  # as the mask says, where there is room
        torch.testing.assert_close(share[~alone] * total[~alone], mask[~alone])  # in proportion, where they overlap


def test_hard_masks_are_taken_at_their_word() -> None:
    left, right = torch.zeros(2, 1, 1, 3, 4)
    left[..., :2], right[..., 2:] = 1, 1
    assert torch.equal(shares_of([left, right], 2), torch.cat([left, right, torch.zeros(1, 1, 3, 4)]))
    assert torch.equal(shares_of([left], 2), torch.cat([left, right, torch.zeros(1, 1, 3, 4)]))
    assert torch.equal(shares_of([left], 1), torch.cat([left, right]))


@pytest.mark.parametrize(("masks", "count"), [(0, 1), (0, 2), (2, 1), (1, 3), (3, 2), (5, 3)])
def test_more_masks_or_fewer_are_refused(masks: int, count: int) -> None:
    said = "give one mask for each style|no mask that says where"
    with pytest.raises(UsageError, match=said):
        shares_of([torch.ones(1, 1, 2, 2)] * masks, count)
