"""What paints the pictures of a batch: without torch where that is possible, by tiles where a picture needs it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from painterly.inference.light import LightPainter, find_light_painter, keep_light_model
from painterly.memory import available_memory, resident_memory
from painterly.models.look import Look
from painterly.models.treatment import Treatment
from painterly.tiling.settings import TILES_SOONER, TileSettings

if TYPE_CHECKING:
    from painterly.models.painter import Painter
    from painterly.tiling.stores import Pixels

__all__ = ["Painting"]


@dataclass(frozen=True)
class Painting:
    """How pictures are painted.

    Attributes:
        model: The network's file.
        looks: What to paint, each for its mask; empty for a network of one style.
        treatment: Colours, strokes and canvas.
        frames: The same for the frames of animations; by default no other.
        masks: Where to paint.
        size: Longest side of the paintings; by default that of the photographs.
        tiles: Whether and how pictures are painted by tiles.
        deep: Whether paintings have sixteen bits.
        where: `device`, `backend` and `precision`; see `painterly.load`.
    """

    model: Path
    looks: Sequence[Look] = ()
    treatment: Treatment = field(default_factory=Treatment)
    frames: Treatment | None = None
    masks: Sequence[str | Path] = ()
    size: int | None = None
    tiles: TileSettings = field(default_factory=TileSettings)
    deep: bool = False
    where: dict[str, str] = field(default_factory=dict)

    def load(self) -> None:
        """Load the network, so that what is wrong with it or was asked for wrongly is told before the first picture.

        Raises:
            PainterlyError: See `painterly.load`.
        """
        if self.light is None:
            _ = self.painter

    def __call__(self, picture: Any) -> Any:
        """Paint a picture whole; see `painterly.batch.make.Work`."""
        return self._paint(picture, self.treatment)

    def frame(self, picture: Any) -> Any:
        """Paint a frame of an animation; see `painterly.batch.make.FrameWork`."""
        return self._paint(picture, self.frames or self.treatment)

    def _paint(self, picture: Any, treatment: Treatment) -> Any:
        if self.light is not None:
            return self.light(picture, size=self.size, canvas=treatment.for_looks(self.looks or [None]).canvas)
        return self.painter(
            picture,
            size=self.size,
            style=list(self.looks) or None,
            color=treatment.color,
            stroke=treatment.stroke,
            canvas=treatment.canvas,
            mask=list(self.masks) or None,
            tile=self.tiles.tile,
            memory=self.tiles.memory,
        )

    @cached_property
    def light(self) -> LightPainter | None:
        """What paints without torch, whose import takes longer than a picture; None where torch is needed."""
        if not self._plain:
            return None
        return find_light_painter(self.model, self._look, **self.where)

    @cached_property
    def painter(self) -> Painter:
        """What paints with torch."""
        from painterly.models.painter import load

        look = self._look
        painter = load(self.model, style=look, strength=1.0 if look is None else look.strength, **self.where)
        if self._plain:
            keep_light_model(painter, self.model)
        return painter

    def wants_tiles(self, height: int, width: int) -> bool:
        """Whether a photograph of a size is painted by tiles."""
        height, width = self.result_size(height, width)
        if self.light is not None:
            need, sooner = self.light.bytes_for(height, width), height * width >= TILES_SOONER
            return self.tiles.wanted(need, available_memory(), resident_memory(), sooner=sooner)
        return self.painter.wants_tiles(self.tiles, height, width, treatment=self.treatment)

    def result_size(self, height: int, width: int) -> tuple[int, int]:
        """Height and width of the painting of a photograph."""
        if self.size is None:
            return height, width
        ratio = self.size / max(height, width)
        return max(1, round(height * ratio)), max(1, round(width * ratio))

    def by_tiles(self, source: Pixels, output: Pixels, progress: Callable[[float], object]) -> None:
        """Paint a photograph by tiles."""
        from painterly.models.mask import read_mask

        masks = [read_mask(mask).mean(1, keepdim=True) for mask in self.masks]
        looks: list[Look | None] = list(self.looks) or [None]
        self.painter.by_tiles(looks, self.treatment, masks, self.size).paint(source, output, self.tiles, progress)

    @property
    def _look(self) -> Look | None:
        return self.looks[0] if self.looks else None

    @property
    def _plain(self) -> bool:
        """Whether nothing is asked for that only torch does."""
        usual = replace(self.treatment, canvas=0.0) == Treatment()
        return len(self.looks) < 2 and not self.masks and usual and not self.deep
