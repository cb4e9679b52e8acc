"""`load(..., backend=, precision=)` and `load_upscaler`: what they take, refuse, and say they took."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import painterly
from painterly.errors import MissingExtraError, UsageError
from painterly.inference import Choice
from painterly.models.card import ModelCard
from painterly.models.painter import Painter
from painterly.models.upscaler import Upscaler
from painterly.networks import StyleDescription, StyleNetwork, SuperResolutionDescription, SuperResolutionNetwork
from painterly.tiling.settings import TileSettings

Load = Callable[..., Any]
NOISE = np.random.default_rng(0).integers(0, 256, (37, 50, 3), np.uint8)


def load_painter(backend: str = "auto", precision: str = "auto") -> Painter:
    return painterly.load("starry-night-small", device="cpu", backend=backend, precision=precision)


def load_enlarger(backend: str = "auto", precision: str = "auto") -> Upscaler:
    return painterly.load_upscaler("srcnn-x4", device="cpu", backend=backend, precision=precision)


LOADS = pytest.mark.parametrize("load", [load_painter, load_enlarger])


@LOADS
@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"backend": "abacus"}, "--backend must be one of auto, torch, compile, openvino, onnxruntime, not 'abacus'"),
        ({"precision": "half"}, "--precision must be one of auto, float32, bfloat16, int8, not 'half'"),
        (
            {"backend": "onnxruntime", "precision": "bfloat16"},
            "--backend onnxruntime computes in float32; leave out --precision",
        ),
        ({"backend": "torch", "precision": "int8"}, "--precision int8 needs --backend openvino, on the CPU"),
    ],
)
def test_what_cannot_be_meant_is_refused(load: Load, how: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError, match=f"^{re.escape(said)}$"):
        load(**how)


@LOADS
@pytest.mark.parametrize(
    ("backend", "module", "extra"), [("openvino", "openvino", "openvino"), ("onnxruntime", "onnxruntime", "onnx")]
)
def test_what_is_not_installed_is_named_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch, load: Load, backend: str, module: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    said = f"the back end {backend} needs an optional dependency: install it with  pip install 'painterly[{extra}]'"
    with pytest.raises(MissingExtraError, match=f"^{re.escape(said)}$"):
        load(backend=backend)


def test_eight_bits_are_for_painting() -> None:
    pytest.importorskip("openvino", reason="OpenVINO is not installed")
    with pytest.raises(UsageError, match=r"^--precision int8 is for style networks; leave it out$"):
        load_enlarger("openvino", "int8")


@LOADS
@pytest.mark.parametrize("fast", [False, True])
def test_without_openvino_torch_is_taken(monkeypatch: pytest.MonkeyPatch, load: Load, fast: bool) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    monkeypatch.setattr("painterly.inference.choice.fast_bfloat16", lambda device: fast)
    assert load().choice == Choice("torch", "bfloat16" if fast else "float32")


@LOADS
def test_with_openvino_that_is_taken(monkeypatch: pytest.MonkeyPatch, load: Load) -> None:
    pytest.importorskip("openvino", reason="OpenVINO is not installed")
    monkeypatch.setattr("painterly.inference.choice.fast_bfloat16", lambda device: False)
    assert load().choice == Choice("openvino", "float32")


@LOADS
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_what_is_asked_for_is_said(load: Load, precision: str) -> None:
    assert load(backend="torch", precision=precision).choice == Choice("torch", precision)


@pytest.mark.parametrize(
    ("backend", "modules"), [("torch", []), ("openvino", ["openvino"]), ("onnxruntime", ["onnx", "onnxruntime"])]
)
def test_back_ends_make_the_same_pictures(backend: str, modules: list[str]) -> None:
    for module in modules:
        pytest.importorskip(module, reason=f"{module} is not installed")
    picture, before = NOISE.copy(), NOISE.copy()
    for network, found in (
        (load_painter(backend="torch", precision="float32"), load_painter(backend=backend, precision="float32")),
        (load_enlarger(backend="torch", precision="float32"), load_enlarger(backend=backend, precision="float32")),
    ):
        expected, painting = network(picture), found(picture)
        assert painting.shape == expected.shape
        assert painting.dtype == np.uint8
        assert np.abs(painting.astype(int) - expected.astype(int)).max() <= 1
        assert np.array_equal(found(picture), painting)
    assert np.array_equal(picture, before)


def test_in_bfloat16_kinds_of_pictures_stay_what_they_are() -> None:
    painter = load_painter(backend="torch", precision="bfloat16")
    for dtype in (torch.float32, torch.float64, torch.bfloat16, torch.uint8):
        tensor = torch.from_numpy(NOISE).permute(2, 0, 1)
        assert painter(tensor if dtype == torch.uint8 else (tensor / 255).to(dtype)).dtype == dtype
    assert painter(NOISE.astype(np.float32) / 255).dtype == np.float32


def test_a_whole_network_is_still_there_for_others() -> None:
    """`network` is the plain one, whatever runs: blending, exporting and measuring go by it."""
    style = StyleDescription(width=2, blocks=1)
    large = SuperResolutionDescription(width=2, up_width=2, blocks=1)
    device = torch.device("cpu")
    plain = StyleNetwork(style)
    painter = Painter(plain, ModelCard("style", style.to_dict()), device, "torch", "bfloat16")
    upscaler = Upscaler(
        SuperResolutionNetwork(large), ModelCard("super-resolution", large.to_dict()), device, "torch", "bfloat16"
    )
    assert painter.network is plain
    for network in (painter.network, upscaler.network):
        assert not network.training
        assert all(parameter.dtype == torch.float32 for parameter in network.parameters())
    assert set(plain.state_dict()) == set(StyleNetwork(style).state_dict())


def test_tiles_refuse_int8_instead_of_painting_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("openvino")
    monkeypatch.setattr("painterly.models.on_device.accelerate", lambda network, choice, device: network)
    painter = painterly.load("starry-night", backend="openvino", precision="int8")
    with pytest.raises(UsageError, match=r"^tiles know no int8; take --precision bfloat16, or add --tile off$"):
        painter(NOISE, tile=16)
    assert not painter.wants_tiles(TileSettings(), 5000, 5000)  # as float32 would be, because that is faster
