"""Every kind of network, at every size, on every back end: what is fast equals what is plain."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
import torch
import torch.nn.functional as F
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from painterly.inference import Choice, Graph, accelerate, lower
from painterly.inference.graph import (
    Add,
    Convolution,
    Nearest,
    Norm,
    Op,
    Pad,
    Relu,
    Scale,
    Shuffle,
    Transposed,
    split_input,
)
from painterly.inference.onnx_engine import OnnxEngine
from painterly.inference.openvino_engine import OpenVINOEngine
from painterly.inference.torch_engine import TorchEngine
from painterly.networks import (
    SRCNN,
    STYLE_PRESETS,
    SUPER_RESOLUTION_PRESETS,
    SRCNNDescription,
    StyleDescription,
    StyleNetwork,
    SuperResolutionDescription,
    SuperResolutionNetwork,
)
from painterly.networks.description import SCALES, SRCNN_PRESETS
from painterly.networks.padding import reflection_pad

Lively = Callable[[nn.Module, Tensor], None]
Network = StyleNetwork | SuperResolutionNetwork | SRCNN
Description = StyleDescription | SuperResolutionDescription | SRCNNDescription
CPU = torch.device("cpu")
MODULES = {"torch": (), "openvino": ("openvino",), "onnxruntime": ("onnx", "onnxruntime")}
BACKENDS = list(MODULES)
QUICK = (Phase.explicit, Phase.generate)
"""Where a failure is not made smaller: every try compiles a network."""


class Case(NamedTuple):
    """A network and a picture for it."""

    description: Description
    shape: tuple[int, int, int, int]
    seed: int

    def make(self, lively: Lively) -> tuple[Network, Tensor]:
        torch.manual_seed(self.seed)
        kind: Any = {StyleDescription: StyleNetwork, SRCNNDescription: SRCNN}.get(
            type(self.description), SuperResolutionNetwork
        )
        network, x = kind(self.description), torch.rand(self.shape)
        # Statistics need more than one pixel.
        lively(network, reflection_pad(x, 0, 3, 0, 3).repeat(2, 1, 1, 1) + 0.1 * torch.rand(1))
        return network, x


def choice(of: Any, name: str) -> st.SearchStrategy[Any]:
    return st.sampled_from(of.choices[name])


WIDTHS = st.integers(1, 4)
BATCHES = st.sampled_from([1, 3])
SEEDS = st.integers(0, 1000)
STYLES = st.builds(
    StyleDescription,
    width=WIDTHS,
    blocks=st.integers(0, 2),
    **{name: choice(StyleDescription, name) for name in ("normalization", "upsampling", "padding", "pixels")},
)


@st.composite
def super_resolutions(draw: st.DrawFn) -> SuperResolutionDescription:
    pixels = draw(choice(SuperResolutionDescription, "pixels"))
    names = ("scale", "normalization", "upsampling", "padding")
    return SuperResolutionDescription(
        # One channel in a residual block is OpenVINO's own mistake; see test_back_ends.py.
        width=draw(st.integers(2, 4)),
        up_width=draw(WIDTHS),
        blocks=draw(st.integers(0, 2)),
        pixels=pixels,
        residual=pixels == "unit" and draw(st.booleans()),
        **{name: draw(choice(SuperResolutionDescription, name)) for name in names},
    )


SRCNNS = st.builds(
    SRCNNDescription,
    scale=st.sampled_from(list(SCALES)),
    kernels=st.tuples(*[st.sampled_from([1, 3, 5, 7, 9])] * 3),
    widths=st.tuples(WIDTHS, WIDTHS),
)


def cases(descriptions: st.SearchStrategy[Any], low: int, high: int) -> st.SearchStrategy[Case]:
    side = st.integers(low, high)
    return st.builds(Case, descriptions, st.tuples(BATCHES, st.just(3), side, side), SEEDS)


KINDS = {
    "style": cases(STYLES, 16, 30),
    "super-resolution": cases(super_resolutions(), 1, 9),
    "srcnn": cases(SRCNNS, 1, 9),
}
ALL = st.one_of(*KINDS.values())
LARGER = st.one_of(cases(STYLES, 17, 30), cases(super_resolutions(), 5, 9), KINDS["srcnn"])
"""Pictures larger than every padding, which runtimes can do themselves."""


def even(network: Network) -> bool:
    description: Any = network.description
    return bool(getattr(description, "scale", 4) % 2 == 0)


def spelled(graph: Graph, x: Tensor) -> Tensor:
    """What a graph means, in plain torch and in the type of its weights."""
    values = [x]
    for op in graph.ops:
        values.append(_spell(op, values))
    return values[-1]


def _spell(op: Op, values: list[Tensor]) -> Tensor:
    x = values[op.x]
    match op:
        case Pad(mode="reflect"):
            return reflection_pad(x, *[op.amount] * 4)
        case Pad():
            return F.pad(x, [op.amount] * 4, mode="replicate")
        case Convolution():
            return F.conv2d(x, op.weight, op.bias, stride=op.stride, padding=op.padding)
        case Transposed():
            return F.conv_transpose2d(x, op.weight, op.bias, op.stride, op.padding, output_padding=op.surplus)
        case Norm():
            variance, mean = torch.var_mean(x, (2, 3), correction=0, keepdim=True)
            normal = (x - mean) / torch.sqrt(variance + op.epsilon)
            return normal * op.weight.view(-1, 1, 1) + op.bias.view(-1, 1, 1)
        case Scale():
            return x * op.weight.view(-1, 1, 1) + op.bias.view(-1, 1, 1)
        case Relu():
            return x.clamp_min(0)
        case Add():
            height, width = x.shape[-2:]
            return x[..., op.crop : height - op.crop, op.crop : width - op.crop] + values[op.y]
        case Nearest():
            return x.repeat_interleave(op.factor, 2).repeat_interleave(op.factor, 3)
        case Shuffle():
            batch, channels, height, width = x.shape
            f = op.factor
            parts = x.view(batch, channels // f**2, f, f, height, width).permute(0, 1, 4, 2, 5, 3)
            return parts.reshape(batch, channels // f**2, f * height, f * width)


def seen_by_layers(network: Network, x: Tensor) -> Tensor:
    """What comes to a network's layers when it is shown a picture."""
    seen: list[Tensor] = []
    handle = network.layers.register_forward_pre_hook(lambda module, given: seen.append(given[0].clone()))
    with torch.no_grad():
        network(x)
    handle.remove()
    return seen[0]


