"""MkDocs hook: options of every command as tables, from the commands themselves, so that no page can lag behind.

`<!-- options: train style -->` in a page becomes the tables of that command. A command that has no page in
`docs/commands` gets one made of its help. The navigation's section "Commands" lists all of them in their groups.
"""

from __future__ import annotations

import dataclasses
import enum
import html
import inspect
import re
import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import typer
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from typer.models import ArgumentInfo, OptionInfo

from painterly.commands.app import app

__all__ = ["Command", "Parameter", "all_commands", "option_tables", "page_of"]

SECTION = "Commands"

_MARK = re.compile(r"^<!-- options: ([a-z0-9 -]+) -->$", re.MULTILINE)
_SHARED = ("--json", "--quiet", "--verbose", "--overwrite")
"""Listed last, whatever the command."""


@dataclass(frozen=True)
class Parameter:
    """An argument or option: its names, the type of its value, its default as it is shown, and what it does."""

    names: tuple[str, ...]
    kind: str
    default: str
    help: str
    argument: bool


@dataclass(frozen=True)
class Command:
    """A command by its words after `painterly`."""

    words: tuple[str, ...]
    group: str
    help: str
    parameters: tuple[Parameter, ...]

    @property
    def line(self) -> str:
        """How it is called."""
        arguments = " ".join(one.names[0] for one in self.parameters if one.argument)
        return " ".join(filter(None, ("painterly", *self.words, arguments, "[options]")))


def all_commands(root: typer.Typer = app, before: tuple[str, ...] = (), group: str = "") -> Iterator[Command]:
    """Every command in the order of `painterly --help`, subcommands in place of what only holds them."""
    for info in root.registered_commands:
        if info.hidden or info.callback is None:
            continue
        name = info.name or info.callback.__name__.replace("_", "-")
        parameters = tuple(_parameters(info.callback))
        yield Command(
            (*before, name), group or _text(info.rich_help_panel), info.help or _doc(info.callback), parameters
        )
    for inner in root.registered_groups:
        assert inner.typer_instance is not None
        panel = group or _text(inner.rich_help_panel)
        yield from all_commands(inner.typer_instance, (*before, _text(inner.name)), panel)


def option_tables(command: Command) -> str:
    """Arguments and options as Markdown."""
    lines = ["```text", command.line, "```", "", '<div class="options" markdown>', ""]
    arguments = [one for one in command.parameters if one.argument]
    if arguments:
        lines += ["| argument | |", "|---|---|"]
        lines += [f"| `{_cell(one.names[0])}` | {_cell(_described(one))} |" for one in arguments]
        lines.append("")
    options = sorted((o for o in command.parameters if not o.argument), key=lambda o: o.names[0] in _SHARED)
    if options:
        lines += ["| option | value | default | |", "|---|---|---|---|"]
        for one in options:
            names = ", ".join(f"`{name}`" for name in one.names)
            default = one.default if one.default in ("", "required") else f"`{_cell(one.default)}`"
            lines.append(f"| {names} | {_cell(one.kind)} | {default} | {_cell(one.help)} |")
        lines.append("")
    return "\n".join([*lines, "</div>"])


def page_of(command: Command) -> str:
    """The page on which a command is described: one for each word after `painterly`."""
    return f"commands/{command.words[0]}.md"


