"""A small network of several styles, and styles learnt for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from painterly.models.card import ModelCard
from painterly.models.file import save_network, save_tensors
from painterly.networks import StyleDescription, StyleNetwork, SuperResolutionDescription, SuperResolutionNetwork
from painterly.networks.mixing import norm_layers, shared_digest, style_parameters

Network = Callable[..., StyleNetwork]
Learn = Callable[..., Path]

STYLES = [
    {"name": "ochre", "title": "Ochre Fields", "painter": "A. Painter"},
    {"name": "burnt-umber", "title": "Burnt Umber", "painter": "B. Painter"},
    {"name": "sienna", "title": "Sienna", "painter": "C. Painter"},
]


@pytest.fixture(autouse=True)
def styles_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where learnt styles are looked for: a folder of the test's own, which is not there yet."""
    monkeypatch.setenv("PAINTERLY_STYLES", str(tmp_path / "styles"))
    return tmp_path / "styles"


@pytest.fixture(scope="session")
def make_network() -> Network:
    """A network whose styles differ, with random weights."""

    def make(seed: int = 0, **description: Any) -> StyleNetwork:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            given = {"width": 3, "blocks": 1, "styles": len(STYLES) + 1, "identity": True} | description
            network = StyleNetwork(StyleDescription(**given))
            for _, norm in norm_layers(network):
                torch.nn.init.uniform_(norm.weight, 0.5, 1.5)
                torch.nn.init.normal_(norm.bias, 0, 0.3)
        return network.eval()

    return make


@pytest.fixture
def network(make_network: Network) -> StyleNetwork:
    """Three styles and the photograph itself."""
    return make_network()


@pytest.fixture
def card(network: StyleNetwork) -> ModelCard:
    """What the network's file says."""
    return ModelCard(
        "style",
        network.description.to_dict(),
        title="Tiny",
        styles=STYLES,
        training={"steps": 7, "weights": [{"style": index} for index in range(len(STYLES))]},
        result={
            "steps": 7,
            "ratio": 0.5,
            "styles": {"ochre": {"ratio": 0.1}, "burnt-umber": {"ratio": 0.2}, "sienna": {"ratio": 0.3}},
        },
    )


@pytest.fixture
def gallery_file(tmp_path: Path, network: StyleNetwork, card: ModelCard) -> Path:
    """The network's file."""
    path = tmp_path / "tiny.safetensors"
    save_network(path, network, card)
    return path


@pytest.fixture
def learn(styles_folder: Path, network: StyleNetwork) -> Learn:
    """Write a learnt style: under a name where styles are looked for, or anywhere by path."""

    def write(name: str | Path, *, seed: int = 1, base: StyleNetwork | None = None, **how: Any) -> Path:
        path = name if isinstance(name, Path) else styles_folder / f"{name}.safetensors"
        path.parent.mkdir(parents=True, exist_ok=True)
        base = base or network
        generator = torch.Generator().manual_seed(seed)
        tensors = {
            key: torch.rand(value.shape, generator=generator) + 0.3 for key, value in style_parameters(base).items()
        }
        about = ModelCard(
            "style parameters", {"shared": shared_digest(base)}, title=path.stem, style={"name": path.stem}
        )
        save_tensors(path, tensors, about, **how)
        return path

    return write


@pytest.fixture
def plain_file(tmp_path: Path, make_network: Network) -> Path:
    """A network of one style."""
    one = make_network(styles=1, identity=False)
    path = tmp_path / "plain.safetensors"
    card = ModelCard("style", one.description.to_dict(), title="Plain Painting", style={"name": "plain-painting"})
    save_network(path, one, card)
    return path


@pytest.fixture
def enlarger_file(tmp_path: Path) -> Path:
    """A network that does not paint."""
    network = SuperResolutionNetwork(SuperResolutionDescription(width=2, up_width=2, blocks=1))
    path = tmp_path / "enlarger.safetensors"
    save_network(path, network, ModelCard("super-resolution", network.description.to_dict()))
    return path
