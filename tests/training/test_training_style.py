from __future__ import annotations

import dataclasses
import itertools
import json
import resource
import tarfile
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor

import painterly
from painterly.errors import InputError, OutputError, TrainingError, UsageError
from painterly.models.file import load_network, read_card
from painterly.training.loop import learning_rate
from painterly.training.run_log import RunLog
from painterly.training.style import train_style
from painterly.training.style_settings import StyleTraining


def weights(path: Path) -> dict[str, Tensor]:
    return load_network(path)[0].state_dict()


def test_a_run_leaves_a_model_with_a_full_card_a_curve_and_samples(config: StyleTraining) -> None:
    card = train_style(dataclasses.replace(config, title="Stripes", painter=["Nobody"], licence="CC0"))

    assert read_card(config.output) == card
    assert card.style["title"] == "Stripes"
    assert card.style["painter"] == "Nobody"
    assert card.style["licence"] == "CC0"
    assert card.data == {"source": "photos", "photographs": 11, "held_out": 1, "unreadable": 0}
    assert card.loss_network["content_layers"] == ["relu2_2"]
    assert card.loss_network["style_layers"] == ["relu1_2", "relu2_2"]
    assert card.training["steps"] == 6
    assert card.training["weights"]["style_scale"] == "relative"
    assert card.result["steps"] == 8
    assert card.result["ratio"] == pytest.approx(card.result["unseen"]["total"] / card.result["unchanged"]["total"])
    assert card.result["unchanged"]["content"] == 0
    assert card.software["torch"] == torch.__version__

    run = config.output.with_suffix(".run")
    curve = [json.loads(line) for line in (run / "curve.jsonl").read_text().splitlines()]
    assert curve == []  # ten steps make an entry, and this run has eight
    assert [p.name for p in sorted((run / "samples").iterdir())] == ["step-000004.jpg", "step-000008.jpg"]
    assert list(run.glob("events.out.tfevents.*"))

    photograph = torch.rand(1, 3, 40, 52)
    assert painterly.load(config.output)(photograph).shape == photograph.shape


def test_training_lowers_the_objective(config: StyleTraining) -> None:
    before = train_style(dataclasses.replace(config, steps=1, identity_steps=0)).result["unseen"]["total"]
    longer = dataclasses.replace(config, steps=60, identity_steps=0, overwrite=True, decay=0.5, sample_every=0)
    after = train_style(longer).result["unseen"]["total"]
    curve = (config.output.with_suffix(".run") / "curve.jsonl").read_text().splitlines()

    assert after < 0.7 * before
    assert [json.loads(line)["step"] for line in curve] == [10, 20, 30, 40, 50, 60]


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(config: StyleTraining, tmp_path: Path) -> None:
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        train_style(dataclasses.replace(config, output=tmp_path / f"{name}.safetensors", seed=seed))
    first, again, other = (weights(tmp_path / f"{name}.safetensors") for name in "abc")

    assert all(torch.equal(first[key], again[key]) for key in first)
    assert not all(torch.equal(first[key], other[key]) for key in first)


def test_a_run_in_two_parts_equals_one_in_one_part(config: StyleTraining, tmp_path: Path) -> None:
    # A longer plan stopped early would have another learning rate, so the rate is kept constant.
    config = dataclasses.replace(config, decay=0.0)
    train_style(config)
    halves = dataclasses.replace(config, output=tmp_path / "halves.safetensors", steps=3)
    train_style(halves)
    train_style(dataclasses.replace(halves, steps=6, resume=True))

    whole, resumed = weights(config.output), weights(halves.output)
    assert all(torch.equal(whole[key], resumed[key]) for key in whole)
    assert read_card(halves.output).result["steps"] == 8


def test_photographs_may_come_from_a_tar(config: StyleTraining, world: Path, tmp_path: Path) -> None:
    tar = tmp_path / "photos.tar"
    with tarfile.open(tar, "w") as file:
        for path in sorted((world / "photos").rglob("*.jpg")):
            file.add(path, str(path.relative_to(world / "photos")))
    train_style(config)
    from_tar = dataclasses.replace(config, photos=tar, output=tmp_path / "tar.safetensors")
    train_style(from_tar)

    folder, packed = weights(config.output), weights(from_tar.output)
    assert all(torch.equal(folder[key], packed[key]) for key in folder)


