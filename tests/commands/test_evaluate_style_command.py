"""`painterly evaluate style` from the command line, without the hours that it takes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from painterly.evaluation.style import StyleEvaluation

Run = Callable[..., Any]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Models that were evaluated; the outcome is always the same."""
    found: list[str] = []

    def evaluate(model: str, photos: Path, **options: Any) -> StyleEvaluation:
        found.append(model)
        return StyleEvaluation("Noise", 32, 2, 9.0, 2.5, [8.0, 4.0, 2.0])

    monkeypatch.setattr("painterly.evaluation.style.evaluate_style", evaluate)
    return found


@pytest.mark.parametrize("name", ["curve.png", "curve", "curve.svg", "file/curve.svg", "."])
def test_a_figure_that_cannot_be_written_is_refused_before_the_work(
    run: Run, calls: list[str], tmp_path: Path, name: str
) -> None:
    for precious in ("curve.svg", "file"):
        (tmp_path / precious).write_text("precious")
    status, out, err = run("evaluate", "style", "-m", "m", "--photos", tmp_path, "--figure", tmp_path / name)
    assert (status, out) == (1, "")
    assert err.startswith((f"painterly: {tmp_path / name}", f"painterly: cannot write {tmp_path / name}"))
    assert err.count("\n") == 1
    assert calls == []
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"curve.svg": "precious", "file": "precious"}


def test_the_figure_is_drawn_beside_the_numbers(run: Run, calls: list[str], tmp_path: Path) -> None:
    figure = tmp_path / "new" / "curve.svg"
    common = ("evaluate", "style", "-m", "m", "--photos", tmp_path, "--figure", figure)
    status, out, err = run(*common)
    assert status == 0
    assert "the network is worth 2 iterations" in out
    assert f"wrote {figure}" in err
    assert figure.read_bytes().startswith(b"<?xml")
    first = figure.read_bytes()

    status, out, err = run(*common, "--overwrite", "--json", "--quiet")
    assert (status, err) == (0, "")
    assert json.loads(out)["objective"]["network"] == 2.5
    assert figure.read_bytes() == first
    assert calls == ["m", "m"]
