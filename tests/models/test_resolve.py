"""From what somebody calls a model and a style to a file and a look."""

from __future__ import annotations

import dataclasses
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import painterly
from painterly.errors import InputError, UsageError
from painterly.models import catalogue
from painterly.models.card import ModelCard
from painterly.models.catalogue import find_model, shipped_models
from painterly.models.header import read_card
from painterly.models.look import Look, parse_look
from painterly.models.reading import read_model
from painterly.models.resolve import card_for, quick_model, resolve, resolve_look
from painterly.networks import StyleNetwork

Learn = Callable[..., Path]
Ship = Callable[..., Path]


@pytest.fixture
def shipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gallery_file: Path, plain_file: Path, enlarger_file: Path
) -> Path:
    """As if other networks shipped: a gallery, one that knows one style, and one that enlarges."""
    folder = tmp_path / "shipped"
    folder.mkdir()
    shutil.copy(gallery_file, folder / "gallery.safetensors")
    shutil.copy(plain_file, folder / "plain-painting.safetensors")
    shutil.copy(enlarger_file, folder / "upscale-x4.safetensors")
    monkeypatch.setattr(catalogue, "SHIPPED", folder)
    monkeypatch.setattr("painterly.models.resolve.DEFAULT_MODEL", "ochre")
    monkeypatch.chdir(tmp_path)
    return folder


class TestWhatShips:
    """Names in the gallery that ships; which pictures they lead to is not looked at here."""

    @pytest.mark.parametrize("name", ["great-wave", "Great Wave", "great_wave"])
    def test_a_style_s_name_leads_to_the_gallery(self, name: str) -> None:
        expected = (shipped_models()["gallery"], parse_look("great-wave"))
        assert resolve(None, name) == expected
        assert resolve(name) == expected
        assert resolve("gallery", name) == expected

    def test_styles_mix(self) -> None:
        path, look = resolve(None, "starry-night:3,the-scream:1", 0.5)
        assert path == shipped_models()["gallery"]
        assert look == Look((("starry-night", 0.75), ("the-scream", 0.25)), 0.5)

    def test_every_style_of_the_gallery_can_be_named(self) -> None:
        card = painterly.info("gallery")
        names = [style["name"] for style in card.styles]
        assert len(set(names)) == len(names) > 1
        for name, style in zip(names, card.styles, strict=True):
            assert resolve(None, name) == (shipped_models()["gallery"], parse_look(name))
            assert card_for(card, parse_look(name)).style == style

    def test_the_default_paints_starry_night(self) -> None:
        path, look = resolve()
        assert "starry-night" in (path.stem, look.title if look is not None else "")
        path, look = resolve(strength=0.5)
        assert path == shipped_models()["gallery"]
        assert look == parse_look("starry-night", 0.5)

    def test_what_has_to_keep_pace_has_small_networks(self) -> None:
        assert quick_model() == "starry-night-small"
        for style, strength in ((None, 0.5), ("starry-night", 1.0), ("udnie:1,great-wave:2", 0.3)):
            name = quick_model(style, strength)
            assert name == "gallery-small"
            assert resolve(name, style, strength)[1] is not None
        assert quick_model("somebody-s-own") is None
        assert quick_model("udnie,somebody-s-own") is None


def test_by_default_it_is_the_gallery_s_default_style(shipped: Path) -> None:
    assert resolve() == (shipped / "gallery.safetensors", parse_look("ochre"))
    assert resolve(strength=0.25) == (shipped / "gallery.safetensors", parse_look("ochre", 0.25))


def test_or_the_network_of_that_name_if_it_ships(shipped: Path) -> None:
    shutil.copy(shipped / "plain-painting.safetensors", shipped / "ochre.safetensors")
    assert resolve() == (shipped / "ochre.safetensors", None)
    assert resolve("ochre") == (shipped / "ochre.safetensors", None)
    assert resolve(None, "ochre") == (shipped / "gallery.safetensors", parse_look("ochre"))


@pytest.mark.parametrize(("model", "folder"), [(None, "ochre"), ("sienna", "sienna")])
def test_a_folder_that_is_called_like_a_style_is_in_nobody_s_way(
    shipped: Path, tmp_path: Path, model: str | None, folder: str
) -> None:
    """`painterly stylize photos -o starry-night`, the second time."""
    (tmp_path / folder).mkdir()
    assert resolve(model) == (shipped / "gallery.safetensors", parse_look(folder))


@pytest.mark.parametrize("name", ["burnt-umber", "Burnt Umber", "BURNT_UMBER"])
def test_a_gallery_s_style_may_be_named_as_model_or_as_style(shipped: Path, name: str) -> None:
    expected = (shipped / "gallery.safetensors", parse_look("burnt-umber"))
    assert resolve(name) == resolve(None, name) == resolve("gallery", name) == resolve("Gallery", name) == expected


