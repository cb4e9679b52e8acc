"""What a network that enlarges is, as saved beside its weights."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from painterly.errors import InputError
from painterly.networks.description import (
    SCALES,
    SRCNN_PRESETS,
    SUPER_RESOLUTION_PRESETS,
    SRCNNDescription,
    SuperResolutionDescription,
)

CHOICES = SuperResolutionDescription.choices
odd = st.integers(0, 511).map(lambda half: 2 * half + 1)
widths = st.integers(1, 1024)

networks = st.builds(
    SuperResolutionDescription,
    width=widths,
    up_width=widths,
    blocks=st.integers(0, 64),
    **{name: st.sampled_from(values) for name, values in CHOICES.items() if name not in ("pixels", "residual")},
) | st.builds(SuperResolutionDescription, pixels=st.just("vgg"), residual=st.just(False))
srcnns = st.builds(
    SRCNNDescription,
    scale=st.sampled_from(tuple(SCALES)),
    kernels=st.tuples(odd, odd, odd),
    widths=st.tuples(widths, widths),
)


@given(networks)
def test_a_description_survives_json(description: SuperResolutionDescription) -> None:
    assert SuperResolutionDescription.from_dict(json.loads(json.dumps(description.to_dict()))) == description


@given(srcnns)
def test_an_srcnns_description_survives_json_and_can_be_a_key(description: SRCNNDescription) -> None:
    again = SRCNNDescription.from_dict(json.loads(json.dumps(description.to_dict())))
    assert again == description
    assert hash(again) == hash(description)


def test_what_an_older_description_lacks_takes_the_default() -> None:
    assert SuperResolutionDescription.from_dict({"width": 8}) == SuperResolutionDescription(width=8)
    assert SRCNNDescription.from_dict({"scale": 3}) == SRCNNDescription(3)


@pytest.mark.parametrize("kind", [SuperResolutionDescription, SRCNNDescription])
def test_a_key_of_a_newer_version_is_refused_by_name(kind: Any) -> None:
    with pytest.raises(InputError, match="attention"):
        kind.from_dict({"scale": 4, "attention": True})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *[("scale", value) for value in (0, 1, 5, 16, -4, "4", None, [4], True)],
        *[(key, value) for key in ("width", "up_width") for value in (0, 1025, 32.0, True, "32", None)],
        *[("blocks", value) for value in (-1, 65, 4.0)],
        ("normalization", "instance"),
        ("upsampling", "bicubic"),
        ("padding", "reflect-start"),
        ("pixels", ["vgg"]),
        *[("residual", value) for value in ("yes", None, 2)],
    ],
)
def test_a_value_out_of_range_is_refused_by_name(key: str, value: Any) -> None:
    with pytest.raises(InputError, match=f"super-resolution network's {key}"):
        SuperResolutionDescription.from_dict({key: value})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *[("scale", value) for value in (0, 1, 5, "4", None, True)],
        *[("kernels", value) for value in ((9, 5), (9, 5, 5, 5), (9, 4, 5), (9, 0, 5), (9, 5.0, 5), "955", 9, None)],
        *[("widths", value) for value in ((64,), (64, 0), (64, 1025), (64, True), ("64", "32"), 64, None)],
        ("architecture", "vdsr"),
    ],
)
def test_an_srcnns_value_out_of_range_is_refused_by_name(key: str, value: Any) -> None:
    with pytest.raises(InputError, match=f"SRCNN.*{key}"):
        SRCNNDescription.from_dict({key: value})


def test_a_bicubic_picture_is_not_sent_through_a_tanh() -> None:
    with pytest.raises(InputError, match="150 tanh"):
        SuperResolutionDescription(pixels="vgg", residual=True)


@pytest.mark.parametrize("kind", [SuperResolutionDescription, SRCNNDescription])
def test_a_scale_that_only_equals_a_whole_number_is_refused(kind: Any) -> None:
    with pytest.raises(InputError, match="scale"):
        kind.from_dict({"scale": 4.0})


@pytest.mark.parametrize(("scale", "factors"), SCALES.items())
def test_the_up_sampling_layers_of_a_scale_multiply_to_it(scale: int, factors: tuple[int, ...]) -> None:
    assert math.prod(factors) == scale


def test_the_presets_differ_and_modern_is_the_default() -> None:
    assert len(set(SUPER_RESOLUTION_PRESETS.values())) == 2
    assert SuperResolutionDescription() == SUPER_RESOLUTION_PRESETS["modern"]
    assert len(set(SRCNN_PRESETS.values())) == 2
    assert SRCNNDescription() == SRCNN_PRESETS["9-5-5"]


def test_the_papers_preset_is_the_supplements_table_2() -> None:
    assert dataclasses.asdict(SUPER_RESOLUTION_PRESETS["paper"]) == {
        "scale": 4,
        "width": 64,
        "up_width": 64,
        "blocks": 4,
        "normalization": "batch",
        "upsampling": "transposed",
        "padding": "zero",
        "pixels": "vgg",
        "residual": False,
    }
