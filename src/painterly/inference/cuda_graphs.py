"""On NVIDIA GPUs: all kernels of a pass recorded once for each shape, and then started as one.

A style network is some sixty kernels, most of which take less time at 256 pixels than a processor needs to start them.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor

from painterly.inference.convert import from_bytes, to_bytes

__all__ = ["CudaGraphs", "choosing_algorithms"]

log = logging.getLogger(__name__)

_KEPT = 8
"""Shapes whose recordings are kept, the last used; each holds its input and its result."""

_MOST_VALUES = 3 * 2048 * 2048
"""Above, kernels take so long that starting them costs nothing, and recordings too much memory."""


_TURN = threading.Lock()
_SPACES: dict[tuple[int | None, int], Any] = {}
"""By device and stream, where all recordings work, as large as the largest needs. They write over one another's values,
so that a replay, from giving it its input to taking its result, is done before the next begins."""


class _Recording(NamedTuple):
    graph: torch.cuda.CUDAGraph
    given: Tensor
    result: Tensor


class CudaGraphs:
    """Runs a function by replaying CUDA graphs; on any other device, and for large pictures, it just runs it.

    Where a function cannot be recorded, it is run from then on, with one warning. Threads take turns.

    Args:
        run: Takes and gives one tensor; does the same operations whatever the values in it are.
    """

    def __init__(self, run: Callable[[Tensor], Tensor]) -> None:
        self.run = run
        self._recordings: OrderedDict[tuple[object, ...], _Recording] = OrderedDict()
        self._works = True

    def __call__(self, x: Tensor) -> Tensor:
        """What the function makes of a tensor."""
        return self._replay(x) if self._records(x) else self.run(x)

    def bytes(self, pixels: Tensor) -> Tensor:
        """The same for uint8 pixels, shape (B, H, W, 3) in and out; their conversion is recorded too."""
        return self._replay(pixels) if self._records(pixels) else self._run(pixels)

    def _records(self, x: Tensor) -> bool:
        return x.device.type == "cuda" and x.numel() <= _MOST_VALUES and self._works

    def _run(self, x: Tensor) -> Tensor:
        return to_bytes(self.run(from_bytes(x))) if x.dtype == torch.uint8 else self.run(x)

    @torch.inference_mode()
    def _replay(self, x: Tensor) -> Tensor:
        key = (*x.shape, x.dtype, _stream(x))
        with _TURN:
            if key not in self._recordings:
                recording = self._try_to_record(x)
                if recording is None:
                    return self._run(x)
                while len(self._recordings) >= _KEPT:
                    self._recordings.popitem(last=False)
                self._recordings[key] = recording
            self._recordings.move_to_end(key)
            recording = self._recordings[key]
            recording.given.copy_(x)
            recording.graph.replay()
            return recording.result.clone()  # the next replay writes over it

    def _try_to_record(self, x: Tensor) -> _Recording | None:
        given = x.clone(memory_format=torch.preserve_format)
        try:
            with choosing_algorithms():  # worth it: what is chosen is replayed many times
                self._warm_up(given)
                return self._record(given)
        except torch.OutOfMemoryError:
            self._recordings.clear()
            log.info("too little memory to record a pass over %s: run without", tuple(x.shape))
        return None

    def _warm_up(self, given: Tensor) -> None:
        """Let algorithms be chosen and kernels be compiled before anything is recorded."""
        stream = torch.cuda.Stream(given.device)
        stream.wait_stream(torch.cuda.current_stream(given.device))
        with torch.cuda.stream(stream):
            for _ in range(3):
                self._run(given)
        torch.cuda.current_stream(given.device).wait_stream(stream)

    def _record(self, given: Tensor) -> _Recording | None:
        device, graph = given.device, torch.cuda.CUDAGraph()
        space = _SPACES.setdefault(_stream(given), torch.cuda.graph_pool_handle())
        # In this thread alone: others may go on working with the GPU, as those do that copy pictures to it.
        recorder = torch.cuda.graph(graph, space, torch.cuda.Stream(device), capture_error_mode="thread_local")
        try:
            with torch.cuda.device(device), recorder:
                result = self._run(given)
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:
            log.warning("CUDA graphs cannot be used here: %s", str(error).strip().splitlines()[0])
            self._works = False
            return None
        return _Recording(graph, given, result)


def _stream(x: Tensor) -> tuple[int | None, int]:
    """The stream on which work with a tensor is queued now."""
    return x.device.index, torch.cuda.current_stream(x.device).cuda_stream


@contextlib.contextmanager
def choosing_algorithms() -> Iterator[None]:
    """Let cuDNN try its algorithms on every new shape, and keep the fastest."""
    before = torch.backends.cudnn.benchmark
    torch.backends.cudnn.benchmark = True
    try:
        yield
    finally:
        torch.backends.cudnn.benchmark = before
