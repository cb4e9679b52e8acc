from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from safetensors.torch import save_file

from painterly.encoders import VGG

Run = Callable[..., Any]


@pytest.fixture
def invert(run: Run, tmp_path: Path) -> Run:
    """`painterly invert` of a small picture, with a loss network of random weights."""
    coarse = np.random.default_rng(0).integers(0, 256, (6, 8, 3), np.uint8)
    Image.fromarray(coarse).resize((48, 36), Image.Resampling.BICUBIC).save(tmp_path / "picture.png")
    save_file(VGG("D", until="relu2_2").state_dict(), tmp_path / "vgg.safetensors")
    common = ("--loss-network", tmp_path / "vgg.safetensors", "--size", 40, "--device", "cpu")
    return lambda *arguments: run("invert", tmp_path / "picture.png", *common, *arguments)


@pytest.mark.parametrize(("option", "kind"), [("--layer", "feature"), ("--style", "style")])
@pytest.mark.parametrize("method", ["lbfgs", "adam"])
def test_the_distance_falls(invert: Run, tmp_path: Path, option: str, kind: str, method: str) -> None:
    out = tmp_path / "o.png"
    status, printed, _ = invert(option, "relu1_2", "-o", out, "--iterations", 8, "--method", method, "--json")
    (row,) = json.loads(printed)["rows"]
    assert status == 0
    assert (row["layers"], row["kind"]) == ("relu1_2", kind)
    assert row["end"] < row["start"]
    with Image.open(out) as picture:
        assert picture.size == (40, 30)


def test_a_grid_has_the_original_and_every_layer(invert: Run, tmp_path: Path) -> None:
    arguments = ("--layer", "relu1_1,relu2_2", "--grid", "--iterations", 1, "-o", tmp_path / "o.png", "--json")
    rows = json.loads(invert(*arguments).out)["rows"]
    assert [row["layers"] for row in rows] == ["relu1_1", "relu2_2"]
    with Image.open(tmp_path / "o.png") as sheet:
        assert sheet.width >= 3 * 40


def test_more_variation_makes_smoother_pictures(invert: Run, tmp_path: Path) -> None:
    rough = []
    for weight in (0, 100):
        out = tmp_path / f"{weight}.png"
        assert invert("--layer", "relu2_2", "-o", out, "--iterations", 10, "--variation", weight).status == 0
        rough.append(np.abs(np.diff(np.asarray(Image.open(out)).astype(float), axis=1)).mean())
    assert rough[1] < 0.7 * rough[0]


@pytest.mark.parametrize(
    ("options", "status", "words"),
    [
        ([], 2, "give one of --layer and --style"),
        (["--layer", "relu1_1", "--style", "relu1_1"], 2, "give one of"),
        (["--layer", "relu4_3"], 2, "has no relu4_3"),
        (["--layer", ""], 2, "name a layer"),
        (["--layer", "relu1_1", "--method", "sgd"], 2, "--method must be"),
    ],
)
def test_wrong_use(invert: Run, tmp_path: Path, options: list[object], status: int, words: str) -> None:
    found, out, err = invert(*options, "-o", tmp_path / "o.png")
    assert (found, out, err.count("\n")) == (status, "", 1)
    assert words in err
    assert not (tmp_path / "o.png").exists()
