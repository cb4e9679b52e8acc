"""One network of several styles: who gets which, what it begins with, and what its file says."""

from __future__ import annotations

import dataclasses
import itertools
import random
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from torch import Tensor

import painterly
from painterly.data import SampleOrder, find_photos
from painterly.errors import InputError, PainterlyError, UsageError
from painterly.models.card import ModelCard
from painterly.models.file import load_network, read_card
from painterly.networks import STYLE_PRESETS, StyleNetwork
from painterly.networks.mixing import style_parameters
from painterly.training.dealing import dealt
from painterly.training.extra_styles import extra_styles
from painterly.training.run_log import MEASURES, read_measures
from painterly.training.style import StyleTask, style_objective, train_style
from painterly.training.style_settings import StyleTraining, style_name

Several = Callable[..., StyleTraining]


@pytest.fixture
def several(
    settings: dict[str, Any], paintings: list[Path], distilled: Path, monkeypatch: pytest.MonkeyPatch
) -> Several:
    """Settings of a gallery of two paintings, at a fraction of the presets' width."""
    for name, network in STYLE_PRESETS.items():
        monkeypatch.setitem(STYLE_PRESETS, name, dataclasses.replace(network, width=4, blocks=1))
    gallery = settings | {"style": paintings[:2], "loss_network": str(distilled), "sample_every": 0}
    return lambda **values: StyleTraining(**{**gallery, **values})


@pytest.fixture
def photographs() -> Tensor:
    return torch.rand(6, 3, 32, 32).contiguous(memory_format=torch.channels_last)


def task_of(config: StyleTraining) -> StyleTask:
    return StyleTask(config.resolved())


def weights(path: Path) -> dict[str, Tensor]:
    return load_network(path)[0].state_dict()


def network_in(path: Path) -> StyleNetwork:
    network = load_network(path)[0]
    assert isinstance(network, StyleNetwork)
    return network


def alike(a: dict[str, Tensor], b: dict[str, Tensor]) -> bool:
    """Whether two sets of tensors are the same, bit for bit."""
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


class TestDealing:
    """Which style each sample has."""

    @given(st.integers(1, 12), st.integers(0, 10_000), st.integers(0, 2**32))
    def test_every_style_comes_once_in_every_pack(self, styles: int, pack: int, seed: int) -> None:
        assert sorted(dealt(range(pack * styles, (pack + 1) * styles), styles, seed)) == list(range(styles))

    @given(st.integers(1, 9), st.integers(0, 5), st.lists(st.integers(0, 500), max_size=30))
    def test_a_sample_has_its_style_whatever_it_is_dealt_with(self, styles: int, seed: int, samples: list[int]) -> None:
        alone = [dealt([sample], styles, seed)[0] for sample in samples]
        assert dealt(samples, styles, seed) == alone
        assert dealt(samples[::-1], styles, seed) == alone[::-1]

    @given(st.integers(1, 9), st.integers(0, 20), st.integers(1, 4), st.integers(1, 5), st.integers(0, 3))
    def test_processes_deal_what_one_deals(
        self, styles: int, start: int, batch: int, processes: int, seed: int
    ) -> None:
        stop = start + 4 * batch * processes
        found = {
            sample: style
            for rank in range(processes)
            for order in [list(SampleOrder(start, stop, batch, rank, processes))]
            for sample, style in zip(order, dealt(order, styles, seed), strict=True)
        }
        assert [found[sample] for sample in range(start, stop)] == dealt(range(start, stop), styles, seed)

    def test_packs_and_seeds_differ_and_no_style_has_a_place_of_its_own(self) -> None:
        packs = [tuple(dealt(range(4 * pack, 4 * pack + 4), 4, 0)) for pack in range(200)]
        assert len(set(packs)) == 24
        for place in range(4):
            firsts = [pack[place] for pack in packs]
            assert all(25 < firsts.count(style) < 75 for style in range(4))
        assert dealt(range(40), 4, 0) != dealt(range(40), 4, 1)

    def test_dealing_leaves_other_random_numbers_alone(self) -> None:
        random.seed(0)
        wanted = random.random()
        random.seed(0)
        dealt(range(20), 5, 3)
        assert random.random() == wanted


