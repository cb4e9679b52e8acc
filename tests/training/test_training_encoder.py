"""Distillation of a loss network into a compact one."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import Tensor

from painterly.encoders import DistilledVGG, load_loss_network
from painterly.errors import InputError, PainterlyError, UsageError
from painterly.models.file import load_network, read_card
from painterly.networks.pixels import PixelsIn
from painterly.training.encoder import EncoderTask, train_encoder
from painterly.training.encoder_settings import EncoderTraining

LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")

Distil = Callable[..., EncoderTraining]


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Photographs enough that three of them are held out."""
    folder = tmp_path_factory.mktemp("many")
    noise = np.random.default_rng(3)
    for number in range(30):
        coarse = noise.integers(0, 256, (5, 6, 3), dtype=np.uint8)
        Image.fromarray(coarse).resize((48, 40), Image.Resampling.BICUBIC).save(folder / f"{number:02}.png")
    return folder


@pytest.fixture
def distil(photos: Path, distilled: Path, tmp_path: Path) -> Distil:
    """Settings of a run that takes less than a second."""
    settings: dict[str, Any] = {
        "photos": photos,
        "output": tmp_path / "encoder.safetensors",
        "loss_network": str(distilled),
        "width": 4,
        "steps": 4,
        "size": 32,
        "batch_size": 2,
        "held_out": 3,
        "checkpoint_every": 2,
        "sample_every": 0,
        "precision": "32-true",
        "device": "cpu",
        "workers": 0,
    }
    return lambda **values: EncoderTraining(**{**settings, **values})


def weights(path: Path) -> dict[str, Tensor]:
    return load_network(path)[0].state_dict()


def alike(a: dict[str, Tensor], b: dict[str, Tensor]) -> bool:
    """Whether two sets of tensors are the same, bit for bit."""
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def encoder_in(path: Path) -> DistilledVGG:
    network = load_network(path)[0]
    assert isinstance(network, DistilledVGG)
    return network


@pytest.mark.parametrize("with_paintings", [False, True])
def test_a_run_leaves_an_encoder_with_a_full_card(
    distil: Distil, paintings: list[Path], distilled: Path, with_paintings: bool
) -> None:
    folder = paintings[0].parent if with_paintings else None
    config = distil(paintings=folder, sample_every=4)
    card = train_encoder(config)

    assert read_card(config.output) == card
    assert card.task == "encoder"
    assert card.network == {"width": 4, "until": "relu4_1"}
    assert card.title == "Compact loss network"
    assert card.loss_network["name"] == distilled.name
    assert card.loss_network["content_layers"] == card.loss_network["style_layers"] == list(LAYERS)
    assert card.training["paintings"] == (folder.name if folder else None)
    assert card.data["held_out"] == 3
    for kind in ("correlation", "content_rank_correlation", "style_rank_correlation"):
        assert tuple(card.result[kind]) == LAYERS
        assert all(-1 <= value <= 1.000001 for value in card.result[kind].values())
    json.loads(card.to_json(), parse_constant=pytest.fail)  # JSON knows no NaN
    with Image.open(config.output.with_suffix(".run") / "samples" / "step-000004.jpg") as sheet:
        assert sheet.size == (3 * 32, (1 + 2 * len(LAYERS)) * 32)


def test_the_loss_falls(distil: Distil) -> None:
    config = distil(steps=40, batch_size=3, decay=0.0, learning_rate=5e-3, held_out=0, checkpoint_every=100)
    card = train_encoder(config)
    curve = (config.output.with_suffix(".run") / "curve.jsonl").read_text().splitlines()
    first, last = json.loads(curve[0]), json.loads(curve[-1])
    assert (first["step"], last["step"]) == (10, 40)
    assert last["features"] < 0.9 * first["features"]
    assert last["grams"] < 0.9 * first["grams"]
    assert "correlation" not in card.result


def test_what_is_learnt_resembles_the_teacher(distil: Distil) -> None:
    longer = {"steps": 40, "batch_size": 3, "learning_rate": 5e-3, "checkpoint_every": 100, "width": 8}
    before = train_encoder(distil(steps=1, learning_rate=0.0)).result["correlation"]
    after = train_encoder(distil(**longer, overwrite=True)).result["correlation"]
    assert sum(after.values()) > sum(before.values()) + 0.5


