"""What a file is by its first bytes. Only what holds all of itself is let in: no playlists, no programs, no scripts.

FFmpeg would follow a playlist to other files and other machines, and Pillow hands PostScript to Ghostscript.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

__all__ = ["SENT", "clip_kind", "picture_kind"]

SENT: Final = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
"""What paintings are sent as: media types by file name ending."""

_HEIF: Final = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_AVIF: Final = (b"avif", b"avis")
_PICTURES: Final = {
    b"\xff\xd8\xff": "jpg",
    b"\x89PNG\r\n\x1a\n": "png",
    b"GIF87a": "gif",
    b"GIF89a": "gif",
    b"BM": "bmp",
    b"II*\0": "tif",
    b"MM\0*": "tif",
    b"II+\0": "tif",
    b"MM\0+": "tif",
    b"\0\0\0\x0cjP  \r\n\x87\n": "jp2",
    b"\xff\x4f\xff\x51": "jp2",
}
_CLIPS: Final = {
    b"\x1a\x45\xdf\xa3": "mkv",
    b"OggS": "ogv",
    b"FLV\x01": "flv",
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11": "wmv",
    b"\0\0\1\xba": "mpg",
    b"GIF87a": "gif",
    b"GIF89a": "gif",
}
_ATOMS: Final = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")


def picture_kind(path: Path) -> str | None:
    """The usual ending of a picture file of this kind; None if it is no picture."""
    head = _head(path)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp":
        brands = {head[8:12], *(head[start : start + 4] for start in range(16, len(head), 4))}
        if brands & set(_AVIF):
            return "avif"
        return "heic" if head[8:12] in _HEIF else None
    return _starting(head, _PICTURES)


def clip_kind(path: Path) -> str | None:
    """The usual ending of a clip of this kind; None if it is no clip."""
    head = _head(path)
    if head[:4] == b"RIFF":
        return {b"AVI ": "avi", b"WEBP": None}.get(head[8:12])
    if head[4:8] in _ATOMS:
        return None if picture_kind(path) else ("mov" if head[8:12] == b"qt  " or head[4:8] != b"ftyp" else "mp4")
    if len(head) > 188 and head[0] == head[188] == 0x47:
        return "ts"
    return _starting(head, _CLIPS)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(192)


def _starting(head: bytes, known: dict[bytes, str]) -> str | None:
    return next((kind for start, kind in known.items() if head.startswith(start)), None)
