"""On NVIDIA GPUs: all kernels of a pass recorded once for each shape, and then started as one.

A style network is some sixty kernels, most of which take less time at 256 pixels than a processor needs to start them.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

import torch
from torch import Tensor, nn

__all__ = ["CudaGraphs"]

_KEPT = 8
"""Shapes whose recordings are kept, the last used; each holds its activations."""

_MOST_PIXELS = 2048 * 2048
"""Above, kernels take so long that starting them costs nothing, and recordings too much memory."""


class _Recording(NamedTuple):
    graph: torch.cuda.CUDAGraph
    given: Tensor
    result: Tensor


class CudaGraphs(nn.Module):
    """Runs an engine by replaying CUDA graphs; on any other device, and for large pictures, it just runs it.

    Args:
        engine: Takes and gives one tensor; does the same operations whatever the values in it are.
    """

    def __init__(self, engine: nn.Module) -> None:
        super().__init__()
        self.engine = engine
        self._recordings: OrderedDict[tuple[int, ...], _Recording] = OrderedDict()

    def forward(self, x: Tensor) -> Tensor:
        if x.device.type != "cuda" or len(x) * x.shape[-2] * x.shape[-1] > _MOST_PIXELS:
            y: Tensor = self.engine(x)
            return y
        shape = tuple(x.shape)
        if shape not in self._recordings:
            while len(self._recordings) >= _KEPT:
                self._recordings.popitem(last=False)
            self._recordings[shape] = self._record(x)
        self._recordings.move_to_end(shape)
        recording = self._recordings[shape]
        recording.given.copy_(x)
        recording.graph.replay()
        return recording.result.clone()  # the next replay writes over it

    def _record(self, x: Tensor) -> _Recording:
        given = x.clone(memory_format=torch.channels_last)
        stream = torch.cuda.Stream(x.device)
        stream.wait_stream(torch.cuda.current_stream(x.device))
        with torch.cuda.stream(stream):  # cuDNN chooses its algorithms before anything is recorded
            for _ in range(3):
                self.engine(given)
        torch.cuda.current_stream(x.device).wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            result = self.engine(given)
        return _Recording(graph, given, result)
