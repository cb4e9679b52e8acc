"""One photograph in every style."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import painterly
from painterly.errors import InputError, UsageError
from painterly.models.sheet import _columns
from painterly.networks import StyleNetwork

Learn = Callable[..., Path]
HERE: dict[str, Any] = {"device": "cpu", "backend": "torch", "precision": "float32"}


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    pixels = np.random.default_rng(0).integers(0, 256, (24, 32, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


def place(sheet: Image.Image, cell: Image.Image) -> tuple[int, int]:
    """Where on a sheet a picture is, from the top and from the left, pixel by pixel."""
    whole, part = np.asarray(sheet), np.asarray(cell)
    windows = np.lib.stride_tricks.sliding_window_view(whole, part.shape)[:, :, 0]
    (found,) = np.argwhere((windows[..., 0, :, :] == part[0]).all((2, 3)))
    top, left = (int(value) for value in found)
    assert np.array_equal(whole[top : top + cell.height, left : left + cell.width], part)
    return top, left


@pytest.mark.parametrize("how", [{}, {"strength": 0.5, "color": "content", "stroke": "large", "canvas": 4.0}], ids=str)
@pytest.mark.parametrize(
    "styles", [["sienna"], ["sienna", "ochre:1,burnt-umber:2"], ["ochre", "sienna", {"ochre": 2, "sienna": 1}], None]
)
def test_the_photograph_comes_first_and_then_every_style(
    gallery_file: Path, photo: Path, styles: list[Any] | None, how: dict[str, Any]
) -> None:
    told: list[str] = []
    sheet = painterly.style_sheet(photo, styles=styles, size=32, model=gallery_file, report=told.append, **how, **HERE)
    assert sheet.mode == "RGB"
    named = styles or ["ochre", "burnt-umber", "sienna"]
    assert told == [str(style) for style in named]
    painter = painterly.load(gallery_file, **HERE)
    cells = [Image.open(photo), *(painter(photo, style=style, **how) for style in named)]
    places = [place(sheet, cell) for cell in cells]
    assert places == sorted(set(places))  # in lines, from left to right
    for index, (top, left) in enumerate(places):
        for other_top, other_left in places[:index]:
            assert abs(top - other_top) >= 24 + 18 or abs(left - other_left) >= 32  # room for captions between lines
    columns = len({left for _, left in places})
    lines = len({top for top, _ in places})
    assert columns * (lines - 1) < len(cells) <= columns * lines


def test_learnt_styles_are_on_it(gallery_file: Path, photo: Path, learn: Learn) -> None:
    learn("azure")
    told: list[str] = []
    sheet = painterly.style_sheet(photo, size=32, model=gallery_file, report=told.append, **HERE)
    assert told == ["ochre", "burnt-umber", "sienna", "azure"]
    place(sheet, painterly.load(gallery_file, style="azure", **HERE)(photo))


def test_a_style_learnt_on_another_network_is_no_style_of_this_one(
    gallery_file: Path, photo: Path, learn: Learn, make_network: Callable[..., StyleNetwork]
) -> None:
    learn("azure")
    learn("foreign", base=make_network(seed=5))
    told: list[str] = []
    painterly.style_sheet(photo, size=32, model=gallery_file, report=told.append, **HERE)
    assert told == ["ochre", "burnt-umber", "sienna", "azure"]


def test_nor_is_a_whole_network_that_was_learnt(
    gallery_file: Path, photo: Path, plain_file: Path, styles_folder: Path
) -> None:
    styles_folder.mkdir()
    plain_file.rename(styles_folder / "deep.safetensors")
    told: list[str] = []
    painterly.style_sheet(photo, size=32, model=gallery_file, report=told.append, **HERE)
    assert told == ["ochre", "burnt-umber", "sienna"]


@pytest.mark.parametrize("kind", [str, Path, Image.open])
def test_the_photograph_may_be_a_file_or_an_image(gallery_file: Path, photo: Path, kind: Callable[[Path], Any]) -> None:
    sheets = [
        painterly.style_sheet(picture, styles=["ochre"], size=32, model=gallery_file, **HERE)
        for picture in (photo, kind(photo))
    ]
    assert sheets[0].tobytes() == sheets[1].tobytes()


def test_size_is_that_of_each_picture(gallery_file: Path, photo: Path) -> None:
    small, large = (
        painterly.style_sheet(photo, styles=["ochre"], size=size, model=gallery_file, **HERE) for size in (24, 48)
    )
    assert large.width - small.width in (24, 48)  # in one column, or two
    transparent = Image.open(photo)
    transparent.putalpha(100)
    sheet = painterly.style_sheet(transparent, styles=["ochre"], size=24, model=gallery_file, **HERE)
    assert (sheet.mode, sheet.size) == ("RGB", small.size)


def test_an_unknown_style_is_refused(gallery_file: Path, photo: Path) -> None:
    with pytest.raises(UsageError, match="there is no style 'siena'; did you mean sienna"):
        painterly.style_sheet(photo, styles=["ochre", "siena"], size=32, model=gallery_file, **HERE)


def test_what_cannot_be_read_is_refused(gallery_file: Path, photo: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        painterly.style_sheet(tmp_path / "none.jpg", model=gallery_file, **HERE)
    with pytest.raises(InputError, match="does not exist"):
        painterly.style_sheet(photo, model=tmp_path / "none.safetensors", **HERE)
    with pytest.raises(UsageError, match="it does not paint"):
        painterly.style_sheet(photo, model="upscale-x4", **HERE)


@pytest.mark.parametrize("shape", [0.4, 0.67, 1.0, 1.5, 3.0])
def test_lines_are_full_where_that_is_near_enough(shape: float) -> None:
    for count in range(2, 40):
        columns = _columns(count, shape)
        assert 1 <= columns <= count
        assert columns - (count / shape) ** 0.5 < 3
    assert [_columns(count, 1.0) for count in (2, 4, 6, 9, 10, 12, 16)] == [2, 2, 2, 3, 2, 3, 4]


@pytest.mark.parametrize(("count", "shape"), [(5, 1.0), (5, 1.5), (7, 1.5), (17, 3.0)])
def test_a_sheet_is_no_strip(count: int, shape: float) -> None:
    assert _columns(count, shape) > 1


def test_a_narrow_photograph_has_a_sheet_too(gallery_file: Path) -> None:
    painterly.style_sheet(Image.new("RGB", (20, 200)), styles=["ochre"], model=gallery_file, **HERE)
