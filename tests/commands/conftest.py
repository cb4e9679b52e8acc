from __future__ import annotations

import sys
from collections.abc import Callable
from typing import NamedTuple

import pytest

from painterly.commands import main


class Result(NamedTuple):
    """What a command left behind."""

    status: int
    out: str
    err: str


Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run `painterly` with arguments; returns its exit status and what it printed."""

    def run(*arguments: object) -> Result:
        monkeypatch.setattr(sys, "argv", ["painterly", *map(str, arguments)])
        with pytest.raises(SystemExit) as leaving:
            main()
        captured = capfd.readouterr()
        code = leaving.value.code
        return Result(code if isinstance(code, int) else int(code is not None), captured.out, captured.err)

    return run
