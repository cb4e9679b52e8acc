"""Files of photographs to files of paintings: styles, strength, colours, strokes and masks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import painterly
from painterly.errors import InputError, UsageError
from painterly.images import SaveOptions, open_strips, write_strips
from painterly.models.card import ModelCard
from painterly.models.file import save_network, save_tensors
from painterly.networks import StyleDescription, StyleNetwork
from painterly.networks.mixing import norm_layers, shared_digest, style_parameters

HERE: dict[str, Any] = {"device": "cpu", "backend": "torch", "precision": "float32"}


@pytest.fixture(autouse=True)
def styles_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where learnt styles are looked for: a folder of the test's own."""
    monkeypatch.setenv("PAINTERLY_STYLES", str(tmp_path / "styles"))
    return tmp_path / "styles"


def write_model(path: Path, seed: int, **description: Any) -> StyleNetwork:
    torch.manual_seed(seed)
    network = StyleNetwork(StyleDescription(width=3, blocks=1, **description))
    for _, norm in norm_layers(network):
        torch.nn.init.uniform_(norm.weight, 0.5, 1.5)
        torch.nn.init.normal_(norm.bias, 0, 0.3)
    styles = [{"name": name} for name in ("ochre", "umber", "sienna")] if network.description.styles > 1 else []
    style = {} if styles else {"name": path.stem}
    save_network(path, network, ModelCard("style", network.description.to_dict(), path.stem, style, styles))
    return network


@pytest.fixture
def gallery(tmp_path: Path) -> Path:
    """A network of three styles and the photograph."""
    write_model(tmp_path / "tiny.safetensors", 0, styles=4, identity=True)
    return tmp_path / "tiny.safetensors"


