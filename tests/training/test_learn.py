"""A new style for a gallery: what is learnt, what is written, and where it is found."""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

import painterly
from painterly.data import crop_loader
from painterly.errors import InputError, Interrupted, OutputError, PainterlyError, TrainingError, UsageError
from painterly.models.card import ModelCard
from painterly.models.file import load_network, read_card, read_tensors, save_network
from painterly.models.gallery import Gallery
from painterly.models.look import parse_look
from painterly.models.resolve import resolve
from painterly.models.style_book import STYLE_TASK
from painterly.networks import STYLE_PRESETS, StyleNetwork
from painterly.networks.mixing import mix_parameters, norm_layers, style_parameters
from painterly.training import loop
from painterly.training.learn import LearnTask, learn_style
from painterly.training.learn_settings import PHOTOGRAPHS, LearnSettings
from painterly.training.loop import fit
from painterly.training.meter import Interruption
from painterly.training.style_settings import StyleTraining

Learn = Callable[..., tuple[Path, ModelCard]]


@pytest.fixture(autouse=True)
def styles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of learnt styles: one of this test's own, and no data, no download and no wide networks."""
    monkeypatch.delenv("PAINTERLY_DATA", raising=False)
    monkeypatch.setenv("PAINTERLY_STYLES", str(tmp_path / "styles"))
    monkeypatch.setattr("painterly.encoders.loading.download", lambda *_, **__: pytest.fail("a download was tried"))
    for name, network in STYLE_PRESETS.items():
        monkeypatch.setitem(STYLE_PRESETS, name, dataclasses.replace(network, width=4, blocks=1))
    return tmp_path / "styles"


@pytest.fixture
def short(world: Path, distilled: Path, base: Path) -> dict[str, Any]:
    """Settings of a run that takes less than a second."""
    return {
        "base": str(base),
        "photos": world / "photos",
        "loss_network": str(distilled),
        "steps": 2,
        "size": 32,
        "batch_size": 1,
        "start": "red",
        "device": "cpu",
        "precision": "32-true",
    }


@pytest.fixture
def learn(short: dict[str, Any], paintings: list[Path], monkeypatch: pytest.MonkeyPatch) -> Learn:
    """Learn `old barn.jpg`, or another painting, without a process that reads photographs ahead."""
    here = "painterly.training.loop.crop_loader"
    monkeypatch.setattr(here, lambda dataset, order, **_: crop_loader(dataset, order, workers=0))

    def learn(painting: Path = paintings[1], **values: Any) -> tuple[Path, ModelCard]:
        return learn_style(painting, LearnSettings(**{**short, **values}))

    return learn


def gallery_in(path: Path) -> Gallery:
    network, card = load_network(path)
    assert isinstance(network, StyleNetwork)
    return Gallery(network, card)


def alike(a: dict[str, Tensor], b: dict[str, Tensor]) -> bool:
    """Whether two sets of tensors are the same, bit for bit."""
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def test_a_style_is_a_small_file_with_a_full_card_where_it_is_looked_for(
    learn: Learn, base: Path, styles: Path
) -> None:
    path, card = learn(title="An Old Barn", painter="Nobody", licence="CC0")
    assert path == styles / "old-barn.safetensors"
    assert [found.name for found in styles.iterdir()] == ["old-barn.safetensors"]
    assert path.stat().st_size < 64 * 1024
    assert read_card(path) == card
    assert card.task == STYLE_TASK
    assert card.network == {"shared": gallery_in(base).digest}
    about = card.style
    assert (about["name"], about["title"], about["painter"], about["licence"], about["file"]) == (
        *("old-barn", "An Old Barn", "Nobody", "CC0"),
        "old barn.jpg",
    )
    assert len(about["sha256"]) == 64
    assert (card.training["base"], card.training["start"], card.training["deep"]) == ("Tiny", "red", False)
    assert card.training["identity_steps"] == 0
    assert card.result["steps"] == 2
    assert card.result["ratio"] == pytest.approx(card.result["unseen"]["total"] / card.result["unchanged"]["total"])
    tensors = read_tensors(path)
    assert {name: value.shape for name, value in tensors.items()} == {
        name: value.shape for name, value in style_parameters(gallery_in(base).network).items()
    }
    assert all(value.dtype == torch.float32 for value in tensors.values())


