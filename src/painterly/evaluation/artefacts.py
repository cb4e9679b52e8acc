"""What PSNR does not see: a shift of colours, and a grid with the period of the up-sampling."""

from __future__ import annotations

import torch
from torch import Tensor

from painterly.evaluation.metrics import luma

__all__ = ["colour_shift", "grid_energy"]

_PERIODS = 4
"""Width of the blocks in which the grid is looked for, in periods of it: narrow ones see one whose sign changes."""


def colour_shift(output: Tensor, target: Tensor) -> float:
    """Largest difference between the mean red, green and blue of two pictures, in levels of 255.

    Args:
        output: RGB in [0, 1], shape (1, 3, H, W).
        target: The same.
    """
    return float((output.double().clamp(0, 1).mean((2, 3)) - target.double().mean((2, 3))).abs().max() * 255)


def grid_energy(output: Tensor, target: Tensor, scale: int, *, flattest: float = 0.5) -> float:
    """Strength of the pattern that repeats with every low-resolution pixel, where the ground truth is flat.

    In blocks of four periods, luma is windowed (Hann) and transformed; what stands at whole multiples of the
    up-sampling frequency 1 / scale is the grid.

    Args:
        output: RGB in [0, 1], shape (1, 3, H, W).
        target: The ground truth, same shape; it decides which blocks are flat.
        scale: The period in pixels.
        flattest: Share of the blocks that count.

    Returns:
        Root mean square over the blocks, in levels of luma (219 from black to white); 0 for pictures smaller than one.
    """
    side = _PERIODS * scale
    blocks, truth = (_blocks(luma(picture)[0, 0], side) for picture in (output, target))
    if not len(blocks):
        return 0.0
    variance = truth.var((1, 2), correction=0)
    chosen = blocks[variance.argsort()[: max(1, round(flattest * len(blocks)))]]
    window = torch.hann_window(side, dtype=chosen.dtype, device=chosen.device)
    window = torch.outer(window, window)
    window /= window.mean()
    spectrum = torch.fft.fft2((chosen - chosen.mean((1, 2), keepdim=True)) * window) / side**2
    at = spectrum[:, ::_PERIODS, ::_PERIODS].abs().square()
    return float((at.sum((1, 2)) - at[:, 0, 0]).mean().sqrt())


def _blocks(plane: Tensor, side: int) -> Tensor:
    rows, columns = (length // side for length in plane.shape)
    cut = plane[: rows * side, : columns * side].reshape(rows, side, columns, side)
    return cut.transpose(1, 2).reshape(-1, side, side)
