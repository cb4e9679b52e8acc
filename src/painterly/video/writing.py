"""Frames to a file that plays from the first seconds on, and takes its name when it is whole."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

from painterly.atomic import disk_reason
from painterly.errors import OutputError
from painterly.video.colour import FULL, scaling
from painterly.video.encoding import CODECS, Encoding, check_container, codec_options, pixel_format
from painterly.video.pyav import import_av
from painterly.video.reading import Clip, Frame
from painterly.video.sound import Sounds

__all__ = ["ClipWriter", "part_of"]

_SECONDS = 4
"""From one frame that stands for itself to the next: how far a player has to read to jump, at most."""

_FRAGMENT = 1_000_000
"""Microseconds of a clip that are lost when its making is killed."""

_HEVC_DELAY = 3
"""Frames that libx265 collects before it knows decoding times; it gives shorter clips random ones."""

_OWN = {"major_brand", "minor_version", "compatible_brands", "encoder", "creation_time_source"}
"""What containers say about themselves, which is not carried over."""


def part_of(path: Path) -> Path:
    """Where a clip grows until it is whole."""
    return path.with_name(f"{path.stem}.part{path.suffix}")


class ClipWriter:
    """Encodes frames with the sound of the clip that they come from.

    The file grows under the name of `part_of`, in fragments or clusters, so that whatever is there plays. `finish`
    gives it the name that was asked for.

    Args:
        path: The file.
        clip: What the frames were made from: time base, rate, aspect, sound, metadata.
        width: Of the frames.
        height: Likewise.
        encoding: How to encode.

    Raises:
        OutputError: The file cannot be written.
        UsageError: It cannot be written as asked.
    """

    def __init__(self, path: Path, clip: Clip, width: int, height: int, encoding: Encoding) -> None:
        av = import_av()
        self.path, self.part, self.clip = path, part_of(path), clip
        self._codec, self._kind = encoding.codec_for(path), check_container(path)
        self.frames = 0
        self._format = pixel_format(self._codec, width, height, clip.bits)
        self.colours = clip.colours
        self._scaler = av.video.reformatter.VideoReformatter()
        self._durations: dict[int, int] = {}
        self._tail = 0
        with self._told():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._container = av.open(str(self.part), "w", format=self._kind, options=_container_options(self._kind))
        self._stream = self._video(width, height, encoding)
        self._sounds = Sounds(clip, self._container, self._kind)
        self._chapters: list[dict[str, Any]] = []
        if clip.path.is_file():
            with av.open(str(clip.path), metadata_errors="replace") as source:
                self._container.metadata.update(_metadata(source))
                self._chapters = _chapters(source, clip.offset)
        if self._kind in ("matroska", "webm"):  # the others take them when they are whole
            self._container.set_chapters(self._chapters)

    @property
    def encoded_sounds(self) -> list[str]:
        """The codecs of audio streams that had to be encoded anew."""
        return self._sounds.encoded

    def write(self, frame: Frame) -> None:
        """Add a frame, and the sound that comes before it."""
        with self._told():
            for packet in self._sounds.until(frame.time * self.clip.time_base):
                self._container.mux(packet)
            self._tail = frame.duration or max(1, round(1 / self.clip.rate / self.clip.time_base))
            self._durations[frame.time] = self._tail
            for packet in self._stream.encode(self._encodable(frame)):
                self._mux(packet)
        self.frames += 1

    def close(self, *, whole: bool = True) -> None:
        """Write what is left, under the name of the part.

        Args:
            whole: Whether the sound that is left belongs to it.
        """
        with self._told():
            for packet in self._stream.encode(None) if self.frames else ():
                if self._codec == "hevc" and self.frames < _HEVC_DELAY:
                    packet.dts = packet.pts
                self._mux(packet)
            if whole and self.frames:
                for packet in self._sounds.until(None):
                    self._container.mux(packet)
            self._sounds.close()
            self._container.close()

    def finish(self) -> None:
        """Give the file its name; for MP4, after it has been written again with its index at the start."""
        self.close()
        with self._told():
            if self._kind in ("mp4", "mov"):
                whole = self.path.with_name(f".{self.path.stem}.whole.tmp{self.path.suffix}")
                try:
                    self._rewrite(whole)
                    whole.replace(self.path)
                finally:
                    whole.unlink(missing_ok=True)
                self.part.unlink()
            else:
                self.part.replace(self.path)

    def discard(self) -> None:
        """Leave nothing behind."""
        with contextlib.suppress(Exception):
            self._sounds.close()
        with contextlib.suppress(Exception):
            self._container.close()
        self.part.unlink(missing_ok=True)

    def _video(self, width: int, height: int, encoding: Encoding) -> Any:
        codec = self._codec
        interval = max(1, round(_SECONDS * self.clip.rate))
        rate = self.clip.rate.limit_denominator(100_000)
        stream = self._container.add_stream(CODECS[codec], rate=rate)
        context = stream.codec_context
        context.width, context.height, context.pix_fmt = width, height, self._format
        stream.time_base = context.time_base = self.clip.time_base
        context.sample_aspect_ratio = self.clip.aspect
        context.options = codec_options(codec, encoding, interval)
        context.color_range, context.colorspace = self.colours.range, self.colours.matrix
        context.color_primaries, context.color_trc = self.colours.primaries, self.colours.transfer
        if codec == "hevc" and self._kind in ("mp4", "mov"):
            context.codec_tag = "hvc1"  # without which some players refuse it
        return stream

    def _encodable(self, frame: Frame) -> Any:
        av = import_av()
        deep = frame.pixels.dtype.itemsize == 2
        rgb = av.VideoFrame.from_ndarray(frame.pixels, format="rgb48le" if deep else "rgb24")
        made = self._scaler.reformat(
            rgb,
            format=self._format,
            interpolation=scaling(self.clip.bits),
            src_color_range=FULL,
            dst_colorspace=self.colours.scaler_matrix,
            dst_color_range=self.colours.range,
            threads=1,
        )
        made.pts, made.time_base = frame.time, self.clip.time_base
        made.colorspace, made.color_range = self.colours.matrix, self.colours.range
        made.color_primaries, made.color_trc = self.colours.primaries, self.colours.transfer
        return made

    def _mux(self, packet: Any) -> None:
        packet.duration = self._durations.pop(packet.pts, 0) or packet.duration or 0
        self._container.mux(packet)

    def _rewrite(self, target: Path) -> None:
        """The same packets in one piece, the index first."""
        av = import_av()
        with (
            av.open(str(self.part), metadata_errors="replace") as source,
            av.open(str(target), "w", format=self._kind, options={"movflags": "+faststart"}) as container,
        ):
            streams = {one.index: container.add_stream_from_template(one, opaque=True) for one in source.streams}
            for one in source.streams:
                streams[one.index].metadata.update(one.metadata)
                streams[one.index].disposition = one.disposition
            container.metadata.update(_metadata(source))
            container.set_chapters(self._chapters)
            for packet in source.demux(list(source.streams)):
                if packet.size:
                    if not packet.duration and packet.stream.type == "video":
                        # Fragments of VP9 do not say it, and players end before a last frame that lasts no time.
                        packet.duration = max(1, round(self._tail * self.clip.time_base / packet.time_base))
                    packet.stream = streams[packet.stream.index]
                    container.mux(packet)

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        av = import_av()
        try:
            yield
        except (av.FFmpegError, OSError) as error:
            reason = disk_reason(error) if isinstance(error, OSError) else str(error)
            if getattr(error, "errno", None) == errno.EINVAL:
                reason = f"its encoder or container refuses {self._format}"
            raise OutputError(f"cannot write {self.path} ({reason})") from error


def _container_options(kind: str) -> dict[str, str]:
    # Where the sound ends before the frames do, the frames must not wait in memory for more of it.
    common = {"flush_packets": "1", "max_interleave_delta": str(2 * _FRAGMENT)}
    if kind in ("mp4", "mov"):
        flags = "+frag_keyframe+delay_moov+default_base_moof"
        return {"movflags": flags, "frag_duration": str(_FRAGMENT), **common}
    return {"cluster_time_limit": str(_FRAGMENT // 1000), **common}


def _metadata(source: Any) -> dict[str, str]:
    return {name: value for name, value in source.metadata.items() if name not in _OWN}


def _chapters(source: Any, offset: Fraction) -> list[dict[str, Any]]:
    moved = []
    for chapter in source.chapters():
        shift = round(offset / chapter["time_base"])
        moved.append({**chapter, "start": chapter["start"] - shift, "end": chapter["end"] - shift})
    return moved
