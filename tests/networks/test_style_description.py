"""What a network is, as saved beside its weights."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from painterly.errors import InputError
from painterly.networks import STYLE_PRESETS, StyleDescription

descriptions = st.builds(
    StyleDescription,
    width=st.integers(1, 1024),
    blocks=st.integers(0, 64),
    normalization=st.sampled_from(StyleDescription.choices["normalization"]),
    upsampling=st.sampled_from(StyleDescription.choices["upsampling"]),
    padding=st.sampled_from(StyleDescription.choices["padding"]),
    pixels=st.sampled_from(StyleDescription.choices["pixels"]),
)


@given(descriptions)
def test_a_description_survives_json(description: StyleDescription) -> None:
    assert StyleDescription.from_dict(json.loads(json.dumps(description.to_dict()))) == description


def test_what_an_older_description_lacks_takes_the_default() -> None:
    assert StyleDescription.from_dict({"width": 8}) == StyleDescription(width=8)


def test_a_key_of_a_newer_version_is_refused_by_name() -> None:
    with pytest.raises(InputError, match="attention"):
        StyleDescription.from_dict({"width": 8, "attention": True})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("width", 0),
        ("width", 1025),
        ("width", 32.0),
        ("width", True),
        ("width", "32"),
        ("width", None),
        ("blocks", -1),
        ("blocks", 65),
        ("normalization", "layer"),
        ("upsampling", "bicubic"),
        ("padding", "zero"),
        ("pixels", ["vgg"]),
    ],
)
def test_a_value_out_of_range_is_refused_by_name(key: str, value: Any) -> None:
    with pytest.raises(InputError, match=key):
        StyleDescription.from_dict({key: value})


@pytest.mark.parametrize(("blocks", "padding"), [(5, 40), (4, 32), (0, 0)])
def test_reflection_at_the_start_makes_up_for_what_the_blocks_crop(blocks: int, padding: int) -> None:
    assert StyleDescription(blocks=blocks, padding="reflect-start").start_padding == padding


def test_reflection_in_every_layer_needs_none_at_the_start() -> None:
    assert StyleDescription(padding="reflect").start_padding == 0


def test_the_presets_differ_and_modern_is_the_default() -> None:
    assert len(set(STYLE_PRESETS.values())) == len(STYLE_PRESETS)
    assert StyleDescription() == STYLE_PRESETS["modern"]
