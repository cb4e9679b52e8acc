"""What is asked for wrongly is said to be wrong, and what is merely odd works."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from painterly.errors import InputError, UsageError
from painterly.inference.graph import Convolution
from painterly.networks import (
    StyleDescription,
    StyleNetwork,
    SuperResolutionDescription,
    SuperResolutionNetwork,
)
from painterly.tiling import Program, ProgramBuilder, TensorPixels, network_program, run_tiled

SIZE = (21, 34)


@pytest.fixture
def network() -> SuperResolutionNetwork:
    return SuperResolutionNetwork(SuperResolutionDescription(scale=2, width=3, up_width=2, blocks=1)).eval()


@pytest.fixture
def program(network: SuperResolutionNetwork) -> Program:
    return network_program(network)


def pixels(channels: int, height: int, width: int) -> TensorPixels:
    return TensorPixels(torch.rand(1, channels, height, width))


def at_once(network: nn.Module, picture: Tensor) -> Tensor:
    with torch.no_grad():
        return torch.as_tensor(network(picture)).clamp(0, 1)


def test_nothing_but_pictures_is_needed(network: SuperResolutionNetwork, program: Program) -> None:
    source, output = pixels(3, *SIZE), pixels(3, 42, 68)
    assert run_tiled(program, [source], output) == {}
    torch.testing.assert_close(output.tensor, at_once(network, source.tensor), rtol=0, atol=1e-5)


@pytest.mark.parametrize("tile", [1, 2, 100_000])
def test_tiles_of_any_side_work(network: SuperResolutionNetwork, program: Program, tile: int) -> None:
    source, output = pixels(3, 3, 4), pixels(3, 6, 8)
    run_tiled(program, [source], output, tile=tile)
    torch.testing.assert_close(output.tensor, at_once(network, source.tensor), rtol=0, atol=1e-5)


def test_more_or_fewer_pictures_or_channels_are_refused(program: Program) -> None:
    output = pixels(3, 42, 68)
    for sources in ([], [pixels(3, *SIZE)] * 2, [pixels(1, *SIZE)], [pixels(4, *SIZE)]):
        with pytest.raises(UsageError, match="takes 1 pictures"):
            run_tiled(program, sources, output)


@pytest.mark.parametrize("size", [(42, 67), (21, 34), (68, 42)])
def test_a_place_of_another_size_is_refused(program: Program, size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=r"the result has \(42, 68\) pixels"):
        run_tiled(program, [pixels(3, *SIZE)], pixels(3, *size))


def test_a_place_of_other_channels_is_refused(program: Program) -> None:
    with pytest.raises((ValueError, RuntimeError)):
        run_tiled(program, [pixels(3, *SIZE)], pixels(4, 42, 68))


def test_a_place_of_more_channels_than_the_one_there_is_refused() -> None:
    builder = ProgramBuilder()
    builder.pointwise(torch.neg, builder.source(1), channels=1)
    with pytest.raises((ValueError, UsageError)):
        run_tiled(builder.build(), [pixels(1, 4, 4)], pixels(3, 4, 4))


@pytest.mark.parametrize("tile", [None, 64])
def test_too_little_memory_is_one_sentence(program: Program, tile: int | None) -> None:
    with pytest.raises(InputError, match="memory"):
        run_tiled(program, [pixels(3, *SIZE)], pixels(3, 42, 68), memory=1 << 20, tile=tile)


def test_pictures_too_small_for_a_program_are_refused() -> None:
    builder = ProgramBuilder()
    builder.op(Convolution(builder.source(3), torch.zeros(1, 3, 5, 5), torch.zeros(1)))
    with pytest.raises(ValueError, match="too small"):
        builder.build().sizes([(4, 9)])


def test_values_that_do_not_fit_each_other_are_refused() -> None:
    builder = ProgramBuilder()
    builder.pointwise(torch.add, builder.source(1), builder.source(1), channels=1)
    with pytest.raises(ValueError, match="values of one size"):
        run_tiled(builder.build(), [pixels(1, 4, 4), pixels(1, 4, 5)], pixels(1, 4, 4))


def test_networks_without_a_program_are_named() -> None:
    with pytest.raises(TypeError, match="no program is known for Linear"):
        network_program(nn.Linear(3, 3))
    with pytest.raises(ValueError, match="several styles"):
        network_program(StyleNetwork(StyleDescription(width=1, blocks=0, styles=2)))
