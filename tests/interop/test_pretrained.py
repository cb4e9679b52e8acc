"""Models as folders that the Hugging Face Hub shows and painterly reads."""

from __future__ import annotations

import json
from pathlib import Path

import huggingface_hub
import torch

import painterly
from painterly.interop.pretrained import save_pretrained
from painterly.models.card import ModelCard
from painterly.networks import SuperResolutionDescription, SuperResolutionNetwork


def test_a_folder_is_a_model(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == {"model.safetensors", "config.json", "README.md"}
    painter = painterly.load(folder, style="umber", backend="torch", precision="float32")
    picture = torch.rand(1, 3, 20, 24)
    network = painterly.load(folder / "model.safetensors", backend="torch", precision="float32")
    assert torch.equal(painter.paint(picture), network(picture, style="umber"))
    assert painter.styles == ["ochre", "umber", "sienna"]
    config = json.loads((folder / "config.json").read_text())
    assert config["library_name"] == "painterly"
    assert ModelCard.from_json(json.dumps(config), "config.json") == painterly.info(folder / "model.safetensors")


def test_the_page_has_front_matter_and_the_paintings(folder: Path) -> None:
    page = (folder / "README.md").read_text()
    matter = page.split("---\n")[1]
    assert 'license: "mit"\n' in matter
    assert "library_name: painterly\n" in matter
    assert "pipeline_tag: image-to-image\n" in matter
    assert "- style-transfer\n" in matter
    assert "# Three Earths\n" in page
    assert r"| umber | Umber | A \| B |  |" in page
    data = huggingface_hub.ModelCard(page).data.to_dict()  # type: ignore[no-untyped-call]
    assert (data["license"], data["library_name"], data["pipeline_tag"]) == ("mit", "painterly", "image-to-image")


def test_painters_and_upscalers_save_themselves(tmp_path: Path) -> None:
    """A painter of one look saves the gallery behind it; weights that are halves are stored as such."""
    painter = painterly.load("gallery", style="udnie")
    painter.save_pretrained(tmp_path / "gallery")
    saved = tmp_path / "gallery" / "model.safetensors"
    assert saved.stat().st_size < 1.05 * painterly.shipped_models()["gallery"].stat().st_size
    assert painterly.load(tmp_path / "gallery").styles == painter.styles
    network = SuperResolutionNetwork(SuperResolutionDescription(3, 4, 4, 1)).eval()
    card = ModelCard("super-resolution", network.description.to_dict(), title="x3")
    save_pretrained(network, card, tmp_path / "x3")
    upscaler = painterly.load_upscaler(tmp_path / "x3", backend="torch", precision="float32")
    again = painterly.load_upscaler(upscaler.save_pretrained(tmp_path / "again"), backend="torch", precision="float32")
    picture = torch.rand(1, 3, 9, 7)
    assert torch.equal(upscaler.enlarge(picture), again.enlarge(picture))
    assert 'load_upscaler("hf:' in (tmp_path / "x3" / "README.md").read_text()
