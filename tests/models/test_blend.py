from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch

import painterly
from painterly.errors import OutputError, UsageError
from painterly.evaluation.stages import stages_of
from painterly.models.card import ModelCard
from painterly.models.file import load_network, read_card, save_network
from painterly.networks import SRCNN, SRCNNDescription


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    for name in ("a", "b"):
        network = SRCNN(SRCNNDescription(kernels=(3, 1, 3), widths=(2, 2)))
        card = ModelCard("super-resolution", network.description.to_dict(), title=name, result={"steps": 3})
        save_network(tmp_path / f"{name}.safetensors", network, card)
    return tmp_path / "a.safetensors", tmp_path / "b.safetensors"


@pytest.mark.parametrize("weight", [0.0, 0.3, 1.0])
def test_weights_are_mixed_and_the_card_says_so(pair: tuple[Path, Path], tmp_path: Path, weight: float) -> None:
    card = painterly.blend(*pair, tmp_path / "c.safetensors", weight=weight)
    first, second, mixed = (load_network(path)[0].state_dict() for path in (*pair, tmp_path / "c.safetensors"))
    for name, value in mixed.items():
        torch.testing.assert_close(value, (1 - weight) * first[name] + weight * second[name])
    assert read_card(tmp_path / "c.safetensors") == card
    assert (card.title, card.result) == ("b", {})
    assert [source["title"] for source in card.training["blend"]["of"]] == ["a", "b"]


def test_what_both_began_with_is_kept_once(pair: tuple[Path, Path], tmp_path: Path) -> None:
    begun = {"started_from": {"training": {"steps": 5, "batch_size": 2}, "result": {"steps": 5}, "software": {}}}
    for index, path in enumerate(pair):
        network, card = load_network(path)
        training = {"steps": 3, "batch_size": 2 + index, **begun}
        save_network(path, network, dataclasses.replace(card, training=training, result={"steps": 3, "last": index}))
    both = painterly.blend(*pair, tmp_path / "c.safetensors")
    assert both.to_json().count("started_from") == 1
    assert [(stage.steps, stage.training["batch_size"]) for stage in stages_of(both)] == [(5, 2), (3, 2), (3, 3)]

    one = ModelCard("super-resolution", {}, training={"steps": 1, "started_from": {"training": both.training}})
    later = dataclasses.replace(one, result={"steps": 1})
    assert [stage.steps for stage in stages_of(later)] == [5, 3, 3, 1]

    begun["started_from"]["result"]["steps"] = 6
    network, card = load_network(pair[1])
    save_network(pair[1], network, dataclasses.replace(card, training=card.training | begun))
    apart = painterly.blend(*pair, tmp_path / "d.safetensors")
    assert "started_from" not in apart.training
    assert [stage.steps for stage in stages_of(apart)] == [5, 3, 6, 3]


def test_refusals(pair: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="different kinds"):
        painterly.blend(pair[0], "starry-night", tmp_path / "c.safetensors")
    with pytest.raises(UsageError, match=r"ends in \.safetensors"):
        painterly.blend(*pair, tmp_path / "c.pth")
    with pytest.raises(OutputError, match="add --overwrite"):
        painterly.blend(*pair, pair[0])
