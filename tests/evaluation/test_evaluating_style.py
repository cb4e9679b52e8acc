"""Figure 5: a network against iterations of optimisation."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from painterly.encoders import VGG
from painterly.errors import InputError, UsageError
from painterly.evaluation.style import StyleEvaluation, evaluate_style
from painterly.models.card import ModelCard
from painterly.models.file import save_network
from painterly.networks import StyleDescription, StyleNetwork


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """A model whose card says how it was trained, its painting, photographs, and a loss network."""
    noise = np.random.default_rng(0)
    (tmp_path / "photos").mkdir()
    for number in range(2):
        coarse = Image.fromarray(noise.integers(0, 256, (6, 8, 3), np.uint8))
        coarse.resize((80, 60), Image.Resampling.BICUBIC).save(tmp_path / "photos" / f"{number}.png")
    Image.fromarray(noise.integers(0, 256, (48, 48, 3), np.uint8)).save(tmp_path / "painting.png")
    torch.manual_seed(1)
    save_file(VGG("D", until="relu2_2").state_dict(), tmp_path / "vgg.safetensors")
    description = StyleDescription(width=2, blocks=1)
    card = ModelCard(
        "style",
        description.to_dict(),
        title="Noise",
        style={"file": "painting.png", "sha256": "0"},
        training={
            "preset": "modern",
            "weighting": "modern",
            "style_size": 48,
            "weights": {"content": 1.0, "style": 30.0, "variation": 0.0},
        },
        loss_network={
            "name": str(tmp_path / "vgg.safetensors"),
            "content_layers": ["relu2_2"],
            "style_layers": ["relu1_2", "relu2_2"],
        },
    )
    save_network(tmp_path / "model.safetensors", StyleNetwork(description), card)
    save_network(tmp_path / "mute.safetensors", StyleNetwork(description), dataclasses.replace(card, training={}))
    return tmp_path


def test_objectives_are_means_and_optimisation_never_rises(world: Path) -> None:
    seen: list[tuple[int, int]] = []
    result = evaluate_style(
        world / "model.safetensors",
        world / "photos",
        style=world / "painting.png",
        size=32,
        iterations=4,
        device="cpu",
        report=lambda photograph, iteration: seen.append((photograph, iteration)),
    )
    assert seen == [(photograph, iteration) for photograph in (0, 1) for iteration in range(5)]
    assert (result.model, result.size, result.photographs) == ("Noise", 32, 2)
    assert len(result.optimisation) == 5
    assert all(after <= before for before, after in zip(result.optimisation, result.optimisation[1:], strict=False))
    objective = result.to_dict()["objective"]
    assert set(objective) == {"content", "network", "optimisation"}
    assert objective["content"] > 0


def test_from_the_photograph_optimisation_begins_at_its_objective(world: Path) -> None:
    result = evaluate_style(
        world / "model.safetensors",
        world / "photos",
        style=world / "painting.png",
        size=32,
        iterations=1,
        count=1,
        start="content",
        device="cpu",
    )
    assert result.optimisation[0] == pytest.approx(result.content, rel=1e-5)


@pytest.mark.parametrize(("network", "wanted"), [(5.0, 0), (2.0, 2), (0.5, None)])
def test_equivalent_iterations(network: float, wanted: int | None) -> None:
    result = StyleEvaluation("a", 32, 1, 9.0, network, [4.0, 3.0, 2.0, 1.0])
    assert result.equivalent_iterations == wanted


def test_refusals(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PAINTERLY_DATA", raising=False)
    with pytest.raises(UsageError, match="with --style"):
        evaluate_style(world / "model.safetensors", world / "photos", device="cpu")
    with pytest.raises(UsageError, match="does not say how it was trained"):
        evaluate_style(world / "mute.safetensors", world / "photos", style=world / "painting.png", device="cpu")
    with pytest.raises(UsageError, match="--start must be"):
        evaluate_style(world / "model.safetensors", world / "photos", start="middle", device="cpu")
    with pytest.raises(InputError, match="does not exist"):
        evaluate_style(world / "model.safetensors", world / "none", style=world / "painting.png", device="cpu")