def test_the_gallery_that_ships_learns_a_style_of_less_than_64_kb_from_photographs_that_ship(learn: Learn) -> None:
    path, card = learn(base="gallery", photos=None, steps=1, start="mean")
    assert path.stat().st_size < 64 * 1024
    assert card.data == {"source": PHOTOGRAPHS.name, "photographs": 5, "held_out": 0, "unreadable": 0}
    painter = painterly.load(style="old-barn")
    assert painter.gallery is not None
    assert "old-barn" in painter.styles
    photograph = torch.rand(1, 3, 32, 32)
    assert painter(photograph).shape == photograph.shape


class TestWhatChanges:
    """Scales and shifts alone, unless it is to be deep."""

    @pytest.fixture
    def plan(self, settings: dict[str, Any], paintings: list[Path], distilled: Path) -> StyleTraining:
        given = settings | {"style": paintings[0], "loss_network": str(distilled), "sample_every": 0}
        return StyleTraining(**given | {"identity_steps": 0, "learning_rate": 1e-2}).resolved()

    def test_convolutions_stay_as_they_are_bit_for_bit(self, plan: StyleTraining, base: Path) -> None:
        gallery = gallery_in(base)
        before = {name: value.clone() for name, value in gallery.network.state_dict().items()}
        task = LearnTask(plan, gallery, "blue")
        fit(plan, lambda: task)
        norms = {f"{name}.{kind}" for name, _ in norm_layers(task.network) for kind in ("weight", "bias")}
        assert norms == set(style_parameters(gallery.network))
        blue = style_parameters(gallery.network, 1)
        for name, value in task.network.state_dict().items():
            assert torch.equal(value, blue[name] if name in norms else before[name]) == (name not in norms), name
        assert alike(before, gallery.network.state_dict())  # and the gallery knows nothing of it
        assert {id(p) for group in task.parameters() for p in group["params"]} == {
            id(task.network.get_parameter(name)) for name in norms
        }

    def test_deep_changes_everything_and_the_gallery_nothing(self, plan: StyleTraining, base: Path) -> None:
        gallery = gallery_in(base)
        before = {name: value.clone() for name, value in gallery.network.state_dict().items()}
        task = LearnTask(plan, gallery, parameters=style_parameters(gallery.network, 0), deep=True)
        fit(plan, lambda: task)
        for name, parameter in task.network.named_parameters():
            assert not torch.equal(parameter, before[name][0] if before[name].ndim == 2 else before[name]), name
        assert alike(before, gallery.network.state_dict())

    def test_the_objective_falls(self, learn: Learn) -> None:
        before = learn(learning_rate=0.0)[1].result["unseen"]["total"]
        after = learn(steps=40, batch_size=2, learning_rate=0.03, overwrite=True)[1].result["unseen"]["total"]
        assert after < 0.9 * before

    def test_the_same_seed_learns_the_same_and_another_seed_another(self, learn: Learn) -> None:
        first, again, other = (
            read_tensors(learn(name=name, seed=seed)[0]) for name, seed in (("a", 5), ("b", 5), ("c", 6))
        )
        assert alike(first, again)
        assert not alike(first, other)


