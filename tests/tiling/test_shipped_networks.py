"""The networks that ship, on a real photograph, by tiles against themselves on the whole of it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor, nn

import painterly
from painterly.images.tensors import to_tensor
from painterly.inference import lower
from painterly.inference.graph import split_input
from painterly.inference.torch_engine import TorchEngine
from painterly.models.catalogue import shipped_models
from painterly.models.reading import read_file
from painterly.networks import SRCNN, StyleNetwork, SuperResolutionNetwork
from painterly.tiling import network_program
from painterly.tiling.plan import make_plan

Tiled = Callable[..., Any]
PAINTERS = ["gallery", "starry-night", "starry-night-small", "gallery-small"]
ENLARGERS = ["upscale-x4", "upscale-x4-pixel", "upscale-x8", "srcnn-x4"]


@lru_cache
def network_of(name: str) -> nn.Module:
    if name in PAINTERS:
        return painterly.load(name, device="cpu").network
    network, _ = read_file(shipped_models()[name])
    assert isinstance(network, (SuperResolutionNetwork, SRCNN))
    return network.eval()


def photograph(data: Path, height: int, width: int) -> Tensor:
    with Image.open(data / "content" / "chicago.jpg") as image:
        return to_tensor(image.convert("RGB").resize((width, height), Image.Resampling.LANCZOS))


def all_at_once(network: nn.Module, x: Tensor) -> Tensor:
    with torch.inference_mode():
        return torch.as_tensor(network(x)).clamp(0, 1)


def error(found: Tensor, expected: Tensor) -> tuple[float, float]:
    """At most and in the mean."""
    difference = (found - expected).abs()
    return float(difference.max()), float(difference.mean())


@pytest.mark.parametrize(
    ("name", "tile", "share"), list(zip(PAINTERS, [95, 161, 64, 80], [0.0, 0.5, 1.0, 0.5], strict=True))
)
def test_a_painting_in_tiles_is_the_painting(data: Path, tiled: Tiled, name: str, tile: int, share: float) -> None:
    network, x = network_of(name), photograph(data, 201, 270)
    program = network_program(network)
    plan = make_plan(program, program.sizes([(201, 270)]), tile, memory=1 << 50, disk=1 << 50)
    assert plan is not None
    kept = int(share * plan.kept)
    found, _, _ = tiled(program, [x], tile, memory=plan.working + kept, store=kept)
    assert error(found, all_at_once(network, x))[0] < 1e-3


@pytest.mark.parametrize("name", ENLARGERS)
@pytest.mark.parametrize("tile", [64, 193, 512])
def test_an_enlargement_in_tiles_is_the_enlargement(data: Path, tiled: Tiled, name: str, tile: int) -> None:
    network, x = network_of(name), photograph(data, 39, 53)
    found, _, _ = tiled(network_program(network), [x], tile)
    assert error(found, all_at_once(network, x))[0] < 1e-5


def test_the_smaller_half_of_a_tile_is_exact_too(data: Path, tiled: Tiled) -> None:
    """Sides of one more than a multiple of the tile leave tiles of one pixel, or one row, at the end."""
    network = network_of("starry-night-small")
    for height, width in itertools.product([64, 65], [129, 127]):
        x = photograph(data, height, width)
        found, _, _ = tiled(network_program(network), [x], 64)
        assert error(found, all_at_once(network, x))[0] < 1e-3


def test_bfloat16_in_tiles_is_bfloat16_at_once(data: Path, tiled: Tiled) -> None:
    network, x = network_of("starry-night-small"), photograph(data, 150, 203)
    program = network_program(network, dtype=torch.bfloat16)
    found, _, _ = tiled(program, [x], 70)
    whole, _, _ = tiled(program, [x], 400)
    exact = all_at_once(network, x)
    worst, mean = error(found, whole)
    assert worst <= 2 / 255
    assert mean <= 0.2 / 255
    assert error(found, exact)[1] <= 1.2 * error(whole, exact)[1]


def test_bfloat16_at_once_is_what_the_engine_paints(data: Path, tiled: Tiled) -> None:
    network, x = network_of("starry-night-small"), photograph(data, 152, 204)
    assert isinstance(network, StyleNetwork)
    engine = TorchEngine(split_input(lower(network.layers, even=True)), torch.bfloat16)
    with torch.inference_mode():
        seen = network.pixels_in(x)
        rounded = seen.bfloat16().float()
        expected = network.pixels_out(engine(torch.cat([rounded, seen - rounded], 1))).clamp(0, 1)
    found, _, _ = tiled(network_program(network, dtype=torch.bfloat16), [x], 70)
    worst, mean = error(found, expected)
    assert worst <= 2 / 255
    assert mean <= 0.2 / 255


@pytest.mark.parametrize("name", ["upscale-x4", "srcnn-x4"])
def test_bfloat16_enlargements_in_tiles(data: Path, tiled: Tiled, name: str) -> None:
    network, x = network_of(name), photograph(data, 39, 53)
    program = network_program(network, dtype=torch.bfloat16)
    found, _, _ = tiled(program, [x], 60)
    whole, _, _ = tiled(program, [x], 400)
    worst, mean = error(found, whole)
    assert worst <= 2 / 255
    assert mean <= 0.1 / 255
