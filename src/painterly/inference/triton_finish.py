"""What lies between two convolutions, in two passes over memory on an NVIDIA GPU: survey, then everything else.

Kernels in Triton, which comes with CUDA builds of torch. Nothing in here waits for the GPU, and shapes alone decide
what is started, so that CUDA graphs can record it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
import triton
import triton.language as tl
from torch import Tensor

if TYPE_CHECKING:
    from painterly.inference.finish import Finish

__all__ = ["finish"]

_TILE = 4096
"""Activations that a program holds at once."""

_PROGRAMS = 1024
"""Programs that survey a batch, at most about; several for each multiprocessor of the largest GPU."""

_WARPS = 8


def finish(
    x: Tensor,
    how: Finish,
    weight: Tensor,
    bias: Tensor,
    epsilon: float,
    addend: Tensor | None = None,
    moments: tuple[Tensor, Tensor] | None = None,
) -> Tensor:
    """As `painterly.inference.finish.finish`, for float32, bfloat16 and float16; computed in float32, rounded once."""
    batch, channels, height, width = x.shape
    left, right, above, below = how.pads
    shape = (batch, channels, height + above + below, width + left + right)
    result = torch.empty(shape, dtype=x.dtype, device=x.device, memory_format=torch.channels_last)
    lanes = min(128, triton.next_power_of_2(channels))
    with torch.cuda.device_of(x):  # Triton starts kernels on the current device
        if moments is None:
            mean, scale = _survey(x, weight, epsilon, lanes)
        else:
            mean, variance = (value.to(x.device, torch.float32).view(1, channels) for value in moments)
            scale = torch.rsqrt(variance + epsilon) * weight
        pixels, rows = shape[2] * shape[3], _TILE // lanes
        _apply[triton.cdiv(pixels, rows), batch, triton.cdiv(channels, lanes)](
            x,
            x if addend is None else addend,
            result,
            mean,
            scale,
            bias,
            pixels,
            channels,
            height,
            width,
            shape[3],
            left,
            above,
            0 if len(mean) == 1 else channels,
            *x.stride(),
            *(x if addend is None else addend).stride(),
            result.stride(0),
            relu=how.relu,
            adds=addend is not None,
            reflect=how.mode == "reflect",
            rows=rows,
            lanes=lanes,
            num_warps=_WARPS,
        )
    return result


def _survey(x: Tensor, weight: Tensor, epsilon: float, lanes: int) -> tuple[Tensor, Tensor]:
    """Mean of every channel of every picture, and what it is to be multiplied by: float32, shape (B, C) each."""
    batch, channels, height, width = x.shape
    pixels, rows, groups = height * width, _TILE // lanes, triton.cdiv(channels, lanes)
    tiles = triton.cdiv(pixels, rows)
    chunk = rows * math.ceil(tiles / min(tiles, max(1, _PROGRAMS // (batch * groups))))
    chunks = triton.cdiv(pixels, chunk)
    parts = torch.empty(2, batch, chunks, channels, dtype=torch.float32, device=x.device)
    mean, scale = torch.empty(2, batch, channels, dtype=torch.float32, device=x.device).unbind()
    _chunk_moments[chunks, batch, groups](
        x,
        parts,
        pixels,
        channels,
        width,
        chunk,
        parts.stride(0),
        *x.stride(),
        rows=rows,
        lanes=lanes,
        num_warps=_WARPS,
    )
    few = min(16, lanes)
    _merge_moments[batch, triton.cdiv(channels, few)](
        x,
        parts,
        weight,
        mean,
        scale,
        pixels,
        channels,
        chunk,
        chunks,
        epsilon,
        parts.stride(0),
        x.stride(0),
        x.stride(1),
        rows=64,
        lanes=few,
        num_warps=4,
    )
    return mean, scale


@triton.jit  # type: ignore[untyped-decorator]
def _chunk_moments(
    x: tl.tensor,
    parts: tl.tensor,
    pixels: tl.tensor,
    channels: tl.tensor,
    width: tl.tensor,
    chunk: tl.tensor,
    second: tl.tensor,
    stride_b: tl.tensor,
    stride_c: tl.tensor,
    stride_h: tl.tensor,
    stride_w: tl.tensor,
    rows: tl.constexpr,
    lanes: tl.constexpr,
) -> None:
    """Mean, and sum of squared deviations from it, of some pixels of a picture.

    Each tile's are taken in two passes over registers and merged with those before (Chan et al. 1979). Everything is
    counted from the picture's first pixel, so that channels that hardly vary lose nothing, however far from zero.
    """
    index, picture = tl.program_id(0), tl.program_id(1)
    lane = tl.program_id(2) * lanes + tl.arange(0, lanes)
    inside = lane < channels
    here = x + picture.to(tl.int64) * stride_b + lane * stride_c
    origin = tl.load(here, mask=inside, other=0.0).to(tl.float32)
    start = index * chunk
    stop = tl.minimum(start + chunk, pixels)
    mean = tl.zeros([lanes], dtype=tl.float32)
    squares = tl.zeros([lanes], dtype=tl.float32)
    count = 0.0
    for first in range(start, stop, rows):
        pixel = first + tl.arange(0, rows)
        place = (pixel // width).to(tl.int64) * stride_h + (pixel % width) * stride_w
        mask = (pixel < stop)[:, None] & inside[None, :]
        value = tl.load(here[None, :] + place[:, None], mask=mask, other=0.0).to(tl.float32)
        value = tl.where(mask, value - origin[None, :], 0.0)
        many = tl.minimum(stop - first, rows).to(tl.float32)
        middle = tl.sum(value, 0) / many
        off = tl.where(mask, value - middle[None, :], 0.0)
        step = middle - mean
        whole = count + many
        squares += tl.sum(off * off, 0) + step * step * (count * many / whole)
        mean += step * (many / whole)
        count = whole
    to = parts + (picture.to(tl.int64) * tl.num_programs(0) + index) * channels + lane
    tl.store(to, mean, mask=inside)
    tl.store(to + second, squares, mask=inside)


@triton.jit  # type: ignore[untyped-decorator]
def _merge_moments(
    x: tl.tensor,
    parts: tl.tensor,
    weight: tl.tensor,
    mean_to: tl.tensor,
    scale_to: tl.tensor,
    pixels: tl.tensor,
    channels: tl.tensor,
    chunk: tl.tensor,
    chunks: tl.tensor,
    epsilon: tl.tensor,
    second: tl.tensor,
    stride_b: tl.tensor,
    stride_c: tl.tensor,
    rows: tl.constexpr,
    lanes: tl.constexpr,
) -> None:
    """The moments of a picture from those of its chunks, as mean and scale."""
    picture = tl.program_id(0)
    lane = tl.program_id(1) * lanes + tl.arange(0, lanes)
    inside = lane < channels
    here = parts + picture.to(tl.int64) * chunks * channels + lane
    mean = tl.zeros([lanes], dtype=tl.float32)
    squares = tl.zeros([lanes], dtype=tl.float32)
    count = 0.0
    for first in range(0, chunks, rows):
        index = first + tl.arange(0, rows)
        mask = (index < chunks)[:, None] & inside[None, :]
        place = here[None, :] + (index * channels)[:, None]
        means = tl.load(place, mask=mask, other=0.0)
        spreads = tl.load(place + second, mask=mask, other=0.0)
        size = tl.maximum(tl.minimum(pixels - index * chunk, chunk), 0).to(tl.float32)
        many = tl.sum(size, 0)
        middle = tl.sum(means * size[:, None], 0) / many
        off = tl.where(mask, means - middle[None, :], 0.0)
        step = middle - mean
        whole = count + many
        squares += tl.sum(spreads + off * off * size[:, None], 0) + step * step * (count * many / whole)
        mean += step * (many / whole)
        count = whole
    origin = tl.load(x + picture.to(tl.int64) * stride_b + lane * stride_c, mask=inside, other=0.0).to(tl.float32)
    scale = tl.load(weight + lane, mask=inside, other=0.0) / tl.sqrt(squares / count + epsilon)
    tl.store(mean_to + picture * channels + lane, origin + mean, mask=inside)
    tl.store(scale_to + picture * channels + lane, scale, mask=inside)


@triton.jit  # type: ignore[untyped-decorator]
def _apply(
    x: tl.tensor,
    addend: tl.tensor,
    result: tl.tensor,
    mean: tl.tensor,
    scale: tl.tensor,
    bias: tl.tensor,
    pixels: tl.tensor,
    channels: tl.tensor,
    height: tl.tensor,
    width: tl.tensor,
    result_width: tl.tensor,
    left: tl.tensor,
    above: tl.tensor,
    moments_b: tl.tensor,
    stride_b: tl.tensor,
    stride_c: tl.tensor,
    stride_h: tl.tensor,
    stride_w: tl.tensor,
    addend_b: tl.tensor,
    addend_c: tl.tensor,
    addend_h: tl.tensor,
    addend_w: tl.tensor,
    result_b: tl.tensor,
    relu: tl.constexpr,
    adds: tl.constexpr,
    reflect: tl.constexpr,
    rows: tl.constexpr,
    lanes: tl.constexpr,
) -> None:
    """Every pixel of the padded result from the one that it shows."""
    picture = tl.program_id(1).to(tl.int64)
    pixel = tl.program_id(0) * rows + tl.arange(0, rows)
    lane = tl.program_id(2) * lanes + tl.arange(0, lanes)
    inside = lane < channels
    mask = (pixel < pixels)[:, None] & inside[None, :]
    row = pixel // result_width - above
    column = pixel % result_width - left
    if reflect:
        row = height - 1 - tl.abs(height - 1 - tl.abs(row))
        column = width - 1 - tl.abs(width - 1 - tl.abs(column))
    row = tl.minimum(tl.maximum(row, 0), height - 1).to(tl.int64)
    column = tl.minimum(tl.maximum(column, 0), width - 1)
    place = (row * stride_h + column * stride_w)[:, None] + (lane * stride_c)[None, :]
    value = tl.load(x + picture * stride_b + place, mask=mask, other=0.0).to(tl.float32)
    centre = tl.load(mean + picture * moments_b + lane, mask=inside, other=0.0)
    factor = tl.load(scale + picture * moments_b + lane, mask=inside, other=0.0)
    shift = tl.load(bias + lane, mask=inside, other=0.0)
    value = (value - centre[None, :]) * factor[None, :] + shift[None, :]
    if relu:
        value = tl.maximum(value, 0.0, propagate_nan=tl.PropagateNan.ALL)
    if adds:
        other = (row * addend_h + column * addend_w)[:, None] + (lane * addend_c)[None, :]
        value += tl.load(addend + picture * addend_b + other, mask=mask, other=0.0).to(tl.float32)
    to = result + picture * result_b + pixel.to(tl.int64)[:, None] * channels + lane[None, :]
    tl.store(to, value.to(result.dtype.element_ty), mask=mask)