def test_a_run_leaves_a_model_whose_card_names_its_styles_in_their_order(several: Several) -> None:
    names = {"style_title": ["The Fair", "An Old Barn"], "painter": ["Somebody", "Nobody"], "licence": "CC0"}
    config = several(**names, style_weight=[3.0, 5.0], sample_every=4, overwrite=True)
    card = train_style(config)

    assert read_card(config.output) == card
    assert [entry["name"] for entry in card.styles] == ["the-fair", "old-barn"]
    assert [entry["title"] for entry in card.styles] == names["style_title"]
    assert [entry["painter"] for entry in card.styles] == names["painter"]
    assert {entry["licence"] for entry in card.styles} == {"CC0"}
    assert [entry["file"] for entry in card.styles] == ["The_Fair.png", "old barn.jpg"]
    assert len({entry["sha256"] for entry in card.styles}) == 2
    assert card.style == {}
    assert card.title == "2 styles"
    assert (card.network["styles"], card.network["identity"]) == (3, True)
    assert [one["style"] for one in card.training["weights"]] == [3.0, 5.0]
    found = card.result["styles"]
    assert list(found) == ["the-fair", "old-barn"]
    for one in found.values():
        assert one["ratio"] == pytest.approx(one["unseen"]["total"] / one["unchanged"]["total"])
    assert card.result["ratio"] == pytest.approx(sum(one["ratio"] for one in found.values()) / 2)
    assert 0 < card.result["identity_psnr"] < 100
    with Image.open(config.output.with_suffix(".run") / "samples" / "step-000004.jpg") as sheet:
        assert sheet.size == (32, 4 * 32)  # the photograph, both styles, and the photograph again

    painter = painterly.load(config.output)
    assert painter.styles[:2] == ["the-fair", "old-barn"]
    photograph = torch.rand(1, 3, 40, 52)
    one, other = (painter(photograph, style=name) for name in ("the-fair", "old-barn"))
    assert one.shape == photograph.shape
    assert not torch.equal(one, other)


def test_a_run_in_two_parts_equals_one_in_one_part(several: Several, tmp_path: Path) -> None:
    whole = several(decay=0.0, batch_size=3)
    train_style(whole)
    halves = dataclasses.replace(whole, output=tmp_path / "halves.safetensors", steps=3)
    train_style(halves)
    train_style(dataclasses.replace(halves, steps=6, resume=True))

    assert alike(weights(whole.output), weights(halves.output))
    one, other = (read_card(config.output).result for config in (whole, halves))
    assert one["steps"] == other["steps"] == 8
    assert one["styles"] == other["styles"]
    assert one["identity_psnr"] == other["identity_psnr"]


def test_a_resumption_with_the_paintings_in_another_order_is_refused(several: Several) -> None:
    config = several()
    train_style(config)
    with pytest.raises(UsageError, match="another style-sha256"):
        train_style(dataclasses.replace(config, style=config.style[::-1], resume=True))


def test_training_teaches_every_style_and_the_photograph_itself(several: Several) -> None:
    before = train_style(several(steps=1, identity_steps=0)).result
    longer = {"steps": 40, "batch_size": 3, "decay": 0.5, "learning_rate": 1e-2, "identity_weight": 100.0}
    after = train_style(several(**longer, identity_steps=0, checkpoint_every=100, overwrite=True)).result
    for name, found in after["styles"].items():
        assert found["ratio"] < 0.8 * before["styles"][name]["ratio"]
    assert after["identity_psnr"] > before["identity_psnr"] + 1


