"""Live painting: what a camera sees now, never what it saw a while ago."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from painterly.errors import UsageError
from painterly.models.painter import load
from painterly.models.resolve import Style, quick_model
from painterly.models.treatment import Treatment
from painterly.video.encoding import Encoding
from painterly.video.latest import Latest
from painterly.video.make import check_target
from painterly.video.painting import FramePainter, Steadiness
from painterly.video.reading import Frame, Reader, open_clip
from painterly.video.sinks import VirtualCamera, Window, has_display
from painterly.video.video import SMOOTH, frame_size
from painterly.video.writing import ClipWriter

__all__ = ["Live", "paint_camera"]


@dataclass
class Live:
    """What came of it.

    Attributes:
        frames: How many were painted.
        dropped: How many came while others were painted.
        seconds: How long it took.
        width: Of the paintings.
        height: Likewise.
    """

    frames: int
    dropped: int
    seconds: float
    width: int
    height: int

    @property
    def rate(self) -> float:
        """Frames a second."""
        return self.frames / self.seconds if self.seconds else 0.0


def paint_camera(
    source: str | Path | int = 0,
    output: str | Path | None = None,
    *,
    virtual: bool = False,
    style: Style | None = None,
    strength: float = 1.0,
    color: str = "style",
    stroke: str = "medium",
    model: str | Path | None = None,
    size: int | None = 480,
    smooth: float = SMOOTH,
    seconds: float | None = None,
    device: str = "auto",
    backend: str = "auto",
    precision: str = "auto",
    overwrite: bool = False,
    report: Callable[[int, float], object] = lambda frames, rate: None,
) -> Live:
    """Paint what a camera sees, until it ends, the window is closed, or Ctrl-C is pressed.

    Args:
        source: A camera, by its number or as a file such as /dev/video0; or a clip, which then plays as fast as a
            camera would send it.
        output: A clip to be written; by default there is a window.
        virtual: Whether the paintings go to a camera that other programs see.
        style: See `painterly.paint_video`, as for the next four.
        strength: From 0 to 1.
        color: "style", "content" or "luminance".
        stroke: "small", "medium" or "large".
        model: A model's name or file; by default a small one, where one knows the style.
        size: Longest side of the paintings; None for that of the camera.
        smooth: See `painterly.paint_video`.
        seconds: When to stop.
        device: Where the network runs.
        backend: What runs it.
        precision: Of its arithmetic.
        overwrite: Whether an existing file is replaced.
        report: Called with how many frames were painted, and how many a second.

    Returns:
        How many frames were painted, and how many were not.

    Raises:
        UsageError: There is neither a display nor an output.
        InputError: The camera or the model cannot be read.
        OutputError: The result cannot be written.
        MissingExtraError: Something that is needed is not installed.
    """
    path = Path(f"/dev/video{source}" if str(source).isdecimal() else str(source))
    if output is None and not virtual and not has_display():
        raise UsageError("there is no display here; name a file with -o, or a camera with --virtual")
    reader = open_clip(path)
    model = model or quick_model(style, strength)
    painter = load(model, style=style, strength=strength, device=device, backend=backend, precision=precision)
    height, width = frame_size(reader.clip, size)
    paint = FramePainter(painter, Treatment(color, stroke), (height, width), steadiness=Steadiness(smooth))
    paint.check(height, width)
    # A live clip has no sound: nobody could say how late it is.
    clip = dataclasses.replace(reader.clip, sounds=0, bits=8)
    reader = Reader(clip)
    writer = None
    if output is not None:
        target = Path(output)
        Encoding().codec_for(target)
        check_target(path, target, overwrite=overwrite)
        writer = ClipWriter(target, clip, width, height, Encoding())
    try:
        screens = _screens(output is None and not virtual, virtual, width, height, float(clip.rate))
        live = _run(reader, paint, screens, writer, seconds, report)
    except BaseException:
        if writer is not None:
            writer.discard()
        raise
    if writer is not None:
        writer.finish()
    live.width, live.height = width, height
    return live


def _screens(window: bool, virtual: bool, width: int, height: int, rate: float) -> list[Any]:
    screens: list[Any] = []
    if window:
        screens.append(Window(width, height))
    if virtual:
        screens.append(VirtualCamera(width, height, rate))
    return screens


def _run(
    reader: Reader,
    paint: FramePainter,
    screens: list[Any],
    writer: ClipWriter | None,
    seconds: float | None,
    report: Callable[[int, float], object],
) -> Live:
    latest: Latest[Frame] = Latest()
    thread = threading.Thread(target=_watch, args=(reader, latest), daemon=True)
    begin, frames, first = time.perf_counter(), 0, None
    thread.start()
    try:
        for frame in latest:
            first = frame.time if first is None else first
            shown = float((frame.time - first) * reader.clip.time_base)
            if seconds is not None and shown >= seconds:
                break
            painting = paint(frame.pixels, shown)
            if writer is not None:
                writer.write(Frame(painting, frame.time - first))
            frames += 1
            report(frames, frames / (time.perf_counter() - begin))
            if not min((screen.show(painting) for screen in screens), default=True):
                break
    except KeyboardInterrupt:
        if not frames:
            raise
    finally:
        latest.end()
        thread.join()
        for screen in screens:
            screen.close()
    return Live(frames, latest.dropped, time.perf_counter() - begin, 0, 0)


def _watch(reader: Reader, latest: Latest[Frame]) -> None:
    """Frames as they come; those of a file, when they are due."""
    try:
        waits, begin, first = not reader.clip.path.is_char_device(), time.perf_counter(), None
        for frame in reader:
            if latest.ended:
                return
            first = frame.time if first is None else first
            due = begin + float((frame.time - first) * reader.clip.time_base)
            if waits and (left := due - time.perf_counter()) > 0:
                time.sleep(left)
            latest.put(frame)
        latest.end()
    except BaseException as error:
        latest.end(error)
