"""The list of operations itself."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch
from torch import nn

from painterly.inference import Graph, lower
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
    operands,
    split_input,
)
from painterly.networks import SRCNN, StyleDescription, StyleNetwork, SuperResolutionDescription, SuperResolutionNetwork


def kinds(graph: Graph) -> list[type[Op]]:
    return [type(op) for op in graph.ops]


def style(**choices: Any) -> nn.Module:
    return StyleNetwork(StyleDescription(width=2, blocks=1, **choices)).eval().layers


def test_layers_are_listed_as_they_are() -> None:
    graph = lower(style(), rewrite=False)
    one = [Pad, Convolution, Norm, Relu]
    block = [*one, Pad, Convolution, Norm, Add]
    up = [Nearest, *one]
    assert kinds(graph) == [*one * 3, *block, *up * 2, Pad, Convolution]
    assert graph.inputs == 3


def test_what_is_rewritten() -> None:
    layers = style()
    one = [Pad, Convolution, Norm, Relu]
    up = [Pad, Transposed, Norm, Relu]
    body = [*one * 3, *one, Pad, Convolution, Norm, Add, *up * 2, Pad, Convolution]
    assert kinds(lower(layers)) == body
    assert kinds(lower(layers, even=True)) == [*body, Shuffle]
    last = lower(layers, even=True).ops[-2]
    assert isinstance(last, Convolution)
    assert (last.weight.shape, last.bias.shape, last.stride) == ((12, 2, 10, 10), (12,), 2)
    first_up = next(op for op in lower(layers).ops if isinstance(op, Transposed))
    assert first_up.weight.shape == (8, 4, 4, 4)


def test_the_rewritten_layers_multiply_less() -> None:
    """A 4x4 kernel of stride 2 meets each new pixel with four taps instead of nine."""
    new = next(op for op in lower(style()).ops if isinstance(op, Transposed))
    old = [op for op in lower(style(), rewrite=False).ops if isinstance(op, Convolution)][-3]
    assert (old.weight[0, 0].numel(), new.weight[0, 0].numel() / new.stride**2) == (9, 4)


@pytest.mark.parametrize(
    "layers",
    [
        style(normalization="batch"),
        style(normalization="batch", upsampling="transposed", padding="reflect-start", pixels="vgg"),
        SuperResolutionNetwork(
            SuperResolutionDescription(width=2, up_width=2, blocks=1, normalization="batch", upsampling="transposed")
        ).layers,
    ],
)
def test_batch_normalisation_disappears(layers: nn.Module) -> None:
    layers.eval()
    assert Scale in kinds(lower(layers, rewrite=False))
    assert not {Scale, Norm} & set(kinds(lower(layers)))


def test_after_pixels_are_laid_out_batch_normalisation_stays() -> None:
    description = SuperResolutionDescription(width=2, up_width=2, blocks=0, normalization="batch")
    graph = lower(SuperResolutionNetwork(description).eval().layers)
    assert [pair for pair in itertools.pairwise(kinds(graph)) if pair[1] is Scale] == [(Shuffle, Scale)] * 2


@pytest.mark.parametrize("scale", [2, 3, 4, 8])
def test_odd_factors_are_left_as_they_are(scale: int) -> None:
    description = SuperResolutionDescription(scale=scale, width=2, up_width=2, blocks=0, upsampling="resize")
    graph = lower(SuperResolutionNetwork(description).eval().layers, even=scale % 2 == 0)
    assert (Nearest in kinds(graph)) == (scale == 3)
    assert (Shuffle in kinds(graph)) == (scale != 3)


def test_every_operation_looks_back_and_every_value_but_the_last_is_used() -> None:
    for layers in (style(), style(padding="reflect-start"), SRCNN("9-1-5").layers):
        for rewrite in (False, True):
            graph = lower(layers, rewrite=rewrite, even=True)
            uses = graph.last_uses()
            assert set(uses) == set(range(len(graph.ops)))
            for number, op in enumerate(graph.ops, 1):
                for value in operands(op):
                    assert value < number <= uses[value]
                    assert value in operands(graph.ops[uses[value] - 1])


def test_what_a_block_adds_is_kept_until_it_is_added() -> None:
    graph = lower(style(), rewrite=False)
    (number,) = (number for number, op in enumerate(graph.ops, 1) if isinstance(op, Add))
    op = graph.ops[number - 1]
    assert isinstance(op, Add)
    assert op.y == number - 1
    assert graph.last_uses()[op.x] == number


def test_lists_are_copies_of_the_weights() -> None:
    layers = style(normalization="instance")
    graph = lower(layers)
    before = [op.weight.clone() for op in graph.ops if isinstance(op, (Convolution, Transposed, Norm))]
    with torch.no_grad():
        for parameter in layers.parameters():
            parameter.fill_(7)
    after = [op.weight for op in graph.ops if isinstance(op, (Convolution, Transposed, Norm))]
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))
    assert not any(value.requires_grad for value in after)


def test_a_split_input_only_doubles_what_comes_in() -> None:
    graph = lower(style(), even=True)
    split = split_input(graph)
    assert split.inputs == 6
    assert kinds(split) == kinds(graph)
    weights = [[op.weight for op in g.ops if isinstance(op, (Convolution, Transposed))] for g in (graph, split)]
    assert torch.equal(weights[1][0], torch.cat([weights[0][0]] * 2, 1))
    assert all(a is b for a, b in zip(weights[0][1:], weights[1][1:], strict=True))


def test_an_unknown_module_is_named() -> None:
    with pytest.raises(TypeError, match="no operation is known for GELU"):
        lower(nn.Sequential(nn.Conv2d(3, 3, 1), nn.GELU()))


@pytest.mark.parametrize("upsample", [nn.Upsample(scale_factor=2, mode="bilinear"), nn.Upsample(scale_factor=1.5)])
def test_enlarging_otherwise_than_by_repeating_is_not_taken_for_it(upsample: nn.Module) -> None:
    with pytest.raises(TypeError, match="no operation is known for Upsample"):
        lower(nn.Sequential(nn.Conv2d(3, 3, 1), upsample))
