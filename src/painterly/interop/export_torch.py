"""Whole networks as torch's own exported programs, which plain torch runs: nothing of painterly is needed."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from painterly.inference.graph import (
    Add,
    Convolution,
    Graph,
    Nearest,
    Norm,
    Op,
    Pad,
    Relu,
    Scale,
    Shuffle,
    Transposed,
    lower,
)
from painterly.networks.build import Network
from painterly.networks.carry import carry_round
from painterly.networks.mixing import norm_layers, with_mix
from painterly.networks.normalization import mixed
from painterly.networks.srcnn import SRCNN
from painterly.networks.style import StyleNetwork
from painterly.networks.super_resolution import SuperResolutionNetwork

__all__ = ["exported_program"]

_LONGEST = 1 << 16
"""Longest side that an exported program promises to take."""


def exported_program(network: Network, *, half: bool = False, minimum: int = 16) -> torch.export.ExportedProgram:
    """A network as an exported program: RGB in [0, 1], shape (B, 3, H, W), in and out, any batch and size.

    A style network of several styles takes a second tensor: how much each of them counts, shape (S,).

    Args:
        network: The network, in evaluation mode.
        half: Whether kernels are stored in half precision; arithmetic is in float32.
        minimum: Shortest side of pictures.
    """
    inputs: list[Tensor] = [torch.rand(2, 3, minimum + 48, minimum + 57)]
    height, width = (torch.export.Dim(name, min=minimum, max=_LONGEST) for name in ("height", "width"))
    shapes: list[Any] = [{0: torch.export.Dim("batch", min=1), 2: height, 3: width}]
    if isinstance(network, StyleNetwork):
        module: nn.Module = _Style(network, half)
        if network.description.styles > 1:
            inputs.append(torch.eye(network.description.styles)[0])
            shapes.append(None)
    else:
        module = _SRCNN(network, half) if isinstance(network, SRCNN) else _SuperResolution(network, half)
    with torch.no_grad():
        return torch.export.export(module.eval(), tuple(inputs), dynamic_shapes=tuple(shapes))


class _Layers(nn.Module):
    """A graph in torch's plainest operations, for any size and batch at once."""

    def __init__(self, graph: Graph, half: bool) -> None:
        super().__init__()
        self.graph = graph
        for number, op in enumerate(graph.ops, 1):
            if isinstance(op, (Convolution, Transposed, Norm, Scale)):
                narrow = half and isinstance(op, (Convolution, Transposed))
                self.register_buffer(f"weight{number}", op.weight.half() if narrow else op.weight.float())
                self.register_buffer(f"bias{number}", op.bias.float())

    def forward(self, x: Tensor, styled: list[tuple[Tensor, Tensor]] | None = None) -> Tensor:
        values, norms = [x], iter(styled or ())
        for number, op in enumerate(self.graph.ops, 1):
            given: tuple[Tensor, Tensor] | None = None
            if isinstance(op, (Convolution, Transposed, Norm, Scale)):
                given = (self.get_buffer(f"weight{number}").float(), self.get_buffer(f"bias{number}"))
                if isinstance(op, Norm) and styled is not None:
                    given = next(norms)
            values.append(_run(op, values, given))
        return values[-1]


def _run(op: Op, values: list[Tensor], given: tuple[Tensor, Tensor] | None) -> Tensor:
    x = values[op.x]
    weight, bias = given if given is not None else (x, x)
    match op:
        case Pad():
            return F.pad(x, (op.amount,) * 4, mode="reflect" if op.mode == "reflect" else "replicate")
        case Convolution():
            return F.conv2d(x, weight, bias, op.stride, op.padding)
        case Transposed():
            return F.conv_transpose2d(x, weight, bias, op.stride, op.padding, op.surplus)
        case Norm():
            variance, mean = torch.var_mean(x, (2, 3), correction=0, keepdim=True)
            scale = torch.rsqrt(variance + op.epsilon) * weight.view(1, -1, 1, 1)
            return (x - mean) * scale + bias.view(1, -1, 1, 1)
        case Scale():
            return x * weight.view(1, -1, 1, 1) + bias.view(1, -1, 1, 1)
        case Relu():
            return F.relu(x)
        case Add():
            c = op.crop
            return values[op.y] + (x[..., c:-c, c:-c] if c else x)
        case Nearest():
            return F.interpolate(x, scale_factor=float(op.factor), mode="nearest")
        case Shuffle():
            return F.pixel_shuffle(x, op.factor)


