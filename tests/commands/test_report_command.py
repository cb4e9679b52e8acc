"""`painterly report` from the command line: exit statuses, sentences, and where they go."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from painterly.errors import InputError
from painterly.report import SECTIONS, ReportSettings
from painterly.report.context import Context, Section

Run = Callable[..., Any]


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of parts that were drawn: all cost nothing, "speed" cannot be, and "div2k" is interrupted."""
    names: list[str] = []

    def draw(name: str, context: Context) -> Section:
        names.append(name)
        if name == "speed":
            raise InputError("there is no <clock>")
        if name == "div2k":
            raise KeyboardInterrupt
        context.say(f"working on {name}")
        return Section(f"Part {name}", "", "")

    for name in SECTIONS:
        module = ModuleType(name)
        module.draw = lambda context, name=name: draw(name, context)  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, f"painterly.report.sections.{name}", module)
    return names


def one_sentence(text: str) -> bool:
    return text.startswith("painterly: ") and text.count("\n") == 1 and "Traceback" not in text


def test_help_names_every_option(run: Run) -> None:
    status, out, err = run("report", "--help")
    assert (status, err) == (0, "")
    for field in dataclasses.fields(ReportSettings):
        assert f"--{field.name.replace('_', '-')}" in out


def test_a_report_is_written_and_what_is_left_out_is_told(run: Run, drawn: list[str], tmp_path: Path) -> None:
    options = ("report", "-o", tmp_path / "out", "--sections", "speed,cost", "--quick")
    status, out, err = run(*options)
    assert (status, out) == (0, "")
    assert drawn == ["cost", "speed"]
    for words in ("cost ...", "working on cost", "there is no <clock>", f"wrote {tmp_path / 'out' / 'report.html'}"):
        assert words in err
    assert "there is no &lt;clock&gt;" in (tmp_path / "out" / "report.html").read_text()

    status, out, err = run(*options, "--json", "--quiet")
    assert (status, err) == (0, "")
    assert json.loads(out) == {
        "page": str(tmp_path / "out" / "report.html"),
        "drawn": [],
        "kept": ["cost"],
        "left_out": {"speed": "there is no <clock>"},
    }


def test_an_interruption_keeps_what_is_finished(run: Run, drawn: list[str], tmp_path: Path) -> None:
    status, out, err = run("report", "-o", tmp_path / "out", "--sections", "cost,div2k", "--quiet")
    assert (status, out) == (130, "")
    assert one_sentence(err)
    assert "the same command goes on" in err
    run("report", "-o", tmp_path / "out", "--sections", "cost,div2k", "--quiet")
    assert drawn == ["cost", "div2k", "div2k"]


def test_wrong_use(run: Run, drawn: list[str], tmp_path: Path) -> None:
    for options in (("--sections", "cost,speeed"), ("--sections", "")):
        status, out, err = run("report", "-o", tmp_path / "out", *options)
        assert (status, out) == (2, "")
        assert one_sentence(err)
        assert err.startswith(f"painterly: --sections takes some of {', '.join(SECTIONS)}")
    assert run("report").status == 2
    assert run("report", "-o", tmp_path / "out", "--nonsense").status == 2
    assert drawn == []
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("options", [("--device", "abacus"), ("--model", "nobody"), ("--loss-network", "nobody")])
def test_an_option_that_cannot_be_meant_is_refused_like_anywhere_else(
    run: Run, tmp_path: Path, options: tuple[str, str]
) -> None:
    status, out, err = run("report", "-o", tmp_path / "out", "--sections", "speed", *options)
    assert (status, out) == (2, "")
    assert one_sentence(err)
    assert options[1] in err


def test_outputs(run: Run, drawn: list[str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("precious")
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "thesis.txt").write_text("precious")
    for name, words in (("file", "is not a folder"), ("theirs", "holds other files; name a new folder")):
        status, out, err = run("report", "-o", tmp_path / name, "--overwrite")
        assert (status, out) == (1, "")
        assert one_sentence(err)
        assert f"{tmp_path / name} {words}" in err
    assert drawn == []
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "theirs", "thesis.txt"]
