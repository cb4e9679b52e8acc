"""Clips as they are: what is in a file, and its frames, upright, in RGB, one after the other."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy.typing as npt

from painterly.errors import InputError
from painterly.video.colour import FULL, Colours, colours_of, scaling
from painterly.video.pyav import import_av
from painterly.video.upright import Orientation, orientation_of, turn

__all__ = ["Clip", "Frame", "Reader", "open_clip"]

_DEFAULT_RATE = Fraction(25)


@dataclass(frozen=True)
class Frame:
    """One frame.

    Attributes:
        pixels: RGB, shape (H, W, 3), uint8; uint16 of clips with more than eight bits.
        time: When it is shown, in units of the clip's `time_base`; strictly rising.
        duration: For how long, in the same units; 0 where the clip does not say.
    """

    pixels: npt.NDArray[Any]
    time: int
    duration: int = 0


@dataclass(frozen=True)
class Clip:
    """What a file says about its moving pictures, and its first frame shows. Only the frames themselves are to be
    trusted: `duration` and `frames` are for showing how far something is.

    Attributes:
        path: The file.
        width: Of a frame that was turned upright.
        height: Likewise.
        time_base: Unit of the frames' times, in seconds.
        rate: Frames a second, on average.
        duration: In seconds; None where nobody says.
        frames: How many; None where nobody says.
        bits: A channel: 8, or 10 for all that has more.
        colours: Of the coded frames.
        aspect: Width of a pixel over its height, upright.
        orientation: How coded frames are turned.
        offset: When the file begins, in seconds, which is taken off all times.
        codec: Of the frames.
        sounds: How many audio streams there are.
        subtitles: How many streams of subtitles there are.
    """

    path: Path
    width: int
    height: int
    time_base: Fraction
    rate: Fraction
    duration: float | None
    frames: int | None
    bits: int
    colours: Colours
    aspect: Fraction
    orientation: Orientation
    offset: Fraction
    codec: str
    sounds: int
    subtitles: int


@dataclass
class Reader:
    """The frames of a clip; iterate once.

    Attributes:
        clip: What it is.
        start: Seconds from which on to read, or a little before; 0 for all.
        damaged: Pieces that could not be decoded, so far.
        cut_short: Whether the file ends in the middle.
    """

    clip: Clip
    start: float = 0.0
    damaged: int = 0
    cut_short: bool = False
    _last: int | None = field(default=None, repr=False)

    def __iter__(self) -> Iterator[Frame]:
        av = import_av()
        with _opened(self.clip.path) as container:
            stream = _moving(container, self.clip.path)
            stream.thread_type = "AUTO"
            scaler = av.video.reformatter.VideoReformatter()
            offset = round(self.clip.offset / self.clip.time_base)
            if self.start > 0:
                with contextlib.suppress(av.FFmpegError):  # what cannot be entered in the middle is read from the start
                    container.seek(int((self.start + float(self.clip.offset)) * av.time_base))
            for frame in self._decoded(container, stream):
                time = self._time(frame, offset)
                yield Frame(_pixels(frame, self.clip, scaler), time, int(frame.duration or 0))

    def _decoded(self, container: Any, stream: Any) -> Iterator[Any]:
        av = import_av()
        packets = container.demux(stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except av.FFmpegError:
                self.cut_short = True
                packet = None  # the decoder still holds frames
            try:
                frames = stream.decode(packet)
            except av.EOFError:
                return
            except (av.FFmpegError, ValueError):
                self.damaged += 1
                frames = []
            yield from frames
            if packet is None:
                return

    def _time(self, frame: Any, offset: int) -> int:
        """A frame's own time; where it has none, or one that has passed, the next."""
        step = max(1, round(1 / self.clip.rate / self.clip.time_base))
        if frame.pts is None:
            time = 0 if self._last is None else self._last + step
        else:
            time = frame.pts - offset
            if frame.time_base is not None and frame.time_base != self.clip.time_base:
                time = round(frame.pts * frame.time_base / self.clip.time_base) - offset
        if self._last is not None:
            time = max(time, self._last + 1)
        self._last = time
        return time


