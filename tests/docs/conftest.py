"""The documentation's pages as the tests read them."""

from __future__ import annotations

import importlib.util
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

TOP = Path(__file__).parents[2]
DOCS = TOP / "docs"

_FENCE = re.compile(r"^( *)```(\w+)[^\n]*\n(.*?)^\1```", re.MULTILINE | re.DOTALL)


def pages() -> list[Path]:
    """Everything that people read."""
    return [TOP / "README.md", TOP / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]


def names(paths: list[Path]) -> list[str]:
    """Test ids."""
    return [str(path.relative_to(TOP)) for path in paths]


def blocks(path: Path, *languages: str) -> Iterator[str]:
    """Code blocks of a page in one of the languages."""
    for margin, language, text in _FENCE.findall(path.read_text(encoding="utf-8")):
        if language in languages:
            yield "\n".join(line.removeprefix(margin) for line in text.splitlines())


def command_lines(path: Path) -> Iterator[list[str]]:
    """The words after `painterly` of every command in a page's shell blocks."""
    for block in blocks(path, "bash", "console", "sh"):
        for line in block.replace("\\\n", " ").splitlines():
            yield from _commands(line)


def mentions(path: Path) -> Iterator[list[str]]:
    """The same of commands that are named within sentences, often in part."""
    prose = _FENCE.sub("", path.read_text(encoding="utf-8")).replace("\n", " ")
    for line in re.findall(r"(?<!`)`(painterly [a-z][^`]*)`(?!`)", prose):
        yield from _commands(line.replace("|", "/"))


def _commands(line: str) -> Iterator[list[str]]:
    for part in re.split(r"\||&&|;|>", re.sub(r"(^|\s)#(?:\s.*)?$", "", line)):
        words = shlex.split(part.strip().removeprefix("$ "))
        while words and re.fullmatch(r"[A-Z_]+=\S*", words[0]):
            words.pop(0)
        if words and Path(words[0]).name == "painterly":
            yield words[1:]


def hook(name: str) -> ModuleType:
    """A MkDocs hook as a module."""
    full = f"painterly_docs_{name}"
    if full not in sys.modules:
        spec = importlib.util.spec_from_file_location(full, DOCS / "hooks" / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[full] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[full])
    return sys.modules[full]
