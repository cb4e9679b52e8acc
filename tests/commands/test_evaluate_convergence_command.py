"""`painterly evaluate convergence` and `painterly info`, which tell of training."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from painterly.evaluation.stages import stages_of
from painterly.models.card import ModelCard
from painterly.models.file import save_network
from painterly.models.header import read_card
from painterly.models.resolve import resolve
from painterly.networks import StyleDescription, StyleNetwork

Run = Callable[..., Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    run = tmp_path / "mine.run"
    run.mkdir()
    lines = [{"step": 10 * n, "style": 1.0, "total": 1 + 1 / n, "gradient": 1.0} for n in range(1, 101)]
    (run / "curve.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return run


def table(out: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in out.splitlines()]


def test_the_table_has_a_line_a_stage(run: Run, folder: Path) -> None:
    status, out, err = run("evaluate", "convergence", folder, "starry-night")
    assert (status, err) == (0, "")
    head, _, first, *others = table(out)
    cells = dict(zip(head, first, strict=True))
    assert (cells["network"], cells["stage"], cells["steps"]) == ("mine", "1 of 1", "1000")
    assert (cells["first"], cells["objective"], cells["energy"]) == ("2", "style", "not known")
    slope, error = (float(word) for word in cells["falls a doubling"].removesuffix(" %").split(" ± "))
    assert 0 < slope < 5
    assert 0 <= error < slope
    stages = stages_of(read_card(resolve("starry-night")[0]))
    assert [line[head.index("steps")] for line in others] == [str(stage.steps) for stage in stages]


def test_json_has_the_same(run: Run, folder: Path) -> None:
    _, out, _ = run("evaluate", "convergence", folder)
    status, document, err = run("evaluate", "convergence", folder, "--json")
    assert (status, err) == (0, "")
    (row,) = json.loads(document)
    cells = dict(zip(*(table(out)[line] for line in (0, 2)), strict=True))
    assert cells["falls a doubling"] == f"{row['percent_per_doubling']:.1f} ± {row['standard_error']:.1f} %"
    assert cells["last"] == f"{row['last']:.4g}"
    assert len(row["curve"]["step"]) <= 40


def test_the_figure(run: Run, folder: Path, tmp_path: Path) -> None:
    figure = tmp_path / "curve.svg"
    status, _, err = run("evaluate", "convergence", folder, "--figure", figure)
    assert (status, err) == (0, f"wrote {figure}\n")
    assert figure.read_bytes().startswith(b"<?xml")
    figure.write_text("precious")
    assert run("evaluate", "convergence", folder, "--figure", figure).status == 1
    assert figure.read_text() == "precious"
    assert run("evaluate", "convergence", folder, "--figure", figure, "--overwrite", "-q").err == ""
    assert figure.read_text() != "precious"


def test_no_curve_is_no_figure(run: Run, tmp_path: Path) -> None:
    description = StyleDescription(width=2, blocks=1)
    card = ModelCard("style", description.to_dict(), training={"steps": 5}, result={"steps": 5})
    save_network(tmp_path / "old.safetensors", StyleNetwork(description), card)
    figure = tmp_path / "curve.svg"
    status, out, err = run("evaluate", "convergence", tmp_path / "old.safetensors", "--figure", figure)
    assert (status, out) == (1, "")
    assert err.startswith(f"painterly: there is no curve for {figure}")
    assert not figure.exists()


@pytest.mark.parametrize(("name", "status"), [("nobody", 2), ("empty.run", 1)])
def test_what_cannot_be_read_is_told_in_a_sentence(run: Run, tmp_path: Path, name: str, status: int) -> None:
    (tmp_path / "empty.run").mkdir()
    found, out, err = run("evaluate", "convergence", name if name == "nobody" else tmp_path / name)
    assert (found, out) == (status, "")
    assert err.startswith("painterly: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize("name", ["gallery", "upscale-x4"])
def test_info_has_a_line_for_each_earlier_stage(run: Run, name: str) -> None:
    card = read_card(resolve(name)[0])
    stages = stages_of(card)
    status, out, err = run("info", name)
    assert (status, err) == (0, "")
    for stage in stages if "blend" in card.training else stages[:-1]:
        assert f"  {stage.line()}\n" in out
    assert len(out.splitlines()) < 160
    assert json.loads(run("info", name, "--json").out)["training"] == card.to_dict()["training"]