class TestTheStart:
    """--start, seen in a style that has learnt nothing yet."""

    @pytest.mark.parametrize(("start", "place"), [("red", 0), ("blue", 1), ("Blue", 1)])
    def test_one_that_is_named(self, learn: Learn, base: Path, start: str, place: int) -> None:
        path, card = learn(start=start, learning_rate=0.0)
        assert card.training["start"] == start
        assert alike(read_tensors(path), style_parameters(gallery_in(base).network, place))

    def test_the_mean_is_of_the_paintings_and_not_of_the_photograph(self, learn: Learn, base: Path) -> None:
        path, card = learn(start="mean", learning_rate=0.0)
        assert card.training["start"] == "mean"
        one, other = (style_parameters(gallery_in(base).network, place) for place in (0, 1))
        wanted = mix_parameters([(0.5, one), (0.5, other)])
        for name, value in read_tensors(path).items():
            torch.testing.assert_close(value, wanted[name])

    @pytest.mark.parametrize("spoilt", ["red", "blue"])
    def test_auto_takes_the_style_whose_paintings_come_nearest(
        self, learn: Learn, base: Path, tmp_path: Path, spoilt: str
    ) -> None:
        network, card = load_network(base)
        place = [entry["name"] for entry in card.styles].index(spoilt)
        with torch.no_grad():
            norm = network.get_submodule("layers.up2.norm")
            norm.get_parameter("bias")[place] += 1000.0  # paints nothing but glare
        save_network(tmp_path / "spoilt.safetensors", network, card)
        _, found = learn(base=str(tmp_path / "spoilt.safetensors"), start="auto", learning_rate=0.0)
        assert found.training["start"] == {"red": "blue", "blue": "red"}[spoilt]

    def test_auto_is_the_default(self) -> None:
        assert LearnSettings().start == "auto"

    def test_another_style_that_was_learnt_here(self, learn: Learn) -> None:
        first, _ = learn(name="first")
        second, card = learn(name="second", start="first", learning_rate=0.0)
        assert card.training["start"] == "first"
        assert alike(read_tensors(first), read_tensors(second))

    def test_one_that_there_is_not(self, learn: Learn, styles: Path) -> None:
        with pytest.raises(UsageError, match="there is no style 'bleu'; did you mean blue"):
            learn(start="bleu")
        assert not styles.exists()

    def test_photographs_that_cannot_be_read_are_skipped(self, learn: Learn, world: Path, tmp_path: Path) -> None:
        (tmp_path / "photos").mkdir()
        for number in range(4):
            (tmp_path / "photos" / f"{number}.jpg").write_text("no picture")
        for number in range(4, 8):
            shutil.copy(world / "photos" / "00.jpg", tmp_path / "photos" / f"{number}.jpg")
        assert learn(photos=tmp_path / "photos", start="auto")[1].data["photographs"] == 8


class TestWhatItIsTaughtWith:
    """The gallery's own settings, unless others are asked for."""

    def test_size_and_weight_come_from_the_gallery(self, learn: Learn) -> None:
        _, card = learn()
        assert card.training["style_size"] == 48
        assert card.training["weights"]["style"] in (2.0, 3.0)
        assert card.training["preset"] == "modern"

    def test_others_may_be_asked_for(self, learn: Learn) -> None:
        _, card = learn(style_size=40, style_weight=7.0, learning_rate=0.5)
        assert (card.training["style_size"], card.training["weights"]["style"]) == (40, 7.0)
        assert card.training["learning_rate"] == 0.5

    def test_a_gallery_that_says_nothing_of_its_training_will_do(
        self, learn: Learn, base: Path, tmp_path: Path
    ) -> None:
        network, card = load_network(base)
        save_network(tmp_path / "silent.safetensors", network, dataclasses.replace(card, training={}))
        _, found = learn(base=str(tmp_path / "silent.safetensors"))
        assert found.training["style_size"] == 384  # the recipe's


