"""How much networks flicker, as they are and steadied: on clips whose motion is known, and on any clip."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from painterly.errors import UsageError
from painterly.images.reading import read_picture
from painterly.images.tensors import to_tensor
from painterly.models.painter import Painter, load
from painterly.models.resolve import resolve_look
from painterly.models.treatment import Treatment
from painterly.video.flicker import MOTIONS, frame_difference, synthetic_clip, warping_error
from painterly.video.painting import FramePainter, Steadiness, from_pixels, to_pixels
from painterly.video.reading import open_clip

__all__ = ["FlickerRow", "evaluate_flicker"]


@dataclass(frozen=True)
class FlickerRow:
    """What a network does to a clip, all in levels of 255.

    Attributes:
        network: Its name, and the style's.
        clip: The kind of motion, or the clip.
        frames: What the frames themselves differ by, followed along the motion.
        alone: The paintings, each painted by itself.
        norms: With norms that remember.
        smooth: With what `painterly video` does by default.
    """

    network: str
    clip: str
    frames: float
    alone: float
    norms: float
    smooth: float

    @property
    def share(self) -> float:
        """Flicker with what `painterly video` does, over that without."""
        return self.smooth / self.alone if self.alone else 1.0

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON values."""
        return {**asdict(self), "share": self.share}


def evaluate_flicker(
    photos: Sequence[str | Path],
    *,
    clip: str | Path | None = None,
    model: str | Path | None = None,
    styles: Sequence[str] | None = None,
    motions: Sequence[str] = MOTIONS,
    smooth: float = 0.8,
    norms: float = 0.9,
    size: tuple[int, int] = (180, 320),
    count: int = 12,
    device: str = "auto",
    backend: str = "auto",
    precision: str = "auto",
    report: Callable[[FlickerRow], object] = lambda row: None,
) -> list[FlickerRow]:
    """Measure how much paintings flicker.

    Args:
        photos: Photographs, of which clips are made.
        clip: A clip instead, of which nothing is known: what is measured is how much paintings change where frames do
            not.
        model: A network; by default the gallery.
        styles: Of these; by default all that it has.
        motions: Some of `MOTIONS`.
        smooth: See `painterly.paint_video`.
        norms: Likewise, `steady_norms`.
        size: Height and width of the clips.
        count: Frames of each, or of the clip at most.
        device: Where the network runs.
        backend: What runs it; norms that remember are measured in torch where it is another.
        precision: Of its arithmetic.
        report: Called with each row as it comes.

    Raises:
        UsageError: A motion is unknown, or there are no photographs.
        InputError: A photograph, clip or model cannot be read.
    """
    unknown = [motion for motion in motions if motion not in MOTIONS]
    if unknown:
        raise UsageError(f"--motions takes some of {', '.join(MOTIONS)}, not '{unknown[0]}'")
    if clip is None and not photos:
        raise UsageError("name photographs with --photos, or a clip with --clip")
    pictures = [to_tensor(read_picture(photo)) for photo in photos]
    painter = load("gallery" if model is None else model, device=device, backend=backend, precision=precision)
    rows = []
    kinds = [str(clip)] if clip is not None else list(motions)
    wanted: list[str | None] = [None] if painter.gallery is None else list(styles or painter.styles)
    for style in wanted:
        name = painter.name if style is None else style
        for kind in kinds:
            measure = _clip_measure(Path(kind), count) if clip else _motion_measure(pictures, kind, size, count)
            frames = measure(None)
            ways = (Steadiness(), Steadiness(norms=norms), Steadiness(still=smooth))
            alone, remembered, steadied = (measure(partial(_painter, painter, style, way)) for way in ways)
            rows.append(FlickerRow(name, kind, frames, alone, remembered, steadied))
            report(rows[-1])
    return rows


Measure = Callable[[Callable[[], FramePainter] | None], float]


def _painter(painter: Painter, style: str | None, how: Steadiness) -> FramePainter:
    look = None
    if style is not None and painter.gallery is not None:
        look = resolve_look(painter.gallery.card, painter.name, style)
    return FramePainter(painter, Treatment(), look=look, steadiness=how)


def _motion_measure(pictures: Sequence[Any], motion: str, size: tuple[int, int], count: int) -> Measure:
    clips = [synthetic_clip(one, motion, height=size[0], width=size[1], count=count) for one in pictures]

    def measure(make: Callable[[], FramePainter] | None) -> float:
        squares = []
        for clip in clips:
            frames = list(clip.frames.split(1))
            if make is not None:
                paint = make()
                frames = [from_pixels(paint(to_pixels(frame, np.uint8), 0.0)) for frame in frames]
            squares.append(warping_error(frames, clip.places) ** 2)
        return float(np.sqrt(np.mean(squares)))

    return measure


def _clip_measure(path: Path, count: int) -> Measure:
    def measure(make: Callable[[], FramePainter] | None) -> float:
        reader = open_clip(path)
        paint = make() if make is not None else None
        frames = (frame.pixels for _, frame in zip(range(count), reader, strict=False))

        def painting(frame: Any) -> Any:
            assert paint is not None
            return from_pixels(paint(to_pixels(frame, np.uint8), 0.0))

        given = (from_pixels(pixels) for pixels in frames)
        return frame_difference(given, painting if paint is not None else None)[0]

    return measure
