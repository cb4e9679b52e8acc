"""What layers cost, against numbers worked out by hand."""

from __future__ import annotations

import json
import math
from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from painterly.evaluation.cost import downsampling_argument, multiplications, receptive_field
from painterly.networks.description import STYLE_PRESETS
from painterly.networks.style import StyleNetwork

LAYERS = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 3)), min_size=1, max_size=4)
"""Kernels and strides."""


def convolutions(layers: list[tuple[int, int]], channels: int = 1, *, bias: bool = True) -> nn.Sequential:
    return nn.Sequential(*(nn.Conv2d(channels, channels, kernel, stride, bias=bias) for kernel, stride in layers))


def analytic_field(layers: list[tuple[int, int]]) -> int:
    """1 + sum over layers of (k - 1) times the strides before it (Araujo et al. 2019)."""
    strides = [math.prod(stride for _, stride in layers[:index]) for index in range(len(layers))]
    return 1 + sum((kernel - 1) * stride for (kernel, _), stride in zip(layers, strides, strict=True))


def side_for(layers: list[tuple[int, int]], outputs: int) -> int:
    """What convolutions without padding make so many outputs of."""
    side = outputs
    for kernel, stride in reversed(layers):
        side = (side - 1) * stride + kernel
    return side


@given(LAYERS, st.integers(1, 3), st.integers(1, 2))
def test_multiplications_of_convolutions(layers: list[tuple[int, int]], channels: int, batch: int) -> None:
    network, side = convolutions(layers, channels), side_for(layers, 3)
    expected, after = 0, side
    for kernel, stride in layers:
        after = (after - kernel) // stride + 1
        expected += batch * channels**2 * kernel**2 * after**2
    assert multiplications(network, torch.rand(batch, channels, side, side)) == expected


def test_groups_and_nothing_but_convolutions() -> None:
    picture = torch.rand(1, 4, 10, 12)
    grouped = nn.Conv2d(4, 8, 3, padding=1, groups=2)
    assert multiplications(grouped, picture) == 9 * 2 * 8 * 120
    assert multiplications(nn.Sequential(nn.ReLU(), nn.InstanceNorm2d(4), nn.Upsample(scale_factor=2)), picture) == 0
    # A transposed convolution multiplies every pixel of its input by its whole kernel.
    assert multiplications(nn.ConvTranspose2d(4, 5, 3, 2, 1, 1), picture) == 9 * 4 * 5 * 120


def test_the_paper_s_style_network() -> None:
    """Supplement, table 1: the padded picture of 336 pixels, residual blocks that lose four pixels each."""
    network = StyleNetwork(STYLE_PRESETS["paper"]).eval()
    down = [(3, 32, 9, 336), (32, 64, 3, 168), (64, 128, 3, 84)]
    blocks = [(128, 128, 3, side) for side in range(82, 62, -2)]
    up = [(128, 64, 3, 64), (64, 32, 3, 128), (32, 3, 9, 256)]  # the first two count by the pixels that they take
    layers = [*down, *blocks, *up]
    assert multiplications(network, torch.rand(1, 3, 256, 256)) == sum(
        before * after * kernel**2 * side**2 for before, after, kernel, side in layers
    )
    weights = sum(before * after * kernel**2 for before, after, kernel, _ in layers)
    assert sum(p.numel() for p in network.parameters() if p.dim() == 4) == weights
    norms = sum(2 * after for _, after, _, _ in layers[:-1])
    biases = sum(after for _, after, _, _ in layers)
    assert sum(p.numel() for p in network.parameters() if p.dim() < 4) == norms + biases


@given(LAYERS)
def test_the_field_of_a_stack_is_the_analytic_one(layers: list[tuple[int, int]]) -> None:
    side = side_for(layers, 3)
    assert receptive_field(convolutions(layers), torch.rand(1, 1, side, side), 1) == analytic_field(layers)


@given(LAYERS, st.integers(0, 3))
def test_weights_signs_and_dead_units_do_not_matter(layers: list[tuple[int, int]], seed: int) -> None:
    torch.manual_seed(seed)
    side = side_for(layers, 3)
    closed = [nn.Sequential(layer, nn.ReLU()) for layer in convolutions(layers, 2)]
    network = nn.Sequential(*closed)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.neg_().sub_(1)  # no ReLU lets anything through
    assert receptive_field(network, torch.rand(1, 2, side, side), 1) == analytic_field(layers)


def test_of_neighbours_on_a_coarse_grid_the_one_that_sees_farthest_counts() -> None:
    # Two outputs share a pixel of the grid; a kernel of two lies on one such pair, or across two.
    grid = nn.Sequential(nn.Conv2d(1, 1, 2, 2), nn.Upsample(scale_factor=2), nn.Conv2d(1, 1, 2))
    picture = torch.rand(1, 1, 24, 24)
    assert {receptive_field(grid, picture[..., column:], 1) for column in (0, 1)} == {2, 4}
    assert receptive_field(grid, picture) == 4
    assert receptive_field(grid, picture, 2) == 4


@pytest.mark.parametrize("training", [False, True])
def test_measuring_changes_nothing(training: bool) -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Conv2d(4, 1, 3)).train(training)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    picture = torch.rand(1, 3, 12, 12)
    same = picture.clone()
    multiplications(network, picture)
    assert receptive_field(network, picture) == 5
    assert torch.equal(picture, same)
    assert not picture.requires_grad
    assert network.training == training
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
    assert all(p.grad is None and p.dtype == torch.float32 for p in network.parameters())


@pytest.mark.parametrize("channels", [2, 8])
def test_down_sampling_costs_the_same_and_sees_farther(channels: int) -> None:
    rows = downsampling_argument(channels, size=64)
    assert [(row.factor, row.layers) for row in rows] == [(d, n) for d in (1, 2, 4) for n in (1, 2, 4)]
    for row in rows:
        assert row.channels == row.factor * channels
        assert row.multiplications == row.formula == row.layers * 9 * channels**2 * 64**2
        assert row.field == (1 + 2 * row.layers) * row.factor
    for count in (1, 2, 4):
        same_depth = [row for row in rows if row.layers == count]
        assert len({row.multiplications for row in same_depth}) == 1
        assert all(fine.field < coarse.field for fine, coarse in pairwise(same_depth))
    assert json.loads(json.dumps([row.to_dict() for row in rows]))[0]["factor"] == 1