class TestTheName:
    """What the style is called, and who is called so already."""

    @pytest.mark.parametrize(
        ("given", "name"), [("Old Barn", "old-barn"), ("my_Barn", "my-barn"), (" x ", "x"), ("été", "été")]
    )
    def test_it_is_written_as_names_are(self, learn: Learn, styles: Path, given: str, name: str) -> None:
        path, card = learn(name=given)
        assert path == styles / f"{name}.safetensors"
        assert card.style["name"] == name

    @pytest.mark.parametrize("name", ["a/b", "../a", "a.b", "a:b", "a,b", "a\\b", "/", ".", "", " ", "--"])
    def test_some_it_cannot_have(self, learn: Learn, styles: Path, name: str) -> None:
        with pytest.raises(UsageError, match="for slashes, dots, colons and commas mean other things") as refusal:
            learn(name=name)
        assert "\n" not in str(refusal.value)
        assert not styles.exists()

    def test_nor_by_its_painting_s_file(self, learn: Learn, paintings: list[Path], tmp_path: Path) -> None:
        shutil.copy(paintings[0], tmp_path / "1. the fair.png")
        with pytest.raises(UsageError, match=r"a style cannot be called '1\. the-fair'|called '1\.-the-fair'"):
            learn(tmp_path / "1. the fair.png")
        assert learn(tmp_path / "1. the fair.png", name="fair")[1].style["file"] == "1. the fair.png"

    @pytest.mark.parametrize("name", ["red", "Blue", " RED "])
    def test_the_gallery_s_own_are_taken(self, learn: Learn, styles: Path, name: str) -> None:
        with pytest.raises(UsageError, match=f"'{name.strip().lower()}' is the name of a style or a network already"):
            learn(name=name)
        with pytest.raises(UsageError, match="is the name of a style"):
            learn(name=name, overwrite=True)
        assert not styles.exists()

    def test_one_that_was_learnt_is_replaced_only_if_asked(self, learn: Learn, paintings: list[Path]) -> None:
        path, _ = learn(name="barn")
        before = path.read_bytes()
        with pytest.raises(OutputError, match=r"barn\.safetensors exists; add --overwrite to replace it"):
            learn(paintings[0], name="barn")
        assert path.read_bytes() == before
        learn(paintings[0], name="barn", overwrite=True)
        assert read_card(path).style["file"] == "The_Fair.png"

    def test_one_of_a_network_that_ships_is_refused_or_found(self, learn: Learn) -> None:
        try:
            learn(name="starry-night-small", base="gallery", start="mean", steps=1)
        except UsageError:
            return
        path, look = resolve(style="starry-night-small")
        assert path == painterly.shipped_models()["gallery"]
        assert look is not None