class TestTheFile:
    """The model file as a loss network."""

    @pytest.mark.parametrize("width", [4, 16, 32])
    def test_it_is_a_loss_network_by_its_path(self, distil: Distil, width: int) -> None:
        config = distil(width=width, steps=1, held_out=0)
        train_encoder(config)
        network = load_loss_network(str(config.output), content_layers=LAYERS, style_layers=LAYERS)
        assert network.description["name"] == "encoder.safetensors"
        pictures = torch.rand(2, 3, 32, 40)
        wanted = encoder_in(config.output)(PixelsIn("unit")(pictures), LAYERS)
        torch.testing.assert_close(network(pictures, LAYERS), wanted)

    def test_by_default_it_serves_the_layers_that_it_learnt(self, distil: Distil) -> None:
        config = distil(width=16, steps=1, held_out=0)
        train_encoder(config)
        assert load_loss_network(str(config.output)).layers == ("relu3_1", "relu1_1", "relu2_1", "relu4_1")

    def test_it_may_teach_another(self, distil: Distil, tmp_path: Path) -> None:
        train_encoder(distil(width=16, steps=1, held_out=0))
        pupil = distil(loss_network=str(distil().output), output=tmp_path / "pupil.safetensors", width=2)
        assert train_encoder(pupil).loss_network["name"] == "encoder.safetensors"

    def test_half_precision_halves_it(self, distil: Distil, tmp_path: Path) -> None:
        train_encoder(distil(steps=1, held_out=0))
        half = distil(steps=1, held_out=0, half=True, output=tmp_path / "half.safetensors")
        train_encoder(half)
        assert half.output.stat().st_size < 0.6 * distil().output.stat().st_size
        for name, value in weights(distil().output).items():
            torch.testing.assert_close(weights(half.output)[name], value, atol=1e-3, rtol=1e-3)


class TestRuns:
    """Seeds, resumption and beginnings, as of every training."""

    def test_a_run_in_two_parts_equals_one_in_one_part(
        self, distil: Distil, paintings: list[Path], tmp_path: Path
    ) -> None:
        whole = distil(decay=0.0, paintings=paintings[0].parent)
        train_encoder(whole)
        halves = dataclasses.replace(whole, output=tmp_path / "halves.safetensors", steps=2)
        train_encoder(halves)
        train_encoder(dataclasses.replace(halves, steps=4, resume=True))
        assert alike(weights(whole.output), weights(halves.output))
        assert read_card(whole.output).result["correlation"] == read_card(halves.output).result["correlation"]

    def test_the_same_seed_gives_the_same_weights_and_another_seed_others(self, distil: Distil, tmp_path: Path) -> None:
        for name, seed in (("a", 0), ("b", 0), ("c", 1)):
            train_encoder(distil(output=tmp_path / f"{name}.safetensors", seed=seed, held_out=0))
        first, again, other = (weights(tmp_path / f"{name}.safetensors") for name in "abc")
        assert alike(first, again)
        assert not alike(first, other)

    def test_it_may_go_on_from_another_encoder(self, distil: Distil, tmp_path: Path) -> None:
        train_encoder(distil(held_out=0))
        again = distil(init=distil().output, output=tmp_path / "again.safetensors", learning_rate=0.0, held_out=0)
        train_encoder(again)
        assert alike(weights(distil().output), weights(again.output))
        with pytest.raises(UsageError, match="another kind of network"):
            train_encoder(dataclasses.replace(again, width=2, overwrite=True))
        with pytest.raises(UsageError, match="starry-night-small is another kind of network"):
            train_encoder(dataclasses.replace(again, init=Path("starry-night-small"), overwrite=True))

    def test_the_teacher_learns_nothing(self, distil: Distil) -> None:
        task = EncoderTask(distil().resolved())
        sum(task.terms(task.network, torch.rand(2, 3, 32, 32), 0, [0, 1]).values()).backward()  # type: ignore[union-attr]
        assert all(parameter.grad is None for parameter in task.teacher.parameters())
        assert all(parameter.grad is not None for parameter in task.network.parameters())
        assert {id(p) for group in task.parameters() for p in group["params"]} == {
            id(p) for p in task.network.parameters()
        }

    def test_a_pupil_that_equals_its_teacher_has_nothing_to_learn(
        self, distil: Distil, distilled: Path, paintings: list[Path]
    ) -> None:
        task = EncoderTask(distil(width=16, paintings=paintings[0].parent).resolved())
        task.network.load_state_dict(load_file(distilled))
        with torch.no_grad():
            terms = task.terms(task.network, torch.rand(4, 3, 32, 32), 0, range(4))
        assert all(value.item() < 1e-9 for value in terms.values())
        found = task.measure(torch.rand(4, 3, 32, 32))
        for kind in ("correlation", "content_rank_correlation", "style_rank_correlation"):
            assert found[kind] == pytest.approx(dict.fromkeys(LAYERS, 1.0), abs=1e-6)

    def test_the_grams_weigh_what_is_asked(self, distil: Distil) -> None:
        photographs = torch.rand(2, 3, 32, 32)
        found = []
        for weight in (1.0, 3.0, 0.0):
            torch.manual_seed(0)
            task = EncoderTask(distil(gram_weight=weight).resolved())
            found.append(
                {name: value.item() for name, value in task.terms(task.network, photographs, 0, (0, 1)).items()}
            )
        plain, thrice, without = found
        assert thrice == pytest.approx({"features": plain["features"], "grams": 3 * plain["grams"]})
        assert without == {"features": pytest.approx(plain["features"]), "grams": 0}