def test_unreadable_photographs_are_counted(settings: dict[str, Any], world: Path, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for path in (world / "photos").rglob("*.jpg"):
        (photos / path.name).write_bytes(path.read_bytes())
    (photos / "00.jpg").write_bytes(b"")
    (photos / "01.jpg").write_text("no picture")
    card = train_style(StyleTraining(**{**settings, "photos": photos, "steps": 12, "held_out": 0}))

    assert card.data["unreadable"] == 2
    assert "unseen" not in card.result


def test_a_start_from_other_weights_skips_the_identity_steps(config: StyleTraining, tmp_path: Path) -> None:
    train_style(config)
    card = train_style(dataclasses.replace(config, init=config.output, output=tmp_path / "next.safetensors", steps=1))
    assert card.result["steps"] == 1
    before = read_card(config.output)
    wanted = {"training": before.training, "result": before.result, "software": before.software}
    assert card.training["started_from"] == wanted


@pytest.mark.parametrize("preset", ["paper", "authors"])
def test_the_paper_and_the_authors_train_as_they_say(config: StyleTraining, preset: str) -> None:
    config = dataclasses.replace(config, preset=preset, identity_steps=None, steps=2)
    card = train_style(config)
    resolved = config.resolved()

    assert (resolved.cropping, resolved.identity_steps, resolved.decay, resolved.clip) == ("squash", 0, 0.0, 0.0)
    assert set(card.result["unseen"]) == {"content", "style", "variation", "total"}
    assert card.result["steps"] == 2


def test_a_loss_that_is_not_finite_names_itself_and_keeps_the_last_checkpoint(config: StyleTraining) -> None:
    bad = dataclasses.replace(config, learning_rate=1e30, clip=0.0, steps=20, checkpoint_every=1, identity_steps=0)
    with pytest.raises(TrainingError, match=r"the (content loss|style loss|gradient) is no longer finite at step \d+"):
        train_style(bad)

    state = torch.load(bad.output.with_suffix(".run") / "checkpoint.pt", weights_only=True)
    assert state["step"] >= 1
    assert not bad.output.exists()


def test_the_paper_s_schedule_is_the_default(settings: dict[str, Any]) -> None:
    paper = StyleTraining(**{name: settings[name] for name in ("style", "photos", "output")}).resolved()
    assert (paper.steps, paper.batch_size, paper.size, paper.learning_rate) == (40_000, 4, 256, 1e-3)


def test_the_learning_rate_is_constant_and_then_falls_to_zero(config: StyleTraining) -> None:
    config = dataclasses.replace(config, decay=0.3).resolved()
    rates = [learning_rate(config, step, 1000) for step in range(1000)]
    assert set(rates[:700]) == {1e-3}
    assert all(a > b for a, b in itertools.pairwise(rates[700:]))
    assert rates[-1] < 1e-7


class TestRefusals:
    """What must not start, and what must not be lost."""

    def test_an_existing_model_is_not_replaced(self, config: StyleTraining) -> None:
        config.output.write_text("precious")
        with pytest.raises(OutputError, match=r"exists; add --overwrite"):
            train_style(config)
        assert config.output.read_text() == "precious"

    def test_an_earlier_run_is_not_replaced(self, config: StyleTraining) -> None:
        config.output.with_suffix(".run").mkdir()
        with pytest.raises(OutputError, match=r"add --resume to go on with it or --overwrite"):
            train_style(config)

    def test_nothing_to_resume(self, config: StyleTraining) -> None:
        with pytest.raises(InputError, match=r"there is no checkpoint to resume from"):
            train_style(dataclasses.replace(config, resume=True))
        assert not config.output.with_suffix(".run").exists()

    def test_a_resumption_with_other_settings(self, config: StyleTraining) -> None:
        train_style(config)
        with pytest.raises(UsageError, match=r"another batch-size \(2, now 4\)"):
            train_style(dataclasses.replace(config, resume=True, batch_size=4))

    def test_a_resumption_on_other_photographs(self, config: StyleTraining, tmp_path: Path) -> None:
        train_style(config)
        other = tmp_path / "other"
        other.mkdir()
        Image.new("RGB", (64, 64)).save(other / "a.png")
        with pytest.raises(UsageError, match="another photographs"):
            train_style(dataclasses.replace(config, resume=True, photos=other))

    def test_a_checkpoint_that_is_none(self, config: StyleTraining) -> None:
        run = config.output.with_suffix(".run")
        run.mkdir()
        (run / "checkpoint.pt").write_bytes(b"PK\x03\x04 not really")
        with pytest.raises(InputError, match=r"not a checkpoint, or a damaged one"):
            train_style(dataclasses.replace(config, resume=True))

    def test_a_painting_of_one_pixel(self, config: StyleTraining, tmp_path: Path) -> None:
        Image.new("RGB", (1, 1)).save(tmp_path / "dot.png")
        with pytest.raises(UsageError, match="needs at least 32x32"):
            train_style(dataclasses.replace(config, style=[tmp_path / "dot.png"]))

    def test_a_folder_without_photographs(self, config: StyleTraining, tmp_path: Path) -> None:
        (tmp_path / "none").mkdir()
        with pytest.raises(InputError, match="holds no pictures"):
            train_style(dataclasses.replace(config, photos=tmp_path / "none"))

    def test_a_layer_that_the_loss_network_lacks(self, config: StyleTraining) -> None:
        with pytest.raises(UsageError, match=r"has no relu4_3"):
            train_style(dataclasses.replace(config, style_layers="relu1_2,relu4_3"))

    @pytest.mark.parametrize(
        "wrong",
        [{"steps": 0}, {"size": 8}, {"preset": "nope"}, {"weighting": "nope"}, {"decay": 2.0}, {"batch_size": 0}],
    )
    def test_settings_that_cannot_be_meant(self, settings: dict[str, Any], wrong: dict[str, Any]) -> None:
        with pytest.raises(UsageError, match=f"--{next(iter(wrong)).replace('_', '-')}"):
            StyleTraining(**{**settings, **wrong})


def test_a_full_disk_stops_a_run_in_a_sentence_and_leaves_no_part_of_a_file(config: StyleTraining) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))  # a checkpoint is larger: the same error as a full disk
    try:
        with pytest.raises(OutputError, match=r"cannot write .*checkpoint\.pt \("):
            train_style(config)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    run = config.output.with_suffix(".run")
    assert not config.output.exists()
    assert not (run / "checkpoint.pt").exists()
    assert not [path for path in run.rglob("*") if ".tmp" in path.name]


def test_a_curve_that_a_crash_cut_short_is_continued(tmp_path: Path) -> None:
    (tmp_path / "a.run").mkdir()
    curve = tmp_path / "a.run" / "curve.jsonl"
    curve.write_bytes(b'{"step": 10, "content": 1.0}\n{"step": 20, "content": 2.0}\n{"step": 30}\n\x00\x00{"st')
    run = RunLog(tmp_path / "a.run", keep=True)
    run.start(20)
    run.scalars(30, {"content": 3.0})
    run.close()
    assert [json.loads(line)["step"] for line in curve.read_text().splitlines()] == [10, 20, 30]
    assert run.last() == {"step": 30, "content": 3.0}
