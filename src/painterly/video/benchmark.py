"""Frames a second from a clip to a painted clip, and which stage all others wait for."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from painterly.images.reading import read_picture
from painterly.images.tensors import to_tensor
from painterly.resources.describe import describe_machine
from painterly.video.encoding import CODECS
from painterly.video.flicker import synthetic_clip
from painterly.video.painting import to_pixels
from painterly.video.pipeline import Shares
from painterly.video.pyav import import_av
from painterly.video.video import SMOOTH, paint_video

__all__ = ["VideoRow", "VideoTable", "benchmark_video"]

_RATE = 25


@dataclass(frozen=True)
class VideoRow:
    """One network at one size.

    Attributes:
        width: Of the frames.
        height: Likewise.
        model: The network.
        smooth: What was done against flicker.
        codec: What frames were encoded as.
        frames: How many.
        shares: How long each stage was at work.
    """

    width: int
    height: int
    model: str
    smooth: float
    codec: str
    frames: int
    shares: Shares

    @property
    def rate(self) -> float:
        """Frames a second."""
        return self.frames / self.shares.whole

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON values."""
        return {**asdict(self), "frames_per_second": self.rate, "bottleneck": self.shares.bottleneck}


@dataclass
class VideoTable:
    """What came out.

    Attributes:
        machine: See `painterly.resources.describe_machine`.
        rows: One for each network, size and way.
    """

    machine: dict[str, Any]
    rows: list[VideoRow] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON values."""
        return {"machine": self.machine, "rows": [row.to_dict() for row in self.rows]}


def benchmark_video(
    picture: str | Path,
    *,
    models: Sequence[str],
    sizes: Sequence[tuple[int, int]] = ((640, 360), (1280, 720)),
    smooths: Sequence[float] = (0.0, SMOOTH),
    codecs: Sequence[str] = ("h264",),
    count: int = 50,
    device: str = "auto",
    backend: str = "auto",
    precision: str = "auto",
    report: Callable[[str], object] = lambda text: None,
) -> VideoTable:
    """Time clips of a photograph that moves.

    Args:
        picture: The photograph.
        models: Networks' names or files.
        sizes: Width and height of the frames.
        smooths: See `painterly.paint_video`.
        codecs: Some of `painterly.video.encoding.CODECS`.
        count: Frames of each clip.
        device: Where networks run.
        backend: What runs them.
        precision: Of their arithmetic.
        report: Called with a line about each as it comes.

    Raises:
        PainterlyError: Something cannot be read or is not installed.
    """
    photograph = to_tensor(read_picture(picture))
    table = VideoTable(describe_machine())
    with tempfile.TemporaryDirectory() as folder:
        for width, height in sizes:
            clip = Path(folder) / f"{width}x{height}.mp4"
            write_moving(photograph, clip, width, height, count)
            for model in models:
                for smooth in smooths:
                    for codec in codecs:
                        made = paint_video(
                            clip,
                            Path(folder) / "painted.mp4",
                            model=model,
                            smooth=smooth,
                            codec=codec,
                            device=device,
                            backend=backend,
                            precision=precision,
                            overwrite=True,
                        )
                        row = VideoRow(width, height, model, smooth, codec, made.frames, made.shares)
                        table.rows.append(row)
                        report(f"{width}x{height}, {model}, smooth {smooth:g}, {codec}: {row.rate:.1f} frames a second")
    return table


def write_moving(photograph: Any, path: Path, width: int, height: int, count: int) -> None:
    """A clip of a photograph over which a camera turns, as a camera would encode it.

    Args:
        photograph: RGB in [0, 1], shape (1, 3, h, w).
        path: Where to.
        width: Of the frames.
        height: Likewise.
        count: How many.
    """
    import numpy as np

    av = import_av()
    frames = synthetic_clip(photograph, "pan", height=height, width=width, count=count).frames
    with av.open(str(path), "w") as container:
        stream = container.add_stream(CODECS["h264"], rate=_RATE)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.options = {"crf": "18", "preset": "veryfast"}
        for index, frame in enumerate(frames.split(1)):
            picture = av.VideoFrame.from_ndarray(to_pixels(frame, np.uint8), format="rgb24")
            picture.pts, picture.time_base = index, Fraction(1, _RATE)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