@pytest.fixture
def learnt(tmp_path: Path, styles_folder: Path, gallery: Path) -> Path:
    """A style that was learnt for it."""
    network = write_model(tmp_path / "again.safetensors", 0, styles=4, identity=True)
    styles_folder.mkdir()
    tensors = {name: value * 0.7 + 0.2 for name, value in style_parameters(network).items()}
    card = ModelCard("style parameters", {"shared": shared_digest(network)})
    save_tensors(styles_folder / "lead-white.safetensors", tensors, card)
    return styles_folder / "lead-white.safetensors"


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Two photographs of the same proportions."""
    (tmp_path / "photos").mkdir()
    generator = np.random.default_rng(0)
    for name, size in (("a.png", (24, 32)), ("b.png", (48, 64))):
        Image.fromarray(generator.integers(0, 256, (*size, 3), np.uint8)).save(tmp_path / "photos" / name)
    return tmp_path / "photos"


@pytest.fixture
def mask(tmp_path: Path) -> Path:
    """White to the left, for photographs of either size."""
    image = Image.new("L", (64, 48))
    image.paste(255, (0, 0, 32, 48))
    image.save(tmp_path / "mask.png")
    return tmp_path / "mask.png"


def written(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("style", "name"),
    [
        (None, "a-ochre.png"),
        ("sienna", "a-sienna.png"),
        ("Sienna", "a-sienna.png"),
        ("sienna:1,ochre:3", "a-ochre-sienna.png"),
        ({"umber": 2, "ochre": 1}, "a-umber-ochre.png"),
        (["umber"], "a-umber.png"),
        ("lead_white", "a-lead-white.png"),
        ("lead-white:1,ochre:2", "a-ochre-lead-white.png"),
    ],
    ids=str,
)
def test_paintings_beside_their_photographs_are_called_by_their_styles(
    gallery: Path, learnt: Path, photos: Path, style: Any, name: str
) -> None:
    (outcome,) = painterly.stylize(photos / "a.png", style=style, model=gallery, **HERE)
    assert (outcome.error, outcome.target, outcome.size) == ("", photos / name, (32, 24))
    assert written(photos) == sorted(["a.png", "b.png", name])


def test_networks_of_one_style_give_their_own_name(tmp_path: Path, photos: Path) -> None:
    write_model(tmp_path / "plain.safetensors", 1)
    for how in ({"model": tmp_path / "plain.safetensors"}, {"style": str(tmp_path / "plain.safetensors")}):
        (outcome,) = painterly.stylize(photos / "a.png", overwrite=True, **how, **HERE)
        assert (outcome.error, outcome.target.name) == ("", "a-plain.png")


def test_a_style_named_by_its_file_gives_a_name_without_folders(gallery: Path, learnt: Path, photos: Path) -> None:
    (outcome,) = painterly.stylize(photos / "a.png", style=str(learnt), model=gallery, **HERE)
    assert (outcome.error, outcome.target.parent) == ("", photos)


def test_a_style_named_by_its_file_is_painted(gallery: Path, learnt: Path, photos: Path, tmp_path: Path) -> None:
    paintings = []
    for name in (str(learnt), "lead-white"):
        (outcome,) = painterly.stylize(
            photos / "a.png", tmp_path / "o.png", style=name, model=gallery, overwrite=True, **HERE
        )
        assert not outcome.error
        paintings.append((tmp_path / "o.png").read_bytes())
    assert paintings[0] == paintings[1]


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"style": "umber"},
        {"style": "umber:1,ochre:2", "strength": 0.4},
        {"strength": 0},
        {"style": "sienna", "color": "content", "stroke": "large"},
        {"color": "luminance", "stroke": "small", "strength": 0.5},
        {"canvas": 5.0},
        {"style": "umber", "size": 24},
        {"style": ["umber", "sienna"], "mask": True},
        {"style": ["umber", "sienna:1,ochre:1"], "mask": True, "strength": 0.5, "color": "content"},
        {"style": "umber", "mask": True, "size": 40},
    ],
    ids=str,
)
@pytest.mark.parametrize("backend", ["torch", "auto"])
def test_files_hold_what_a_painter_paints(
    gallery: Path, photos: Path, mask: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: dict[str, Any],
    backend: str
) -> None:  # fmt: skip
    """In whatever order pictures come, and the second time too, when there may be no torch."""
    monkeypatch.setenv("PAINTERLY_CACHE", str(tmp_path / "cache"))
    how = how | ({"mask": mask} if "mask" in how else {})
    painter = painterly.load(gallery, **HERE)
    expected = {name: np.asarray(painter(photos / name, **how)).astype(int) for name in written(photos)}
    for turn in range(2):
        outcomes = painterly.stylize(
            photos, tmp_path / f"out{turn}", model=gallery, **how, **(HERE | {"backend": backend})
        )
        assert [outcome.error for outcome in outcomes] == ["", ""]
        for name, painting in expected.items():
            found = np.asarray(Image.open(tmp_path / f"out{turn}" / name)).astype(int)
            assert found.shape == painting.shape
            assert np.abs(found - painting).max() <= (0 if backend == "torch" else 2)


def test_masks_divide_a_picture(gallery: Path, photos: Path, mask: Path, tmp_path: Path) -> None:
    how: dict[str, Any] = {"model": gallery, **HERE}
    painterly.stylize(photos, tmp_path / "both", style=["umber", "sienna"], mask=[mask], **how)
    painterly.stylize(photos, tmp_path / "left", style="umber", **how)
    painterly.stylize(photos, tmp_path / "right", style="sienna", **how)
    painterly.stylize(photos, tmp_path / "half", style="umber", mask=str(mask), **how)
    both, left, right, half, photo = (
        np.asarray(Image.open(folder / "b.png"))
        for folder in (*(tmp_path / n for n in ("both", "left", "right", "half")), photos)
    )
    assert np.array_equal(both[:, :32], left[:, :32])
    assert np.array_equal(both[:, 32:], right[:, 32:])
    assert np.array_equal(half[:, :32], left[:, :32])
    assert np.array_equal(half[:, 32:], photo[:, 32:])


def test_several_styles_name_the_painting_together(gallery: Path, photos: Path, mask: Path) -> None:
    (outcome,) = painterly.stylize(
        photos / "a.png", style=["umber:1,ochre:2", "sienna"], mask=mask, model=gallery, **HERE
    )
    assert outcome.target.name == "a-ochre-umber-sienna.png"


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"style": ["umber", "sienna"]}, "there are 2 styles and no mask that says where each belongs"),
        ({"style": ["umber", "sienna", "ochre"], "mask": ["mask.png"]}, "3 styles and 1 mask do not go together"),
        ({"mask": ["mask.png", "mask.png"]}, "1 style and 2 masks do not go together; give one"),
        ({"color": "purple"}, "--color must be one of style, content, luminance, not 'purple'"),
        ({"canvas": 99.0}, "--canvas must be from 0 to 32 grey levels, not 99"),
        ({"stroke": "huge"}, "--stroke must be one of small, medium, large, not 'huge'"),
    ],
    ids=str,
)  # fmt: skip
class TestAskedForWrongly:
    def test_it_is_refused_in_a_sentence(
        self, gallery: Path, photos: Path, mask: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
        how: dict[str, Any], said: str
    ) -> None:  # fmt: skip
        monkeypatch.chdir(tmp_path)
        try:
            errors = [
                outcome.error for outcome in painterly.stylize(photos, tmp_path / "o", model=gallery, **how, **HERE)
            ]
        except UsageError as error:
            errors = [str(error)]
        assert errors
        assert all(error.startswith(said) and "\n" not in error for error in errors)
        assert not list(tmp_path.glob("o/*"))

    def test_once_and_before_anything_is_read(
        self, gallery: Path, photos: Path, mask: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
        how: dict[str, Any], said: str
    ) -> None:  # fmt: skip
        monkeypatch.chdir(tmp_path)
        with pytest.raises(UsageError, match=f"^{re.escape(said)}"):
            painterly.stylize(photos, tmp_path / "o", model=gallery, **how, **HERE)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"style": "ocre"}, "there is no style 'ocre'; did you mean ochre"),
        ({"style": ["ochre", "siena"], "mask": "mask.png"}, "there is no style 'siena'; did you mean sienna"),
        ({"style": "ochre:0"}, "--style 'ochre:0': weights must be numbers above 0"),
        ({"strength": 2}, "--strength must be a number from 0 (the photograph) to 1 (the style), not 2"),
    ],
    ids=str,
)
def test_what_cannot_be_meant_stops_everything(
    gallery: Path, photos: Path, tmp_path: Path, how: dict[str, Any], said: str
) -> None:
    with pytest.raises(UsageError, match=f"^{re.escape(said)}"):
        painterly.stylize(photos, tmp_path / "o", model=gallery, **how, **HERE)
    assert not (tmp_path / "o").exists()


def test_styles_of_different_networks_are_refused(gallery: Path, photos: Path, mask: Path, tmp_path: Path) -> None:
    write_model(tmp_path / "plain.safetensors", 1)
    said = "the styles belong to different networks, so that one picture cannot have them all"
    for styles in (["great-wave", str(tmp_path / "plain.safetensors")], [str(tmp_path / "plain.safetensors"), None]):
        with pytest.raises(UsageError, match=f"^{re.escape(said)}$"):
            painterly.stylize(photos, tmp_path / "o", style=styles, mask=mask, **HERE)  # type: ignore[arg-type]


def test_a_style_that_was_learnt_on_another_network_is_refused(
    photos: Path, learnt: Path, tmp_path: Path, gallery: Path
) -> None:
    write_model(tmp_path / "other.safetensors", 7, styles=4, identity=True)
    with pytest.raises(InputError, match="was learnt on another network than other: learn it again"):
        painterly.stylize(photos, tmp_path / "o", style="lead-white", model=tmp_path / "other.safetensors", **HERE)


def test_a_mask_that_does_not_fit_stops_only_the_pictures_that_it_does_not_fit(
    gallery: Path, photos: Path, mask: Path, tmp_path: Path
) -> None:
    Image.new("RGB", (32, 32)).save(photos / "square.png")
    outcomes = painterly.stylize(photos, tmp_path / "o", mask=mask, model=gallery, **HERE)
    assert [bool(outcome.error) for outcome in outcomes] == [False, False, True]
    said = f"{photos / 'square.png'}: the mask {mask} has 64x48 pixels, the picture 32x32: they must have the same"
    assert outcomes[2].error.startswith(said)


def test_a_mask_that_is_not_there_is_named(gallery: Path, photos: Path, tmp_path: Path) -> None:
    try:
        outcomes = painterly.stylize(photos, tmp_path / "o", mask=tmp_path / "none.png", model=gallery, **HERE)
        errors = [outcome.error for outcome in outcomes]
    except InputError as error:
        errors = [str(error)]
    assert all(f"{tmp_path / 'none.png'} does not exist" in error for error in errors)


def test_the_gallery_that_ships_paints_by_name(photos: Path, tmp_path: Path) -> None:
    """How it looks is another matter."""
    (outcome,) = painterly.stylize(photos / "a.png", style="Great Wave", strength=0.5, **HERE)
    assert (outcome.error, outcome.target.name, outcome.size) == ("", "a-great-wave.png", (32, 24))


def test_sixteen_bits_are_painted_as_the_painter_paints_arrays(gallery: Path, tmp_path: Path) -> None:
    pytest.importorskip("pyvips")
    values = np.random.default_rng(0).integers(0, 65536, (24, 32, 4), np.uint16)
    write_strips(tmp_path / "a.png", 32, 24, 4, np.uint16, [values], SaveOptions(depth=16))
    (outcome,) = painterly.stylize(tmp_path / "a.png", tmp_path / "o.tif", model=gallery, depth=16, **HERE)
    assert not outcome.error
    (found,) = open_strips(tmp_path / "o.tif").strips(24)
    wanted = painterly.load(gallery, **HERE)(values)
    assert np.abs(found.astype(int) - wanted).max() <= 1
    assert np.array_equal(found[..., 3], values[..., 3])