@pytest.mark.parametrize("style", ["ochre:3,sienna:1", {"ochre": 3, "sienna": 1}, parse_look("ochre:3,sienna:1", 0.1)])
def test_mixtures_may_be_written_mapped_or_made(shipped: Path, style: Any) -> None:
    expected = Look((("ochre", 0.75), ("sienna", 0.25)), 0.5)
    assert resolve(None, style, 0.5) == resolve("gallery", style, 0.5) == (shipped / "gallery.safetensors", expected)


def test_learnt_styles_are_the_gallery_s(shipped: Path, learn: Learn, tmp_path: Path) -> None:
    path, elsewhere = learn("lead-white"), learn(tmp_path / "else" / "where.safetensors")
    for style in ("lead-white", "Lead White", str(path), str(elsewhere), f"ochre:1,{elsewhere}:2"):
        assert resolve(None, style) == (shipped / "gallery.safetensors", parse_look(style))


def test_a_gallery_s_file_may_be_named(gallery_file: Path) -> None:
    assert resolve(gallery_file) == resolve(str(gallery_file)) == (gallery_file, parse_look("ochre"))
    assert resolve(gallery_file, "sienna", 0.5) == (gallery_file, parse_look("sienna", 0.5))


def test_networks_of_one_style_have_no_look(shipped: Path, plain_file: Path) -> None:
    ships = shipped / "plain-painting.safetensors"
    assert resolve("Plain Painting") == (ships, None)
    assert resolve(plain_file) == (plain_file, None)
    for name in ("plain-painting", "Plain Painting", "plain_painting"):
        assert resolve(None, name) == (ships, None)
    assert resolve(None, str(plain_file)) == (plain_file, None)
    assert resolve("plain-painting", "plain-painting") == (ships, None)
    assert resolve(plain_file, "plain-painting") == (plain_file, None)


def test_a_network_s_one_style_may_be_spelt_as_others_are(shipped: Path) -> None:
    assert resolve("plain-painting", "Plain Painting") == (shipped / "plain-painting.safetensors", None)


def test_a_network_that_was_learnt_whole_is_found_as_a_style(styles_folder: Path, plain_file: Path) -> None:
    styles_folder.mkdir()
    shutil.copy(plain_file, styles_folder / "deep.safetensors")
    assert resolve(None, "Deep") == (styles_folder / "deep.safetensors", None)
    with pytest.raises(UsageError, match="has one style and no strength but 1"):
        resolve(None, "deep", 0.5)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ((None, "ocre"), "there is no style 'ocre'; did you mean ochre"),
        ((None, "ochre,ocre"), "there is no style 'ocre'; did you mean ochre"),
        (("gallery", "siena"), "there is no style 'siena'; did you mean sienna"),
        (("galery",), "there is no model 'galery'; did you mean gallery"),
        (("ochre", "sienna"), "ochre is a style, not a model; leave out one of --model and --style"),
        (("ochre", "ochre"), "ochre is a style, not a model; leave out one of --model and --style"),
        (("plain-painting", "ochre"), "plain-painting has one style only; leave out one of --model and --style"),
        (("plain-painting", None, 0.5), "plain-painting has one style and no strength but 1; --strength is for"),
        ((None, "plain-painting", 0.5), "plain-painting has one style and no strength but 1; --strength is for"),
        (("upscale-x4", "ochre"), "upscale-x4 is a network for super-resolution and has no styles"),
        (("upscale-x4", None, 0.5), "upscale-x4 is a network for super-resolution and has no styles"),
        ((None, "upscale-x4"), "there is no style 'upscale-x4'; did you mean "),
        ((None, "gallery"), "there is no style 'gallery'; did you mean "),
        (("ochre", None, 2), "--strength must be a number from 0 (the photograph) to 1 (the style), not 2"),
        ((None, None, -1), "--strength must be a number from 0 (the photograph) to 1 (the style), not -1"),
        ((None, "ochre:0"), "--style 'ochre:0': weights must be numbers above 0"),
        ((None, ""), "--style '' lacks the name of a style; painterly styles lists them"),
        ((None, {}), "--style '{}' lacks the name of a style; painterly styles lists them"),
    ],
    ids=repr,
)  # fmt: skip
def test_what_cannot_be_meant_is_said(shipped: Path, asked: tuple[Any, ...], said: str) -> None:
    with pytest.raises(UsageError, match=f"^{re.escape(said)}"):
        resolve(*asked)


def test_a_model_that_cannot_be_read_is_refused(shipped: Path, tmp_path: Path) -> None:
    for name in ("none.safetensors", "some/where"):
        with pytest.raises(InputError, match=f"^{re.escape(name)} does not exist$"):
            resolve(name)
    (tmp_path / "odd.safetensors").write_bytes(b"odd")
    for asked in (("odd.safetensors",), (None, "odd.safetensors")):
        with pytest.raises(InputError, match=r"^odd\.safetensors is not a model file"):
            resolve(*asked)


@pytest.mark.parametrize("model", ["onnx.onnx", "some/where.ONNX"])
def test_other_people_s_networks_have_one_style(model: str) -> None:
    assert resolve(model) == (Path(model), None)
    for style, strength in (("ochre", 1.0), (None, 0.5)):
        with pytest.raises(UsageError, match="has one style"):
            resolve(model, style, strength)


