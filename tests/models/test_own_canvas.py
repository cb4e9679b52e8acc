"""A network that was trained on an uneven canvas paints on one unless told otherwise."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import painterly
from painterly.images.animation import Animation, read_frames, save_animation
from painterly.models.card import ModelCard
from painterly.models.file import save_network
from painterly.networks import StyleNetwork

HERE: dict[str, Any] = {"device": "cpu", "precision": "float32"}


@pytest.fixture
def on_canvas(tmp_path: Path, network: StyleNetwork, card: ModelCard, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PAINTERLY_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "on-canvas.safetensors"
    save_network(path, network, dataclasses.replace(card, training=card.training | {"canvas": 9.0}))
    return path


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    pixels = np.random.default_rng(0).integers(40, 216, (6, 8, 3), np.uint8)
    Image.fromarray(pixels).resize((83, 61), Image.Resampling.BICUBIC).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


def pixels(picture: Any) -> Any:
    return np.asarray(picture).astype(int)


@pytest.mark.parametrize(
    ("training", "canvas"),
    [
        ({}, 0.0),
        ({"canvas": 4}, 4.0),
        ({"canvas": 32.0}, 32.0),
        *(({"canvas": odd}, 0.0) for odd in (33, -1, math.nan, "4", None, [4])),
    ],
    ids=str,
)
def test_cards_say_how_uneven(training: dict[str, Any], canvas: float) -> None:
    assert ModelCard("style", {}, training=training).canvas == canvas


@pytest.mark.parametrize("how", [{}, {"strength": 0.5}, {"size": 50}, {"stroke": "large", "color": "content"}], ids=str)
def test_painters_take_it_whole_and_by_tiles(on_canvas: Path, photo: Path, how: dict[str, Any]) -> None:
    painter = painterly.load(on_canvas, backend="torch", **HERE)
    picture = Image.open(photo)
    found = pixels(painter(picture, **how))
    assert (found == pixels(painter(picture, canvas=9.0, **how))).all()
    assert np.abs(found - pixels(painter(picture, canvas=0.0, **how))).max() > 1
    assert np.abs(found - pixels(painter(picture, tile=40, **how))).max() <= 1


def test_other_styles_of_the_network_take_it_too(on_canvas: Path, photo: Path) -> None:
    painter = painterly.load(on_canvas, style="sienna", backend="torch", **HERE)
    assert (pixels(painter(photo)) == pixels(painter(photo, canvas=9.0))).all()


@pytest.mark.parametrize("backend", ["torch", "auto"])
@pytest.mark.parametrize("how", [{}, {"strength": 0.5}, {"size": 50}, {"canvas": 0.0}, {"canvas": 3.0}], ids=str)
def test_files_are_painted_on_it_the_second_time_too(
    on_canvas: Path, photo: Path, tmp_path: Path, backend: str, how: dict[str, Any]
) -> None:
    """When there may be no torch."""
    expected = pixels(painterly.load(on_canvas, backend="torch", **HERE)(photo, **how))
    for turn in range(2):
        target = tmp_path / f"{turn}.png"
        (outcome,) = painterly.stylize(photo, target, model=on_canvas, backend=backend, **how, **HERE)
        assert not outcome.error
        assert np.abs(pixels(Image.open(target)) - expected).max() <= 1


def test_sheets_show_it(on_canvas: Path, photo: Path) -> None:
    from painterly.models.sheet import style_sheet

    own, same, even = (
        pixels(style_sheet(photo, model=on_canvas, backend="torch", size=64, canvas=canvas, **HERE))
        for canvas in (None, 9.0, 0.0)
    )
    assert (own == same).all()
    assert (own != even).any()


@pytest.mark.parametrize(("asked", "used"), [({}, 0.0), ({"canvas": 5.0}, 5.0)], ids=str)
def test_animations_have_one_only_if_it_is_asked_for(
    on_canvas: Path, photo: Path, tmp_path: Path, asked: dict[str, float], used: float
) -> None:
    """Its dabs would stand still while the picture moves."""
    frames = [Image.open(photo).convert("RGB").rotate(angle) for angle in (0, 180)]
    save_animation([(frame, 40.0) for frame in frames], tmp_path / "a.png", Animation(2))
    (outcome,) = painterly.stylize(tmp_path / "a.png", tmp_path / "b.png", model=on_canvas, **asked, **HERE)  # type: ignore[arg-type]
    assert not outcome.error
    painter = painterly.load(on_canvas, **HERE)
    for (found, _), frame in zip(read_frames(tmp_path / "b.png"), frames, strict=True):
        assert np.abs(pixels(found.convert("RGB")) - pixels(painter(frame, canvas=used))).max() <= 1