class TestWhatCannotBeLearnt:
    """One sentence, no file and no folder."""

    @pytest.fixture(autouse=True)
    def _nothing_is_left_behind(self, tmp_path: Path) -> object:
        yield
        assert not [path for path in tmp_path.rglob("*") if path.suffix in (".run", ".safetensors", ".tmp")]

    @pytest.mark.parametrize(
        ("name", "kind", "words"),
        [
            ("missing.png", InputError, "does not exist"),
            ("text.png", InputError, "is not a picture"),
            ("empty.png", InputError, "is empty"),
            ("cut.png", InputError, "is damaged"),
            ("folder", InputError, "is a folder"),
            ("dot.png", UsageError, "needs at least 32x32"),
            ("strip.png", UsageError, "too narrow for --style-size 48"),
        ],
    )
    def test_paintings(
        self, learn: Learn, paintings: list[Path], tmp_path: Path, name: str, kind: type[Exception], words: str
    ) -> None:
        (tmp_path / "text.png").write_text("no picture")
        (tmp_path / "empty.png").write_bytes(b"")
        (tmp_path / "cut.png").write_bytes(paintings[0].read_bytes()[:150])
        (tmp_path / "folder").mkdir()
        Image.new("RGB", (1, 1)).save(tmp_path / "dot.png")
        Image.new("RGB", (2000, 40)).save(tmp_path / "strip.png")
        with pytest.raises(kind, match=words) as refusal:
            learn(tmp_path / name, name="x")
        assert name in str(refusal.value)
        assert "\n" not in str(refusal.value)

    def test_photographs(self, learn: Learn, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="photos does not exist"):
            learn(photos=tmp_path / "photos")
        (tmp_path / "photos").mkdir()
        with pytest.raises(InputError, match="photos holds no pictures"):
            learn(photos=tmp_path / "photos")

    @pytest.mark.parametrize("base", ["starry-night", "starry-night-small", "upscale-x4", "srcnn-x4"])
    def test_a_base_of_one_style_or_of_another_kind(self, learn: Learn, base: str) -> None:
        with pytest.raises(UsageError, match=f"{base} is not a network of several styles; leave out --base"):
            learn(base=base)

    def test_a_base_that_there_is_not(self, learn: Learn, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="there is no model 'galery'; did you mean gallery"):
            learn(base="galery")
        with pytest.raises(InputError, match=r"none\.safetensors does not exist"):
            learn(base=str(tmp_path / "none.safetensors"))

    def test_a_loss_network_or_device_that_there_is_not(self, learn: Learn) -> None:
        with pytest.raises(UsageError, match="'nothing' is neither a file nor a loss network"):
            learn(loss_network="nothing")
        with pytest.raises(UsageError, match="--device must be auto, cpu, cuda or mps, not 'abacus'"):
            learn(device="abacus")
        with pytest.raises(UsageError, match="--precision must be one of"):
            learn(precision="double")

    def test_a_loss_that_is_not_finite(self, learn: Learn) -> None:
        with pytest.raises(TrainingError, match="is no longer finite at step"):
            learn(steps=10, learning_rate=1e30)

    def test_a_loss_that_is_not_finite_promises_nothing(self, learn: Learn) -> None:
        with pytest.raises(TrainingError) as stop:
            learn(steps=10, learning_rate=1e30)
        assert "checkpoint" not in str(stop.value)
        assert "--clip" not in str(stop.value)

    @pytest.mark.parametrize(
        ("wrong", "words"),
        [
            ({"steps": 0}, "--steps must be at least 1, not 0"),
            ({"deep_steps": 0}, "--deep-steps must be at least 1"),
            ({"size": 16}, "--size must be at least 32"),
            ({"batch_size": 0}, "--batch-size must be at least 1"),
            ({"style_size": 8}, "--style-size must be at least 32"),
            ({"measure_every": -1}, "--measure-every must be at least 0"),
            ({"learning_rate": -1.0}, "--learning-rate must be at least 0"),
            ({"learning_rate": float("nan")}, "--learning-rate must be at least 0, not nan"),
            ({"style_weight": -1.0}, "--style-weight must be at least 0"),
            ({"output": Path("style.pth")}, r"--output style\.pth: a style's file name ends in \.safetensors"),
        ],
    )
    def test_settings_that_cannot_be_meant(self, wrong: dict[str, Any], words: str) -> None:
        with pytest.raises(UsageError, match=words):
            LearnSettings(**wrong)


class Impatient(Interruption):
    """Somebody presses Ctrl-C in a run's first step; in which run, counted from 0, `when` says."""

    runs, when = 0, 0

    def __init__(self) -> None:
        super().__init__()
        self.asked = type(self).runs == type(self).when
        type(self).runs += 1


