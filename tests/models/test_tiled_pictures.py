"""Painter and Upscaler by tiles: the same pictures as whole, whatever is done around the network."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from PIL import Image

from painterly.errors import InputError, UsageError
from painterly.models.painter import Painter, load
from painterly.models.upscaler import Upscaler, load_upscaler


@pytest.fixture(scope="module")
def painter() -> Painter:
    return load("gallery", backend="torch", precision="float32")


@pytest.fixture(scope="module")
def upscaler() -> Upscaler:
    return load_upscaler("upscale-x4", backend="torch", precision="float32")


def picture(channels: int, height: int = 67, width: int = 91) -> Image.Image:
    """Something with colours, edges, and transparency if there are four channels."""
    y, x = np.mgrid[:height, :width]
    values = np.stack([x * 2 % 256, y * 3 % 256, (x + y) * 5 % 256, (x * y) % 256], 2)[..., :channels]
    return Image.fromarray(values.astype(np.uint8))


def apart(one: Image.Image, other: Image.Image) -> int:
    assert (one.size, one.mode) == (other.size, other.mode)
    return int(np.abs(np.asarray(one, np.int64) - np.asarray(other, np.int64)).max())


def mask(height: int, width: int) -> Image.Image:
    return Image.fromarray((np.indices((height, width)).sum(0) * 2 % 256).astype(np.uint8))


WAYS: dict[str, dict[str, Any]] = {
    "plain": {},
    "transparent": {"channels": 4},
    "smaller": {"size": 55},
    "larger": {"size": 120},
    "large strokes": {"stroke": "large"},
    "small strokes": {"stroke": "small"},
    "canvas": {"canvas": 6.0},
    "canvas and large strokes": {"canvas": 6.0, "stroke": "large", "color": "luminance"},
    "canvas, smaller": {"canvas": 6.0, "size": 55, "strength": 0.5},
    "content": {"color": "content"},
    "luminance": {"color": "luminance"},
    "strength": {"strength": 0.4},
    "no strength": {"strength": 0.0},
    "mixture": {"style": "great-wave:0.5,udnie:0.5"},
    "mask": {"mask": mask(67, 91)},
    "small mask": {"mask": mask(34, 46)},
    "two styles": {"style": ["great-wave", "udnie"], "mask": [mask(67, 91)], "color": "luminance", "stroke": "large"},
}


@pytest.mark.parametrize("way", WAYS)
def test_painted_by_tiles_is_painted_whole(painter: Painter, way: str) -> None:
    options = dict(WAYS[way])
    given = picture(options.pop("channels", 3))
    assert apart(painter(given, **options), painter(given, tile=40, **options)) <= 1


@pytest.mark.parametrize("model", ["upscale-x4", "upscale-x8", "srcnn-x4"])
def test_enlarged_by_tiles_is_enlarged_whole(model: str) -> None:
    upscaler = load_upscaler(model, backend="torch", precision="float32")
    for channels in (3, 4):
        given = picture(channels, 23, 31)
        assert apart(upscaler(given), upscaler(given, tile=64)) <= 1


def test_histograms_are_matched_after_tiles(upscaler: Upscaler) -> None:
    given = picture(3, 20, 30)
    whole = upscaler(given, match_histogram=True)
    assert apart(whole, upscaler(given, match_histogram=True, tile=64)) <= 1


def test_batches_are_painted_one_by_one(painter: Painter) -> None:
    batch = torch.rand(2, 3, 40, 50, generator=torch.Generator().manual_seed(0))
    assert (painter(batch) - painter(batch, tile=32)).abs().max() < 1e-3


def test_what_does_not_fit_is_painted_by_tiles(painter: Painter, monkeypatch: pytest.MonkeyPatch) -> None:
    given = picture(3)
    whole = painter(given)
    called: list[int] = []
    by_tiles = Painter.by_tiles

    def spy(self: Painter, *arguments: Any, **options: Any) -> Any:
        called.append(1)
        return by_tiles(self, *arguments, **options)

    monkeypatch.setattr(Painter, "by_tiles", spy)
    painter(given)
    assert not called
    monkeypatch.setattr("painterly.models.on_device.available_memory", lambda: 1000)
    assert apart(painter(given), whole) <= 1
    assert called
    monkeypatch.setattr("painterly.memory.available_memory", lambda: 1000)
    with pytest.raises(InputError, match="needs about"):
        painter(given, tile="off")


def test_statistics_of_a_thumbnail_are_another_look(painter: Painter, monkeypatch: pytest.MonkeyPatch) -> None:
    given = picture(3, 120, 160)
    whole = painter(given)
    assert apart(painter(given, statistics="thumbnail"), whole) <= 1  # it is a thumbnail itself
    monkeypatch.setattr("painterly.models.tiled.THUMBNAIL", 80)
    one = painter(given, statistics="thumbnail")
    assert apart(one, whole) > 5
    assert apart(painter(given, statistics="thumbnail", tile=50), one) <= 1  # whatever the tiles


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"tile": 0}, "--tile must be"),
        ({"tile": "large"}, "--tile must be"),
        ({"memory": "much"}, "--memory must be"),
        ({"memory": 0}, "--memory must be"),
        ({"statistics": "some"}, "--statistics must be"),
        ({"statistics": "thumbnail", "tile": "off"}, "leave out --tile off"),
    ],
)
def test_what_cannot_be_meant_is_refused(painter: Painter, options: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        painter(picture(3), **options)


def test_too_little_memory_is_a_sentence(painter: Painter) -> None:
    with pytest.raises(InputError, match=r"need \d+ MB beside the \d+ MB that are held already"):
        painter(picture(3), tile=64, memory="1MB")


def test_arrays_come_back_as_what_they_are(painter: Painter) -> None:
    values: npt.NDArray[np.uint16] = (np.asarray(picture(3)).astype(np.uint16) * 257).astype(np.uint16)
    whole, tiled = painter(values), painter(values, tile=48)
    assert tiled.dtype == np.uint16
    assert np.abs(whole.astype(int) - tiled).max() <= 64  # a quarter of a step of eight bits
