"""Networks that ship, in every precision, and what a fast network shares with the plain one."""

from __future__ import annotations

import functools
import sys

import pytest
import torch
from torch import Tensor

from painterly.errors import MissingExtraError
from painterly.folders import DEMO_PICTURE
from painterly.images.reading import read_picture
from painterly.images.tensors import to_tensor
from painterly.inference import Choice, accelerate
from painterly.inference.accelerate import SplitInput
from painterly.models.catalogue import shipped_models
from painterly.models.file import load_network, read_card
from painterly.models.gallery import Gallery
from painterly.models.look import parse_look
from painterly.networks import SRCNN, StyleDescription, StyleNetwork, SuperResolutionDescription, SuperResolutionNetwork
from painterly.networks.build import Network

PICTURES = [name for name, path in shipped_models().items() if read_card(path).task != "encoder"]
NAMES = [*PICTURES, "gallery at 0.6"]
CPU = torch.device("cpu")
MODULES = {"torch": (), "openvino": ("openvino",), "onnxruntime": ("onnx", "onnxruntime")}


@functools.cache
def shipped(name: str) -> tuple[Network, Tensor, Tensor]:
    """A network, a piece of a photograph, and what the plain network makes of it.

    Of a network of several styles it is the one that paints the first; with a strength, a mixture of all.
    """
    model, _, strength = name.partition(" at ")
    network, card = load_network(shipped_models()[model])
    if isinstance(network, StyleNetwork) and card.styles:
        gallery = Gallery(network, card)
        styles = ",".join(gallery.book.own) if strength else next(iter(gallery.book.own))
        network = gallery.network_for(parse_look(styles, float(strength or 1)))
    assert isinstance(network, Network)
    side = 64 if card.task == "style" else 24
    photograph = to_tensor(read_picture(DEMO_PICTURE))[..., 200 : 200 + side, 300 : 307 + side].contiguous()
    with torch.inference_mode():
        return network, photograph, network(photograph)


def psnr(a: Tensor, b: Tensor) -> float:
    return float(-10 * torch.log10((a.clamp(0, 1) - b.clamp(0, 1)).square().mean().clamp_min(1e-20)))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("backend", MODULES)
def test_networks_that_ship_paint_the_same(backend: str, name: str) -> None:
    for module in MODULES[backend]:
        pytest.importorskip(module, reason=f"{module} is not installed")
    network, photograph, expected = shipped(name)
    with torch.inference_mode():
        found = accelerate(network, Choice(backend, "float32"), CPU)(photograph)
    torch.testing.assert_close(found, expected, rtol=0, atol=5e-5)
    assert psnr(found, expected) > 100


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("backend", ["torch", "openvino"])
def test_bfloat16_is_not_seen(backend: str, name: str) -> None:
    for module in MODULES[backend]:
        pytest.importorskip(module, reason=f"{module} is not installed")
    network, photograph, expected = shipped(name)
    before = photograph.clone()
    fast = accelerate(network, Choice(backend, "bfloat16"), CPU)
    with torch.inference_mode():
        found = fast(photograph)
        again = fast(photograph)
    assert found.dtype == torch.float32
    assert psnr(found, expected) > 40
    assert torch.equal(found, again)
    assert torch.equal(photograph, before)


def test_pixels_are_split_without_loss() -> None:
    """Eight bits are kept twice: what is left is below a thousandth of an 8-bit step."""
    seen: list[Tensor] = []

    class Engine(torch.nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            seen.append(x)
            return x[:, :3]

    x = torch.randn(2, 3, 5, 7)
    before = x.clone()
    SplitInput(Engine())(x)
    (both,) = seen
    assert both.shape == (2, 6, 5, 7)
    parts = both.to(torch.bfloat16).float()
    assert torch.equal(both[:, :3], parts[:, :3])
    assert (parts[:, :3] + parts[:, 3:] - x).abs().max() < 2**-16 * x.abs().max()
    assert torch.equal(x, before)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_fast_network_is_of_the_same_kind_and_says_the_same(precision: str) -> None:
    for network in (
        StyleNetwork(StyleDescription(width=2, blocks=1)).eval(),
        SuperResolutionNetwork(SuperResolutionDescription(width=2, up_width=2, blocks=1)).eval(),
        SRCNN("9-1-5").eval(),
    ):
        layers = network.layers
        fast = accelerate(network, Choice("torch", precision), CPU)
        assert type(fast) is type(network)
        assert fast.description == network.description
        assert not fast.training
        assert network.layers is layers
        assert fast.layers is not layers


@pytest.mark.parametrize("kind", [StyleNetwork, SuperResolutionNetwork, SRCNN])
def test_the_plain_network_stays_where_it_was(
    kind: type[StyleNetwork] | type[SuperResolutionNetwork] | type[SRCNN],
) -> None:
    """Only the copy goes to the device, as the docstring has it: "left as it is"."""
    network = kind().eval()
    accelerate(network, Choice("torch", "float32"), torch.device("meta"))
    tensors = {**dict(network.named_parameters()), **dict(network.named_buffers())}
    assert {name for name, value in tensors.items() if value.device.type != "cpu"} == set()


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_wrong_pictures_are_refused_as_before(precision: str) -> None:
    fast = accelerate(StyleNetwork(StyleDescription(width=2, blocks=1)).eval(), Choice("torch", precision), CPU)
    for shape in ((1, 3, 15, 16), (1, 4, 16, 16), (3, 16, 16)):
        with pytest.raises(ValueError, match="a style network takes"):
            fast(torch.rand(shape))


@pytest.mark.parametrize(
    ("backend", "missing", "extra"),
    [("openvino", "openvino", "openvino"), ("onnxruntime", "onnxruntime", "onnx"), ("onnxruntime", "onnx", "onnx")],
)
def test_what_is_not_installed_is_named(
    monkeypatch: pytest.MonkeyPatch, backend: str, missing: str, extra: str
) -> None:
    if missing == "onnx":
        pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(MissingExtraError, match=rf"pip install 'painterly\[{extra}\]'"):
        accelerate(SRCNN("9-1-5").eval(), Choice(backend, "float32"), CPU)
