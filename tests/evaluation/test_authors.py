"""Our paintings beside the authors': what is compared, how it is measured, and what is said when files are missing."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from painterly.encoders import load_loss_network
from painterly.errors import InputError, OutputError, UsageError
from painterly.evaluation.artefacts import grid_share
from painterly.evaluation.authors import PAIRS, AuthorsComparison, AuthorsPair, compare_with_authors, pairs_with
from painterly.evaluation.metrics import luma_ssim
from painterly.images import read_picture, to_tensor
from painterly.losses import WEIGHTINGS, StyleObjective
from painterly.models.card import ModelCard
from painterly.models.file import save_network
from painterly.networks import StyleDescription, StyleNetwork
from painterly.networks.mixing import norm_layers
from painterly.report.authors import check_page, render_authors, save_authors
from painterly.resources.describe import describe_machine

JUDGE = "vgg19-compact"
TWO = (
    AuthorsPair("town_candy", "reference/candy.png", "Candy & <Co>", "sienna"),
    AuthorsPair("town_ochre", "styles/ochre.png", "Ochre", "ochre"),
)
ABOUT: dict[str, Any] = {"model": "tiny", "loss_network": JUDGE, "machine": describe_machine()}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a photograph, what somebody made of it, and a gallery of two paintings."""
    folder = tmp_path_factory.mktemp("world")
    noise = np.random.default_rng(0)

    def paint(name: str, width: int, height: int) -> str:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        coarse = Image.fromarray(noise.integers(0, 256, (height // 8, width // 8, 3), np.uint8))
        coarse.resize((width, height), Image.Resampling.BICUBIC).save(path)
        return hashlib.sha256(path.read_bytes()).hexdigest()

    paint("content/town.jpg", 120, 80)
    paint("reference/candy.png", 64, 64)
    for name in ("town_candy", "town_ochre"):
        paint(f"reference/authors_outputs/{name}.jpg", 96, 64)
    styles = [
        {"name": name, "title": name.title(), "file": f"{name}.png", "sha256": paint(f"styles/{name}.png", 64, 48)}
        for name in ("ochre", "sienna")
    ]
    torch.manual_seed(1)
    network = StyleNetwork(StyleDescription(width=2, blocks=1, styles=3, identity=True))
    with torch.no_grad():
        for _, norm in norm_layers(network):
            norm.weight.uniform_(0.5, 1.5)
            norm.bias.uniform_(-1, 1)
    card = ModelCard("style", network.description.to_dict(), title="Tiny", styles=styles)
    save_network(folder / "tiny.safetensors", network, card)
    return folder


@pytest.fixture(scope="module")
def found(world: Path) -> list[AuthorsComparison]:
    return compare_with_authors(world, model=world / "tiny.safetensors", pairs=TWO, loss_network=JUDGE, device="cpu")


def test_both_have_one_size_and_show_one_part(found: list[AuthorsComparison]) -> None:
    for one in found:
        assert list(one.pictures) == ["photograph", "theirs", "ours"]
        assert {picture.size for picture in one.pictures.values()} == {(96, 64)}
        assert len({part.size for part in one.parts.values()}) == 1
    assert found[0].pictures["ours"] != found[1].pictures["ours"]


def test_theirs_is_as_it_was_published(world: Path, found: list[AuthorsComparison]) -> None:
    for one in found:
        assert one.pictures["theirs"] == read_picture(world / f"reference/authors_outputs/{one.pair.published}.jpg")


def test_a_size_is_that_of_both(world: Path) -> None:
    (one,) = compare_with_authors(
        world, model=world / "tiny.safetensors", pairs=TWO[:1], size=72, loss_network=JUDGE, device="cpu"
    )
    assert {picture.size for picture in one.pictures.values()} == {(72, 48)}


def test_ours_may_be_on_an_uneven_canvas(world: Path, found: list[AuthorsComparison]) -> None:
    uneven = compare_with_authors(
        world, model=world / "tiny.safetensors", pairs=TWO, canvas=20, loss_network=JUDGE, device="cpu"
    )
    for one, other in zip(found, uneven, strict=True):
        assert one.measures["theirs"] == other.measures["theirs"]
        assert one.pictures["ours"] != other.pictures["ours"]


def test_measures_are_those_of_the_pictures_that_are_shown(world: Path, found: list[AuthorsComparison]) -> None:
    network = load_loss_network(JUDGE)
    alike = found[1]
    assert (found[0].alike, alike.alike) == (False, True)
    # Paintings are judged at 512 pixels.
    painting = read_picture(world / "styles/ochre.png").resize((512, 384), Image.Resampling.LANCZOS)
    objective = StyleObjective(network, to_tensor(painting), WEIGHTINGS["modern"])
    tensors = {name: to_tensor(picture) for name, picture in alike.pictures.items()}
    with torch.no_grad():
        terms = {name: objective(picture, tensors["photograph"]) for name, picture in tensors.items()}
    for name, row in alike.measures.items():
        total = float(sum(terms[name].values()))
        assert row["objective"] == pytest.approx(total, rel=0.02)  # another resampling filter
        assert row["style"] == pytest.approx(float(terms[name]["style"] / terms["photograph"]["style"]), rel=0.02)
        assert row["ssim"] == luma_ssim(tensors[name], tensors["photograph"], border=0)
        assert row["grid"] == grid_share(tensors[name], tensors["photograph"], 4)
    unchanged = alike.measures["photograph"]
    assert [unchanged[name] for name in ("content", "ssim", "style")] == pytest.approx([0, 1, 1])
    assert alike.measures["theirs"]["content"] != 0


def test_what_cannot_be_compared_is_not(found: list[AuthorsComparison]) -> None:
    other = found[0].measures
    assert {row["objective"] for row in other.values()} == {None}
    assert other["photograph"]["style"] is None
    assert other["theirs"]["style"] is not None
    assert other["ours"]["style"] is not None


def test_the_grid_of_a_period_is_seen_and_others_are_not() -> None:
    flat, rows = torch.full((1, 3, 64, 64), 0.5), torch.arange(64)
    noise = (flat + 0.1 * torch.randn(1, 3, 64, 64)).clamp(0, 1)
    assert grid_share(noise, flat, 4) == pytest.approx(0.06, abs=0.03)
    for period, least, most in ((4, 0.2, 1.0), (16, 0.0, 0.01)):
        wave = flat + 0.2 * torch.sin(rows * 2 * torch.pi / period + 0.5)
        assert least <= grid_share(wave, flat, 4) <= most
    assert grid_share(flat, flat, 4) == grid_share(flat[..., :8, :8], flat[..., :8, :8], 4) == 0


class TestPairs:
    """`PUBLISHED=STYLE`."""

    def test_nothing_changed(self) -> None:
        assert pairs_with([]) == list(PAIRS)

    def test_one_changed_and_one_added(self) -> None:
        pairs = {pair.published: pair for pair in pairs_with(["chicago_candy=udnie", "chicago_feathers=shipwreck"])}
        assert len(pairs) == len(PAIRS) + 1
        assert (pairs["chicago_candy"].style, pairs["chicago_candy"].title) == ("udnie", "Candy")
        added = pairs["chicago_feathers"]
        assert (added.photograph, added.title, added.painting, added.style) == ("chicago", "feathers", "", "shipwreck")

    @pytest.mark.parametrize("change", ["", "candy", "=udnie", "candy=", "../x=udnie"])
    def test_what_means_nothing_is_refused(self, change: str) -> None:
        with pytest.raises(UsageError, match="--pair takes PUBLISHED=STYLE"):
            pairs_with([change])


@pytest.mark.parametrize(
    "file", ["content/town.jpg", "reference/authors_outputs/town_candy.jpg", "reference/candy.png"]
)
def test_a_file_that_is_missing_is_named_before_the_work(world: Path, tmp_path: Path, file: str) -> None:
    for path in world.rglob("*"):
        if path.is_file() and path != world / file:
            (tmp_path / path.relative_to(world)).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path.relative_to(world)).symlink_to(path)
    with pytest.raises(InputError, match=re.escape(f"{tmp_path / file} does not exist; --data names")):
        compare_with_authors(tmp_path, model="nobody", pairs=TWO)


def test_other_refusals(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PAINTERLY_DATA", raising=False)
    with pytest.raises(UsageError, match="--data, or set PAINTERLY_DATA"):
        compare_with_authors()
    with pytest.raises(UsageError, match="one style only"):
        compare_with_authors(world, model="starry-night-small", pairs=TWO)
    with pytest.raises(UsageError, match="umber"):
        compare_with_authors(
            world, model=world / "tiny.safetensors", pairs=[AuthorsPair("town_candy", "", "Candy", "umber")]
        )


class TestPage:
    """One file that shows everything."""

    def test_it_needs_no_other_file(self, found: list[AuthorsComparison]) -> None:
        html = render_authors(found, ABOUT)
        sources = re.findall(r'\b(?:src|href|action|data)="([^"]*)"', html)
        assert len(sources) == 6 * len(found)
        assert all(source.startswith("data:image/jpeg;base64,") for source in sources)
        for word in ("<script", "@import", "url(", "http:", "https:", "<link"):
            assert word not in html

    def test_it_says_what_was_measured(self, found: list[AuthorsComparison]) -> None:
        html = render_authors(found, ABOUT)
        assert "Candy &amp; &lt;Co&gt;" in html
        assert html.count("(the same painting)") == 1
        for one in found:
            for row in one.measures.values():
                assert f'<td class="number">{row["ssim"]:.3g}</td>' in html
        assert f'<td class="number">{found[1].measures["ours"]["objective"]:.3g}</td>' in html
        assert html.count("objective, the same painting") == 1

    @pytest.mark.parametrize(
        ("name", "words"),
        [
            ("page.png", "ends in .html"),
            ("page", "ends in .html"),
            ("old.html", "add --overwrite"),
            (".html", "ends in"),
        ],
    )
    def test_where_it_may_not_go(self, found: list[AuthorsComparison], tmp_path: Path, name: str, words: str) -> None:
        (tmp_path / "old.html").write_text("precious")
        writes: list[Callable[[], None]] = [
            lambda: check_page(tmp_path / name, overwrite=False),
            lambda: save_authors(found, ABOUT, tmp_path / name),
        ]
        for write in writes:
            with pytest.raises(OutputError, match=re.escape(words)):
                write()
        assert [path.read_text() for path in tmp_path.iterdir()] == ["precious"]

    def test_it_is_replaced_when_asked(self, found: list[AuthorsComparison], tmp_path: Path) -> None:
        (tmp_path / "old.html").write_text("not so precious")
        save_authors(found, ABOUT, tmp_path / "old.html", overwrite=True)
        assert (tmp_path / "old.html").read_text().startswith("<!doctype html>")
