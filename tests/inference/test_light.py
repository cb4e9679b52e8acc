"""Painting without torch against painting with it."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import painterly
from painterly.errors import InputError
from painterly.images.reading import read_picture
from painterly.inference.light import LightPainter, _to_bfloat16, find_light_painter, keep_light_model
from painterly.models.card import ModelCard
from painterly.models.file import save_network
from painterly.networks import StyleDescription, StyleNetwork

pytest.importorskip("openvino", reason="OpenVINO is not installed")

HERE: dict[str, Any] = {"device": "cpu", "backend": "openvino"}


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model file, and a cache of its own."""
    monkeypatch.setenv("PAINTERLY_CACHE", str(tmp_path / "cache"))
    network = StyleNetwork(StyleDescription(width=6, blocks=1))
    path = tmp_path / "model.safetensors"
    save_network(path, network, ModelCard("style", network.description.to_dict()))
    return path


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A picture whose sides are no multiples of anything."""
    pixels = np.random.default_rng(0).integers(0, 256, (61, 83, 3), np.uint8)
    Image.fromarray(pixels).resize((83, 61)).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


def kept(model: Path, precision: str) -> LightPainter:
    painter = painterly.load(model, device="cpu", backend="openvino", precision=precision)
    keep_light_model(painter, model)
    light = find_light_painter(model, precision=precision, **HERE)
    assert light is not None
    return light


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "auto"])
def test_the_same_picture_as_with_torch(model: Path, photo: Path, precision: str) -> None:
    light = kept(model, precision)
    heavy = painterly.load(model, device="cpu", backend="openvino", precision=precision)
    assert light.precision == heavy.choice.precision
    picture = read_picture(photo)
    found, wanted = (np.asarray(painter(picture)).astype(int) for painter in (light, heavy))
    assert np.abs(found - wanted).max() <= 1  # as sums come out in another order on more threads
    assert (found != wanted).mean() < 0.01


def test_resized_pictures_differ_by_rounding(model: Path, photo: Path) -> None:
    light, picture = kept(model, "float32"), read_picture(photo)
    heavy = painterly.load(model, device="cpu", backend="openvino", precision="float32")
    found, wanted = (np.asarray(painter(picture, size=50)).astype(int) for painter in (light, heavy))
    assert found.shape == wanted.shape == (37, 50, 3)
    assert np.abs(found - wanted).max() <= 1


def test_transparency_stays(model: Path, photo: Path) -> None:
    picture = read_picture(photo)
    picture.putalpha(Image.linear_gradient("L").resize(picture.size))
    painting = kept(model, "float32")(picture)
    assert painting.mode == "RGBA"
    assert painting.getchannel("A").tobytes() == picture.getchannel("A").tobytes()


def test_too_small_a_picture_is_refused(model: Path) -> None:
    with pytest.raises(InputError, match="15x40 pixels is too small"):
        kept(model, "float32")(Image.new("RGB", (15, 40)))


def test_what_was_not_kept_or_is_not_whole_is_left_to_torch(model: Path) -> None:
    assert find_light_painter(model, precision="auto", **HERE) is None
    kept(model, "auto")
    folder = next((model.parent / "cache" / "graphs").iterdir())
    for broken in ("about.json", "float32.bin", "float32.xml"):
        before = (folder / broken).read_bytes()
        (folder / broken).write_bytes(b"")
        assert find_light_painter(model, precision="float32", **HERE) is None
        (folder / broken).write_bytes(before)
    assert find_light_painter(model, precision="float32", **HERE) is not None


@pytest.mark.parametrize(
    "asked",
    [
        {"device": "cuda", "backend": "auto", "precision": "auto"},
        {"device": "cpu", "backend": "torch", "precision": "auto"},
        {"device": "cpu", "backend": "auto", "precision": "int8"},
        {"device": "cpu", "backend": "nonsense", "precision": "auto"},
    ],
    ids=str,
)
def test_what_else_is_asked_for_is_left_to_torch(model: Path, asked: dict[str, Any]) -> None:
    kept(model, "auto")
    assert find_light_painter(model, **asked) is None


def test_another_file_under_the_same_name_is_another_model(model: Path) -> None:
    kept(model, "auto")
    network = StyleNetwork(StyleDescription(width=6, blocks=1))
    save_network(model, network, ModelCard("style", network.description.to_dict()))
    assert find_light_painter(model, precision="auto", **HERE) is None


def test_the_command_needs_no_torch_the_second_time(model: Path, photo: Path) -> None:
    paintings = []
    for turn, torch_is_used in enumerate((True, False)):
        output = photo.with_name(f"painting{turn}.png")
        run = "import sys; from painterly.commands import main\ntry: main()\nfinally: print('torch' in sys.modules)"
        arguments = [
            "stylize",
            str(photo),
            "-m",
            str(model),
            "-o",
            str(output),
            "--backend",
            "openvino",
            "--device",
            "cpu",
        ]
        done = subprocess.run([sys.executable, "-c", run, *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip() == str(torch_is_used)
        paintings.append(output.read_bytes())
    first, second = (np.asarray(Image.open(io.BytesIO(painting))).astype(int) for painting in paintings)
    assert np.abs(first - second).max() <= 1


def test_rounding_to_bfloat16_is_torch_s() -> None:
    x = torch.cat([torch.randn(4096), torch.tensor([0.0, -0.0, 1.00390625, 1.01171875])])
    expected = x.to(torch.bfloat16).float().numpy()
    np.testing.assert_array_equal(_to_bfloat16(x.numpy()), expected)