class TestTerms:
    """The loss of a batch."""

    def test_each_picture_is_judged_by_its_own_painting(self, several: Several, photographs: Tensor) -> None:
        task = task_of(several(style_weight=[2.0, 7.0], identity_weight=11.0))
        styles = dealt(range(6), 3, 0)
        terms = task.terms(task.network, photographs, 0, range(6))

        wanted = {"content": 0.0, "style": 0.0, "identity": 0.0}
        for index, style in enumerate(styles):
            photograph = photographs[index : index + 1]
            painting = task.network(photograph, F.one_hot(torch.tensor(style), 3).float()).detach()
            if style == 2:
                wanted["identity"] += 11.0 * float((painting - photograph).square().mean()) / 6
                continue
            objective = style_objective(task.config, style)
            for name, value in objective(painting, photograph).items():
                wanted[name] += float(value) / 6
        assert {name: value.item() for name, value in terms.items()} == pytest.approx(wanted, rel=1e-4)

    @pytest.mark.parametrize("sizes", [(1,) * 6, (2, 4), (5, 1)])
    def test_a_batch_weighs_as_much_in_parts_as_whole(
        self, several: Several, photographs: Tensor, sizes: tuple[int, ...]
    ) -> None:
        task = task_of(several())

        def total(part: Tensor, numbers: range) -> float:
            return float(torch.stack(list(task.terms(task.network, part, 0, numbers).values())).sum())

        with torch.no_grad():
            whole, parts, begin = total(photographs, range(6)), 0.0, 0
            for size in sizes:
                parts += total(photographs[begin : begin + size], range(begin, begin + size)) * size / 6
                begin += size
        assert parts == pytest.approx(whole, rel=1e-4)

    def test_a_batch_of_photographs_to_be_kept_needs_no_loss_network(
        self, several: Several, photographs: Tensor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        task = task_of(several())
        monkeypatch.setattr(task, "objective", SimpleNamespace(counts=False))
        kept = [sample for sample, style in enumerate(dealt(range(12), 3, 0)) if style == 2]
        assert list(task.terms(task.network, photographs[:4], 0, kept)) == ["identity"]

    def test_the_first_steps_give_every_photograph_back(self, several: Several, photographs: Tensor) -> None:
        task = task_of(several())
        assert task.first_steps == 2
        mix = F.one_hot(torch.tensor(dealt(range(6), 3, 0)), 3).float()
        wanted = (task.network(photographs, mix) - photographs).square().mean()
        found = task.terms(task.network, photographs, -1, range(6))
        assert list(found) == ["identity"]
        torch.testing.assert_close(found["identity"], wanted)

    def test_only_the_styles_of_a_batch_learn_from_it(self, several: Several, photographs: Tensor) -> None:
        task = task_of(several())
        styles = dealt(range(2), 3, 0)
        assert len(set(styles)) == 2
        torch.stack(list(task.terms(task.network, photographs[:2], 0, range(2)).values())).sum().backward()
        gradient = task.network.get_submodule("layers.first.norm").get_parameter("weight").grad
        assert gradient is not None
        assert [bool(row.any()) for row in gradient] == [style in styles for style in range(3)]


class TestTheBeginning:
    """--init."""

    def test_every_style_begins_with_the_only_one_of_another_network(self, several: Several, tmp_path: Path) -> None:
        parent = several(output=tmp_path / "parent.safetensors", style=several().style[2:] or several().style[:1])
        train_style(parent)
        card = train_style(several(init=parent.output, learning_rate=0.0, steps=2))
        one, gallery = network_in(parent.output), network_in(several().output)
        assert card.result["steps"] == 2  # it skips the first steps
        for style in range(3):
            assert alike(style_parameters(gallery, style), style_parameters(one))
        photograph = torch.rand(1, 3, 32, 44)
        for style in range(2):
            painting = gallery(photograph, F.one_hot(torch.tensor(style), 3).float())
            torch.testing.assert_close(painting, one(photograph), atol=1e-5, rtol=0)
        before = read_card(parent.output)
        wanted = {"training": before.training, "result": before.result, "software": before.software}
        assert card.training["started_from"] == wanted

    def test_a_network_of_as_many_styles_gives_each_its_own(self, several: Several, tmp_path: Path) -> None:
        train_style(several())
        again = several(init=several().output, output=tmp_path / "again.safetensors", learning_rate=0.0, steps=1)
        train_style(again)
        assert alike(weights(several().output), weights(again.output))

    def test_a_network_of_another_number_of_styles_is_refused(
        self, several: Several, paintings: list[Path], tmp_path: Path
    ) -> None:
        train_style(several())
        more = several(init=several().output, output=tmp_path / "more.safetensors", style=paintings)
        with pytest.raises(UsageError, match=r"model\.safetensors is another kind of network"):
            train_style(more)
        with pytest.raises(UsageError, match=r"model\.safetensors is another kind of network"):
            train_style(dataclasses.replace(more, style=paintings[:1]))
        assert not more.output.exists()
        assert not more.output.with_suffix(".run").exists()

    @pytest.mark.parametrize("parent", ["upscale-x4-pixel", "srcnn-x4", "starry-night"])
    def test_another_kind_of_network_is_refused(self, several: Several, parent: str) -> None:
        with pytest.raises(UsageError, match=f"{parent} is another kind of network"):
            train_style(several(init=Path(parent)))  # `starry-night` is wider than these

    def test_a_network_that_ships_is_found_by_its_name(
        self, settings: dict[str, Any], paintings: list[Path], photographs: Tensor
    ) -> None:
        name, shipped = "starry-night-small", painterly.shipped_models()["starry-night-small"]
        short: dict[str, Any] = {"preset": "small", "steps": 1, "learning_rate": 0.0, "sample_every": 0, "held_out": 0}
        card = train_style(StyleTraining(**{**settings, **short, "style": paintings, "init": Path(name)}))
        assert card.training["init"] == name
        assert card.training["started_from"]["result"] == read_card(shipped).result
        gallery, one = network_in(settings["output"]), network_in(shipped)
        assert gallery.description.styles == 4
        assert all(alike(style_parameters(gallery, style), style_parameters(one)) for style in range(4))

    def test_a_painting_does_not_become_the_photograph_itself(
        self, several: Several, paintings: list[Path], tmp_path: Path
    ) -> None:
        three = several(style=paintings, identity=False)
        train_style(three)
        with pytest.raises(UsageError, match="another kind of network"):
            train_style(several(init=three.output, output=tmp_path / "other.safetensors"))


class TestTheLastStyle:
    """Whether the photograph itself is one more."""

    def test_it_may_be_left_out(self, several: Several) -> None:
        card = train_style(several(identity=False))
        assert (card.network["styles"], card.network["identity"]) == (2, False)
        assert "identity_psnr" not in card.result
        with pytest.raises(UsageError, match="has not learnt the photograph itself"):
            painterly.load(several().output, strength=0.5)

    def test_it_may_stand_beside_a_single_painting(self, several: Several, paintings: list[Path]) -> None:
        card = train_style(several(style=paintings[1:2], identity=True, title="Barn", style_weight=4.0))
        assert (card.network["styles"], card.network["identity"]) == (2, True)
        assert [entry["name"] for entry in card.styles] == ["old-barn"]
        assert card.training["weights"]["style"] == 4.0
        assert list(card.result["styles"]) == ["old-barn"]
        painter, photograph = painterly.load(several().output), torch.rand(1, 3, 32, 32)
        assert not torch.equal(painter(photograph), painter(photograph, strength=0.5))


class TestExtraStyles:
    """Styles that are trained along and then left out."""

    def test_they_are_in_neither_file_nor_card(self, several: Several) -> None:
        config = several(extra_styles=5, sample_every=4, batch_size=4)
        card = train_style(config)
        assert read_card(config.output) == card
        assert [entry["name"] for entry in card.styles] == list(card.result["styles"]) == ["the-fair", "old-barn"]
        assert (card.network["styles"], card.network["identity"]) == (3, True)
        assert card.training["extra_styles"] == 5
        assert network_in(config.output).description.styles == 3
        assert painterly.load(config.output).styles[:2] == ["the-fair", "old-barn"]
        with Image.open(config.output.with_suffix(".run") / "samples" / "step-000004.jpg") as sheet:
            assert sheet.size == (32, 4 * 32)

    def test_the_styles_that_stay_are_those_of_the_paintings(self, several: Several) -> None:
        config = several(extra_styles=3).resolved()
        task = StyleTask(config)
        with torch.no_grad():
            for parameter in task.network.parameters():
                parameter.uniform_(-0.1, 0.1)  # every style another
        task.save(config.output, ModelCard("style", task.network.description.to_dict()), torch.float32)
        saved = network_in(config.output)
        for index in range(2):
            assert alike(style_parameters(saved, index), style_parameters(task.network, index))
        assert alike(style_parameters(saved, -1), style_parameters(task.network, -1))

    def test_a_run_in_two_parts_equals_one_in_one_part(self, several: Several, tmp_path: Path) -> None:
        whole = several(decay=0.0, extra_styles=2)
        train_style(whole)
        halves = dataclasses.replace(whole, output=tmp_path / "halves.safetensors", steps=3)
        train_style(halves)
        train_style(dataclasses.replace(halves, steps=6, resume=True))
        assert alike(weights(whole.output), weights(halves.output))

    def test_they_make_a_network_of_several_styles_of_a_single_painting(self, several: Several) -> None:
        card = train_style(several(style=several().style[0], extra_styles=2))
        assert (card.network["styles"], card.network["identity"]) == (2, True)
        assert [entry["name"] for entry in card.styles] == ["the-fair"]
        alone = several(style=several().style[0], extra_styles=2, identity=False, overwrite=True)
        card = train_style(alone)
        assert (card.network["styles"], card.network["identity"]) == (1, False)
        assert card.style["name"] == "the-fair"
        assert "ratio" in card.result
        assert painterly.load(alone.output)(torch.rand(1, 3, 32, 32)).shape == (1, 3, 32, 32)

    def test_they_follow_from_the_seed_and_no_two_are_alike(self, several: Several) -> None:
        config = several().resolved()
        photos = find_photos(config.photos)
        made = [extra_styles(9, config.style, photos, range(12), 40, seed) for seed in (0, 0, 1)]
        assert all(style.shape == (1, 3, 40, 40) for style in made[0])
        assert all(0 <= style.min() <= style.max() <= 1 for style in made[0])
        assert all(torch.equal(a, b) for a, b in zip(made[0], made[1], strict=True))
        assert not any(torch.equal(a, b) for a, b in zip(made[0], made[2], strict=True))
        assert all(not torch.equal(a, b) for a, b in itertools.combinations(made[0], 2))

    def test_a_network_with_batch_normalisation_takes_none(self, several: Several) -> None:
        with pytest.raises(UsageError, match="--preset paper has batch normalisation"):
            several(style=several().style[0], preset="paper", extra_styles=1)
        with pytest.raises(UsageError, match="--extra-styles must be at least 0, not -1"):
            several(extra_styles=-1)


class TestMeasuringOnTheWay:
    """--measure-every."""

    def test_every_so_many_steps_there_is_a_line(self, several: Several) -> None:
        config = several(measure_every=2)
        card = train_style(config)
        found = read_measures(config.output.with_suffix(".run") / MEASURES)
        assert [entry["step"] for entry in found] == [0, 2, 4, 6]
        last = {name: value for name, value in found[-1].items() if name != "step"}
        assert last == {name: card.result[name] for name in ("styles", "ratio", "identity_psnr")}

    def test_measuring_changes_nothing(self, several: Several, tmp_path: Path) -> None:
        train_style(several())
        measured = several(measure_every=1, output=tmp_path / "measured.safetensors")
        train_style(measured)
        assert alike(weights(several().output), weights(measured.output))

    def test_a_resumed_run_has_every_line_once(self, several: Several, tmp_path: Path) -> None:
        whole = several(decay=0.0, measure_every=1)
        train_style(whole)
        halves = dataclasses.replace(whole, output=tmp_path / "halves.safetensors", steps=3)
        train_style(halves)
        train_style(dataclasses.replace(halves, steps=6, resume=True))
        one, other = (read_measures(c.output.with_suffix(".run") / MEASURES) for c in (whole, halves))
        assert one == other


class TestOneStyle:
    """A network of one style is trained as ever."""

    def test_its_card_keeps_the_painting(self, several: Several, paintings: list[Path]) -> None:
        card = train_style(several(style=paintings[0], style_title="The Fair", painter="Somebody"))
        assert card.styles == []
        assert (card.style["name"], card.style["title"], card.style["painter"]) == ("the-fair", "The Fair", "Somebody")
        assert card.title == "The Fair"
        assert (card.network["styles"], card.network["identity"]) == (1, False)
        assert set(card.result) >= {"unseen", "unchanged", "ratio"}
        assert not set(card.result) & {"styles", "identity_psnr"}
        assert isinstance(card.training["weights"], dict)

    @pytest.mark.parametrize("preset", ["paper", "authors", "modern"])
    def test_its_loss_is_the_objective_of_its_painting(
        self, several: Several, paintings: list[Path], photographs: Tensor, preset: str
    ) -> None:
        config = several(style=paintings[0], preset=preset, style_weight=3.0, variation_weight=1e-4).resolved()
        task = StyleTask(config)
        found = task.terms(task.network.eval(), photographs, 0, range(6))
        wanted = style_objective(config)(task.network(photographs), photographs)
        assert found.keys() == wanted.keys()
        for name, value in wanted.items():
            torch.testing.assert_close(found[name], value, rtol=1e-4, atol=1e-6)


class TestRefusals:
    """One sentence each, before anything is written."""

    @pytest.mark.parametrize(
        ("wrong", "words"),
        [
            ({"style_title": ["a"]}, "give --style-title once for each painting: 2 times, not 1"),
            ({"painter": ["a", "b", "c"]}, "give --painter once for each painting: 2 times, not 3"),
            ({"style_weight": [1.0, 2.0, 3.0]}, "give --style-weight once for each painting: 2 times, not 3"),
            ({"style_weight": [1.0, -2.0]}, "--style-weight must be at least 0.0, not -2.0"),
            ({"style_weight": [float("nan")]}, "--style-weight must be at least 0.0, not nan"),
            ({"identity_weight": -1.0}, "--identity-weight must be at least 0.0"),
            ({"style": []}, "name the painting to learn with --style"),
            ({"preset": "paper"}, "--preset paper has batch normalisation, which knows one style only"),
        ],
    )
    def test_settings_that_cannot_be_meant(self, several: Several, wrong: dict[str, Any], words: str) -> None:
        with pytest.raises(UsageError) as refusal:
            several(**wrong)
        assert words in str(refusal.value)
        assert "\n" not in str(refusal.value)

    def test_one_weight_serves_all_paintings(self, several: Several, paintings: list[Path]) -> None:
        config = several(style=paintings, style_weight=4.0)
        assert [config.weights(index).style for index in range(3)] == [4.0] * 3

    def test_two_paintings_of_one_name(self, several: Several, paintings: list[Path], tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="two paintings are called 'the-fair'; rename the file of one"):
            several(style=[*paintings, tmp_path / "THE fair.jpg"])

    def test_the_photograph_beside_one_painting_in_a_network_with_batch_normalisation(
        self, several: Several, paintings: list[Path]
    ) -> None:
        with pytest.raises(PainterlyError, match=r"needs instance normalisation|has batch normalisation"):
            train_style(several(style=paintings[0], preset="paper", identity=True))
        assert not several().output.with_suffix(".run").exists()

    @pytest.mark.parametrize("place", [0, 1])
    def test_paintings_that_cannot_be_learnt(self, several: Several, tmp_path: Path, place: int) -> None:
        Image.new("RGB", (1, 1)).save(tmp_path / "dot.png")
        Image.new("RGB", (2000, 40)).save(tmp_path / "strip.png")
        (tmp_path / "text.png").write_text("no picture")
        (tmp_path / "empty.png").write_bytes(b"")
        for name, kind, words in (
            ("dot", UsageError, "needs at least 32x32"),
            ("strip", UsageError, "too narrow for --style-size 48"),
            ("text", InputError, "is not a picture"),
            ("empty", InputError, "is empty"),
            ("missing", InputError, "does not exist"),
        ):
            styles = several().style
            styles.insert(place, tmp_path / f"{name}.png")
            with pytest.raises(kind, match=words) as refusal:
                train_style(several(style=styles))
            assert f"{name}.png" in str(refusal.value)
        assert not several().output.exists()
        assert not several().output.with_suffix(".run").exists()


def test_paintings_of_every_mode_are_learnt(several: Several, paintings: list[Path], tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (40, 48, 4), np.uint8)
    Image.fromarray(noise[..., 0]).save(tmp_path / "grey.png")
    Image.fromarray(noise[..., 0].astype(np.uint16) * 257).save(tmp_path / "sixteen.png")
    Image.fromarray(noise, "RGBA").save(tmp_path / "transparent.png")
    Image.fromarray(noise[..., :3]).quantize(16).save(tmp_path / "palette.png")
    styles = [paintings[0], *sorted(tmp_path.glob("*.png"))]
    card = train_style(several(style=styles, steps=6, batch_size=1, identity_steps=0))
    names = ["the-fair", "grey", "palette", "sixteen", "transparent"]
    assert [entry["name"] for entry in card.styles] == list(card.result["styles"]) == names
    unchanged = {name: found["unchanged"]["total"] for name, found in card.result["styles"].items()}
    assert unchanged["grey"] == pytest.approx(unchanged["sixteen"], rel=0.01)  # the same picture


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("The_Scream.jpg", "the-scream"),
        ("  A  b -- C.png", "a-b-c"),
        ("udnie", "udnie"),
        ("/a/b/STARRY_night.JPEG", "starry-night"),
        ("Été.png", "été"),
    ],
)
def test_a_style_is_called_what_its_file_is_called(file: str, name: str) -> None:
    assert style_name(Path(file)) == name


