"""A world small enough to train in: a dozen photographs, a painting, and a loss network with random weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from safetensors.torch import save_file

from painterly.encoders import VGG
from painterly.training.style_settings import StyleTraining


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `photos/`, `painting.png` and `vgg.safetensors`."""
    import torch

    folder = tmp_path_factory.mktemp("world")
    noise = np.random.default_rng(0)
    (folder / "photos" / "nested").mkdir(parents=True)
    for number in range(12):
        coarse = noise.integers(0, 256, (6, 8, 3), dtype=np.uint8)
        picture = Image.fromarray(coarse).resize((80, 60), Image.Resampling.BICUBIC)
        picture.save(folder / "photos" / ("nested" if number % 2 else ".") / f"{number:02}.jpg")
    stripes = np.zeros((48, 64, 3), np.uint8)
    stripes[:, ::4] = (250, 200, 40)
    stripes[::6] = (30, 60, 180)
    Image.fromarray(stripes).save(folder / "painting.png")
    torch.manual_seed(1)
    save_file(VGG("D", until="relu2_2").state_dict(), folder / "vgg.safetensors")
    return folder


@pytest.fixture
def settings(world: Path, tmp_path: Path) -> dict[str, Any]:
    """Settings of a run that takes a second or two."""
    return {
        "style": world / "painting.png",
        "photos": world / "photos",
        "output": tmp_path / "model.safetensors",
        "loss_network": str(world / "vgg.safetensors"),
        "steps": 6,
        "identity_steps": 2,
        "size": 32,
        "batch_size": 2,
        "style_size": 48,
        "held_out": 1,
        "checkpoint_every": 2,
        "sample_every": 4,
        "precision": "32-true",
        "device": "cpu",
        "workers": 0,
    }


@pytest.fixture
def config(settings: dict[str, Any]) -> StyleTraining:
    return StyleTraining(**settings)