class TestInterrupted:
    """Ctrl-C."""

    @pytest.fixture(autouse=True)
    def _ctrl_c(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(loop, "Interruption", Impatient)
        monkeypatch.setattr(Impatient, "runs", 0)

    def test_nothing_is_written(self, learn: Learn, styles: Path) -> None:
        with pytest.raises(Interrupted, match="stopped before the style was learnt"):
            learn()
        assert not list(styles.glob("*"))

    def test_no_resumption_is_promised(self, learn: Learn) -> None:
        with pytest.raises(Interrupted) as stop:
            learn()
        assert "--resume" not in str(stop.value)

    def test_nothing_is_written_while_it_is_deep(
        self, learn: Learn, styles: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Impatient, "when", 1)
        with pytest.raises(Interrupted):
            learn(deep=True, deep_steps=2)
        assert not list(styles.glob("*"))


class TestDeep:
    """--deep: a network of its own."""

    def test_it_is_found_by_its_name_and_paints_without_the_gallery(
        self, learn: Learn, base: Path, styles: Path
    ) -> None:
        path, card = learn(deep=True, deep_steps=3)
        assert [found.name for found in styles.iterdir()] == ["old-barn.safetensors"]
        assert read_card(path) == card
        assert card.task == "style"
        assert card.training["deep"] is True
        assert card.result["steps"] == 3
        assert card.style["name"] == "old-barn"
        network, _ = load_network(path)
        assert isinstance(network, StyleNetwork)
        assert network.description == dataclasses.replace(
            gallery_in(base).network.description, styles=1, identity=False
        )
        assert not torch.equal(
            network.state_dict()["layers.first.conv.weight"],
            gallery_in(base).network.state_dict()["layers.first.conv.weight"],
        )
        photograph = torch.rand(1, 3, 32, 44)
        for found in (painterly.load(style="old-barn"), painterly.load(style="Old Barn"), painterly.load(path)):
            assert found.gallery is None
            torch.testing.assert_close(found(photograph), network(photograph).clamp(0, 1), atol=0.02, rtol=0)
        with pytest.raises(UsageError, match="has one style and no strength but 1"):
            painterly.load(style="old-barn", strength=0.5)

    def test_it_begins_with_what_was_learnt_before(self, learn: Learn) -> None:
        shallow = read_tensors(learn(name="shallow")[0])
        path, _ = learn(name="deep", deep=True, deep_steps=1)
        network, _ = load_network(path)
        assert isinstance(network, StyleNetwork)
        far = {name: (value - shallow[name]).abs().max().item() for name, value in style_parameters(network).items()}
        assert 0 < max(far.values()) < 0.01  # one step of Adam at 1e-3

    def test_it_is_no_part_of_a_mixture(self, learn: Learn, base: Path) -> None:
        learn(deep=True, deep_steps=1)
        with pytest.raises(InputError, match=r"old-barn\.safetensors is a whole network"):
            painterly.load(base, style="red:0.5,old-barn:0.5")

    def test_a_deep_style_is_replaced_only_if_asked(self, learn: Learn) -> None:
        path, _ = learn(deep=True, deep_steps=1)
        before = path.read_bytes()
        with pytest.raises(OutputError, match="exists; add --overwrite"):
            learn()
        assert path.read_bytes() == before
        assert learn(overwrite=True)[1].task == STYLE_TASK


class TestWhereItIsFound:
    """--style, from Python."""

    def test_beside_the_gallery_s_own(self, learn: Learn, base: Path) -> None:
        path, _ = learn()
        painter = painterly.load(base, style="old-barn")
        assert painter.styles == ["red", "blue", "old-barn"]
        photograph = torch.rand(1, 3, 32, 44)
        gallery = gallery_in(base)
        network = gallery.network_for(parse_look("old-barn"))
        assert alike(style_parameters(network), read_tensors(path))
        wanted = network(photograph).clamp(0, 1)
        torch.testing.assert_close(painter(photograph), wanted, atol=0.02, rtol=0)
        torch.testing.assert_close(painterly.load(base)(photograph, style="Old Barn"), wanted, atol=0.02, rtol=0)

    def test_in_a_mixture_and_at_less_than_full_strength(self, learn: Learn, base: Path) -> None:
        path, _ = learn()
        gallery = gallery_in(base)
        found = style_parameters(gallery.network_for(parse_look("old-barn:3,red:1", 0.5)))
        parts = [(0.375, read_tensors(path)), (0.125, gallery.parameters("red"))]
        wanted = mix_parameters([*parts, (0.5, style_parameters(gallery.network, -1))])
        for name, value in found.items():
            torch.testing.assert_close(value, wanted[name])

    def test_a_file_anywhere_by_its_path(self, learn: Learn, base: Path, styles: Path, tmp_path: Path) -> None:
        path, _ = learn(output=tmp_path / "elsewhere" / "barn.safetensors")
        assert path == tmp_path / "elsewhere" / "barn.safetensors"
        assert [found.name for found in path.parent.iterdir()] == ["barn.safetensors"]
        assert not styles.exists()
        assert painterly.load(base, style=str(path)).gallery is not None
        with pytest.raises(UsageError, match="there is no style 'old-barn'"):
            painterly.load(base, style="old-barn")

    def test_not_in_another_gallery(self, learn: Learn, base: Path, tmp_path: Path) -> None:
        path, _ = learn()
        network, card = load_network(base)
        with torch.no_grad():
            network.get_parameter("layers.first.conv.weight")[0, 0, 0, 0] += 1e-3
        save_network(tmp_path / "other.safetensors", network, card)
        for model, name in ((None, "old-barn"), (tmp_path / "other.safetensors", "old-barn"), (None, str(path))):
            with pytest.raises(InputError, match=r"old-barn\.safetensors was learnt on another network than"):
                painterly.load(model, style=name)

    def test_in_every_network_that_has_the_gallery_s_convolutions(
        self, learn: Learn, base: Path, tmp_path: Path
    ) -> None:
        path, _ = learn()
        gallery = gallery_in(base)
        fewer = dataclasses.replace(gallery.network.description, styles=2, identity=False)
        network = StyleNetwork(fewer)
        network.load_state_dict({name: v[:2] if v.ndim == 2 else v for name, v in gallery.network.state_dict().items()})
        save_network(
            tmp_path / "fewer.safetensors", network, dataclasses.replace(gallery.card, network=fewer.to_dict())
        )
        found = gallery_in(tmp_path / "fewer.safetensors")
        assert alike(found.parameters("old-barn"), read_tensors(path))


def test_paintings_of_every_mode_are_learnt(learn: Learn, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (40, 48, 4), np.uint8)
    Image.fromarray(noise[..., 0]).save(tmp_path / "grey.png")
    Image.fromarray(noise[..., 0].astype(np.uint16) * 257).save(tmp_path / "sixteen.png")
    Image.fromarray(noise, "RGBA").save(tmp_path / "transparent.png")
    found = {name: read_tensors(learn(tmp_path / f"{name}.png")[0]) for name in ("grey", "sixteen", "transparent")}
    for name, value in found["grey"].items():
        torch.testing.assert_close(value, found["sixteen"][name], atol=0.02, rtol=0.1)  # the same picture
    assert not alike(found["grey"], found["transparent"])


def test_measuring_on_the_way_keeps_the_run_s_folder(learn: Learn, styles: Path) -> None:
    learn(measure_every=1)
    lines = (styles / "old-barn.run" / "measures.jsonl").read_text().splitlines()
    assert len(lines) == 3
    with pytest.raises(OutputError, match=r"old-barn\.safetensors exists"):
        learn(measure_every=1)
    (styles / "old-barn.safetensors").unlink()
    with pytest.raises(OutputError, match=r"old-barn\.run holds an earlier run; add --overwrite to replace it"):
        learn(measure_every=1)
    learn(measure_every=2, overwrite=True)
    assert len((styles / "old-barn.run" / "measures.jsonl").read_text().splitlines()) == 2


def test_a_run_s_folder_that_was_there_is_not_lost(learn: Learn, tmp_path: Path) -> None:
    (tmp_path / "model.run").mkdir()
    (tmp_path / "model.run" / "checkpoint.pt").write_text("hours of training")
    with contextlib.suppress(PainterlyError):
        learn(output=tmp_path / "model.safetensors")
    assert (tmp_path / "model.run" / "checkpoint.pt").read_text() == "hours of training"


def test_without_a_loss_network_at_hand_nothing_is_downloaded(
    learn: Learn, styles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Offline, auto is what ships or a sentence."""
    monkeypatch.setattr("painterly.encoders.loading.SHIPPED", styles)
    with pytest.raises(InputError, match=r"the loss network's file vgg19-compact\.safetensors is not at hand"):
        learn(loss_network="auto")
