"""A world small enough to train in: a dozen photographs, some paintings, and loss networks with random weights."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from safetensors.torch import save_file

from painterly.encoders import VGG, DistilledVGG
from painterly.training.style_settings import StyleTraining


@pytest.fixture(scope="session", autouse=True)
def _modules_are_no_garbage() -> Iterator[None]:
    """Every run begins with a garbage collection, which takes longer than the run if it looks at all of torch."""
    import lightning_fabric  # noqa: F401
    import torch.utils.tensorboard  # noqa: F401

    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


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


@pytest.fixture(scope="session")
def paintings(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three paintings, whose styles are called `the-fair`, `old-barn` and `rain`."""
    folder = tmp_path_factory.mktemp("paintings")
    noise = np.random.default_rng(1)
    found = []
    for name, width, height in (("The_Fair.png", 64, 48), ("old barn.jpg", 50, 50), ("rain.png", 40, 60)):
        coarse = noise.integers(0, 256, (height // 5, width // 5, 3), dtype=np.uint8)
        Image.fromarray(coarse).resize((width, height), Image.Resampling.NEAREST).save(folder / name)
        found.append(folder / name)
    return found


@pytest.fixture(scope="session")
def distilled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A loss network from relu1_1 to relu4_1, with random weights."""
    import torch

    path = tmp_path_factory.mktemp("distilled") / "distilled.safetensors"
    torch.manual_seed(2)
    save_file(DistilledVGG(until="relu4_1").state_dict(), path)
    return path


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


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A gallery of two styles, `red` and `blue`, and the photograph itself."""
    import torch

    from painterly.models.card import ModelCard
    from painterly.models.file import save_network
    from painterly.networks import StyleDescription, StyleNetwork

    torch.manual_seed(3)
    description = StyleDescription(width=4, blocks=1, styles=3, identity=True)
    network = StyleNetwork(description)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.normal_(0, 0.2)
    weights = [{"content": 1.0, "style": 2.0, "variation": 0.0}, {"content": 1.0, "style": 3.0, "variation": 0.0}]
    card = ModelCard(
        "style",
        description.to_dict(),
        title="Tiny",
        styles=[{"name": "red", "title": "Red", "painter": "A"}, {"name": "blue", "title": "Blue", "painter": "B"}],
        training={"preset": "modern", "style_size": 48, "weights": weights},
    )
    path = tmp_path_factory.mktemp("base") / "base.safetensors"
    save_network(path, network, card)
    return path