def test_networks_that_enlarge_are_found_but_do_not_paint(shipped: Path) -> None:
    assert resolve("upscale-x4") == (shipped / "upscale-x4.safetensors", None)
    with pytest.raises(UsageError, match=r"^upscale-x4 is a network for super-resolution, it does not paint; "):
        painterly.load("upscale-x4")


def test_a_network_s_first_style_is_its_default(card: ModelCard) -> None:
    assert resolve_look(card, "it") == parse_look("ochre")
    assert resolve_look(card, "it", None, 0.5) == parse_look("ochre", 0.5)


class TestCards:
    @pytest.mark.parametrize("place", range(3))
    def test_one_painting_s_card_is_its_own(self, card: ModelCard, place: int) -> None:
        entry = card.styles[place]
        found = card_for(card, parse_look(entry["name"]))
        assert (found.title, found.style, found.styles) == (entry["title"], entry, [])
        assert found.training == {"steps": 7, "weights": {"style": place}}
        assert found.result == {"steps": 7, "ratio": (place + 1) / 10}
        assert found.task == "style"

    @pytest.mark.parametrize(("style", "strength"), [("ochre,sienna", 1), ("ochre", 0.5), ("ochre:3,sienna:1", 0)])
    def test_what_is_no_one_painting_has_no_painter_and_no_result(
        self, card: ModelCard, style: str, strength: float
    ) -> None:
        look = parse_look(style, strength)
        network = {**card.network, "styles": 1, "identity": False, "carry": 1 - look.strength}
        wanted = dataclasses.replace(card, network=network, title=str(look), style={}, styles=[], result={})
        assert card_for(card, look) == wanted

    def test_a_learnt_style_has_a_card_of_its_own(self, card: ModelCard, learn: Learn) -> None:
        own = read_card(learn("azure"))
        found = card_for(card, parse_look("azure"))
        network = {**card.network, "styles": 1, "identity": False, "carry": 0.0}
        assert found == dataclasses.replace(own, task="style", network=network)

    def test_but_not_in_a_mixture(self, card: ModelCard, learn: Learn) -> None:
        learn("azure")
        assert card_for(card, parse_look("azure,ochre")).style == {}

    def test_an_entry_that_says_little_will_do(self, card: ModelCard) -> None:
        bare = ModelCard("style", card.network, styles=[{"name": "ochre"}, {"name": "sienna"}])
        found = card_for(bare, parse_look("Sienna"))
        assert (found.title, found.style, found.result) == ("sienna", {"name": "sienna"}, {})

    def test_weights_that_hold_for_all_stay(self, card: ModelCard) -> None:
        one = dataclasses.replace(card, training={"weights": {"style": 3.0}})
        assert card_for(one, parse_look("sienna")).training == {"weights": {"style": 3.0}}

    def test_the_gallery_s_card_stays_as_it_was(self, card: ModelCard) -> None:
        before = card.to_json()
        card_for(card, parse_look("sienna"))
        assert card.to_json() == before


class TestReading:
    def test_a_style_s_name_gives_a_network_of_that_style(self, shipped: Path) -> None:
        network, card = read_model("Burnt Umber")
        assert isinstance(network, StyleNetwork)
        assert network.description.styles == 1
        assert (card.title, card.styles) == ("Burnt Umber", [])
        assert painterly.info("burnt_umber") == card

    @pytest.mark.parametrize("name", ["gallery", "Gallery", "shipped/gallery.safetensors"])
    def test_the_gallery_s_name_or_file_gives_the_whole(self, shipped: Path, name: str) -> None:
        network, card = read_model(name)
        assert isinstance(network, StyleNetwork)
        assert network.description.styles == 4
        assert [style["name"] for style in card.styles] == ["ochre", "burnt-umber", "sienna"]
        assert painterly.info(name) == card

    def test_networks_of_one_style_are_themselves(self, shipped: Path, plain_file: Path) -> None:
        for name in ("plain-painting", plain_file):
            network, card = read_model(name)
            assert isinstance(network, StyleNetwork)
            assert card.network == network.description.to_dict()
            assert painterly.info(name) == card

    def test_the_card_describes_the_network_that_comes_with_it(self, shipped: Path) -> None:
        network, card = read_model("sienna")
        assert isinstance(network, StyleNetwork)
        assert card.network == network.description.to_dict()


class TestModels:
    def test_names_are_forgiving(self, shipped: Path) -> None:
        for name in ("plain-painting", "Plain Painting", "plain_painting"):
            assert find_model(name) == shipped / "plain-painting.safetensors"

    def test_files_stay_what_they_are(self, shipped: Path) -> None:
        for name in ("a.safetensors", "some/where", "A_b.onnx"):
            assert find_model(name) == Path(name)
        assert find_model("~/a.safetensors") == Path.home() / "a.safetensors"
