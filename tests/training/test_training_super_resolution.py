"""Training of super-resolution networks and of SRCNN."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

import painterly
from painterly.errors import UsageError
from painterly.models.file import load_network, read_card
from painterly.networks import SRCNN_PRESETS, SUPER_RESOLUTION_PRESETS
from painterly.training.super_resolution import SRCNNTask, train_srcnn, train_super_resolution
from painterly.training.super_resolution_settings import SRCNNTraining, SuperResolutionTraining


@pytest.fixture(autouse=True)
def _small_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The presets' networks at a fraction of their width."""
    for name, network in SUPER_RESOLUTION_PRESETS.items():
        monkeypatch.setitem(SUPER_RESOLUTION_PRESETS, name, dataclasses.replace(network, width=4, up_width=4, blocks=1))
    for name, small in SRCNN_PRESETS.items():
        monkeypatch.setitem(SRCNN_PRESETS, name, dataclasses.replace(small, widths=(4, 4)))


@pytest.fixture
def common(world: Path, tmp_path: Path) -> dict[str, Any]:
    return {
        "photos": world / "photos",
        "output": tmp_path / "model.safetensors",
        "steps": 6,
        "size": 48,
        "batch_size": 2,
        "held_out": 1,
        "checkpoint_every": 2,
        "sample_every": 4,
        "precision": "32-true",
        "device": "cpu",
        "workers": 0,
    }


@pytest.fixture
def config(common: dict[str, Any], world: Path) -> SuperResolutionTraining:
    return SuperResolutionTraining(**common, loss_network=str(world / "vgg.safetensors"))


def weights(path: Path) -> dict[str, Tensor]:
    return load_network(path)[0].state_dict()


@pytest.mark.parametrize("loss", ["feature", "pixel", "feature+pixel"])
@pytest.mark.parametrize(("preset", "scale"), [("modern", 4), ("paper", 8), ("modern", 3)])
def test_a_run_leaves_a_model_that_enlarges(
    config: SuperResolutionTraining, loss: str, preset: str, scale: int
) -> None:
    card = train_super_resolution(dataclasses.replace(config, loss=loss, preset=preset, scale=scale))

    assert read_card(config.output) == card
    assert card.task == "super-resolution"
    assert card.network["scale"] == scale
    assert card.training["loss"] == loss
    assert card.training["degradation"] == ("paper" if preset == "paper" else "bicubic")
    assert set(card.result["unseen"]) == {"psnr", "matched_psnr", "bicubic_psnr"}
    assert bool(card.loss_network) == ("feature" in loss)
    assert painterly.load_upscaler(config.output)(torch.rand(1, 3, 5, 7)).shape == (1, 3, 5 * scale, 7 * scale)
    samples = config.output.with_suffix(".run") / "samples"
    assert [path.name for path in samples.iterdir()] == ["step-000004.jpg"]


def test_training_brings_photographs_closer(config: SuperResolutionTraining) -> None:
    longer = dataclasses.replace(config, loss="pixel", steps=150, learning_rate=3e-3, sample_every=0)
    # Something that bicubic does not undo.
    longer = dataclasses.replace(longer, cropping="patch", degradation="paper", size=56)
    unseen = train_super_resolution(longer).result["unseen"]
    assert unseen["psnr"] > unseen["bicubic_psnr"] + 0.3


def test_srcnn_learns_too(common: dict[str, Any]) -> None:
    settings = {**common, "size": 36, "learning_rate": 5e-3, "sample_every": 0}
    first = train_srcnn(SRCNNTraining(**{**settings, "steps": 1})).result["unseen"]["psnr"]
    card = train_srcnn(SRCNNTraining(**{**settings, "steps": 150, "overwrite": True}))
    assert card.network["architecture"] == "srcnn"
    assert card.result["unseen"]["psnr"] > first + 5