class TestVariety:
    """What becomes of a photograph before both networks see it."""

    @pytest.fixture
    def red(self, tmp_path: Path) -> Path:
        """A folder with a painting that is red all over."""
        (tmp_path / "red").mkdir()
        Image.new("RGB", (64, 48), (255, 0, 0)).save(tmp_path / "red" / "red.png")
        return tmp_path / "red"

    def test_it_follows_from_seed_and_sample_alone(self, distil: Distil, paintings: list[Path]) -> None:
        one, again = (EncoderTask(distil(paintings=paintings[0].parent).resolved()) for _ in range(2))
        other = EncoderTask(distil(paintings=paintings[0].parent, seed=1).resolved())
        photographs = torch.rand(40, 3, 32, 32)
        forwards = [one.varied(photograph, sample) for sample, photograph in enumerate(photographs)]
        torch.manual_seed(99)
        backwards = [again.varied(photographs[sample], sample) for sample in reversed(range(40))][::-1]
        assert all(torch.equal(a, b) for a, b in zip(forwards, backwards, strict=True))
        assert any(
            not torch.equal(picture, other.varied(photographs[sample], sample))
            for sample, picture in enumerate(forwards)
        )

    def test_pictures_keep_their_shape_and_range(self, distil: Distil, paintings: list[Path]) -> None:
        task = EncoderTask(distil(paintings=paintings[0].parent).resolved())
        for side in (32, 33, 50):
            for sample in range(30):
                picture = task.varied(torch.rand(3, side, side), sample)
                assert picture.shape == (3, side, side)
                assert picture.min() >= 0
                assert picture.max() <= 1

    @pytest.mark.parametrize("with_paintings", [False, True])
    def test_about_a_quarter_are_of_paintings_and_about_a_quarter_are_rough(
        self, distil: Distil, red: Path, with_paintings: bool
    ) -> None:
        task = EncoderTask(distil(paintings=red if with_paintings else None).resolved())
        blue = torch.tensor([0.0, 0.0, 1.0]).view(3, 1, 1).expand(3, 32, 32)
        pictures = [task.varied(blue, sample) for sample in range(400)]
        painted = sum(bool(picture[0].mean() > 0.5) for picture in pictures)
        rough = sum(bool(picture.std((1, 2)).max() > 1e-3) for picture in pictures)
        assert 70 < painted < 130 if with_paintings else painted == 0
        assert 70 < rough < 130
        assert all(
            torch.equal(picture, blue) for picture in pictures if picture.std((1, 2)).max() == 0 < picture[2, 0, 0]
        )

    def test_paintings_of_every_mode_serve(self, distil: Distil, tmp_path: Path) -> None:
        noise = np.random.default_rng(0).integers(0, 256, (40, 48, 4), np.uint8)
        folder = tmp_path / "modes"
        (folder / "nested").mkdir(parents=True)
        Image.fromarray(noise[..., 0]).save(folder / "grey.png")
        Image.fromarray(noise[..., 0].astype(np.uint16) * 257).save(folder / "nested" / "sixteen.png")
        Image.fromarray(noise, "RGBA").save(folder / "transparent.png")
        Image.new("RGB", (1, 1)).save(folder / "dot.png")
        task = EncoderTask(distil(paintings=folder).resolved())
        assert len(task.paintings) == 4
        assert all(painting.shape[0] == 3 for painting in task.paintings)
        torch.testing.assert_close(task.paintings[1], task.paintings[2], atol=0.01, rtol=0)  # grey and sixteen
        for sample in range(20):
            task.varied(torch.rand(3, 32, 32), sample)

    def test_a_painting_that_is_next_to_nothing_is_refused_or_used(self, distil: Distil, tmp_path: Path) -> None:
        (tmp_path / "strips").mkdir()
        Image.new("RGB", (2000, 1)).save(tmp_path / "strips" / "strip.png")
        with contextlib.suppress(PainterlyError):
            task = EncoderTask(distil(paintings=tmp_path / "strips").resolved())
            for sample in range(40):
                assert task.varied(torch.rand(3, 32, 32), sample).shape == (3, 32, 32)


