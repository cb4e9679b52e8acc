"""The site's hooks: tables from commands, cards from files, a reference from stubs, links to what lies outside."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from typing import Any

import pytest
import typer
from tests.docs.conftest import DOCS, TOP, hook

from painterly.commands.app import app
from painterly.models.catalogue import shipped_models

pytest.importorskip("mkdocs", reason="mkdocs is not installed (extra: docs)")


def test_tables_hold_every_command_and_every_option() -> None:
    commands = hook("commands")
    found = {command.words: command for command in commands.all_commands()}
    seen = 0
    waiting: list[tuple[tuple[str, ...], Any]] = [((), typer.main.get_command(app))]
    while waiting:
        words, command = waiting.pop()
        inner = getattr(command, "commands", None)
        if inner is not None:
            waiting += [((*words, name), one) for name, one in inner.items()]
            continue
        seen += 1
        table = commands.option_tables(found[words])
        for one in command.params:
            if not getattr(one, "hidden", False) and one.opts[0].startswith("-"):
                for flag in (*one.opts, *one.secondary_opts):
                    assert re.search(rf"[`/]{re.escape(flag)}[`/]", table), f"{words} {flag}"
                assert one.help is None or one.help[:20].replace("|", "\\|") in table.replace("&lt;", "<")
    assert seen == len(found)


def test_defaults_and_bounds_are_shown() -> None:
    commands = hook("commands")
    stylize = next(one for one in commands.all_commands() if one.words == ("stylize",))
    table = commands.option_tables(stylize)
    assert "painterly stylize IN... [options]" in table
    assert re.search(r"`--size`, `-s` \| integer, at least 16 \|", table)
    assert re.search(r"`--strength` \| number \| `1.0` \|", table)
    assert re.search(r"`--mask` \| path, repeatable \|", table)


def test_marks_become_tables_and_unknown_ones_are_refused() -> None:
    commands = hook("commands")
    page = _Page("commands/demo.md")
    assert "`--output`" in commands.on_page_markdown("x\n\n<!-- options: demo -->\n", page=page)
    assert "`--output`" in commands.on_page_markdown("x\n", page=page)
    with pytest.raises(KeyError, match="nothing"):
        commands.on_page_markdown("<!-- options: nothing -->", page=_Page("a.md"))


def test_cards_say_what_the_files_say() -> None:
    cards = hook("cards")
    assert list(cards.cards()) == sorted(shipped_models())
    path, card = cards.cards()["gallery"]
    page = cards.card_page("gallery", path, card)
    for entry in card.styles:
        assert f"| {entry['name']} | {entry['title']} | {entry['painter']} |" in page
    assert f"{path.stat().st_size / 1e6:.1f} MB" in page
    assert "[gallery](gallery.md)" in cards.card_table()


def test_the_reference_names_what_is_public() -> None:
    reference = hook("reference")
    for package in reference.PACKAGES:
        names = reference.public_names(package)
        assert set(names) == set(importlib.import_module(package).__all__)
        page = reference.reference_page(package)
        for name, place in names.items():
            assert place in page
            module, _, attribute = place.rpartition(".")
            assert attribute == name
            assert importlib.util.find_spec(module) is not None


def test_examples_of_docstrings_become_sections() -> None:
    griffe = pytest.importorskip("griffe", reason="mkdocstrings is not installed (extra: docs)")
    extension = hook("docstrings").ExampleSections()
    thing = griffe.Function("f", docstring=griffe.Docstring("Do.\n\nExample:\n    >>> f()\n    1\n"))
    extension.on_object(obj=thing)
    kinds = [section.kind.value for section in griffe.parse_google(thing.docstring)]
    assert kinds == ["text", "examples"]


@pytest.mark.parametrize(
    ("text", "page", "repository", "expected"),
    [
        ("[its recipe](../recipes/g.sh)", "docs/gallery.md", None, "its recipe (`recipes/g.sh`)"),
        ("[its recipe](../recipes/g.sh)", "docs/gallery.md", "https://x/", "[its recipe](https://x/recipes/g.sh)"),
        ("[speed](speed.md#a)", "docs/large.md", None, "[speed](speed.md#a)"),
        ("![p](../images/p.png)", "docs/how/a.md", None, "![p](../images/p.png)"),
        ("[gallery](docs/gallery.md)", "CHANGELOG.md", None, "[gallery](gallery.md)"),
        ("[new](../CHANGELOG.md)", "docs/large.md", None, "[new](changelog.md)"),
        ("[start](../README.md)", "docs/large.md", None, "[start](index.md)"),
        ("[web](https://x.org/a)", "docs/large.md", None, "[web](https://x.org/a)"),
        ("```text\n[a](../b)\n```", "docs/large.md", None, "```text\n[a](../b)\n```"),
    ],
    ids=["outside", "repository", "page", "picture", "top", "changelog", "readme", "web", "code"],
)
def test_links_lead_somewhere(text: str, page: str, repository: str | None, expected: str) -> None:
    with_links: Callable[[str, str, str | None], str] = hook("outside").with_links
    assert with_links(text, page, repository) == expected


def test_files_are_shown_where_they_are_asked_for() -> None:
    outside = hook("outside")
    shown = outside.with_files("    <!-- file: examples/denoise.py -->")
    source = (TOP / "examples" / "denoise.py").read_text(encoding="utf-8").splitlines()
    lines = shown.splitlines()
    assert lines[0] == "    ```python"
    assert lines[1] == f"    {source[0]}"
    with pytest.raises(FileNotFoundError):
        outside.with_files("<!-- file: examples/nothing.py -->")


def test_figures_are_those_that_the_code_draws() -> None:
    names = ("tiling.svg", "conditional-norm.svg", "fast-paths.svg")
    spec = importlib.util.spec_from_file_location("painterly_docs_figures", DOCS / "drawing" / "figures.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert set(module.FIGURES) == set(names)
    for name in names:
        assert module.FIGURES[name]().text() == (DOCS / "images" / name).read_text(encoding="utf-8")


class _Page:
    """As much of a page as hooks look at."""

    def __init__(self, path: str) -> None:
        self.file = type("File", (), {"src_uri": path})()
