"""A gallery judged: the same figures as `evaluate_style` finds for one of its styles alone."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from painterly.encoders import VGG
from painterly.errors import UsageError
from painterly.evaluation import evaluate_gallery, evaluate_style
from painterly.models.card import ModelCard
from painterly.models.file import load_network, save_network
from painterly.models.gallery import Gallery
from painterly.models.look import parse_look
from painterly.models.resolve import card_for
from painterly.networks import StyleDescription, StyleNetwork
from painterly.networks.mixing import norm_layers


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A gallery of two paintings, one of its styles as a network alone, and photographs."""
    noise = np.random.default_rng(0)
    monkeypatch.setenv("PAINTERLY_DATA", str(tmp_path))
    for folder in ("photos", "styles"):
        (tmp_path / folder).mkdir()
    for number in range(2):
        coarse = Image.fromarray(noise.integers(0, 256, (6, 8, 3), np.uint8))
        coarse.resize((80, 60), Image.Resampling.BICUBIC).save(tmp_path / "photos" / f"{number}.png")
    styles = []
    for name in ("ochre", "sienna"):
        path = tmp_path / "styles" / f"{name}.png"
        Image.fromarray(noise.integers(0, 256, (48, 48, 3), np.uint8)).save(path)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        styles.append({"name": name, "title": name.title(), "file": path.name, "sha256": digest})
    torch.manual_seed(1)
    save_file(VGG("D", until="relu2_2").state_dict(), tmp_path / "vgg.safetensors")
    network = StyleNetwork(StyleDescription(width=2, blocks=1, styles=3, identity=True))
    with torch.no_grad():
        for _, norm in norm_layers(network):
            norm.weight.uniform_(0.5, 1.5)
            norm.bias.uniform_(-1, 1)
    weights = [{"content": 1.0, "style": style, "variation": 0.0} for style in (30.0, 3.0)]
    card = ModelCard(
        "style",
        network.description.to_dict(),
        title="Tiny",
        styles=styles,
        training={"preset": "modern", "weighting": "modern", "style_size": 48, "weights": weights},
        loss_network={
            "name": str(tmp_path / "vgg.safetensors"),
            "content_layers": ["relu2_2"],
            "style_layers": ["relu1_2", "relu2_2"],
        },
    )
    save_network(tmp_path / "gallery.safetensors", network, card)
    look, whole = parse_look("sienna"), load_network(tmp_path / "gallery.safetensors")[0]
    assert isinstance(whole, StyleNetwork)
    save_network(tmp_path / "sienna.safetensors", Gallery(whole, card).network_for(look), card_for(card, look))
    return tmp_path


def test_a_style_is_judged_as_the_same_network_alone(world: Path) -> None:
    found = evaluate_gallery(
        world / "gallery.safetensors",
        world / "photos",
        alone={"sienna": world / "sienna.safetensors"},
        size=32,
        iterations=3,
        device="cpu",
    )
    alone = evaluate_style(world / "sienna.safetensors", world / "photos", size=32, iterations=3, device="cpu")
    ochre, sienna = found.rows
    assert (ochre["style"], ochre["alone"], sienna["style"]) == ("ochre", None, "sienna")
    assert sienna["gallery"] == pytest.approx(alone.network, rel=1e-5)
    assert sienna["alone"] == pytest.approx(alone.network, rel=1e-5)
    assert sienna["unchanged"] == pytest.approx(alone.content, rel=1e-5)
    assert sienna["optimisation"] == pytest.approx(alone.optimisation[-1], rel=1e-4)
    assert sienna["equivalent_iterations"] == alone.equivalent_iterations
    assert ochre["gallery"] != pytest.approx(sienna["gallery"])
    assert (found.size, found.photographs, found.to_dict()["iterations"]) == (32, 2, 3)
    assert found.sheet.width > 4 * 32


def test_without_iterations_nothing_is_optimised(world: Path) -> None:
    found = evaluate_gallery(
        world / "gallery.safetensors", world / "photos", styles=["ochre"], size=32, iterations=0, count=1, device="cpu"
    )
    assert [row["optimisation"] for row in found.rows] == [None]


def test_the_gallery_is_judged_on_its_canvas(world: Path) -> None:
    even, uneven = (
        evaluate_gallery(
            world / "gallery.safetensors", world / "photos", size=32, iterations=0, canvas=canvas, device="cpu"
        ).rows
        for canvas in (0.0, 20.0)
    )
    assert [row["unchanged"] for row in even] == [row["unchanged"] for row in uneven]
    for one, other in zip(even, uneven, strict=True):
        assert one["gallery"] != pytest.approx(other["gallery"], rel=1e-4)


def test_a_network_of_one_style_is_no_gallery(world: Path) -> None:
    with pytest.raises(UsageError, match="one style only"):
        evaluate_gallery(world / "sienna.safetensors", world / "photos", device="cpu")
