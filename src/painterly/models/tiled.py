"""Pictures of any size through a network, by tiles, with all that is done around it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor, nn

from painterly.images.canvas import canvas
from painterly.images.color import keep_colours, light_of
from painterly.images.mask_count import check_masks
from painterly.images.masks import check_proportions, shares_of
from painterly.models.treat import prime
from painterly.models.treatment import Treatment
from painterly.networks.style import MINIMUM_SIZE, StyleNetwork
from painterly.tiling.kernels import Moments
from painterly.tiling.networks import add_network
from painterly.tiling.program import Program, ProgramBuilder
from painterly.tiling.rect import Rect
from painterly.tiling.run import run_tiled
from painterly.tiling.settings import TileSettings
from painterly.tiling.stores import Pixels, TensorPixels

__all__ = ["THUMBNAIL", "CanvasPixels", "TiledPainting", "enlarge_by_tiles"]

THUMBNAIL = 1024
"""Longest side of the small version whose statistics `--statistics thumbnail` takes, in pixels (URST, 2022)."""

Size = tuple[int, int]


@dataclass(frozen=True)
class TiledPainting:
    """`painterly.models.treat.treat` as a program.

    Attributes:
        networks: One for each style.
        treatment: Colours, strokes and canvas.
        masks: Where each style belongs, shape (1, 1, h, w), of the picture's proportions.
        size: Longest side of the result in pixels; by default that of the picture.
        dtype: Number type of convolutions.
        device: Where they run.
    """

    networks: Sequence[StyleNetwork]
    treatment: Treatment = field(default_factory=Treatment)
    masks: Sequence[Tensor] = ()
    size: int | None = None
    dtype: torch.dtype = torch.float32
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    def result_size(self, height: int, width: int) -> Size:
        """Height and width of the painting of a photograph."""
        if self.size is None:
            return height, width
        ratio = self.size / max(height, width)
        return max(1, round(height * ratio)), max(1, round(width * ratio))

    def work_size(self, height: int, width: int) -> Size:
        """Height and width at which a photograph is painted, which strokes make larger or smaller than the result."""
        size = self.result_size(height, width)
        scale = max(self.treatment.scale, MINIMUM_SIZE / min(size))
        return round(size[0] * scale), round(size[1] * scale)

    def paint(
        self,
        source: Pixels,
        output: Pixels,
        settings: TileSettings,
        progress: Callable[[float], object] = lambda share: None,
    ) -> None:
        """Paint a photograph.

        Args:
            source: The photograph: three channels, or four with transparency.
            output: Where the painting goes, of as many channels and of `result_size`.
            settings: Tiles and memory.
            progress: Called with the share that is done.

        Raises:
            InputError: A mask has other proportions, or the memory is too small.
            UsageError: The masks are not as many as the styles.
        """
        known: Mapping[int, Moments] = {}
        masks = [TensorPixels(mask) for mask in self.masks]
        if settings.statistics == "thumbnail" and max(self.result_size(*source.size)) > THUMBNAIL:
            small = replace(self, size=THUMBNAIL)
            known = small._run(source, masks, None, TileSettings(memory=settings.memory), {})
        self._run(source, masks, output, settings, known, progress)

    def program(self, height: int, width: int, channels: int = 3) -> Program:
        """The program for a photograph of a size; its sources are the photograph, the masks, and the canvas."""
        check_masks(len(self.networks), len(self.masks))
        size = self.result_size(height, width)
        builder = ProgramBuilder()
        given = builder.source(channels)
        masks = [builder.source(1) for _ in self.masks]
        # The same operations whatever the size, so that what was measured on a thumbnail belongs to them.
        photograph = builder.pointwise(lambda x: x[:, :3], given, channels=3)
        photograph = builder.resize(photograph, *size)
        work_size = self.work_size(height, width)
        work = photograph if work_size == size else builder.resize(photograph, *work_size)
        if self.treatment.canvas:
            levels = self.treatment.canvas
            work = builder.pointwise(lambda x, canvas: prime(x, canvas, levels), work, builder.source(1), channels=3)
        paintings = []
        for network in self.networks:
            painting = add_network(builder, network, work, dtype=self.dtype, device=self.device)
            if work_size != size:
                painting = builder.resize(painting, *size)
            paintings.append(self._coloured(builder, painting, photograph))
        result = paintings[0]
        if masks:
            for mask in self.masks:
                check_proportions(mask, *size)
            fitted = [builder.resize(mask, *size, linear=True) for mask in masks]
            result = builder.pointwise(_mixed(len(paintings)), photograph, *paintings, *fitted, channels=3)
        if channels == 4:
            alpha = builder.resize(builder.pointwise(lambda x: x[:, 3:], given, channels=1), *size)
            builder.pointwise(lambda x, alpha: torch.cat([x, alpha], 1), result, alpha, channels=4)
        return builder.build()

    def _coloured(self, builder: ProgramBuilder, painting: int, photograph: int) -> int:
        if self.treatment.color == "content":
            return builder.pointwise(keep_colours, painting, photograph, channels=3)
        if self.treatment.color == "luminance":
            lights = tuple(builder.pointwise(light_of, x, channels=1) for x in (painting, photograph))

            def both(painting: Tensor, photograph: Tensor, moments: list[Moments]) -> Tensor:
                return keep_colours(painting, photograph, contrast=True, moments=moments)

            return builder.globally(both, painting, photograph, survey=lights, channels=3)
        return painting

    def _run(
        self,
        source: Pixels,
        masks: Sequence[Pixels],
        output: Pixels | None,
        settings: TileSettings,
        known: Mapping[int, Moments],
        progress: Callable[[float], object] = lambda share: None,
    ) -> Mapping[int, Moments]:
        sources = [source, *masks]
        if self.treatment.canvas:
            sources.append(CanvasPixels(self.work_size(*source.size)))
        return run_tiled(
            self.program(*source.size, source.channels),
            sources,
            output,
            tile=settings.side,
            memory=settings.bytes,
            known=known,
            device=self.device,
            progress=progress,
        )


class CanvasPixels:
    """The canvas, made where it is read.

    Args:
        size: Height and width.
    """

    channels = 1

    def __init__(self, size: Size) -> None:
        self.size = size

    def read(self, rect: Rect) -> Tensor:
        """See `painterly.tiling.stores.Pixels`."""
        return torch.from_numpy(canvas(*rect))[None, None]

    def write(self, rect: Rect, part: Tensor) -> None:
        """Nobody writes on it."""
        raise NotImplementedError


def enlarge_by_tiles(
    network: nn.Module,
    source: Pixels,
    output: Pixels,
    settings: TileSettings,
    *,
    dtype: torch.dtype = torch.float32,
    device: torch.device | str = "cpu",
    progress: Callable[[float], object] = lambda share: None,
) -> None:
    """Enlarge a picture.

    Args:
        network: One that enlarges.
        source: The picture: three channels, or four with transparency.
        output: Where the result goes, of as many channels.
        settings: Tiles and memory.
        dtype: Number type of convolutions.
        device: Where they run.
        progress: Called with the share that is done.

    Raises:
        InputError: The memory is too small.
    """
    builder = ProgramBuilder()
    given = builder.source(source.channels)
    picture = builder.pointwise(lambda x: x[:, :3], given, channels=3)
    large = add_network(builder, network, picture, dtype=dtype, device=device)
    if source.channels == 4:
        alpha = builder.resize(builder.pointwise(lambda x: x[:, 3:], given, channels=1), *output.size)
        builder.pointwise(lambda x, alpha: torch.cat([x, alpha], 1), large, alpha, channels=4)
    run_tiled(
        builder.build(),
        [source],
        output,
        tile=settings.side,
        memory=settings.bytes,
        device=device,
        progress=progress,
    )


def _mixed(count: int) -> Callable[..., Tensor]:
    """Mixes paintings with the photograph by their masks; see `painterly.models.treat.treat`."""

    def mix(photograph: Tensor, *others: Tensor) -> Tensor:
        pictures, masks = (*others[:count], photograph), others[count:]
        parts = [share * picture for share, picture in zip(shares_of(masks, count), pictures, strict=True)]
        whole: Tensor = sum(parts[1:], parts[0])
        return whole

    return mix
