"""Clips, made on the spot, as cameras and editors make them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

av = pytest.importorskip("av")

SCALER = {1: 1, 6: 5, 9: 9}
BARS = np.array([[200, 40, 40], [40, 200, 40], [40, 40, 200], [230, 230, 230], [20, 20, 20], [180, 170, 30]], np.uint8)


def bars(width: int, height: int, step: int = 0) -> Any:
    """Flat colours, so that halving the resolution of colour changes nothing but their borders."""
    columns = np.minimum(np.arange(width) * len(BARS) // width, len(BARS) - 1)
    return np.ascontiguousarray(np.broadcast_to(np.roll(BARS, step, 0)[columns], (height, width, 3)))


def write_clip(
    path: Path,
    *,
    width: int = 48,
    height: int = 32,
    count: int = 10,
    codec: str = "libx264",
    format: str = "yuv420p",
    matrix: int = 1,
    range: int = 1,
    times: Sequence[int] | None = None,
    base: Fraction = Fraction(1, 12800),
    sounds: Sequence[str] = (),
    rotation: int = 0,
    metadata: dict[str, str] | None = None,
    pictures: Callable[[int], Any] | None = None,
) -> Path:
    with av.open(str(path), "w") as container:
        container.metadata.update(metadata or {})
        stream = container.add_stream(codec, rate=25)
        context = stream.codec_context
        stream.width, stream.height, stream.pix_fmt = width, height, format
        stream.time_base = context.time_base = base
        context.colorspace, context.color_range = matrix, range
        context.color_primaries = context.color_trc = 1
        context.options = {"crf": "3", "x265-params": "log-level=none"} if codec != "ffv1" else {}
        if rotation:
            stream.set_display_rotation(rotation)
        audio = [container.add_stream(name, rate=48000) for name in sounds]
        picture = pictures or (lambda index: bars(width, height, index // 5))
        for index, time in enumerate(times or [index * 512 for index in np.arange(count).tolist()]):
            frame = av.VideoFrame.from_ndarray(picture(index), format="rgb24")
            frame = frame.reformat(
                format=format, src_color_range=2, dst_colorspace=SCALER[matrix], dst_color_range=range
            )
            frame.pts, frame.time_base, frame.colorspace, frame.color_range = time, base, matrix, range
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        for number, one in enumerate(audio):
            for begin in np.arange(0, 48000 * 4 // 10, 960).tolist():
                wave = np.sin((np.arange(960) + begin) * (number + 1) / 17).astype(np.float32) * 0.3
                name = one.codec_context.format.name
                kind = np.stack([wave, wave]) if name == "fltp" else (wave.repeat(2)[None] * 32767).astype(np.int16)
                if name == "flt":
                    kind = wave.repeat(2)[None]
                sound = av.AudioFrame.from_ndarray(np.ascontiguousarray(kind), format=name, layout="stereo")
                sound.sample_rate, sound.pts, sound.time_base = 48000, begin, Fraction(1, 48000)
                container.mux(one.encode(sound))
            container.mux(one.encode(None))
    return path


def times_of(path: Path) -> list[Fraction]:
    """Of all frames, in seconds, by another way than ours."""
    with av.open(str(path)) as container:
        return [frame.pts * frame.time_base for frame in container.decode(video=0)]


def sound_of(path: Path, index: int = 0) -> list[tuple[bytes, Fraction]]:
    """Packets, and when they begin."""
    with av.open(str(path)) as container:
        return [(bytes(p), Fraction(p.pts * p.time_base)) for p in container.demux(audio=index) if p.size]


def pictures_of(path: Path) -> list[Any]:
    """Frames as players show them, but for their turn."""
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
