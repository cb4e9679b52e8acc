"""What paints frames: a network, and what is remembered from one frame to the next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from painterly.errors import InputError, UsageError
from painterly.inference.stream import from_bytes, to_bytes
from painterly.models.look import Look
from painterly.models.treat import treat
from painterly.models.treatment import Treatment
from painterly.networks.style import MINIMUM_SIZE
from painterly.tiling.settings import TileSettings
from painterly.video.mix import Mix
from painterly.video.networks import FrameNetwork
from painterly.video.shift import ShiftEstimator
from painterly.video.still import StillFilter, is_cut

if TYPE_CHECKING:
    from painterly.models.painter import Painter

__all__ = ["FramePainter", "Steadiness", "from_pixels", "to_pixels"]

Pixels = npt.NDArray[Any]


@dataclass(frozen=True)
class Steadiness:
    """What is done against flicker; all from 0, nothing, to just below 1.

    Attributes:
        still: How much of the average so far remains where nothing moves; see `StillFilter`.
        norms: How much of the moments so far remains; see `SteadyEngine`.
    """

    still: float = 0.0
    norms: float = 0.0

    def __post_init__(self) -> None:
        for name, value in (("smooth", self.still), ("steady-norms", self.norms)):
            if not 0 <= value < 1:
                raise UsageError(f"--{name} must be from 0 to just below 1, not {value:g}")


class FramePainter:
    """Paints the frames of one clip, in order.

    Args:
        painter: What paints.
        treatment: Colours and strokes.
        size: Height and width of the paintings; by default those of the frames.
        look: What to paint; by default what was loaded.
        mix: What to paint when, instead.
        steadiness: What is done against flicker.
    """

    def __init__(
        self,
        painter: Painter,
        treatment: Treatment,
        size: tuple[int, int] | None = None,
        look: Look | None = None,
        mix: Mix | None = None,
        steadiness: Steadiness | None = None,
    ) -> None:
        steadiness = steadiness or Steadiness()
        self._painter, self._treatment, self._size, self._mix = painter, treatment, size, mix
        self._filter = StillFilter(steadiness.still)
        self._network: FrameNetwork | None = None
        if mix is not None or steadiness.norms > 0:
            self._network = FrameNetwork(painter, mix.points[0][1] if mix else look or painter.look, steadiness.norms)
        self._paint: Callable[[Tensor], Tensor] = self._network or (lambda frame: painter.paint(frame, look))
        self._before: Tensor | None = None
        self._steady = steadiness.still > 0 or steadiness.norms > 0
        self._camera = ShiftEstimator() if steadiness.still > 0 else None
        self._place = (0.0, 0.0)
        # Strokes of another size are painted on another grid.
        self._stride = painter.network.description.stride if treatment.scale == 1 else 1

    def check(self, height: int, width: int) -> None:
        """Refuse frames of a size that cannot be painted.

        Raises:
            InputError: They are too small, or too large for the memory that is free.
        """
        if min(height, width) < MINIMUM_SIZE:
            raise InputError(
                f"frames of {width}x{height} pixels are too small to be painted; at least 16x16 are needed"
            )
        if self._painter.wants_tiles(TileSettings(), height, width, treatment=self._treatment):
            raise InputError(f"frames of {width}x{height} pixels do not fit into the memory that is free; add --size")

    @torch.inference_mode()
    def __call__(self, pixels: Pixels, seconds: float) -> Pixels:
        """Paint a frame.

        Args:
            pixels: RGB, shape (H, W, 3), uint8 or uint16.
            seconds: When it is shown.

        Returns:
            The painting, of the same type.
        """
        frame = from_pixels(pixels).to(self._painter.device)
        if self._size is not None and self._size != frame.shape[2:]:
            frame = F.interpolate(frame, self._size, mode="bicubic", antialias=True, align_corners=False).clamp(0, 1)
        if self._mix is not None and self._network is not None:
            self._network.set_looks(self._mix.at(seconds))
        if self._steady:
            frame = self._steadied(frame)
        return to_pixels(treat(frame, [self._on_grid], self._treatment), pixels.dtype)

    def _steadied(self, frame: Tensor) -> Tensor:
        """The frame without its noise; the camera is followed."""
        frame = frame.contiguous()
        light = frame.mean(1, keepdim=True)
        before, self._before = self._before, light
        if before is not None and is_cut(light, before):
            self._filter.cut()
            if self._camera is not None:
                self._camera.cut()
            if self._network is not None:
                self._network.cut()
        if self._camera is None:
            return frame
        old = self._place
        self._place = (old[0] + (step := self._camera(light))[0], old[1] + step[1])
        right, down = (round(now) - round(then) for now, then in zip(self._place, old, strict=True))
        return self._filter(frame, right, down)

    def _on_grid(self, frame: Tensor) -> Tensor:
        """Paint a frame, with the network's grid where it was in the picture before."""
        if self._camera is None or self._stride < 2 or min(frame.shape[2:]) <= self._stride:
            return self._paint(frame)
        height, width = frame.shape[2:]
        left, top = (round(place) % self._stride for place in self._place)
        right, below = self._stride - left, self._stride - top
        # As many pixels around every frame, so that back ends see one size only.
        painting = self._paint(F.pad(frame, (left, right, top, below), mode="reflect"))
        return painting[:, :, top : top + height, left : left + width]


def from_pixels(pixels: Pixels) -> Tensor:
    """RGB, shape (H, W, 3), uint8 or uint16, to floats in [0, 1], shape (1, 3, H, W)."""
    if pixels.dtype == np.uint8:
        return from_bytes(torch.from_numpy(pixels).unsqueeze(0))
    return torch.from_numpy(pixels.astype(np.float32)).div_(65535).permute(2, 0, 1).unsqueeze(0)


def to_pixels(picture: Tensor, dtype: Any) -> Pixels:
    """Floats in [0, 1], shape (1, 3, H, W), to RGB, shape (H, W, 3), of a type."""
    if np.dtype(dtype) == np.uint8:
        return to_bytes(picture)[0].cpu().numpy()
    deep = picture[0].float().clamp(0, 1).mul(65535).round().permute(1, 2, 0)
    return deep.cpu().numpy().astype(np.uint16)
