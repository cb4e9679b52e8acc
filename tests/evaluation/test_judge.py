"""The distance of two pictures as a loss network sees them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from painterly.encoders import VGG, Encoder, LossNetwork
from painterly.errors import UsageError
from painterly.evaluation.judge import Judge, load_judge
from painterly.losses import feature_reconstruction

LAYERS = ("relu1_2", "relu2_1")


@pytest.fixture
def judge() -> Judge:
    return Judge(LossNetwork([Encoder(VGG("D", until="relu2_1"), LAYERS)], {"name": "random"}), LAYERS)


def test_equal_pictures_are_not_apart(judge: Judge) -> None:
    picture = torch.rand(1, 3, 20, 17)
    assert judge.distance(picture.clone(), judge.features(picture)) == 0


def test_the_distance_is_relative_and_averaged_over_the_layers(judge: Judge) -> None:
    picture, other = torch.rand(2, 1, 3, 20, 17)
    wanted = judge.features(other)
    found = judge.loss_network(picture, LAYERS)
    shares = [float(feature_reconstruction(found[n], wanted[n]) / wanted[n].square().mean()) for n in LAYERS]
    assert judge.distance(picture, wanted) == pytest.approx(sum(shares) / 2, rel=1e-5)


def test_pictures_further_away_are_judged_further_away(judge: Judge) -> None:
    picture, noise = torch.rand(1, 3, 20, 17), torch.randn(1, 3, 20, 17)
    wanted = judge.features(picture)
    distances = [judge.distance(picture + amount * noise, wanted) for amount in (0, 0.01, 0.1, 1)]
    assert distances == sorted(set(distances))


def test_the_title_names_loss_network_and_layers(judge: Judge) -> None:
    assert judge.title == "random relu1_2, relu2_1"


def test_none_is_no_judge() -> None:
    assert load_judge("none", LAYERS) is None


def test_what_is_not_at_hand_is_not_downloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PAINTERLY_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PAINTERLY_CACHE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert load_judge("auto", ("relu2_2",)) is None


def test_a_file_of_weights_may_judge(tmp_path: Path) -> None:
    network = VGG("D", until="relu2_1")
    save_file(network.state_dict(), tmp_path / "small.safetensors")
    judge = load_judge(str(tmp_path / "small.safetensors"), ("relu2_1",))
    assert judge is not None
    assert judge.title == "small.safetensors relu2_1"
    with pytest.raises(UsageError, match="relu4_1"):
        load_judge(str(tmp_path / "small.safetensors"), ("relu4_1",))


def test_a_loss_network_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UsageError, match="vgg99"):
        load_judge("vgg99", LAYERS)
