"""The page: whole, escaped, and with nothing undefined in it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jinja2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from painterly.report.page import render
from painterly.resources import describe_machine

ABOUT = {"quick": False, "model": "starry-night", **describe_machine()}
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1)
"""Anything that a browser shows; of white space only what it does not fold."""

Parse = Callable[[str], Any]


def part(**values: Any) -> dict[str, Any]:
    whole = {"name": "cost", "title": "T", "paper": "P", "command": "C", "seconds": 1.5, "blocks": [], "data": {}}
    return whole | values


@settings(max_examples=25)
@given(title=TEXT, text=TEXT, cell=TEXT, caption=TEXT, command=TEXT)
def test_every_text_stands_as_it_is(parse: Parse, title: str, text: str, cell: str, caption: str, command: str) -> None:
    blocks = [
        {"kind": "text", "text": text},
        {"kind": "table", "head": [cell], "rows": [[cell]], "caption": caption},
        {"kind": "picture", "file": "a.png", "caption": caption},
    ]
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "a.png").write_bytes(b"picture")
        html = render([part(title=title, command=command, blocks=blocks, data={"x": cell})], ABOUT, Path(name))
    page = parse(html)
    assert page.words["h2"] == [title]
    assert page.words["p"].count(text) >= 1
    assert page.words["th"] == [cell]
    assert page.words["td"] == [cell]
    assert page.words["caption"] == page.words["figcaption"] == [caption]
    assert command in page.words["code"]
    assert json.loads(page.words["pre"][0]) == {"x": cell}
    (image,) = (values for tag, values in page.tags if tag == "img")
    assert image["alt"] == caption
    assert page.pictures == [("data:image/png", b"picture")]


def test_a_part_that_is_missing_says_why(parse: Parse) -> None:
    page = parse(render([{"name": "speed", "left_out": "there is no <clock>"}], ABOUT, Path()))
    assert page.words["h2"] == ["speed"]
    assert "Left out: there is no <clock>." in page.parts["speed"]


def test_the_machine_and_the_budget_are_told() -> None:
    assert "--quick" not in render([], ABOUT, Path())
    html = render([], {**ABOUT, "quick": True, "gpu": "H<100>"}, Path())
    assert "--quick" in html
    assert "H&lt;100&gt;" in html
    assert ABOUT["torch"] in html


def test_numbers_are_set_as_numbers(parse: Parse) -> None:
    cells = ["1,234", "12.5", "~3.1 s", "285 MiB", "3 of 4", "", "0.1 s (0.1 to 0.2)"]
    table = {"kind": "table", "head": [], "rows": [cells], "caption": ""}
    page = parse(render([part(blocks=[table])], ABOUT, Path()))
    numbers = [values.get("class") == "number" for tag, values in page.tags if tag == "td"]
    assert numbers == [True, True, True, True, False, False, False]
    assert "caption" not in page.words


def test_nothing_undefined_is_passed_over() -> None:
    with pytest.raises(jinja2.UndefinedError):
        render([], {}, Path())
    with pytest.raises(jinja2.UndefinedError):
        render([part(blocks=[{"kind": "text"}])], ABOUT, Path())
