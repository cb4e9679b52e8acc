from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from painterly.errors import InputError
from painterly.models.card import ModelCard
from painterly.models.file import load_network, read_card, save_network
from painterly.networks import StyleDescription, StyleNetwork

SMALL = StyleDescription(width=2, blocks=1)
CARD = ModelCard(task="style", network=SMALL.to_dict(), title="Größe", style={"painter": "Nobody"}, result={"steps": 3})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    save_network(tmp_path / "a.safetensors", StyleNetwork(SMALL), CARD)
    return tmp_path / "a.safetensors"


@pytest.mark.parametrize("description", [SMALL, StyleDescription(2, 1, "batch", "transposed", "reflect-start", "vgg")])
def test_a_model_file_gives_back_network_and_card(tmp_path: Path, description: StyleDescription) -> None:
    network = StyleNetwork(description)
    with torch.no_grad():
        network.train()(torch.rand(2, 3, 32, 32))  # batch norm's running statistics are part of the file
    card = ModelCard(task="style", network=description.to_dict())
    save_network(tmp_path / "a.safetensors", network, card)
    again, read = load_network(tmp_path / "a.safetensors")

    x = torch.rand(1, 3, 33, 40)
    assert read == card
    assert not again.training
    assert torch.equal(again(x), network.eval()(x))


def test_half_precision_takes_half_the_room_and_loads_as_float32(tmp_path: Path) -> None:
    network = StyleNetwork(StyleDescription(width=4))
    for name, dtype in (("full", torch.float32), ("half", torch.float16)):
        save_network(tmp_path / name, network, card_of(network), dtype=dtype)
    again, _ = load_network(tmp_path / "half")
    assert (tmp_path / "half").stat().st_size < 0.6 * (tmp_path / "full").stat().st_size
    assert {p.dtype for p in again.parameters()} == {torch.float32}
    before, after = (dict(n.named_parameters())["layers.first.conv.weight"] for n in (network, again))
    assert torch.allclose(before, after, atol=1e-3)


def card_of(network: StyleNetwork) -> ModelCard:
    return ModelCard(task="style", network=network.description.to_dict())


def test_the_card_is_plain_json_in_the_metadata(path: Path) -> None:
    with safe_open(path, "pt") as file:
        values = json.loads(file.metadata()["painterly"])
    assert values == {
        "format": 1,
        "task": "style",
        "network": SMALL.to_dict(),
        "title": "Größe",
        "style": {"painter": "Nobody"},
        "result": {"steps": 3},
    }
    assert read_card(path) == CARD


class TestRefusals:
    """Whatever is not a model file says so in a sentence, and is never executed."""

    def test_missing(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="does not exist"):
            load_network(tmp_path / "none.safetensors")

    def test_folder(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="is not a file"):
            load_network(tmp_path)

    @pytest.mark.parametrize("content", [b"", b"garbage", b"\xff" * 64, b"\x10\x00\x00\x00\x00\x00\x00\x00{"])
    def test_garbage(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "a.safetensors").write_bytes(content)
        with pytest.raises(InputError, match="is not a model file"):
            load_network(tmp_path / "a.safetensors")

    def test_truncated(self, path: Path) -> None:
        path.write_bytes(path.read_bytes()[:-100])
        with pytest.raises(InputError, match="is not a model file"):
            load_network(path)

    @pytest.mark.parametrize("name", ["a.safetensors", "a.pt", "a.pth"])
    def test_pickle(self, tmp_path: Path, name: str) -> None:
        (tmp_path / name).write_bytes(pickle.dumps(Bomb(tmp_path / "exploded")))
        with pytest.raises(InputError, match="nothing is unpickled"):
            load_network(tmp_path / name)
        assert not (tmp_path / "exploded").exists()

    def test_other_people_s_safetensors(self, tmp_path: Path) -> None:
        save_file({"a": torch.zeros(1)}, tmp_path / "a.safetensors")
        with pytest.raises(InputError, match="not a painterly model"):
            load_network(tmp_path / "a.safetensors")

    @pytest.mark.parametrize(
        ("card", "message"),
        [
            ("[]", "damaged model card"),
            ("{", "damaged model card"),
            ('{"format": 1}', "damaged model card"),
            ('{"format": 99, "task": "style", "network": {}}', "update painterly"),
            ('{"format": 1, "task": "style", "network": {}, "style": 3}', "damaged model card"),
            ('{"format": 1, "task": "music", "network": {}}', "a network for 'music'"),
            ('{"format": 1, "task": "style", "network": {"width": -1}}', "width must be a whole number"),
            ('{"format": 1, "task": "style", "network": {"colour": 1}}', "has no colour"),
            ('{"format": 1, "task": "style", "network": {"width": 2, "blocks": 2}}', "weights that do not fit"),
        ],
    )
    def test_wrong_cards(self, path: Path, tmp_path: Path, card: str, message: str) -> None:
        weights = load_network(path)[0].state_dict()
        save_file(weights, tmp_path / "b.safetensors", {"painterly": card})
        with pytest.raises(InputError, match=message):
            load_network(tmp_path / "b.safetensors")


class Bomb:
    """Creates a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.path,)
