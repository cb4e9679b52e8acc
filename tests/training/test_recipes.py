"""The recipe for a machine with a GPU: what it does in which order, and what is left of it when it is cut off."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from painterly.errors import InputError
from painterly.models.file import load_network
from painterly.training.encoder import train_encoder
from painterly.training.encoder_settings import EncoderTraining
from painterly.training.style import train_style
from painterly.training.style_settings import StyleTraining
from painterly.training.super_resolution import train_srcnn, train_super_resolution
from painterly.training.super_resolution_settings import SRCNNTraining, SuperResolutionTraining

RECIPES = Path(__file__).parents[2] / "recipes"

FAKE = """#!{python}
import os, pathlib, sys
given = sys.argv[1:]
with open(os.environ["FAKE_LOG"], "a") as log:
    log.write(" ".join(given) + "\\n")
if given[0] == "benchmark":
    if "--batch-size" in given and os.environ.get("FAKE_STOPS"):
        sys.exit(1)
    print("{{}}")
    sys.exit(0)
output = pathlib.Path(given[given.index("--output") + 1])
run = output.with_suffix(".run")
if given[0] == "train":
    if run.exists() and not ("--resume" in given and (run / "checkpoint.pt").exists()):
        sys.exit("there is an earlier run")
    run.mkdir(exist_ok=True)
    (run / "checkpoint.pt").write_text("a checkpoint")
    if output.stem in os.environ.get("FAKE_STOPS", "").split(","):
        sys.exit(1)
output.write_text("a network")
"""


@pytest.fixture
def recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs the recipe with a painterly that only remembers what it was told; returns that, and what was said."""
    if not Path("/usr/bin/timeout").exists():
        pytest.skip("there is no timeout command")
    (tmp_path / "bin").mkdir()
    fake = tmp_path / "bin" / "painterly"
    fake.write_text(FAKE.format(python=sys.executable))
    fake.chmod(0o755)
    path = f"{tmp_path / 'bin'}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    monkeypatch.setenv("PATH", path)
    monkeypatch.setenv("FAKE_LOG", str(tmp_path / "log"))

    def run(minutes: int, stops: str = "", **environment: str) -> tuple[list[str], str]:
        log = tmp_path / "log"
        log.write_text("")
        command = ["bash", str(RECIPES / "gpu.sh"), "photos", "paintings", str(tmp_path / "out"), str(minutes)]
        settings = os.environ | {"FAKE_STOPS": stops} | environment
        done = subprocess.run(command, capture_output=True, text=True, env=settings, check=False)
        assert done.returncode == 0, done.stderr
        return log.read_text().splitlines(), done.stderr

    return run


def names(told: list[str]) -> list[str]:
    return [
        Path(line.split("--output ")[1].split()[0]).stem if "--output" in line else line.split()[1] for line in told
    ]


def test_the_recipe_does_everything_once(recipe: Any, tmp_path: Path) -> None:
    told, _ = recipe(60)
    assert names(told) == [
        *("inference", "inference", "training", "training", "gallery-256", "gallery-512", "gallery"),
        *("upscale-x4-pixel", "x4-feature", "upscale-x4", "upscale-x8-pixel", "x8-feature", "upscale-x8"),
        *("srcnn-x4", "vgg19-compact", "small-256", "small-steady", "gallery-small"),
    ]
    assert all("--device cuda" in line for line in told if not line.startswith("blend"))
    assert sum(line.count("--style ") for line in told if "gallery-256.safetensors --device" in line) == 8
    assert recipe(60)[0] == []
    assert not list((tmp_path / "out").glob("*.part"))


def test_what_was_cut_off_goes_on_and_what_needs_it_waits(recipe: Any) -> None:
    first, said = recipe(60, stops="gallery-512,x4-feature")
    assert "gallery" not in names(first)
    assert "upscale-x4" not in names(first)
    assert {"gallery-256", "upscale-x8", "gallery-small"} <= set(names(first))
    assert "gallery-512 was not finished" in said
    second, _ = recipe(60)
    assert names(second) == ["inference", "gallery-512", "gallery", "x4-feature", "upscale-x4"]
    assert [name for name, line in zip(names(second), second, strict=True) if "--resume" in line] == [
        "gallery-512",
        "x4-feature",
    ]


def test_when_the_time_is_over_nothing_is_begun(recipe: Any) -> None:
    told, said = recipe(0)
    assert told == []
    assert "the time is over" in said


def test_compilation_can_be_left_out(recipe: Any) -> None:
    told, _ = recipe(60, COMPILE="", TINY="1")
    assert not [line for line in told if "compile" in line]
    assert all("--steps 4" in line for line in told if line.startswith("train"))


@pytest.fixture
def write_model() -> Any:
    spec = importlib.util.spec_from_file_location("from_checkpoint", RECIPES / "from_checkpoint.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.write_model


@pytest.mark.parametrize("kind", ["style", "gallery", "super-resolution", "srcnn", "encoder"])
def test_a_checkpoint_becomes_the_network_that_it_was(
    settings: dict[str, Any], paintings: list[Path], distilled: Path, write_model: Any, tmp_path: Path, kind: str
) -> None:
    common = {k: settings[k] for k in ("photos", "output", "held_out", "precision", "device", "workers")}
    common |= {"steps": 2, "batch_size": 2, "sample_every": 0}
    run: Any
    config: Any
    if kind in ("style", "gallery"):
        own = {**settings, "steps": 2, "title": "Ours"} | ({"style": paintings} if kind == "gallery" else {})
        run, config = train_style, StyleTraining(**own)
    elif kind == "encoder":
        run, config = train_encoder, EncoderTraining(**common, size=32, loss_network=str(distilled), width=2)
    elif kind == "srcnn":
        run, config = train_srcnn, SRCNNTraining(**common, size=36)
    else:
        run, config = train_super_resolution, SuperResolutionTraining(**common, size=48, loss="pixel", scale=2)
    card = run(config)
    steps = write_model(config.output.with_suffix(".run") / "checkpoint.pt", tmp_path / "so-far.safetensors")
    assert steps == card.result["steps"]
    if kind == "encoder":
        from safetensors.torch import load_file

        found, expected = (load_file(path) for path in (tmp_path / "so-far.safetensors", config.output))
    else:
        (network, about), (finished, said) = (load_network(p) for p in (tmp_path / "so-far.safetensors", config.output))
        found, expected = network.state_dict(), finished.state_dict()
        assert about.title == said.title if kind == "style" else about.result["interrupted"]
        assert [one["name"] for one in about.styles] == [one["name"] for one in said.styles]
    assert found.keys() == expected.keys()
    assert all(torch.equal(value, expected[name]) for name, value in found.items())


def test_what_is_no_checkpoint_is_refused(write_model: Any, tmp_path: Path) -> None:
    (tmp_path / "checkpoint.pt").write_text("no")
    for path in (tmp_path / "checkpoint.pt", tmp_path / "missing.pt"):
        with pytest.raises(InputError, match="is not a checkpoint of a run"):
            write_model(path, tmp_path / "model.safetensors")
    assert not (tmp_path / "model.safetensors").exists()
