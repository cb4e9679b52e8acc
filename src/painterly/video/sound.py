"""The sound of a clip: packets as they are where the container takes them, else encoded anew; in step with frames."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from painterly.video.pyav import import_av
from painterly.video.reading import Clip

__all__ = ["Sounds"]

_COPIED = {
    "mp4": {"aac", "mp3", "mp3float", "ac3", "eac3", "alac", "flac", "opus", "libopus"},
    "mov": {"aac", "mp3", "mp3float", "ac3", "eac3", "alac", "pcm_s16le", "pcm_s24le", "pcm_s16be", "pcm_s24be"},
    "webm": {"opus", "libopus", "vorbis", "libvorbis"},
}
"""What players expect in a container; Matroska takes all."""

_LAYOUTS = ("3.0", "4.0", "5.0", "5.1")
"""Of more than two channels, those that are not mixed down."""

_RATES = {"aac": (8000, 96000), "libopus": (48000, 48000)}


class Sounds:
    """All audio streams of a clip, on their way into another.

    Args:
        clip: The clip, which is opened once more, so that sound and frames need not wait for each other in memory.
        container: Where they go, an `av` output container that has not begun.
        kind: What FFmpeg calls it.

    Attributes:
        encoded: The codecs of streams that had to be encoded anew.
        damaged: Pieces that could not be read, so far.
    """

    def __init__(self, clip: Clip, container: Any, kind: str) -> None:
        self.encoded: list[str] = []
        self.damaged = 0
        self._offset = clip.offset
        self._source: Any = None
        if not clip.sounds:
            return
        self._source = import_av().open(str(clip.path), metadata_errors="replace")
        self._streams: dict[int, tuple[Any, bool]] = {}
        for stream in self._source.streams.audio:
            if stream.codec_context is not None:
                self._streams[stream.index] = self._output(stream, container, kind)
        self._packets = self._all()
        self._waiting: tuple[Fraction, Any] | None = None
        self._begun = False

    def until(self, time: Fraction | None) -> Iterator[Any]:
        """Packets to be written before a frame.

        Args:
            time: When the frame is shown, in seconds; None for all that is left.
        """
        if self._source is None:
            return
        if not self._begun:
            self._begun, self._waiting = True, next(self._packets, None)
        while self._waiting is not None:
            begin, packet = self._waiting
            if time is not None and begin > time:
                return
            yield packet
            self._waiting = next(self._packets, None)

    def close(self) -> None:
        """Close the clip."""
        if self._source is not None:
            self._source.close()

    def _output(self, stream: Any, container: Any, kind: str) -> tuple[Any, bool]:
        """The stream that this one goes to, and whether its packets do as they are."""
        codec = stream.codec_context.name
        output, copied = None, False
        if kind not in _COPIED or codec in _COPIED[kind]:
            with contextlib.suppress(ValueError):  # the container may not take it after all
                output, copied = container.add_stream_from_template(stream), True
        if output is None:
            encoder = "libopus" if kind == "webm" else "aac"
            low, high = _RATES[encoder]
            rate = min(max(stream.codec_context.sample_rate, low), high)
            output = container.add_stream(encoder, rate=rate)
            channels = stream.codec_context.layout.nb_channels
            layout = stream.codec_context.layout.name
            kept = encoder == "aac" and layout in _LAYOUTS
            output.codec_context.layout = layout if kept else "mono" if channels == 1 else "stereo"
            output.codec_context.bit_rate = 96_000 * (channels if kept else min(channels, 2))
            self.encoded.append(codec)
        output.metadata.update(stream.metadata)
        output.disposition = stream.disposition
        return output, copied

    def _all(self) -> Iterator[tuple[Fraction, Any]]:
        """Every packet to be written, with when it begins, in seconds."""
        av = import_av()
        packets = self._source.demux([self._source.streams[index] for index in self._streams])
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                break
            except av.FFmpegError:
                self.damaged += 1
                break
            output, copied = self._streams[packet.stream.index]
            if not copied:
                yield from self._encoded(packet, output)
            elif packet.size and packet.pts is not None:
                moved = round(self._offset / packet.time_base)
                packet.pts -= moved
                packet.dts = packet.dts - moved if packet.dts is not None else packet.pts
                packet.stream = output
                yield packet.pts * packet.time_base, packet
        for output, copied in self._streams.values():
            if not copied:
                yield from ((_begin(made), made) for made in output.encode(None))

    def _encoded(self, packet: Any, output: Any) -> Iterator[tuple[Fraction, Any]]:
        av = import_av()
        try:
            frames = packet.decode()
        except av.FFmpegError:
            self.damaged += 1
            return
        for frame in frames:
            if frame.pts is not None:
                frame.pts -= round(self._offset / frame.time_base)
            for made in output.encode(frame):
                yield _begin(made), made


def _begin(packet: Any) -> Fraction:
    return Fraction((packet.pts or 0) * packet.time_base)
