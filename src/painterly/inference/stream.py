"""Many pictures through a network, one after the other: bytes in, bytes out, converted where the network runs.

On a GPU the next picture is copied to it, and the last one back, while the present one is painted.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator

import torch
from torch import Tensor

from painterly.inference.convert import from_bytes, to_bytes
from painterly.inference.cuda_graphs import CudaGraphs

__all__ = ["from_bytes", "stream", "to_bytes"]

_AHEAD = 2
"""Pictures that may be under way on a GPU before the oldest is waited for."""


@torch.inference_mode()
def stream(
    paint: Callable[[Tensor], Tensor], pictures: Iterable[Tensor], device: torch.device | str = "cpu"
) -> Iterator[Tensor]:
    """Paint pictures as they come.

    Args:
        paint: From RGB in [0, 1], shape (B, 3, H, W), on the device, to pictures. A network that `accelerate` made
            for an NVIDIA GPU does it, from bytes to bytes, in one recorded piece.
        pictures: uint8 RGB, shape (B, H, W, 3), in the host's memory; sizes may change from one to the next.
        device: Where to paint.

    Yields:
        uint8 RGB, shape (B, H', W', 3), in the host's memory, in the order of the pictures.
    """
    where = torch.device(device)
    if where.type != "cuda":
        for pixels in pictures:
            yield to_bytes(paint(from_bytes(pixels.to(where)))).cpu()
        return
    recorded = getattr(paint, "forward", None)
    run = recorded.bytes if isinstance(recorded, CudaGraphs) else lambda pixels: to_bytes(paint(from_bytes(pixels)))
    upload, download = torch.cuda.Stream(where), torch.cuda.Stream(where)
    under_way: deque[tuple[Tensor, torch.cuda.Event]] = deque()
    for pixels in pictures:
        pinned = pixels.pin_memory()
        with torch.cuda.stream(upload):
            given = pinned.to(where, non_blocking=True)
        torch.cuda.current_stream(where).wait_stream(upload)
        given.record_stream(torch.cuda.current_stream(where))
        result = run(given)
        download.wait_stream(torch.cuda.current_stream(where))
        with torch.cuda.stream(download):
            back = torch.empty(result.shape, dtype=torch.uint8, pin_memory=True)
            back.copy_(result, non_blocking=True)
            result.record_stream(download)
            done = torch.cuda.Event()
            done.record(download)
        under_way.append((back, done))
        if len(under_way) > _AHEAD:
            yield _arrived(under_way)
    while under_way:
        yield _arrived(under_way)


def _arrived(under_way: deque[tuple[Tensor, torch.cuda.Event]]) -> Tensor:
    pixels, done = under_way.popleft()
    done.synchronize()
    return pixels