@settings(max_examples=50)
@given(case=ALL)
def test_the_list_means_what_the_layers_do_rewritten_or_not(lively: Lively, case: Case) -> None:
    """In float64, by an interpreter of its own: the rewrites are exact."""
    network, x = case.make(lively)
    inside = seen_by_layers(network, x).double()
    layers = copy.deepcopy(network.layers).double()
    graphs = [lower(layers, rewrite=rewrite, even=even(network)) for rewrite in (False, True)]
    with torch.no_grad():
        expected = layers(inside.clone())
        for graph in graphs:
            torch.testing.assert_close(spelled(graph, inside), expected, rtol=1e-10, atol=1e-10)
        part = torch.rand_like(inside)
        found = spelled(split_input(graphs[1]), torch.cat([inside - part, part], 1))
        torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-9)


@settings(max_examples=40)
@given(case=ALL)
def test_torch_runs_the_list_rewritten_or_not(lively: Lively, case: Case) -> None:
    network, x = case.make(lively)
    inside = seen_by_layers(network, x)
    for rewrite in (False, True):
        graph = lower(network.layers, rewrite=rewrite, even=even(network))
        with torch.inference_mode():
            expected = network.layers(inside.clone())
            given_ = inside.contiguous(memory_format=torch.channels_last)
            before = given_.clone()
            torch.testing.assert_close(TorchEngine(graph)(given_), expected, rtol=1e-5, atol=1e-4)
            assert torch.equal(given_, before)