class _Style(nn.Module):
    def __init__(self, network: StyleNetwork, half: bool) -> None:
        super().__init__()
        d = network.description
        single = network
        self.several = d.styles > 1
        if self.several:
            single = with_mix(network, torch.eye(d.styles)[0])
            self.scales, self.shifts = nn.ParameterList(), nn.ParameterList()
            for _, norm in norm_layers(network):
                self.scales.append(nn.Parameter(norm.weight.detach().clone(), requires_grad=False))
                self.shifts.append(nn.Parameter(norm.bias.detach().clone(), requires_grad=False))
        self.stride, self.carry, self.identity = d.stride, d.carry, d.identity
        self.pixels_in, self.pixels_out = network.pixels_in, network.pixels_out
        self.layers = _Layers(lower(single.layers, even=True), half)

    def forward(self, picture: Tensor, weights: Tensor | None = None) -> Tensor:
        height, width = picture.shape[-2:]
        x = self.pixels_in(_mirrored(_mirrored(picture, 2, self.stride), 3, self.stride))
        if weights is None:
            y = self.layers(x)
        else:
            pairs = zip(self.scales, self.shifts, strict=True)
            y = self.layers(x, [(mixed(weights, scale), mixed(weights, shift)) for scale, shift in pairs])
        if weights is not None and self.identity:
            y = carry_round(x, y, weights[-1].clamp(0, 1))
        elif self.carry:
            y = carry_round(x, y, self.carry)
        painting: Tensor = self.pixels_out(y)
        for dimension, side in ((2, height), (3, width)):  # by indices: a slice would tie the sizes to the multiple
            painting = painting.index_select(dimension, torch.arange(side, device=painting.device))
        return painting.clamp(0, 1)


def _mirrored(x: Tensor, dimension: int, multiple: int) -> Tensor:
    """Reflect at the end up to a multiple, by indices: sizes need not be known."""
    side = x.shape[dimension]
    places = torch.arange((side + multiple - 1) // multiple * multiple, device=x.device)
    return x.index_select(dimension, torch.minimum(places, 2 * (side - 1) - places))


class _SuperResolution(nn.Module):
    def __init__(self, network: SuperResolutionNetwork, half: bool) -> None:
        super().__init__()
        self.pixels_in, self.pixels_out, self.enlarge = network.pixels_in, network.pixels_out, network.enlarge
        self.layers = _Layers(lower(network.layers, even=network.description.scale % 2 == 0), half)

    def forward(self, picture: Tensor) -> Tensor:
        x = self.pixels_in(picture)
        y = self.layers(x)
        if self.enlarge is not None:
            y = y + _enlarged(x, self.enlarge.weight, self.enlarge.factor)
        large: Tensor = self.pixels_out(y)
        return large.clamp(0, 1)


class _SRCNN(nn.Module):
    def __init__(self, network: SRCNN, half: bool) -> None:
        super().__init__()
        self.border = network.border
        self.layers = _Layers(lower(network.layers, even=network.description.scale % 2 == 0), half)
        self.register_buffer("kernel", network.enlarge.weight.clone())
        self.register_buffer("luma", network.luma_weights.clone())
        self.factor = network.enlarge.factor

    def forward(self, picture: Tensor) -> Tensor:
        luma = self.get_buffer("luma")
        large = _enlarged(picture, self.get_buffer("kernel"), self.factor)
        before = (large * luma).sum(1, keepdim=True)
        after = self.layers(F.pad(before, (self.border,) * 4, mode="replicate"))
        pixels: Tensor = large + (after - before) / luma.sum()
        return pixels.clamp(0, 1)


def _enlarged(x: Tensor, kernel: Tensor, factor: int) -> Tensor:
    """`painterly.networks.bicubic.BicubicUpsample`."""
    reach = kernel.shape[-1] // 2
    padded = F.pad(x, (reach,) * 4, mode="reflect")
    return F.pixel_shuffle(F.conv2d(padded, kernel.repeat(3, 1, 1, 1), groups=3), factor)