class TestMeasuring:
    """What the card says of few photographs."""

    @pytest.mark.filterwarnings("ignore:cov")
    def test_one_photograph_makes_no_nan(self, distil: Distil) -> None:
        card = train_encoder(distil(held_out=1))
        for kind in ("correlation", "content_rank_correlation", "style_rank_correlation"):
            assert all(math.isfinite(value) for value in card.result.get(kind, {}).values())

    def test_every_photograph_is_compared_with_every_painting(
        self, distil: Distil, paintings: list[Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pairs: list[int] = []

        def count(a: Tensor, b: Tensor) -> float:
            pairs.append(len(a))
            return 0.0

        monkeypatch.setattr("painterly.training.encoder._rank_correlation", count)
        task = EncoderTask(distil(paintings=paintings[0].parent).resolved())
        task.measure(torch.rand(3, 3, 32, 32))
        assert pairs == [3, 9] * len(LAYERS)  # photographs among themselves, and from parts


class TestRefusals:
    """One sentence each, before anything is written."""

    @pytest.mark.parametrize(
        ("wrong", "words"),
        [
            ({"width": 0}, "--width must be at least 1, not 0"),
            ({"gram_weight": -1.0}, "--gram-weight must be at least 0.0, not -1.0"),
            ({"size": 8}, "--size must be at least 32"),
            ({"steps": 0}, "--steps must be at least 1"),
        ],
    )
    def test_settings_that_cannot_be_meant(self, distil: Distil, wrong: dict[str, Any], words: str) -> None:
        with pytest.raises(UsageError, match=words):
            distil(**wrong)

    def test_a_network_wider_than_any_can_be(self, distil: Distil) -> None:
        with pytest.raises(PainterlyError, match="width must be a whole number from 1 to 64, not 65"):
            train_encoder(distil(width=65))
        assert not list(distil().output.parent.iterdir())

    def test_a_teacher_that_lacks_a_layer(self, distil: Distil, world: Path) -> None:
        with pytest.raises(UsageError, match="has no relu3_1, relu4_1"):
            train_encoder(distil(loss_network=str(world / "vgg.safetensors")))

    def test_the_compact_network_as_its_own_teacher(
        self, distil: Distil, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PAINTERLY_DATA", str(tmp_path / "data"))
        (tmp_path / "data" / "loss_networks").mkdir(parents=True)
        compact = DistilledVGG(until="relu4_1", width=32)
        save_file(compact.state_dict(), tmp_path / "data" / "loss_networks" / "vgg19-compact.safetensors")
        with pytest.raises(UsageError, match="the compact loss network cannot learn from itself; name another"):
            train_encoder(distil(loss_network="vgg19-compact"))
        assert not distil().output.with_suffix(".run").exists()

    def test_paintings_that_cannot_be_read(self, distil: Distil, tmp_path: Path) -> None:
        folder = tmp_path / "paintings"
        with pytest.raises(InputError, match="paintings does not exist"):
            train_encoder(distil(paintings=folder))
        folder.mkdir()
        with pytest.raises(InputError, match="paintings holds no pictures"):
            train_encoder(distil(paintings=folder))
        (folder / "text.png").write_text("no picture")
        with pytest.raises(InputError, match=r"text\.png is not a picture"):
            train_encoder(distil(paintings=folder))
        assert not distil().output.exists()
        assert not distil().output.with_suffix(".run").exists()
