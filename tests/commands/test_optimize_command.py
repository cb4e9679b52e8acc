"""`painterly optimize` as a user meets it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from painterly.encoders import VGG
from painterly.training import meter

Run = Callable[..., Any]


@pytest.fixture(scope="module")
def vgg_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "vgg.safetensors"
    torch.manual_seed(1)
    save_file(VGG("D", until="relu2_2").state_dict(), path)
    return path


@pytest.fixture
def optimize(run: Run, vgg_file: Path, tmp_path: Path) -> Run:
    """Run the command on `photo.png` and `painting.png`, for a second at most."""
    noise = np.random.default_rng(0)
    for name, size in (("photo", (30, 45)), ("painting", (32, 32))):
        Image.fromarray(noise.integers(0, 256, (*size, 3), np.uint8)).save(tmp_path / f"{name}.png")

    def optimize(*options: object, content: object = "photo.png") -> Any:
        short = ("--size", 36, "--iterations", 3, "--loss-network", vgg_file, "--device", "cpu")
        files = (tmp_path / str(content), tmp_path / "painting.png", "-o", tmp_path / "o.png")
        return run("optimize", *files, *short, *options)

    return optimize


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def interrupt_after(monkeypatch: pytest.MonkeyPatch, iterations: int) -> None:
    """Ctrl-C while that many iterations are done."""

    class Impatient(meter.Interruption):
        looks = 0

        def __getattribute__(self, name: str) -> Any:
            if name != "asked":
                return super().__getattribute__(name)
            self.looks += 1
            return self.looks > iterations

    monkeypatch.setattr(meter, "Interruption", Impatient)


def test_help_has_every_setting(run: Run) -> None:
    status, out, _ = run("optimize", "--help")
    assert status == 0
    for word in ("Usage:", "CONTENT", "STYLE", "--output", "--method", "--shares", "--masks", "--resume"):
        assert word in out


def test_a_picture_is_written_and_nothing_else(optimize: Run, tmp_path: Path) -> None:
    status, out, err = optimize("--preview-every", 1)
    assert (status, out) == (0, "")
    assert "objective" in err
    with Image.open(tmp_path / "o.png") as picture:
        assert picture.size == (36, 24)
    assert names(tmp_path) == ["o.png", "painting.png", "photo.png"]


def test_json_is_the_curve(optimize: Run, tmp_path: Path) -> None:
    status, out, err = optimize("--json", "--quiet")
    document = json.loads(out)
    assert (status, err) == (0, "")
    assert document["output"] == str(tmp_path / "o.png")
    assert [row["iteration"] for row in document["curve"]] == [0, 1, 2, 3]
    assert set(document["curve"][0]) == {"size", "iteration", "evaluations", "content", "style", "total"}


def test_several_paintings(run: Run, optimize: Run, vgg_file: Path, tmp_path: Path) -> None:
    paintings = (tmp_path / "painting.png", tmp_path / "photo.png")
    common = ("--size", 36, "--iterations", 1, "--loss-network", vgg_file, "--shares", "3,1", "-q")
    assert run("optimize", tmp_path / "photo.png", *paintings, "-o", tmp_path / "o.jpg", *common) == (0, "", "")


def test_nothing_is_replaced_unasked(optimize: Run, tmp_path: Path) -> None:
    (tmp_path / "o.png").write_text("precious")
    status, _, err = optimize()
    assert (status, err) == (1, f"painterly: {tmp_path / 'o.png'} exists; add --overwrite to replace it\n")
    assert (tmp_path / "o.png").read_text() == "precious"
    assert optimize("--overwrite").status == 0


@pytest.mark.parametrize("every", [0, 1])
def test_a_picture_named_like_a_preview_survives(optimize: Run, tmp_path: Path, every: int) -> None:
    (tmp_path / "o-preview.png").write_text("precious")
    optimize("--preview-every", every)
    assert (tmp_path / "o-preview.png").read_text() == "precious"


@pytest.mark.parametrize(
    ("options", "status", "words"),
    [
        (["--resume"], 1, "nothing to resume"),
        (["-o", "o.gif"], 2, "cannot write '.gif'"),
        (["--method", "sgd"], 2, "--method must be one of"),
        (["--iterations", 0], 2, "--iterations must be at least 1"),
        (["--shares", "1,2"], 2, "--shares 1,2"),
        (["--style-layers", "relu4_3"], 2, "has no relu4_3"),
        (["--masks", "gone.png"], 1, "gone.png does not exist"),
        (["--refine", "nobody"], 2, "nobody"),
        (["--start", "gone.png"], 1, "gone.png does not exist"),
    ],
)
def test_wrong_use(optimize: Run, tmp_path: Path, options: list[object], status: int, words: str) -> None:
    found, out, err = optimize(*options, "-q")
    assert (found, out, err.count("\n")) == (status, "", 1)
    assert words in err
    assert names(tmp_path) == ["painting.png", "photo.png"]


def test_broken_photographs_are_named(optimize: Run, tmp_path: Path) -> None:
    (tmp_path / "text.jpg").write_text("no picture")
    for name, words in (("text.jpg", "is not a picture"), ("gone.jpg", "does not exist")):
        status, out, err = optimize("-q", content=name)
        assert (status, out, err.count("\n")) == (1, "", 1)
        assert f"{tmp_path / name} {words}" in err


def test_an_interrupted_run_leaves_a_picture_and_goes_on(
    optimize: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert optimize("-q").status == 0
    whole = (tmp_path / "o.png").read_bytes()
    (tmp_path / "o.png").unlink()
    with monkeypatch.context() as patch:
        interrupt_after(patch, 1)
        status, _, err = optimize("-q")
    assert status == 130
    assert "stopped after iteration 1 at 36 px" in err
    assert names(tmp_path) == ["o.png", "o.png.state", "painting.png", "photo.png"]
    assert (tmp_path / "o.png").read_bytes() != whole

    status, _, err = optimize("-q", "--resume", "--seed", 5)
    assert status == 2
    assert "another seed" in err
    assert optimize("-q", "--resume") == (0, "", "")
    assert (tmp_path / "o.png").read_bytes() == whole
    assert names(tmp_path) == ["o.png", "painting.png", "photo.png"]