def _parameters(callback: Any) -> Iterator[Parameter]:
    for name, parameter in inspect.signature(callback, eval_str=True).parameters.items():
        declared, info = typing.get_args(parameter.annotation)[:2]
        if getattr(info, "hidden", False):
            continue
        required = parameter.default is inspect.Parameter.empty
        shown = "required" if required else _shown(parameter.default)
        if isinstance(info, ArgumentInfo):
            names: tuple[str, ...] = (info.metavar or (name.upper() if required else f"[{name.upper()}]"),)
            yield Parameter(names, _kind(declared), "" if required else shown, info.help or "", True)
        elif isinstance(info, OptionInfo):
            flag = "--" + name.replace("_", "-")
            words = (info.default, *(info.param_decls or ()))  # within Annotated, the first name stands for the default
            given = [word for word in words if isinstance(word, str) and word.startswith("-")]
            switch = declared is bool and not given
            names = tuple(given) or ((f"{flag}/--no-{flag[2:]}",) if switch else (flag,))
            long_first = sorted(names, key=lambda one: not one.startswith("--"))
            is_switch = bool in (declared, *typing.get_args(declared))
            kind = "" if is_switch else _kind(declared, info)
            yield Parameter(tuple(long_first), kind, "" if shown == "off" else shown, info.help or "", False)


def _kind(declared: Any, info: OptionInfo | None = None) -> str:
    """What a value is, in a word or two."""
    inner = typing.get_args(declared)
    origin = typing.get_origin(declared)
    if origin in (typing.Union, types.UnionType):
        return _kind(next(one for one in inner if one is not type(None)), info)
    if origin in (list, tuple):
        return _kind(inner[0]) + (", repeatable" if origin is list else "")
    if origin is typing.Literal:
        return ", ".join(map(str, inner))
    if isinstance(declared, type) and issubclass(declared, enum.Enum):
        return ", ".join(str(one.value) for one in declared)
    words = {str: "text", int: "integer", float: "number"}.get(declared, "path" if "Path" in str(declared) else "")
    bounds = [(word, value) for word, value in (("at least", info and info.min), ("at most", info and info.max))]
    return ", ".join([words or "text", *(f"{word} {value:g}" for word, value in bounds if value is not None)])


def _shown(default: Any) -> str:
    if default is None or default == "" or dataclasses.is_dataclass(default):
        return ""
    if isinstance(default, bool):
        return "on" if default else "off"
    if isinstance(default, enum.Enum):
        return str(default.value)
    return ", ".join(map(str, default)) if isinstance(default, (list, tuple)) else str(default)


def _described(one: Parameter) -> str:
    return f"{one.help} Default: `{one.default}`." if one.default else one.help


def _doc(callback: Any) -> str:
    return inspect.cleandoc(callback.__doc__ or "")


def _text(given: object) -> str:
    return given if isinstance(given, str) else ""


def _cell(text: str) -> str:
    """Text within a table; what looks like a tag stays text."""
    return html.escape(text, quote=False).replace("|", "\\|").replace("\n", " ")


def _pages() -> dict[str, list[Command]]:
    pages: dict[str, list[Command]] = {}
    for command in all_commands():
        pages.setdefault(page_of(command), []).append(command)
    return pages


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """List the commands' pages in the navigation, by group."""
    groups: dict[str, list[str]] = {}
    for page, commands in _pages().items():
        groups.setdefault(commands[0].group, []).append(page)
    for entry in config.nav or []:
        if isinstance(entry, dict) and SECTION in entry:
            order = ("Paint", "Train", "Measure", "Share")
            entry[SECTION] += [{name: groups[name]} for name in sorted(groups, key=order.index)]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Make the pages that nobody has written."""
    for page, commands in _pages().items():
        if files.get_file_from_path(page) is None:
            one = commands[0]
            parts = [f"# {one.words[0]}"]
            if len(commands) == 1:
                parts += [one.help, f"<!-- options: {one.words[0]} -->"]
            files.append(File.generated(config, page, content="\n\n".join(parts) + "\n"))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Put tables where they are asked for, and those of a page's other commands at its end.

    Raises:
        KeyError: A page names a command that does not exist.
    """
    named = set(_MARK.findall(markdown))
    for command in _pages().get(page.file.src_uri, []):
        words = " ".join(command.words)
        if words not in named:
            markdown += f"\n## {words}\n\n{command.help}\n\n<!-- options: {words} -->\n"
    known = {" ".join(command.words): command for command in all_commands()}
    return _MARK.sub(lambda match: option_tables(known[match[1]]), markdown)
