from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import painterly
from painterly import memory
from painterly.errors import InputError, UsageError
from painterly.models.card import ModelCard
from painterly.models.painter import Painter
from painterly.networks import StyleDescription, StyleNetwork

NOISE = np.random.default_rng(0).integers(0, 256, (37, 50, 3), np.uint8)


@pytest.fixture(scope="module")
def paint() -> Painter:
    torch.manual_seed(0)
    description = StyleDescription(width=2, blocks=1)
    return Painter(
        StyleNetwork(description), ModelCard("style", description.to_dict()), torch.device("cpu"), "torch", "float32"
    )


def reference(paint: Painter) -> np.ndarray[Any, Any]:
    with torch.no_grad():
        x = torch.from_numpy(NOISE).permute(2, 0, 1)[None].float() / 255
        return paint.network(x)[0].permute(1, 2, 0).clamp(0, 1).numpy()  # type: ignore[no-any-return]


def test_a_path_or_an_image_gives_an_image(paint: Painter, tmp_path: Path) -> None:
    Image.fromarray(NOISE).save(tmp_path / "a.png")
    for picture in (tmp_path / "a.png", str(tmp_path / "a.png"), Image.fromarray(NOISE)):
        painting = paint(picture)
        assert isinstance(painting, Image.Image)
        assert painting.size == (50, 37)
        assert np.abs(np.asarray(painting) / 255 - reference(paint)).max() <= 0.5 / 255 + 1e-5


@pytest.mark.parametrize(("dtype", "top"), [(np.uint8, 255), (np.uint16, 65535), (np.float32, 1), (np.float64, 1)])
def test_an_array_gives_an_array_of_its_type(paint: Painter, dtype: type, top: int) -> None:
    array = (NOISE / 255 * top).astype(dtype) if top != 255 else NOISE
    painting = paint(array)
    assert painting.dtype == dtype
    assert painting.shape == NOISE.shape
    assert np.abs(painting / top - reference(paint)).max() < 0.6 / 255


@pytest.mark.parametrize(("shape", "result"), [((37, 50), 3), ((37, 50, 1), 3), ((37, 50, 4), 4)])
def test_grey_becomes_colour_and_transparency_is_kept(paint: Painter, shape: tuple[int, ...], result: int) -> None:
    array = np.resize(NOISE, shape)
    painting = paint(array)
    assert painting.shape == (37, 50, result)
    if result == 4:
        assert np.array_equal(painting[..., 3], array[..., 3])


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "I", "F"])
def test_images_of_every_mode(paint: Painter, mode: str) -> None:
    painting = paint(Image.fromarray(NOISE).convert(mode))
    assert painting.size == (50, 37)
    assert painting.mode == ("RGBA" if mode in ("LA", "RGBA") else "RGB")


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.uint8])
@pytest.mark.parametrize("batch", [None, 1, 2])
def test_a_tensor_gives_a_tensor_of_its_shape_and_type(paint: Painter, dtype: torch.dtype, batch: int | None) -> None:
    picture = torch.from_numpy(NOISE).permute(2, 0, 1)
    tensor = picture if dtype == torch.uint8 else (picture / 255).to(dtype)
    tensor = tensor if batch is None else tensor.expand(batch, -1, -1, -1)
    painting = paint(tensor)
    assert painting.shape == tensor.shape
    assert painting.dtype == dtype
    one = (painting if batch is None else painting[-1]).float().permute(1, 2, 0).numpy()
    assert np.abs(one / (255 if dtype == torch.uint8 else 1) - reference(paint)).max() < 0.03


@pytest.mark.parametrize("size", [16, 40, 77])
def test_size_sets_the_longest_side(paint: Painter, size: int) -> None:
    if size == 16:
        with pytest.raises(InputError, match="16x12 pixels is too small"):
            paint(NOISE, size=size)
    else:
        assert paint(NOISE, size=size).shape == (round(37 * size / 50), size, 3)
        image = Image.fromarray(NOISE)
        image.putalpha(128)
        assert paint(image, size=size).size == (size, round(37 * size / 50))


@pytest.mark.parametrize(
    ("picture", "error"),
    [(3, TypeError), (np.zeros((4, 4, 2)), ValueError), (np.zeros((20, 20), np.int64), ValueError),
     (torch.zeros(20, 20), ValueError), (torch.zeros(3, 20, 20, dtype=torch.int32), ValueError)],
)  # fmt: skip
def test_what_is_no_picture_is_refused(paint: Painter, picture: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="expected"):
        paint(picture)


def test_a_picture_too_large_for_the_memory_is_refused(paint: Painter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available_memory", lambda: 10_000)
    with pytest.raises(InputError, match=r"needs about .* of memory, .* are free; leave out --tile off, or try --size"):
        paint(NOISE, tile="off")


def test_names_of_models_are_forgiving_and_unknown_ones_get_the_nearest() -> None:
    assert painterly.load("Starry_Night").card == painterly.load().card
    with pytest.raises(UsageError, match=r"no model 'stary-nite'; did you mean starry-night or"):
        painterly.load("stary-nite")


def test_an_unknown_device_is_refused() -> None:
    with pytest.raises(UsageError, match="there is no device 'abacus' here"):
        painterly.load(device="abacus")


def test_the_shipped_network_paints_without_borders_or_saturation() -> None:
    """A smooth ramp: no edge may stand out from the inside, and no blob may leave the palette."""
    ramp = np.linspace(60, 190, 160).astype(np.uint8)
    photo = np.stack([np.tile(ramp, (128, 1))] * 3, 2)
    painting = painterly.load()(photo).astype(float)
    inside, border = (
        painting[24:-24, 24:-24],
        np.concatenate([painting[:6].reshape(-1, 3), painting[-6:].reshape(-1, 3)]),
    )
    assert np.abs(border.mean(0) - inside.reshape(-1, 3).mean(0)).max() < 25
    assert (painting.min(2) > 250).mean() < 0.01
    assert painting.std() > 5
