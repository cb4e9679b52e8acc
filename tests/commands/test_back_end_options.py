"""`--backend` and `--precision` of the commands that make pictures."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

Run = Callable[..., Any]
COMMANDS = [("stylize", "starry-night-small", 1), ("upscale", "srcnn-x4", 4)]
EACH = pytest.mark.parametrize(("command", "model", "factor"), COMMANDS, ids=["stylize", "upscale"])


@pytest.fixture
def photo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PAINTERLY_CACHE", str(tmp_path / "cache"))
    noise = np.random.default_rng(0).integers(0, 256, (40, 61, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


@EACH
@pytest.mark.parametrize(
    ("backend", "precision", "modules"),
    [
        ("torch", "float32", []),
        ("torch", "bfloat16", []),
        ("auto", "auto", []),
        ("openvino", "float32", ["openvino"]),
        ("onnxruntime", "auto", ["onnx", "onnxruntime"]),
    ],
)
def test_pictures_are_made_by_what_is_asked_for(
    run: Run, photo: Path, command: str, model: str, factor: int, backend: str, precision: str, modules: list[str]
) -> None:
    for module in modules:
        pytest.importorskip(module, reason=f"{module} is not installed")
    output = photo.parent / "made.png"
    how = ("--backend", backend, "--precision", precision, "--device", "cpu")
    status, out, _ = run(command, photo, "-o", output, "--model", model, *how, "--json")
    assert status == 0
    assert [Path(result["output"]) for result in json.loads(out)["results"]] == [output]
    with Image.open(output) as made:
        assert made.size == (61 * factor, 40 * factor)


@EACH
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--backend", "abacus"), "--backend must be one of auto, torch, compile, openvino, onnxruntime, not 'abacus'"),
        (("--precision", "half"), "--precision must be one of auto, float32, bfloat16, int8, not 'half'"),
        (
            ("--backend", "onnxruntime", "--precision", "bfloat16", "--device", "cpu"),
            "--backend onnxruntime computes in float32; leave out --precision",
        ),
    ],
)
def test_what_cannot_be_meant_is_one_sentence_and_status_2(
    run: Run, photo: Path, command: str, model: str, factor: int, options: tuple[str, ...], said: str
) -> None:
    output = photo.parent / "made.png"
    assert run(command, photo, "-o", output, "--model", model, *options) == (2, "", f"painterly: {said}\n")
    assert not output.exists()


@EACH
def test_a_missing_extra_is_one_sentence_and_status_1(
    run: Run, photo: Path, monkeypatch: pytest.MonkeyPatch, command: str, model: str, factor: int
) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    how = ("--backend", "openvino", "--device", "cpu")
    status, out, err = run(command, photo, "-o", photo.parent / "made.png", "--model", model, *how)
    assert (status, out) == (1, "")
    assert err.startswith("painterly: the back end openvino needs an optional dependency")
    assert err.count("\n") == 1
