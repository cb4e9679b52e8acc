"""What a clip's numbers mean as colours, and the way from them to RGB and back by the same matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

__all__ = ["FULL", "LIMITED", "Colours", "colours_of", "scaling"]

LIMITED: Final = 1
FULL: Final = 2
UNSPECIFIED: Final = 2
"""Of matrix, primaries and transfer, as H.273 counts them; of the range, 0 is unspecified."""

_BILINEAR, _FULL_CHROMA, _ACCURATE = 2, 0x2000, 0x40000
"""swscale's flags."""

_BT709, _BT601 = 1, 6
_SCALER = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9, 10: 9}
"""From the matrices of H.273 to swscale's."""

_HIGH_DEFINITION = 720
"""Lines from which on players take untagged clips for BT.709."""


@dataclass(frozen=True)
class Colours:
    """Tags of a clip, as H.273 counts them.

    Attributes:
        matrix: From RGB to YUV; always one that is known, guessed as players do where the clip does not say.
        range: `LIMITED` or `FULL`.
        primaries: Carried along as they are; 2 where the clip does not say.
        transfer: Likewise.
    """

    matrix: int = _BT709
    range: int = LIMITED
    primaries: int = UNSPECIFIED
    transfer: int = UNSPECIFIED

    @property
    def scaler_matrix(self) -> int:
        """The matrix as swscale counts them."""
        return _SCALER[self.matrix]


def colours_of(frame: Any) -> Colours:
    """The colours of a decoded frame; where it is RGB or names a matrix that is not known, what to encode it as.

    Args:
        frame: An `av.VideoFrame`.
    """
    matrix = int(frame.colorspace)
    if matrix not in _SCALER:
        rgb = frame.format.is_rgb or frame.format.has_palette
        matrix = _BT709 if rgb or min(frame.width, frame.height) >= _HIGH_DEFINITION else _BT601
    full = int(frame.color_range) == FULL or frame.format.name.startswith("yuvj")
    if frame.format.is_rgb or frame.format.has_palette:
        full = False
    return Colours(matrix, FULL if full else LIMITED, int(frame.color_primaries), int(frame.color_trc))


def scaling(bits: int) -> int:
    """How swscale is to convert: exactly, without which every conversion makes frames darker by up to two levels.

    Args:
        bits: Of a channel; with more than eight, exactness makes swscale get colours wrong, and nothing is gained.
    """
    return _BILINEAR | _FULL_CHROMA | _ACCURATE if bits == 8 else _BILINEAR
