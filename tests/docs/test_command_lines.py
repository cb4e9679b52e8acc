"""Every command line in what people read is one that the commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import typer
from tests.docs.conftest import command_lines, mentions, names, pages

from painterly.commands.app import app

PAGES = pages()


def command_of(words: list[str]) -> tuple[Any, list[str]]:
    """The command that words name, and what is left of them."""
    command: Any = typer.main.get_command(app)
    left = list(words)
    while hasattr(command, "commands") and left and not left[0].startswith("-"):
        assert left[0] in command.commands, f"there is no command {' '.join(words)}"
        command = command.commands[left.pop(0)]
    return command, left


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_commands_parse(page: Path) -> None:
    for words in command_lines(page):
        command, left = command_of(words)
        if {"--help", "--version"} & set(left) or (hasattr(command, "commands") and not left):
            continue
        try:
            command.make_context(command.name, [word for word in left if word != "..."])
        except Exception as error:  # typer's errors are of no public class
            pytest.fail(f"painterly {' '.join(words)}: {error}")


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_commands_within_sentences_exist_with_their_options(page: Path) -> None:
    for words in mentions(page):
        if any("/" in word for word in words[:1]) or words[0].isupper():
            continue  # several commands at once, or any
        command, left = command_of(words)
        known = {flag for one in command.params for flag in (*one.opts, *one.secondary_opts)} | {"--help", "--version"}
        wrong = [word for word in left if word.startswith("--") and word.split("=")[0] not in known]
        assert not wrong, f"painterly {' '.join(words)} has no {', '.join(wrong)}"


def test_the_readme_shows_commands() -> None:
    assert len(list(command_lines(PAGES[0]))) > 20


@pytest.mark.parametrize(
    "words", [["stylize", "a.jpg", "--nothing"], ["stylize"], ["upscale", "a.jpg", "--scale", "x"]]
)
def test_wrong_lines_would_be_noticed(words: list[str]) -> None:
    command, left = command_of(words)
    with pytest.raises(Exception, match=r"nothing|Missing|valid integer|IN"):
        command.make_context(command.name, left)
