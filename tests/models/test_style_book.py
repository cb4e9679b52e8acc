"""Names of styles, and keys for what they come to."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from painterly.errors import UsageError
from painterly.folders import styles_folder as folder_of_styles
from painterly.models.card import ModelCard
from painterly.models.look import parse_look
from painterly.models.style_book import StyleBook, learnt_styles

Learn = Callable[..., Path]


@pytest.fixture
def book(card: ModelCard) -> StyleBook:
    return StyleBook(card)


def key(book: StyleBook, style: str, strength: float = 1.0) -> str:
    return book.key(parse_look(style, strength))


def test_the_folder_is_the_environment_s_or_the_user_s(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert folder_of_styles() == tmp_path / "styles"
    monkeypatch.setenv("PAINTERLY_STYLES", "~/mine")
    assert folder_of_styles() == Path.home() / "mine"
    monkeypatch.setenv("PAINTERLY_STYLES", "")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert folder_of_styles() == tmp_path / "data" / "painterly" / "styles"
    monkeypatch.delenv("XDG_DATA_HOME")
    assert folder_of_styles() == Path.home() / ".local" / "share" / "painterly" / "styles"


def test_nothing_is_learnt_where_there_is_no_folder(styles_folder: Path) -> None:
    assert not styles_folder.exists()
    assert learnt_styles() == {}
    assert not styles_folder.exists()


def test_learnt_styles_are_found_at_once(learn: Learn, styles_folder: Path, book: StyleBook) -> None:
    assert book.names == ["ochre", "burnt-umber", "sienna"]
    paths = [learn("zinc"), learn("azure")]
    (styles_folder / "notes.txt").write_text("no style")
    assert learnt_styles() == {"azure": paths[1], "zinc": paths[0]}
    assert book.names == ["ochre", "burnt-umber", "sienna", "azure", "zinc"]
    paths[0].unlink()
    assert book.names == ["ochre", "burnt-umber", "sienna", "azure"]


@pytest.mark.parametrize("name", ["burnt-umber", "Burnt Umber", "burnt_umber", " BURNT-UMBER "])
def test_own_styles_are_found_by_their_place(book: StyleBook, name: str) -> None:
    assert book.find(name) == 1


def test_every_name_that_is_listed_is_found(learn: Learn, book: StyleBook) -> None:
    files = {name: learn(name) for name in ("azure", "lead-white", "v1.2")}
    assert [book.find(name) for name in book.names] == [0, 1, 2, *files.values()]


@pytest.mark.parametrize("stem", ["Lead_White", "lead_white", "Lead White", "LEAD"])
def test_a_learnt_file_may_be_called_anything(learn: Learn, book: StyleBook, stem: str) -> None:
    path = learn(stem)
    assert [book.find(name) for name in book.names] == [0, 1, 2, path]


def test_the_network_s_own_style_comes_before_a_learnt_one_of_its_name(learn: Learn, book: StyleBook) -> None:
    learn("ochre")
    assert book.find("ochre") == 0
    assert book.names == ["ochre", "burnt-umber", "sienna"]


def test_paths_are_left_for_reading(learn: Learn, book: StyleBook, tmp_path: Path) -> None:
    learn("azure")
    for path in (tmp_path / "Some_Where" / "Azure.safetensors", Path("azure.safetensors")):
        assert book.find(str(path)) == path
    assert book.find("~/azure.safetensors") == Path.home() / "azure.safetensors"


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("ocre", "ochre"), ("Burned Umber", "burnt-umber"), ("siena", "sienna"), ("azur", "azure")],
)
def test_an_unknown_name_gets_the_nearest(learn: Learn, book: StyleBook, name: str, nearest: str) -> None:
    learn("azure")
    said = rf"^there is no style '{name}'; did you mean {nearest}( or .*)?\? \(painterly styles lists them\)$"
    with pytest.raises(UsageError, match=said):
        book.find(name)


def test_a_name_like_none_gets_all(book: StyleBook) -> None:
    said = "there is no style 'xyz'; did you mean ochre or burnt-umber or sienna? (painterly styles lists them)"
    with pytest.raises(UsageError, match=f"^{re.escape(said)}$"):
        book.find("xyz")


class TestKeys:
    def test_one_look_has_one_key(self, book: StyleBook) -> None:
        assert key(book, "ochre:3,sienna:1") == key(book, "Sienna:0.25, OCHRE:0.75") == key(book, "ochre:6,sienna:2")
        assert re.fullmatch("[0-9a-f]{16}", key(book, "ochre"))

    def test_all_looks_have_their_own(self, book: StyleBook, learn: Learn) -> None:
        learn("azure")
        looks = ["ochre", "sienna", "azure", "ochre,sienna", "ochre:2,sienna:1", "ochre:1,sienna:2", "ochre,azure"]
        looks += ["ochre,burnt-umber,sienna", "ochre:1.0001,sienna:1"]
        keys = {key(book, style, strength) for style in looks for strength in (0, 0.5, 0.5001, 0.999, 1)}
        assert len(keys) == 5 * len(looks)

    def test_the_names_of_learnt_styles_do_not_count_but_what_is_in_them(self, book: StyleBook, learn: Learn) -> None:
        path = learn("azure", seed=1)
        content, first = path.read_bytes(), key(book, "azure:1,ochre:2", 0.5)
        learn("azure", seed=2)
        assert key(book, "azure:1,ochre:2", 0.5) != first
        path.write_bytes(content)
        assert key(book, "azure:1,ochre:2", 0.5) == first
        assert key(book, f"{path}:1,ochre:2", 0.5) == first

    def test_two_learnt_styles_may_change_places(self, book: StyleBook, learn: Learn) -> None:
        learn("azure", seed=1)
        learn("zinc", seed=2)
        before = key(book, "azure:1,zinc:2")
        learn("azure", seed=2)
        learn("zinc", seed=1)
        assert key(book, "azure:1,zinc:2") != before

    def test_a_file_of_other_precision_is_another_style(self, book: StyleBook, learn: Learn) -> None:
        learn("azure")
        full = key(book, "azure")
        learn("azure", dtype=torch.float16)
        assert key(book, "azure") != full

    def test_what_is_not_there_has_none(self, book: StyleBook, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="there is no style 'azure'"):
            key(book, "azure")
        with pytest.raises(OSError, match="none"):
            key(book, str(tmp_path / "none.safetensors"))
