"""Super-resolution from the command line, as a user meets it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from painterly.models.catalogue import shipped_models
from painterly.models.file import read_card

Run = Callable[..., Any]
BLUR = ("--degradation", "paper", "--loss-network", "none")


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    noise = np.random.default_rng(0).integers(0, 256, (20, 31, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


@pytest.fixture
def benchmark(tmp_path: Path) -> Path:
    noise = np.random.default_rng(1)
    for name in ("SetA", "SetB"):
        (tmp_path / "sets" / name).mkdir(parents=True)
        coarse = Image.fromarray(noise.integers(0, 256, (9, 12, 3), np.uint8))
        coarse.resize((97, 75), Image.Resampling.BICUBIC).save(tmp_path / "sets" / name / "one.png")
    return tmp_path / "sets"


@pytest.mark.parametrize("scale", [4, 8])
def test_a_picture_becomes_exactly_so_many_times_larger(run: Run, photo: Path, tmp_path: Path, scale: int) -> None:
    status, out, err = run("upscale", photo, "-o", tmp_path / "large.png", "--scale", scale)
    assert (status, out) == (0, "")
    assert f"{31 * scale}x{20 * scale}" in err
    with Image.open(tmp_path / "large.png") as large:
        assert large.size == (31 * scale, 20 * scale)


def test_without_an_output_the_result_lies_beside_the_picture(run: Run, photo: Path) -> None:
    status, out, _ = run("upscale", photo, "--json", "--quiet")
    (result,) = json.loads(out)["results"]
    assert status == 0
    assert result["output"] == str(photo.with_name("photo-x4.png"))
    assert (result["width"], result["height"]) == (124, 80)


@pytest.mark.parametrize(
    ("options", "status", "words"),
    [
        (["--scale", 3], 2, "no network for x3 ships"),
        (["--model", "starry-night"], 2, "painterly stylize"),
        (["--model", "upscale-x4", "--scale", 8], 2, "enlarges by 4, not by 8"),
        (["--model", "upscale"], 2, "did you mean upscale-x"),
        (["--model", "gone.safetensors"], 1, "gone.safetensors does not exist"),
        (["--device", "abacus"], 2, "abacus"),
    ],
)
def test_wrong_use_of_upscale(
    run: Run, photo: Path, tmp_path: Path, options: list[object], status: int, words: str
) -> None:
    found, out, err = run("upscale", photo, "-o", tmp_path / "o.png", *options)
    assert (found, out, err.count("\n")) == (status, "", 1)
    assert words in err
    assert not (tmp_path / "o.png").exists()


def test_a_network_that_enlarges_does_not_paint(run: Run, photo: Path) -> None:
    status, _, err = run("stylize", photo, "--model", "upscale-x4")
    assert status == 2
    assert "painterly upscale" in err


def test_every_network_that_ships_is_evaluated_beside_interpolation(run: Run, benchmark: Path, tmp_path: Path) -> None:
    common = ("--data", benchmark, "--loss-network", "none", "--json")
    status, out, _ = run("evaluate", "super-resolution", *common, "--figures", tmp_path / "figures")
    rows = json.loads(out)["rows"]
    assert status == 0
    assert [(row["set"], row["method"]) for row in rows] == [
        (name, method) for name in ("SetA", "SetB") for method in ("nearest", "bicubic", "srcnn", "pixel", "feature")
    ]
    assert all(row["scale"] == 4 and row["psnr"] > 10 and 0 < row["ssim"] < 1 for row in rows)
    assert sorted(path.name for path in (tmp_path / "figures" / "SetA").iterdir()) == ["one-x4.png"]
    status, _, err = run("evaluate", "super-resolution", *common, "--figures", tmp_path / "figures")
    assert status == 1
    assert "add --overwrite" in err


def test_the_table_has_the_paper_s_figures_beside_ours(run: Run, data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "Set5"
    folder.mkdir()
    source = sorted((data / "benchmarks" / "Set5").iterdir())[2]
    (folder / source.name).write_bytes(source.read_bytes())
    status, out, _ = run("evaluate", "super-resolution", "--data", folder, "--scale", 8)
    (bicubic,) = [line for line in out.splitlines() if "bicubic" in line]
    assert status == 0
    assert "23.80 / 0.6455" in bicubic
    # The paper tested without blur, so with it there is nothing to compare.
    assert "23.80" not in run("evaluate", "super-resolution", "--data", folder, "--scale", 8, *BLUR).out


@pytest.mark.parametrize(
    ("options", "status", "words"),
    [
        (["--scale", 5], 2, "--scale must be one of 2, 3, 4, 8"),
        (["--degradation", "fog"], 2, "--degradation must be one of"),
        (["--set", "SetC"], 2, "has no SetC; it has SetA, SetB"),
        (["--models", "starry-night"], 2, "painterly stylize"),
    ],
)
def test_wrong_use_of_evaluate(run: Run, benchmark: Path, options: list[object], status: int, words: str) -> None:
    found, out, err = run("evaluate", "super-resolution", "--data", benchmark, "--loss-network", "none", *options)
    assert (found, out, err.count("\n")) == (status, "", 1)
    assert words in err


def test_sets_that_are_not_there(run: Run, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    for folder, words in ((tmp_path / "none", "holds no pictures"), (tmp_path / "gone", "is not a folder")):
        status, _, err = run("evaluate", "super-resolution", "--data", folder)
        assert status == 1
        assert words in err


def test_a_missing_evaluate_extra_is_named(run: Run, benchmark: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "skimage.metrics", None)
    status, _, err = run("evaluate", "super-resolution", "--data", benchmark, "--loss-network", "none")
    assert status == 1
    assert "pip install 'painterly[evaluate]'" in err


def test_training_from_the_command_line(run: Run, data: Path, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for number, path in enumerate(sorted((data / "photos" / "bsds_train").iterdir())[:10]):
        (photos / f"{number}.jpg").write_bytes(path.read_bytes())
    common = ("--photos", photos, "--steps", 1, "--size", 48, "--batch-size", 1, "--workers", 0, "--quiet", "--json")
    for name, arguments in {
        "feature": ("super-resolution", "--scale", 8, "--loss", "feature+pixel"),
        "srcnn": ("srcnn", "--preset", "9-1-5"),
    }.items():
        status, out, err = run("train", *arguments, "-o", tmp_path / f"{name}.safetensors", *common)
        assert (status, err) == (0, "")
        assert json.loads(out)["task"] == "super-resolution"
    card = json.loads(run("info", tmp_path / "feature.safetensors", "--json").out)
    assert card["loss_network"]["encoders"][0]["file"] == "vgg16_caffe_relu2_2.safetensors"
    assert run("upscale", photos / "0.jpg", "-m", tmp_path / "srcnn.safetensors", "-o", tmp_path / "o.png").status == 0


def test_what_ships_enlarges_without_a_shift_of_colour_or_a_grid(run: Run, tmp_path: Path) -> None:
    grey = Image.new("RGB", (40, 30), (200, 120, 60))
    grey.save(tmp_path / "flat.png")
    for name, path in shipped_models().items():
        if read_card(path).task != "super-resolution":
            continue
        status, _, _ = run("upscale", tmp_path / "flat.png", "-m", name, "-o", tmp_path / f"{name}.png")
        assert status == 0
        with Image.open(tmp_path / f"{name}.png") as large:
            values = np.asarray(large).reshape(-1, 3).astype(float)
        assert np.abs(values.mean(0) - (200, 120, 60)).max() < 2
        assert values.std(0).max() < 1.5
