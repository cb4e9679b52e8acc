"""How a mixture of styles is written."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from painterly.errors import UsageError
from painterly.models.look import Look, parse_look, plain_name

NAME = st.sampled_from(["a", "b", "starry-night", "the-scream", "composition-7", "1907", "very-long-name-of-a-style"])
NAMES = st.lists(NAME, min_size=1, max_size=6, unique=True)
WEIGHTS = st.floats(1e-6, 1e6)
STRENGTHS = st.floats(0, 1)
MIXTURES = st.dictionaries(NAME, WEIGHTS, min_size=1, max_size=6)


def written(weights: Mapping[str, float]) -> str:
    return ",".join(f"{name}:{weight!r}" for name, weight in weights.items())


@given(MIXTURES, STRENGTHS)
def test_weights_add_up_to_one_and_keep_their_proportions_and_order(weights: dict[str, float], strength: float) -> None:
    look = parse_look(weights, strength)
    assert [name for name, _ in look.styles] == list(weights)
    assert math.isclose(math.fsum(weight for _, weight in look.styles), 1)
    assert all(weight > 0 for _, weight in look.styles)
    first = next(iter(weights))
    for name, weight in look.styles:
        assert math.isclose(weight * weights[first], weights[name] * look.styles[0][1])
    assert look.strength == strength


@given(MIXTURES, STRENGTHS)
def test_a_mapping_and_its_written_form_are_one_look(weights: dict[str, float], strength: float) -> None:
    assert parse_look(written(weights), strength) == parse_look(weights, strength)


@given(MIXTURES, st.floats(1e-3, 1e3))
def test_only_proportions_count(weights: dict[str, float], factor: float) -> None:
    scaled = parse_look({name: weight * factor for name, weight in weights.items()})
    for (name, weight), (other, expected) in zip(scaled.styles, parse_look(weights).styles, strict=True):
        assert name == other
        assert math.isclose(weight, expected)


@given(NAMES)
def test_without_weights_all_count_alike(names: list[str]) -> None:
    assert parse_look(",".join(names)).styles == tuple((name, 1 / len(names)) for name in names)
    assert parse_look(dict.fromkeys(names, 17.0)) == parse_look(",".join(names))


@given(MIXTURES, STRENGTHS, STRENGTHS)
def test_a_look_is_taken_for_its_styles(weights: dict[str, float], first: float, second: float) -> None:
    look = parse_look(weights, first)
    assert parse_look(look, second) == Look(look.styles, second)


@given(MIXTURES)
def test_looks_can_be_keys(weights: dict[str, float]) -> None:
    assert {parse_look(weights): 1}[parse_look(written(weights))] == 1


def test_spaces_and_spelling_do_not_matter() -> None:
    expected = parse_look("starry-night:3,the-scream:1")
    for text in (" Starry Night : 3 ,The_Scream:1", "STARRY_NIGHT:3.0,the scream:1e0", "starry--night:6, the-scream:2"):
        assert parse_look(text) == expected
    assert parse_look({"Starry Night": 3, "the scream ": 1}) == expected


@pytest.mark.parametrize(
    ("style", "said"),
    [
        ("", "--style '' lacks the name of a style; painterly styles lists them"),
        (" ", "--style ' ' lacks the name of a style; painterly styles lists them"),
        ("a,", "--style 'a,' lacks the name of a style; painterly styles lists them"),
        (",a", "--style ',a' lacks the name of a style; painterly styles lists them"),
        (":1", "--style ':1' lacks the name of a style; painterly styles lists them"),
        ("-", "--style '-' lacks the name of a style; painterly styles lists them"),
        ({}, "--style '{}' lacks the name of a style; painterly styles lists them"),
        ({"": 1}, "--style '{'': 1}' lacks the name of a style; painterly styles lists them"),
        ("a,b,a", "--style 'a,b,a' names a twice"),
        ("a:1,A:2", "--style 'a:1,A:2' names a twice"),
        ("The Scream,the_scream", "--style 'The Scream,the_scream' names the-scream twice"),
        ({"a b": 1, "a-b": 2}, "--style '{'a b': 1, 'a-b': 2}' names a-b twice"),
        ("a:1,b", "--style 'a:1,b': give a weight to each of the styles or to none"),
        ("a,b:1", "--style 'a,b:1': give a weight to each of the styles or to none"),
        ("a:x", "--style 'a:x': 'x' is not a weight"),
        ("a:", "--style 'a:': '' is not a weight"),
        *((f"a:{value},b:1", f"--style 'a:{value},b:1': weights must be numbers above 0")
          for value in ("0", "-0", "-1", "-1e-9", "nan", "inf", "-inf", "1e999")),
        *(({"a": value, "b": 1}, f"--style '{{'a': {value}, 'b': 1}}': weights must be numbers above 0")
          for value in (0, -1, math.nan, math.inf)),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_said(style: Any, said: str) -> None:
    with pytest.raises(UsageError, match=f"^{re.escape(said)}$"):
        parse_look(style)


@pytest.mark.parametrize("weight", ["much", [1]])
def test_a_mapping_s_weight_that_is_no_number_is_said(weight: Any) -> None:
    with pytest.raises(UsageError, match="weight"):
        parse_look({"a": weight})


def test_huge_weights_still_add_up_to_one() -> None:
    assert parse_look("a:1e308,b:1e308").styles == (("a", 0.5), ("b", 0.5))


@pytest.mark.parametrize("strength", [-1e-9, 1.0000001, 2, -1, math.nan, math.inf, -math.inf, "0.5", None])
def test_strength_is_from_0_to_1(strength: Any) -> None:
    said = f"--strength must be a number from 0 (the photograph) to 1 (the style), not {strength}"
    for style in ("a", {"a": 1.0}, Look((("a", 1.0),))):
        with pytest.raises(UsageError, match=f"^{re.escape(said)}$"):
            parse_look(style, strength)


@given(MIXTURES)
def test_titles_name_the_strongest_first(weights: dict[str, float]) -> None:
    look = parse_look(weights)
    assert look.title == "-".join(sorted(weights, key=lambda name: -dict(look.styles)[name]))


def test_titles_of_equals_keep_the_order_in_which_they_were_named() -> None:
    assert parse_look("b,a,c").title == "b-a-c"
    assert parse_look("b:1,a:2,c:1").title == "a-b-c"


@pytest.mark.parametrize(
    ("style", "strength", "text"),
    [
        ("a", 1, "a"),
        ("a:5", 1, "a"),
        ("a", 0.5, "a at 0.5"),
        ("a:3,b:1", 1, "a:0.75,b:0.25"),
        ("a:1,b:2", 0, "a:0.333333,b:0.666667 at 0"),
    ],
)
def test_a_look_can_be_read(style: str, strength: float, text: str) -> None:
    assert str(parse_look(style, strength)) == text


@given(MIXTURES)
def test_what_a_look_says_of_itself_is_nearly_that_look(weights: dict[str, float]) -> None:
    look = parse_look(weights)
    for (name, weight), (other, expected) in zip(parse_look(str(look)).styles, look.styles, strict=True):
        assert name == other
        assert math.isclose(weight, expected, rel_tol=1e-4)


class TestPlainNames:
    @pytest.mark.parametrize(
        "text", ["Starry Night", "starry_night", " starry-night ", "STARRY  NIGHT", "_Starry - Night-", "starry\tnight"]
    )
    def test_one_name_is_written_in_many_ways(self, text: str) -> None:
        assert plain_name(text) == "starry-night"

    @pytest.mark.parametrize("path", ["/A/B_c.safetensors", "My_Style.safetensors", "./My Style", "a/B", "../B_b"])
    def test_paths_stay_as_they_are(self, path: str) -> None:
        assert plain_name(path) == path
        assert plain_name(f" {path} ") == path

    @given(st.text(max_size=20))
    def test_a_plain_name_is_its_own(self, text: str) -> None:
        assert plain_name(plain_name(text)) == plain_name(text)

    @given(st.from_regex(r"[a-z0-9]+(-[a-z0-9]+)*", fullmatch=True))
    def test_plain_names_stay(self, name: str) -> None:
        assert plain_name(name) == name
