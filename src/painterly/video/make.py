"""A clip of another: frames through whatever works on them, the sound beside them, and a name when it is whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy.typing as npt

from painterly.atomic import check_writable
from painterly.errors import Interrupted, OutputError
from painterly.video.encoding import Encoding
from painterly.video.pipeline import Shares, overlap
from painterly.video.reading import Frame, Reader
from painterly.video.writing import ClipWriter, part_of

__all__ = ["Made", "Pixels", "check_target", "make_clip"]

Pixels = npt.NDArray[Any]


@dataclass
class Made:
    """What came of a clip.

    Attributes:
        source: The clip.
        target: What was made of it.
        width: Of its frames.
        height: Likewise.
        frames: How many were written.
        shares: How long each stage was at work.
        notes: What is not as in the source, in words.
    """

    source: Path
    target: Path
    width: int
    height: int
    frames: int = 0
    shares: Shares = field(default_factory=Shares)
    notes: list[str] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Frames a second, from end to end."""
        return self.frames / self.shares.whole if self.shares.whole else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON values."""
        names = {"source": str(self.source), "target": str(self.target)}
        return {**vars(self), **names, "shares": vars(self.shares), "frames_per_second": self.rate}


def check_target(source: Path, target: Path, *, overwrite: bool) -> None:
    """Refuse early what would be refused after the work.

    Raises:
        OutputError: The target is the source, exists and may not be replaced, or cannot be written; or the part of a
            run that was stopped is there.
    """
    part = part_of(target)
    if source.resolve() in (target.resolve(), part.resolve()):
        raise OutputError(f"{target} is the clip itself; name another file with -o")
    check_writable(target, overwrite=overwrite)
    if part.exists() and not overwrite:
        raise OutputError(f"{part} is there, of a run that was stopped; move it away, or add --overwrite to replace it")


def make_clip(
    reader: Reader,
    target: Path,
    work: Callable[[Pixels, float], Pixels],
    size: tuple[int, int],
    encoding: Encoding,
    *,
    progress: Callable[[int], object] = lambda frames: None,
    shown: Callable[[Frame], object] = lambda frame: None,
) -> Made:
    """Make a clip.

    Args:
        reader: The clip.
        target: The file to be written, which was checked by `check_target`.
        work: From a frame's pixels, shape (H, W, 3), and the seconds at which it is shown, to other pixels of the same
            type.
        size: Height and width of these.
        encoding: How to encode.
        progress: Called with how many frames are done.
        shown: Called with each frame that was made, before that.

    Raises:
        Interrupted: By Ctrl-C; what was made until then plays under the name of the part.
        PainterlyError: See `ClipWriter`, and whatever the work raises.
    """
    clip = reader.clip
    made = Made(clip.path, target, size[1], size[0])
    writer = ClipWriter(target, clip, size[1], size[0], encoding)

    def work_on(frame: Frame) -> Frame:
        return Frame(work(frame.pixels, float(frame.time * clip.time_base)), frame.time, frame.duration)

    def done(frame: Frame) -> None:
        made.frames += 1
        shown(frame)
        progress(made.frames)

    try:
        made.shares = overlap(iter(reader), work_on, writer.write, done=done)
        writer.finish()
    except KeyboardInterrupt:
        if not writer.frames:
            writer.discard()
            raise Interrupted("stopped before the first frame was done; nothing is left behind") from None
        writer.close(whole=False)
        raise Interrupted(f"stopped after {writer.frames} frames, which play from {writer.part}") from None
    except OutputError:
        raise  # as much as there was room for still plays
    except BaseException:
        writer.discard()
        raise
    made.frames = writer.frames
    made.notes = _notes(reader, writer)
    return made


def _notes(reader: Reader, writer: ClipWriter) -> list[str]:
    clip, notes = reader.clip, []
    if reader.cut_short or (clip.frames and reader.damaged and writer.frames < clip.frames):
        notes.append("the clip ends in the middle; what could be read was kept")
    if reader.damaged:
        notes.append(f"{reader.damaged} pieces could not be decoded and were left out")
    if writer.encoded_sounds:
        notes.append(f"the sound ({', '.join(writer.encoded_sounds)}) was encoded anew for {writer.path.suffix}")
    if clip.subtitles:
        notes.append("subtitles were left out")
    return notes
