"""What PSNR does not see: a shift of colours, and a grid with the period of the up-sampling."""

from __future__ import annotations

import torch
from torch import Tensor

from painterly.evaluation.metrics import luma

__all__ = ["colour_shift", "grid_energy", "grid_share"]

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
    power = _power(output, target, scale, flattest)
    if power is None:
        return 0.0
    at = power[:, ::_PERIODS, ::_PERIODS]
    return float((at.sum((1, 2)) - at[:, 0, 0]).mean().sqrt())


def grid_share(output: Tensor, target: Tensor, scale: int, *, flattest: float = 0.5) -> float:
    """Share of a picture's changes that repeat with a period, where another is flat: for pictures full of strokes.

    Noise of every frequency alike has 0.06, anything smoother less.

    Args:
        output: RGB in [0, 1], shape (1, 3, H, W).
        target: What decides which blocks are flat, same shape.
        scale: The period in pixels.
        flattest: Share of the blocks that count.

    Returns:
        Energy at whole multiples of the frequency 1 / scale over that at all but the lowest, as `grid_energy` finds it;
        0 for pictures smaller than a block or without any change.
    """
    power = _power(output, target, scale, flattest)
    if power is None:
        return 0.0
    at, mean = power[:, ::_PERIODS, ::_PERIODS].sum(), power[:, 0, 0].sum()
    everything = float(power.sum() - mean)
    return float(at - mean) / everything if everything > 0 else 0.0


def _power(output: Tensor, target: Tensor, scale: int, flattest: float) -> Tensor | None:
    """Power spectra of the flattest blocks, shape (N, side, side); None if there is none."""
    side = _PERIODS * scale
    blocks, truth = (_blocks(luma(picture)[0, 0], side) for picture in (output, target))
    if not len(blocks):
        return None
    variance = truth.var((1, 2), correction=0)
    chosen = blocks[variance.argsort()[: max(1, round(flattest * len(blocks)))]]
    window = torch.hann_window(side, dtype=chosen.dtype, device=chosen.device)
    window = torch.outer(window, window)
    window /= window.mean()
    spectrum: Tensor = torch.fft.fft2((chosen - chosen.mean((1, 2), keepdim=True)) * window) / side**2
    return spectrum.abs().square()


def _blocks(plane: Tensor, side: int) -> Tensor:
    rows, columns = (length // side for length in plane.shape)
    cut = plane[: rows * side, : columns * side].reshape(rows, side, columns, side)
    return cut.transpose(1, 2).reshape(-1, side, side)