@pytest.mark.parametrize("backend", ["openvino", "onnxruntime"])
@settings(max_examples=8, phases=QUICK)
@given(case=LARGER)
def test_runtimes_run_the_list_as_it_is_too(lively: Lively, backend: str, case: Case) -> None:
    for name in MODULES[backend]:
        pytest.importorskip(name, reason=f"{name} is not installed")
    network, x = case.make(lively)
    inside = seen_by_layers(network, x)
    graph = lower(network.layers, rewrite=False, even=even(network))
    engine = OpenVINOEngine(graph) if backend == "openvino" else OnnxEngine(graph)
    with torch.inference_mode():
        expected = network.layers(inside.clone())
        torch.testing.assert_close(engine(inside), expected, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("backend", BACKENDS)
@settings(max_examples=15, phases=QUICK)
@given(data=st.data())
def test_the_fast_network_equals_the_plain_one(lively: Lively, backend: str, kind: str, data: st.DataObject) -> None:
    for name in MODULES[backend]:
        pytest.importorskip(name, reason=f"{name} is not installed")
    case: Case = data.draw(KINDS[kind])
    network, x = case.make(lively)
    state = copy.deepcopy(network.state_dict())
    picture = x.clone()
    with torch.inference_mode():
        expected = network(x)
        fast = accelerate(network, Choice(backend, "float32"), CPU)
        found = fast(x)
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-4)
        first = found.clone()

        # Another size, and the first again: nothing of one call is left in another.
        other = torch.rand(2, 3, case.shape[2] + 5, case.shape[3] + 2)
        torch.testing.assert_close(fast(other), network(other), rtol=0, atol=1e-4)
        assert torch.equal(fast(x), first)
        assert torch.equal(found, first)

        # And neither the picture nor the plain network has changed.
        assert torch.equal(x, picture)
        assert torch.equal(network(x), expected)
    assert not network.training
    for name, value in network.state_dict().items():
        assert torch.equal(value, state[name])


PRESETS: dict[str, Description] = {
    **{f"style-{name}": description for name, description in STYLE_PRESETS.items()},
    **{f"super-resolution-{name}": description for name, description in SUPER_RESOLUTION_PRESETS.items()},
    **SRCNN_PRESETS,
}


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("backend", BACKENDS)
def test_presets(lively: Lively, backend: str, name: str) -> None:
    for module in MODULES[backend]:
        pytest.importorskip(module, reason=f"{module} is not installed")
    description = PRESETS[name]
    side = 49 if isinstance(description, StyleDescription) else 9  # larger than every padding
    network, x = Case(description, (1, 3, side, side + 2), 0).make(lively)
    with torch.inference_mode():
        fast = accelerate(network, Choice(backend, "float32"), CPU)
        torch.testing.assert_close(fast(x), network(x), rtol=0, atol=1e-4)


SMALL: dict[str, tuple[Description, int]] = {
    "style, 16 pixels reflected in 16": (StyleDescription(2, 2, padding="reflect-start"), 16),
    "style, 40 pixels reflected in 16": (StyleDescription(2, 5, "batch", "transposed", "reflect-start", "vgg"), 16),
    "super-resolution, 4 pixels reflected in 1": (SuperResolutionDescription(width=2, up_width=2, blocks=1), 1),
    "super-resolution, 4 pixels reflected in 4": (SuperResolutionDescription(width=2, up_width=2, blocks=1), 4),
}


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("backend", BACKENDS)
def test_pictures_smaller_than_the_padding(lively: Lively, backend: str, name: str) -> None:
    """Networks take pictures from 16x16 or 1x1, however wide the reflection: `reflection_pad` bounces."""
    for module in MODULES[backend]:
        pytest.importorskip(module, reason=f"{module} is not installed")
    description, side = SMALL[name]
    for size in ((side, side), (side, side + 30), (side + 30, side)):
        network, x = Case(description, (1, 3, *size), 0).make(lively)
        with torch.inference_mode():
            fast = accelerate(network, Choice(backend, "float32"), CPU)
            torch.testing.assert_close(fast(x), network(x), rtol=0, atol=1e-4)
