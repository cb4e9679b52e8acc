"""`painterly evaluate authors` from the command line, without the minutes that it takes."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from painterly.evaluation.authors import PAIRS, AuthorsComparison, AuthorsPair

Run = Callable[..., Any]
ROW = {"grid": 0.01, "ssim": 0.5, "content": 1.25, "style": 0.125, "objective": None}


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What was asked for; the outcome is always the same."""
    found: list[dict[str, Any]] = []

    def compare(data: Path | None, *, pairs: Sequence[AuthorsPair], **options: Any) -> list[AuthorsComparison]:
        found.append({"data": data, "pairs": pairs, **options})
        pictures = {name: Image.new("RGB", (8, 6)) for name in ("photograph", "theirs", "ours")}
        return [AuthorsComparison(pairs[0], ("Ours", ""), pictures, pictures, dict.fromkeys(pictures, ROW))]

    monkeypatch.setattr("painterly.evaluation.authors.compare_with_authors", compare)
    return found


def test_the_page_is_written_beside_the_figures(run: Run, calls: list[dict[str, Any]], tmp_path: Path) -> None:
    page = tmp_path / "new" / "page.html"
    options = ("--pair", "chicago_candy=udnie", "--size", 100, "--data", tmp_path, "-m", "mine")
    status, out, err = run("evaluate", "authors", "-o", page, *options)
    assert (status, err) == (0, f"wrote {page}\n")
    assert "12.5 % / 12.5 %" in out
    assert "udnie" in page.read_text()
    (call,) = calls
    assert (call["data"], call["size"], call["model"], call["loss_network"]) == (tmp_path, 100, "mine", "vgg19-mixed")
    assert len(call["pairs"]) == len(PAIRS)

    status, out, err = run("evaluate", "authors", "-o", page, "--overwrite", "--json", "--quiet")
    assert (status, err) == (0, "")
    (one,) = json.loads(out)
    assert one["measures"]["theirs"] == ROW
    assert one["published"] == PAIRS[0].published


@pytest.mark.parametrize("name", ["page.html", "page.png", "file/page.html"])
def test_nothing_is_replaced_and_nothing_begun(
    run: Run, calls: list[dict[str, Any]], tmp_path: Path, name: str
) -> None:
    for precious in ("page.html", "file"):
        (tmp_path / precious).write_text("precious")
    status, out, err = run("evaluate", "authors", "-o", tmp_path / name)
    assert (status, out) == (1, "")
    assert err.startswith("painterly: ")
    assert err.count("\n") == 1
    assert calls == []
    assert {path.read_text() for path in tmp_path.iterdir()} == {"precious"}


def test_wrong_use(run: Run, calls: list[dict[str, Any]], tmp_path: Path) -> None:
    for options in (("--pair", "candy"), ("--size", 3), ("--nonsense",)):
        assert run("evaluate", "authors", "-o", tmp_path / "page.html", *options).status == 2
    assert run("evaluate", "authors").status == 2
    assert calls == []


def test_without_the_data_one_sentence(run: Run, tmp_path: Path) -> None:
    status, out, err = run("evaluate", "authors", "-o", tmp_path / "page.html", "--data", tmp_path)
    assert (status, out) == (1, "")
    assert err.startswith(f"painterly: {tmp_path / 'content' / 'chicago.jpg'} does not exist; --data names")
    assert err.count("\n") == 1
    assert not list(tmp_path.iterdir())
