"""How a clip is encoded: which codec, how well, and what its container takes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from painterly.errors import UsageError

__all__ = ["CODECS", "CONTAINERS", "Encoding", "check_container", "codec_options", "pixel_format"]

CONTAINERS: Final = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "webm"}
"""By file name ending, what FFmpeg calls them."""

CODECS: Final = {"h264": "libx264", "hevc": "libx265", "vp9": "libvpx-vp9"}
"""By name, the encoder."""

_TAKES = {
    "mp4": ("h264", "hevc", "vp9"),
    "mov": ("h264", "hevc"),
    "matroska": ("h264", "hevc", "vp9"),
    "webm": ("vp9",),
}
_CRF = {"h264": 22.0, "hevc": 25.0, "vp9": 32.0}
_WORST = {"h264": 51, "hevc": 51, "vp9": 63}
_PRESET = {"h264": "veryfast", "hevc": "ultrafast", "vp9": "8"}
"""Fast enough to wait for the network, not the other way round."""
_HEVC_WIDTH = 64
"""A coding tree unit: below it, every libx265 that PyAV 15 to 18 bring damages memory (in adaptive quantisation)."""


@dataclass(frozen=True)
class Encoding:
    """How to encode.

    Attributes:
        codec: One of `CODECS`; by default VP9 for .webm and H.264 for all others.
        crf: Constant rate factor: smaller is better and larger; by default what looks like the painting.
        preset: The encoder's own word for how much time it takes: `veryfast` and the like, or for VP9 a number up to 8;
            by default one that is faster than the network.
    """

    codec: str | None = None
    crf: float | None = None
    preset: str | None = None

    def codec_for(self, path: Path) -> str:
        """The codec for a file.

        Raises:
            UsageError: There is no such codec or container, they do not go together, or the CRF is out of range.
        """
        container = check_container(path)
        takes = _TAKES[container]
        codec = self.codec or takes[0]
        if codec not in CODECS:
            raise UsageError(f"--codec must be one of {', '.join(CODECS)}, not '{codec}'")
        if codec not in takes:
            raise UsageError(
                f"{path.suffix} takes {', '.join(takes)}, not {codec}; name another --codec or another file"
            )
        if self.crf is not None and not 0 <= self.crf <= _WORST[codec]:
            raise UsageError(f"--crf must be from 0 to {_WORST[codec]} for {codec}, not {self.crf:g}")
        return codec


def check_container(path: Path) -> str:
    """What FFmpeg calls the container of a file.

    Raises:
        UsageError: Clips are not written to such files.
    """
    container = CONTAINERS.get(path.suffix.lower())
    if container is None:
        raise UsageError(f"{path} must end in {', '.join(CONTAINERS)}")
    return container


def codec_options(codec: str, encoding: Encoding, interval: int) -> dict[str, str]:
    """The encoder's options.

    Args:
        codec: One of `CODECS`.
        encoding: How well.
        interval: Frames from one that stands for itself to the next, at most.
    """
    crf = f"{_CRF[codec] if encoding.crf is None else encoding.crf:g}"
    preset = encoding.preset or _PRESET[codec]
    if codec == "vp9":
        speed = {"deadline": "realtime", "cpu-used": preset, "row-mt": "1"}
        return {"crf": str(round(float(crf))), "b": "0", "g": str(interval), "lag-in-frames": "0", **speed}
    options = {"crf": crf, "preset": preset, "g": str(interval)}
    if codec == "hevc":
        options |= {"x265-params": f"log-level=none:keyint={interval}"}
    return options


def pixel_format(codec: str, width: int, height: int, bits: int) -> str:
    """How pixels are coded: colours at half the size, but for odd sizes, which only VP9 takes then.

    Raises:
        UsageError: HEVC is wanted for frames narrower than 64 pixels: libx265 writes beyond its memory for those.
    """
    if codec == "hevc" and width < _HEVC_WIDTH:
        raise UsageError(f"--codec hevc takes frames of at least {_HEVC_WIDTH} pixels across, not {width}; take h264")
    deep = bits > 8 and codec != "vp9"
    odd = (width % 2 or height % 2) and codec != "vp9"
    return ("yuv444p" if odd else "yuv420p") + ("10le" if deep else "")
