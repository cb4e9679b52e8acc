"""What training tells of itself, from the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

Run = Callable[..., Any]


def test_the_card_tells_what_training_took(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("painterly.resources.usage.find_counter", lambda device: (None, "there is no meter"))
    (tmp_path / "photos").mkdir()
    for number in range(3):
        noise = np.random.default_rng(number).integers(0, 256, (40, 48, 3), np.uint8)
        Image.fromarray(noise).save(tmp_path / "photos" / f"{number}.png")
    model = tmp_path / "m.safetensors"
    short = ("--steps", 2, "--size", 36, "--batch-size", 1, "--held-out", 1, "--workers", 0, "--device", "cpu")
    common = ("train", "srcnn", "--photos", tmp_path / "photos", "-o", model, *short, "--quiet", "--json")
    status, out, err = run(*common)
    assert (status, err) == (0, "")
    usage = json.loads(out)["result"]["usage"]
    assert set(usage) == {
        *("seconds", "memory_before", "peak_memory", "energy_source", "idle_watts", "watts", "joules")
    }
    assert usage["seconds"] > 0
    assert usage["energy_source"] == "there is no meter"
    assert usage["joules"] is None
    assert json.loads(run("info", model, "--json").out)["result"]["usage"] == usage

    status, out, _ = run(*common, "--resume")  # nothing is left to do, and no photograph to share joules
    assert status == 0
    assert "joules_per_image" not in json.loads(out)["result"]["usage"]
