"""Names of layers, as people write them."""

from __future__ import annotations

import pytest

from painterly.encoders import VGG_CONFIGURATIONS, layer_names
from painterly.encoders.names import deepest, parse_layer, parse_layers
from painterly.errors import UsageError


@pytest.mark.parametrize("configuration", list(VGG_CONFIGURATIONS))
def test_names_are_read_and_written_back_and_sort_by_depth(configuration: str) -> None:
    names = list(layer_names(configuration))  # type: ignore[arg-type]
    assert [str(parse_layer(name)) for name in names] == names
    assert sorted(names, key=parse_layer) == names
    assert str(deepest(names[::-1])) == names[-1]


def test_a_name_tells_group_position_and_kind() -> None:
    assert tuple(parse_layer("conv4_2")) == (4, 2, "conv")


def test_a_list_of_names_may_have_spaces_and_a_comma_too_many() -> None:
    assert parse_layers(" relu1_2, conv4_2 ,") == ("relu1_2", "conv4_2")


@pytest.mark.parametrize(
    "name", ["", "relu", "relu6_1", "relu0_1", "relu1_5", "relu1_0", "relu12", "Relu1_1", "pool1_1", "relu1_1x", "1_1"]
)
def test_what_is_no_layer_is_refused_with_an_example(name: str) -> None:
    with pytest.raises(UsageError, match=rf"'{name}' is not a layer: write relu3_3"):
        parse_layer(name)
