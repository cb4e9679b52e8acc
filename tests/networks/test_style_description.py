"""What a network is, as saved beside its weights."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from painterly.encoders.distilled import DistilledVGG
from painterly.errors import InputError
from painterly.networks import STYLE_PRESETS, StyleDescription, StyleNetwork, build_network
from painterly.networks.description import EncoderDescription

carries = st.floats(0, 1) | st.sampled_from([0, 1])
descriptions = st.builds(
    StyleDescription,
    width=st.integers(1, 1024),
    blocks=st.integers(0, 64),
    normalization=st.sampled_from(StyleDescription.choices["normalization"]),
    upsampling=st.sampled_from(StyleDescription.choices["upsampling"]),
    padding=st.sampled_from(StyleDescription.choices["padding"]),
    pixels=st.sampled_from(StyleDescription.choices["pixels"]),
    carry=carries,
) | st.builds(
    StyleDescription,
    upsampling=st.sampled_from(StyleDescription.choices["upsampling"]),
    pixels=st.sampled_from(StyleDescription.choices["pixels"]),
    styles=st.integers(2, 4096),
    identity=st.booleans(),
    carry=carries,
)


@given(descriptions)
def test_a_description_survives_json(description: StyleDescription) -> None:
    assert StyleDescription.from_dict(json.loads(json.dumps(description.to_dict()))) == description


def test_what_an_older_description_lacks_takes_the_default() -> None:
    assert StyleDescription.from_dict({"width": 8}) == StyleDescription(width=8)


def test_a_network_is_of_one_style_that_carries_nothing_unless_it_says_so() -> None:
    for description in (StyleDescription(), *STYLE_PRESETS.values()):
        assert (description.styles, description.identity, description.carry) == (1, False, 0.0)


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
        ("padding", "wrap"),
        ("pixels", ["vgg"]),
        ("styles", 0),
        ("styles", -1),
        ("styles", 4097),
        ("styles", 2.0),
        ("styles", True),
        ("styles", "3"),
        ("styles", None),
        ("styles", [3]),
        ("identity", 0),
        ("identity", 1),
        ("identity", "true"),
        ("identity", None),
        ("carry", -1e-9),
        ("carry", 1.0001),
        ("carry", 2),
        ("carry", True),
        ("carry", False),
        ("carry", "0.5"),
        ("carry", None),
        ("carry", [0.5]),
        ("carry", math.nan),
        ("carry", math.inf),
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


@given(styles=st.integers(2, 4096), identity=st.booleans())
def test_several_styles_with_batch_normalisation_are_refused(styles: int, identity: bool) -> None:
    with pytest.raises(InputError, match="instance"):
        StyleDescription(normalization="batch", styles=styles, identity=identity)


@pytest.mark.parametrize("normalization", StyleDescription.choices["normalization"])
def test_a_network_of_nothing_but_the_photograph_is_refused(normalization: str) -> None:
    with pytest.raises(InputError, match="photograph"):
        StyleDescription.from_dict({"normalization": normalization, "styles": 1, "identity": True})


@given(descriptions)
def test_styles_change_neither_stride_nor_padding(description: StyleDescription) -> None:
    plain = dataclasses.replace(description, styles=1, identity=False, carry=0.0)
    assert (plain.stride, plain.start_padding) == (description.stride, description.start_padding)


@pytest.mark.parametrize("description", [StyleDescription(2, 1, styles=3, identity=True), StyleDescription(2, 1)])
def test_a_style_network_is_built_again_from_json(description: StyleDescription) -> None:
    network = build_network("style", json.loads(json.dumps(description.to_dict())))
    assert isinstance(network, StyleNetwork)
    assert network.description == description


@given(st.builds(EncoderDescription, st.integers(1, 64), st.sampled_from(EncoderDescription.choices["until"])))
def test_an_encoders_description_survives_json(description: EncoderDescription) -> None:
    assert EncoderDescription.from_dict(json.loads(json.dumps(description.to_dict()))) == description


@pytest.mark.parametrize("until", EncoderDescription.choices["until"])
def test_an_encoder_says_what_it_is(until: str) -> None:
    assert DistilledVGG(until=until, width=2).description == EncoderDescription(2, until)


@pytest.mark.parametrize(
    ("key", "value"),
    [("width", 0), ("width", 65), ("width", 32.0), ("width", True), ("until", "relu4_2"), ("until", 4), ("depth", 3)],
)
def test_what_is_no_encoders_description_is_refused_by_name(key: str, value: Any) -> None:
    with pytest.raises(InputError, match=key):
        EncoderDescription.from_dict({key: value})


@pytest.mark.parametrize("task", ["", "painting", "Style"])
def test_a_network_for_an_unknown_task_is_refused(task: str) -> None:
    with pytest.raises(InputError, match=f"'{task}'"):
        build_network(task, {})