@pytest.mark.parametrize("file", ["red, blue.png", "ratio 1:2.png", "_.png"])
def test_every_style_of_a_gallery_can_be_called_by_its_name_or_is_refused(
    several: Several, paintings: list[Path], tmp_path: Path, file: str
) -> None:
    """A comma or a colon in a file's name makes a style that --style cannot name; painterly learn refuses them."""
    (tmp_path / file).write_bytes(paintings[0].read_bytes())
    try:
        card = train_style(several(style=[paintings[1], tmp_path / file], steps=1, identity_steps=0))
    except UsageError:
        return
    painterly.load(several().output, style=card.styles[1]["name"])


class TestThePhotographItself:
    @given(st.integers(2, 9), st.integers(1, 5), st.integers(0, 1000))
    def test_it_may_come_more_often_than_a_painting(self, styles: int, times: int, seed: int) -> None:
        size = styles - 1 + times
        pack = dealt(range(3 * size, 4 * size), styles, seed, times)
        assert sorted(pack) == [*range(styles - 1), *[styles - 1] * times]

    def test_alone_it_changes_nothing_else(self, several: Several, tmp_path: Path) -> None:
        first, then = tmp_path / "first.safetensors", tmp_path / "then.safetensors"
        train_style(several(output=first, identity=True))
        train_style(several(output=then, identity=True, init=first, only_identity=True, steps=3))
        before, after = weights(first), weights(then)
        assert not alike(before, after)
        for name, value in before.items():
            if "norm" in name:
                assert torch.equal(value[:-1], after[name][:-1])
            else:
                assert torch.equal(value, after[name])

    def test_alone_it_must_be_there(self, several: Several) -> None:
        with pytest.raises(UsageError, match="--only-identity needs"):
            several(identity=False, only_identity=True)
