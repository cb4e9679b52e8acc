"""Parts of a report that cost nothing to draw, and a reader of pages."""

from __future__ import annotations

import base64
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from types import ModuleType

import pytest
from PIL import Image

from painterly.report import SECTIONS
from painterly.report.context import Context, Section

VOID = {"meta", "img", "br", "link", "input"}


@dataclass
class Stubs:
    """Stand in for the parts of a report.

    Attributes:
        drawn: Names of the parts that were begun, in that order.
        faults: What a part raises, by name, once it has kept a picture.
        text: What every part says.
    """

    drawn: list[str] = field(default_factory=list)
    faults: dict[str, BaseException] = field(default_factory=dict)
    text: str = "one & <two>"

    def draw(self, name: str, context: Context) -> Section:
        self.drawn.append(name)
        section = Section(f"Part {name}", "figure <0>", f"painterly {name} > out")
        section.picture(context.keep_picture(f"{name}.png", Image.new("RGB", (3, 2), (200, 100, 0))), f"The {name}.")
        if name in self.faults:
            raise self.faults[name]
        section.picture(context.keep_chart(f"{name}.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"), "A chart.")
        section.text(self.text)
        section.table(["name", "value"], [[name, 1234.5], [None, "<b>"]], "A table.")
        section.data["count"] = len(self.drawn)
        return section


@pytest.fixture
def stubs(monkeypatch: pytest.MonkeyPatch) -> Stubs:
    """Every part replaced by a cheap one."""
    stubs = Stubs()
    for name in SECTIONS:
        module = ModuleType(name)
        module.draw = lambda context, name=name: stubs.draw(name, context)  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, f"painterly.report.sections.{name}", module)
    return stubs


class Page(HTMLParser):
    """A page taken apart.

    Attributes:
        tags: Every tag with its attributes.
        words: The text of elements, by tag.
        parts: The text of sections, by their id.
        pictures: What is embedded, with its type.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words: dict[str, list[str]] = {}
        self.parts: dict[str, str] = {}
        self.pictures: list[tuple[str, bytes]] = []
        self._open: list[str] = []
        self._part = ""
        self.feed(text)
        self.close()
        assert not self._open, f"{self._open} are never closed"

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attributes}
        self.tags.append((tag, values))
        self.words.setdefault(tag, []).append("")
        if tag == "section":
            self._part = values["id"]
            self.parts[self._part] = ""
        if tag == "img":
            kind, _, content = values["src"].partition(";base64,")
            self.pictures.append((kind, base64.b64decode(content, validate=True)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag
        if tag == "section":
            self._part = ""

    def handle_data(self, data: str) -> None:
        for tag in set(self._open):
            self.words[tag][-1] += data
        if self._part:
            self.parts[self._part] += data


@pytest.fixture(scope="session")
def parse() -> Callable[[str], Page]:
    """Take a page apart, which must be well-formed."""
    return Page
