"""Anybody's network on a tensor of any size, in one call."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from painterly.networks.srcnn import SRCNN
from painterly.networks.style import StyleNetwork
from painterly.networks.super_resolution import SuperResolutionNetwork
from painterly.tiling.networks import network_program
from painterly.tiling.program import Program
from painterly.tiling.run import run_tiled
from painterly.tiling.settings import parse_memory
from painterly.tiling.stores import TensorPixels
from painterly.tiling.tracing import trace_network

__all__ = ["apply_tiled"]


def apply_tiled(
    network: nn.Module | Program,
    pictures: Tensor,
    *,
    tile: int | None = None,
    memory: int | str | None = None,
    device: torch.device | str | None = None,
    progress: Callable[[float], object] = lambda share: None,
) -> Tensor:
    """What `network(pictures)` gives in evaluation mode, computed by tiles in flat memory.

    Exactly the same but for the rounding of float32: tiles see as much of their neighbours as the network does, and
    are normalised by the mean and variance of the whole picture. See `run_tiled`, and `trace_network` for what a
    network may be made of.

    Args:
        network: Any network that `trace_network` can follow; one of painterly's own, whose result is cut off at 0 and
            1; or a program.
        pictures: Shape (B, C, H, W). They stay where they are; only tiles go to `device`.
        tile: Side of the tiles in pixels of the result; by default as large as pays and as memory allows.
        memory: What the process may hold in all, in bytes or as "2GB"; by default two thirds of what is free.
        device: Where to compute; by default where the network's weights are.
        progress: Called with the share that is done, from 0 to 1.

    Returns:
        The result, float32, where `pictures` are.

    Raises:
        TypeError: The network does something that tiles do not know.
        InputError: There is not memory enough even for small tiles.
        ValueError: The pictures are of no such shape, or too small for the network.

    Example:
        >>> import torch
        >>> blur = torch.nn.AvgPool2d(3, stride=1, padding=1)
        >>> pictures = torch.rand(2, 3, 40, 50)
        >>> torch.allclose(apply_tiled(blur, pictures, tile=16), blur(pictures), atol=1e-6)
        True
    """
    if pictures.ndim != 4 or not len(pictures):
        raise ValueError(f"pictures must have the shape (B, C, H, W), not {tuple(pictures.shape)}")
    program, where = _program(network, pictures.shape[1], device)
    (height, width) = program.sizes([(pictures.shape[2], pictures.shape[3])])[-1]
    result = torch.empty(len(pictures), program.channels[-1], height, width, device=pictures.device)
    for number, (given, place) in enumerate(zip(pictures.float().split(1), result.split(1), strict=True)):
        run_tiled(
            program,
            [TensorPixels(given)],
            TensorPixels(place),
            tile=tile,
            memory=parse_memory(memory),
            device=where,
            progress=lambda share, done=number: progress((done + share) / len(pictures)),  # type: ignore[misc]
        )
    return result


def _program(
    network: nn.Module | Program, channels: int, device: torch.device | str | None
) -> tuple[Program, torch.device | str]:
    if isinstance(network, Program):
        return network, device or "cpu"
    weights = next(network.parameters(), None)
    where = device or ("cpu" if weights is None else weights.device)
    if isinstance(network, (StyleNetwork, SuperResolutionNetwork, SRCNN)):
        return network_program(network, device=where), where
    return trace_network(network, channels=channels, device=where), where
