"""What a picture file says beside its pixels: dates, places, camera, author, resolution."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, replace
from typing import Any, Final

from PIL import Image

__all__ = ["Metadata", "in_order", "orientation_of", "read_metadata"]

_ORIENTATION: Final = 0x0112
_EXIF_IFD, _GPS_IFD = 0x8769, 0x8825
_MAKER_NOTE, _COLOUR_SPACE, _WIDTH, _HEIGHT, _INTEROPERABILITY = 0x927C, 0xA001, 0xA002, 0xA003, 0xA005

_KEPT: Final = frozenset(
    {
        *(0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B, 0x013C, 0x8298),  # description to copyright
        *(0x4746, 0x4749),  # rating
        *range(0x9C9B, 0x9CA0),  # Windows' title, comment, author, keywords and subject
    }
)
"""Tags of the main directory that speak of the picture; the others speak of the file that held it."""

_JPEG_BLOCK: Final = 65_000

_XMP_NUMBERS: Final = {
    b"tiff:Orientation": "1",
    b"tiff:ImageWidth": "{width}",
    b"tiff:ImageLength": "{height}",
    b"exif:PixelXDimension": "{width}",
    b"exif:PixelYDimension": "{height}",
    b"exif:ColorSpace": "1",
}
_EXTENDED: Final = re.compile(rb'xmpNote:HasExtendedXMP="[0-9A-Fa-f]{0,64}"')
"""Says that there is more XMP, which is not carried."""


@dataclass(frozen=True)
class Metadata:
    """What goes from a picture to what is made of it.

    Attributes:
        exif: As in a file, with its six bytes of name; upright, without thumbnails and without the maker's notes, whose
            addresses hold in the original file only.
        xmp: XML.
        comment: Of JPEG and GIF.
        texts: PNG's, by keyword.
        dpi: Pixels an inch, across and down.
    """

    exif: bytes = b""
    xmp: bytes = b""
    comment: bytes = b""
    texts: tuple[tuple[str, str], ...] = ()
    dpi: tuple[float, float] | None = None

    def for_result(self, kind: str, width: int, height: int) -> Metadata:
        """The same for a picture of this size in a file of this kind; JPEG has no room for blocks beyond 64 KB."""
        exif, xmp = self.exif, self.xmp
        if exif:
            tags = Image.Exif()
            tags.load(exif)
            exif = _clean_exif(tags, (width, height))
        for name, text in _XMP_NUMBERS.items():
            number = text.format(width=width, height=height).encode()
            xmp = re.sub(rb"(" + name + rb"=[\"'])\d+", rb"\g<1>" + number, xmp)
            xmp = re.sub(rb"(<" + name + rb">)\d+", rb"\g<1>" + number, xmp)
        if kind == "JPEG":
            exif, xmp = (block if len(block) <= _JPEG_BLOCK else b"" for block in (exif, xmp))
        return replace(self, exif=exif, xmp=xmp)


def read_metadata(image: Image.Image) -> Metadata:
    """What a picture says about itself; what is damaged is left out.

    Args:
        image: As opened, before it is turned or converted.
    """
    info = image.info
    xmp = info.get("xmp") or info.get("XML:com.adobe.xmp") or b""
    comment = info.get("comment") or b""
    png = image.format == "PNG"
    return Metadata(
        exif=_clean_exif(_exif_of(image), None),
        xmp=_clean_xmp(xmp.encode("utf-8", "replace") if isinstance(xmp, str) else bytes(xmp)),
        comment=comment.encode("utf-8", "replace") if isinstance(comment, str) else bytes(comment),
        texts=tuple((str(key), str(text)) for key, text in info.items() if png and _is_text(key, text)),
        dpi=_dpi_of(info.get("dpi")),
    )


def orientation_of(image: Image.Image) -> int:
    """How a picture has to be turned, from 1, not at all, to 8, as EXIF counts."""
    value = _exif_of(image).get(_ORIENTATION, 1)
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def in_order(exif: bytes, order: str) -> bytes:
    """An EXIF block with its numbers' bytes in another order, "<" or ">"."""
    tags = Image.Exif()
    tags.load(exif)
    return _clean_exif(tags, None, order)


def _exif_of(image: Image.Image) -> Image.Exif:
    try:
        if (
            image.format == "PNG"
            and not ({"exif", "Raw profile type exif"} & set(image.info))
            and not _ends_with_exif(image)
        ):
            return Image.Exif()  # Pillow would decode all of it to look behind its pixels
        return image.getexif()
    except Exception:  # whatever a damaged block makes of Pillow's parser
        return Image.Exif()


def _ends_with_exif(image: Image.Image) -> bool:
    """Whether a PNG says something behind its pixels, or in XMP, that matters to how it is turned."""
    if image.info.get("XML:com.adobe.xmp"):
        return True
    file = image.fp  # type: ignore[attr-defined]
    place = file.tell()
    try:
        file.seek(8)
        while len(head := file.read(8)) == 8:
            length, name = struct.unpack(">I4s", head)
            if name == b"eXIf":
                return True
            file.seek(length + 4, 1)
        return False
    finally:
        file.seek(place)


def _clean_xmp(xmp: bytes) -> bytes:
    """Without thumbnails, which show the old picture."""
    first, last = b"<xmp:Thumbnails", b"</xmp:Thumbnails>"
    start = xmp.find(first)
    end = xmp.rfind(last)
    if 0 <= start < end:
        xmp = xmp[:start] + xmp[end + len(last) :]
    return _EXTENDED.sub(b"", xmp)


def _is_text(key: object, value: object) -> bool:
    known = ("XML:com.adobe.xmp", "Raw profile type")
    return isinstance(key, str) and isinstance(value, str) and not key.startswith(known)


def _clean_exif(tags: Image.Exif, size: tuple[int, int] | None, order: str = ">") -> bytes:
    """Only what speaks of the picture, in a block of its own."""
    clean = Image.Exif()
    clean.endian = order
    try:
        for tag in _KEPT & set(tags):
            clean[tag] = _value(tags[tag])
        details = {tag: _value(value) for tag, value in tags.get_ifd(_EXIF_IFD).items()}
        for tag in (_MAKER_NOTE, _INTEROPERABILITY):
            details.pop(tag, None)
        if details and size is not None:
            details |= {_COLOUR_SPACE: 1, _WIDTH: size[0], _HEIGHT: size[1]}
        if details:
            clean[_EXIF_IFD] = details
        if places := {tag: _value(value) for tag, value in tags.get_ifd(_GPS_IFD).items()}:
            clean[_GPS_IFD] = places
        return clean.tobytes() if len(clean) else b""
    except Exception:  # values that are not what their tags say cannot be written again
        return b""


def _value(value: Any) -> Any:
    """Pillow reads text as Latin 1 and writes it as ASCII; as bytes it comes back as it was."""
    return value.encode("latin-1", "replace") if isinstance(value, str) and not value.isascii() else value


def _dpi_of(value: Any) -> tuple[float, float] | None:
    try:
        across, down = (float(number) for number in value)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return (across, down) if 0 < across < 1e6 and 0 < down < 1e6 else None