def test_srcnn_s_last_layer_learns_at_a_tenth_of_the_rate(common: dict[str, Any]) -> None:
    task = SRCNNTask(SRCNNTraining(**common).resolved())
    first, last = task.parameters()
    assert last["share"] == 0.1
    assert sum(p.numel() for group in (first, last) for p in group["params"]) == sum(
        p.numel() for p in task.network.parameters()
    )
    assert last["params"][0] is task.network.layers[-1].weight


def test_a_run_in_two_parts_equals_one_in_one_part(config: SuperResolutionTraining, tmp_path: Path) -> None:
    # The random shift of the loss network's grid has to go on where it stopped, too.
    config = dataclasses.replace(config, loss="feature+pixel", decay=0.0, shift=3)
    train_super_resolution(config)
    halves = dataclasses.replace(config, output=tmp_path / "halves.safetensors", steps=3)
    train_super_resolution(halves)
    train_super_resolution(dataclasses.replace(halves, steps=6, resume=True))

    whole, resumed = weights(config.output), weights(halves.output)
    assert all(torch.equal(whole[key], resumed[key]) for key in whole)


def test_a_start_from_another_kind_of_network_is_refused(
    config: SuperResolutionTraining, common: dict[str, Any], tmp_path: Path
) -> None:
    other = tmp_path / "srcnn.safetensors"
    train_srcnn(SRCNNTraining(**{**common, "output": other, "steps": 1}))
    with pytest.raises(UsageError, match="another kind of network"):
        train_super_resolution(dataclasses.replace(config, init=other))


def test_the_paper_s_recipe_is_the_paper_s(common: dict[str, Any]) -> None:
    paper = SuperResolutionTraining(photos=common["photos"], output=common["output"], preset="paper").resolved()
    assert (paper.steps, paper.batch_size, paper.size, paper.learning_rate) == (200_000, 4, 288, 1e-3)
    assert (paper.loss, paper.feature_layers, paper.degradation) == ("feature", "relu2_2", "paper")
    assert (paper.feature_scale, paper.pixel_form, paper.pooling, paper.shift) == ("mean", "squared", "max", 0)
    assert (paper.decay, paper.clip, paper.pixel_weight) == (0.0, 0.0, 255.0**2)


def test_the_div2k_experiment_is_five_passes_over_its_training_pictures(
    common: dict[str, Any], world: Path, tmp_path: Path
) -> None:
    for folder, count in (("DIV2K_train_HR", 11), ("DIV2K_valid_HR", 2), ("DIV2K_train_LR_bicubic", 3)):
        (tmp_path / "DIV2K" / folder).mkdir(parents=True)
        for path in sorted((world / "photos").rglob("*.jpg"))[:count]:
            (tmp_path / "DIV2K" / folder / path.name).write_bytes(path.read_bytes())
    settings = {**common, "photos": tmp_path / "DIV2K", "steps": None, "held_out": 0}
    config = SuperResolutionTraining(
        **settings,
        preset="div2k",
        loss="feature+pixel",
        loss_network=str(world / "vgg.safetensors"),
        feature_layers="relu1_2,relu2_2",
    )
    card = train_super_resolution(config)

    assert config.resolved().epochs == 5
    assert card.data["photographs"] == 11
    assert card.result["steps"] == round(5 * 11 / 2)
    assert card.network["upsampling"] == "transposed4"
    assert card.loss_network["content_layers"] == ["relu1_2", "relu2_2"]


@pytest.mark.parametrize(
    "wrong",
    [{"scale": 5}, {"size": 50}, {"loss": "nope"}, {"degradation": "nope"}, {"pooling": "nope"}, {"epochs": 0.0}],
)
def test_settings_that_cannot_be_meant(common: dict[str, Any], wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=f"--{next(iter(wrong))}"):
        SuperResolutionTraining(**{**common, **wrong})


def test_steps_and_epochs_exclude_each_other(common: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="instead of --steps"):
        SRCNNTraining(**common, epochs=2.0)