def open_clip(path: str | Path) -> Reader:
    """Look into a file.

    Args:
        path: Any file that FFmpeg reads, or a device.

    Raises:
        InputError: It is not there, no clip but a picture or sound, empty, or cannot be decoded.
        MissingExtraError: PyAV is not installed.
    """
    path = Path(path)
    av = import_av()
    with _opened(path) as container:
        stream = _moving(container, path)
        if container.format.name == "image2" or container.format.name.endswith("_pipe"):
            raise InputError(f"{path} is a picture, not a clip; painterly stylize paints it")
        probe = Reader(_placeholder(path))
        first = next(probe._decoded(container, stream), None)
        if first is None:
            raise InputError(f"{path} has no frame that can be decoded; try to play it, and export it again")
        orientation = orientation_of(first)
        width, height = (first.height, first.width) if orientation[0] else (first.width, first.height)
        rate = stream.average_rate or stream.guessed_rate or _DEFAULT_RATE
        rate = rate if 0 < rate <= 1000 else _DEFAULT_RATE
        duration = stream.duration * stream.time_base if stream.duration else None
        if duration is None and container.duration:
            duration = Fraction(container.duration, av.time_base)
        aspect = stream.sample_aspect_ratio or Fraction(1)
        start = Fraction(container.start_time or 0, av.time_base)
        return Reader(
            Clip(
                path=path,
                width=width,
                height=height,
                time_base=Fraction(stream.time_base),
                rate=Fraction(rate),
                duration=float(duration) if duration and duration > 0 else None,
                frames=stream.frames or (round(duration * rate) if duration and duration > 0 else None),
                bits=8 if max(part.bits for part in first.format.components) <= 8 else 10,
                colours=colours_of(first),
                aspect=1 / aspect if orientation[0] and aspect else aspect,
                orientation=orientation,
                offset=max(start, Fraction(0)),
                codec=stream.codec_context.name,
                sounds=len(container.streams.audio),
                subtitles=len(container.streams.subtitles),
            )
        )


def _placeholder(path: Path) -> Clip:
    none: Any = None
    return Clip(path, 0, 0, none, none, None, None, 8, none, none, none, none, "", 0, 0)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Any]:
    av = import_av()
    if path.is_dir():
        raise InputError(f"{path} is a folder; name a clip")
    if not path.exists():
        raise InputError(f"{path} does not exist")
    try:
        kind = "v4l2" if path.is_char_device() else None
        container = av.open(str(path), format=kind, metadata_errors="replace")
    except (av.FFmpegError, OSError, ValueError) as error:
        reason = "it is empty" if path.is_file() and path.stat().st_size == 0 else _reason(error)
        raise InputError(f"{path} cannot be read as a clip ({reason})") from error
    with container:
        yield container


def _moving(container: Any, path: Path) -> Any:
    """The stream of moving pictures: the best that is no cover."""
    av = import_av()
    cover = av.stream.Disposition.attached_pic
    streams = [one for one in container.streams.video if not one.disposition & cover]
    best = container.streams.best("video")
    if best is not None and best in streams:
        streams = [best]
    if not streams:
        raise InputError(f"{path} has no moving pictures")
    if streams[0].codec_context is None:
        raise InputError(f"{path} has moving pictures in a format that is not known here; convert it first")
    return streams[0]


def _pixels(frame: Any, clip: Clip, scaler: Any) -> npt.NDArray[Any]:
    """A decoded frame as RGB of the clip's size, upright."""
    width, height = (clip.height, clip.width) if clip.orientation[0] else (clip.width, clip.height)
    about: dict[str, Any] = {"dst_color_range": FULL, "threads": 1}
    if not frame.format.is_rgb:
        about |= {"src_colorspace": clip.colours.scaler_matrix, "src_color_range": clip.colours.range}
    kind = "rgb24" if clip.bits == 8 else "rgb48le"
    rgb = scaler.reformat(frame, width, height, kind, interpolation=scaling(clip.bits), **about)
    return turn(rgb.to_ndarray(), clip.orientation)


def _reason(error: BaseException) -> str:
    return str(getattr(error, "strerror", None) or error).lower()
