"""What a file says beside its pixels goes along, corrected; or nothing of it does."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from painterly.errors import UsageError
from painterly.images import Metadata, SaveOptions, save_picture, write_strips
from painterly.images.reading import read_with_metadata
from painterly.images.strips import open_strips

ORIENTATION, DATE, MODEL, AUTHOR, DETAILS, PLACES = 0x0112, 0x0132, 0x0110, 0x013B, 0x8769, 0x8825
TAKEN, WIDTH, HEIGHT, MAKER = 0x9003, 0xA002, 0xA003, 0x927C
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about="" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/"'
    b' xmlns:xmp="http://ns.adobe.com/xap/1.0/" tiff:Orientation="6" exif:PixelXDimension="30" xmp:Rating="4">'
    b"<xmp:Thumbnails><rdf:Alt>picture</rdf:Alt></xmp:Thumbnails></rdf:Description></rdf:RDF></x:xmpmeta>"
)
NOISE = Image.effect_noise((30, 20), 90).convert("RGB")
GPS = {1: "N", 2: (48.0, 51.0, 29.0), 3: "E", 4: (2.0, 17.0, 40.0)}


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """As a camera writes it: on its side, with a thumbnail."""
    exif = Image.Exif()
    exif[ORIENTATION], exif[DATE], exif[MODEL] = 6, "2021:05:06 07:08:09", "Camera"
    exif[AUTHOR] = "Bj\u00f6rk \u6771".encode()
    exif[DETAILS] = {TAKEN: "2021:05:06 07:08:09", WIDTH: 30, HEIGHT: 20, MAKER: b"Canon" + bytes(60), 0x829A: 0.005}
    exif[PLACES] = GPS
    NOISE.save(tmp_path / "photo.jpg", exif=exif, xmp=XMP, comment=b"on holiday", dpi=(300, 300), quality=95)
    return tmp_path / "photo.jpg"


def write(image: Image.Image, path: Path, how: str, **more: Any) -> None:
    if how == "whole":
        save_picture(image, path, **more)
    else:
        pytest.importorskip("pyvips")
        values = np.asarray(image)
        height, width, channels = values.shape
        strips = np.array_split(values, 3)
        write_strips(path, width, height, channels, np.uint8, strips, more["options"], more["metadata"])


WAYS = [(ending, how) for ending in ("jpg", "png", "webp", "tif", "avif", "heic") for how in ("whole", "strips")]


@pytest.mark.parametrize(("ending", "how"), [*WAYS, ("png", "sixteen bits"), ("tif", "sixteen bits")])
def test_it_goes_along_in_every_format(tmp_path: Path, photo: Path, ending: str, how: str) -> None:
    if ending == "heic":
        pytest.importorskip("pillow_heif")
    picture, metadata = read_with_metadata(photo)
    options = SaveOptions(depth=16 if how == "sixteen bits" else 8)
    write(picture, tmp_path / f"a.{ending}", how, options=options, metadata=metadata)

    with Image.open(tmp_path / f"a.{ending}") as image:
        image.load()
        exif, xmp = image.getexif(), str(image.info.get("xmp") or image.info.get("XML:com.adobe.xmp"))
        details, places, thumbnails = exif.get_ifd(DETAILS), exif.get_ifd(PLACES), exif.get_ifd(1)
        assert image.size == (20, 30)
        assert "sRGB" in ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"])))
        assert exif.get(ORIENTATION, 1) == 1
        assert (exif[DATE], exif[MODEL]) == ("2021:05:06 07:08:09", "Camera")
        assert exif[AUTHOR].encode("latin-1") == "Bj\u00f6rk \u6771".encode()
        assert details[TAKEN] == "2021:05:06 07:08:09"
        assert (details[WIDTH], details[HEIGHT]) == (20, 30)
        assert MAKER not in details
        assert {key: places[key] for key in GPS} == GPS
        assert not thumbnails
        assert 'tiff:Orientation="1"' in xmp
        assert 'exif:PixelXDimension="20"' in xmp
        assert 'xmp:Rating="4"' in xmp
        assert "Thumbnails" not in xmp
        if ending not in ("webp", "avif", "heic"):
            assert image.info["dpi"] == pytest.approx((300, 300), rel=1e-3)
        if ending == "jpg" and how == "whole":
            assert image.info["comment"] == b"on holiday"


@pytest.mark.parametrize("how", ["whole", "strips"])
@pytest.mark.parametrize("ending", ["jpg", "png", "webp", "tif", "avif", "bmp"])
def test_stripped_it_says_nothing(tmp_path: Path, photo: Path, ending: str, how: str) -> None:
    picture, metadata = read_with_metadata(photo)
    write(picture, tmp_path / f"a.{ending}", how, options=SaveOptions(strip=True), metadata=metadata)
    content = (tmp_path / f"a.{ending}").read_bytes()
    for trace in (b"2021", b"Camera", b"xmpmeta", b"holiday", b"Canon", "Bj\u00f6rk".encode()):
        assert trace not in content
    with Image.open(tmp_path / f"a.{ending}") as image:
        assert DETAILS not in image.getexif()
        assert PLACES not in image.getexif()


def test_what_a_png_says_in_words_goes_along_to_a_png(tmp_path: Path) -> None:
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("Title", "Gr\u00fc\u00dfe")
    info.add_itxt("Author", "\u6771")
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png", pnginfo=info)
    picture, metadata = read_with_metadata(tmp_path / "a.png")
    assert dict(metadata.texts) == {"Title": "Gr\u00fc\u00dfe", "Author": "\u6771"}
    save_picture(picture, tmp_path / "b.png", metadata=metadata)
    assert read_with_metadata(tmp_path / "b.png")[1].texts == metadata.texts
    assert open_strips(tmp_path / "b.png").metadata.texts == metadata.texts


def test_a_png_that_is_turned_behind_its_pixels_is_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    Image.effect_noise((9, 5), 90).convert("RGB").save(tmp_path / "a.png", exif=exif)
    content = (tmp_path / "a.png").read_bytes()
    at = content.index(b"eXIf") - 4
    length = 12 + int.from_bytes(content[at : at + 4], "big")
    end = content.index(b"IEND") - 4
    moved = content[:at] + content[at + length : end] + content[at : at + length] + content[end:]
    (tmp_path / "b.png").write_bytes(moved)
    upright = np.asarray(read_with_metadata(tmp_path / "a.png")[0])
    assert np.array_equal(np.asarray(read_with_metadata(tmp_path / "b.png")[0]), upright)
    assert np.array_equal(np.concatenate(list(open_strips(tmp_path / "b.png").strips(2))), upright)


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_heic_is_upright_with_its_transparency(tmp_path: Path, orientation: int) -> None:
    pytest.importorskip("pillow_heif")
    image = Image.new("RGBA", (32, 16), (255, 0, 0, 255))
    image.paste((0, 0, 255, 0), (0, 0, 16, 16))
    save_picture(image, tmp_path / "a.heic")
    assert np.abs(np.asarray(read_with_metadata(tmp_path / "a.heic")[0], int) - np.asarray(image)).max() < 90
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    image.save(tmp_path / "b.heic", exif=exif.tobytes())
    picture, metadata = read_with_metadata(tmp_path / "b.heic")
    assert picture.mode == "RGBA"
    assert picture.size == ((32, 16) if orientation < 5 else (16, 32))
    save_picture(picture, tmp_path / "c.jpg", metadata=metadata)
    assert read_with_metadata(tmp_path / "c.jpg")[0].size == picture.size


@given(st.binary(max_size=200), st.integers(0, 400))
def test_damaged_blocks_are_left_out_and_stop_nothing(exif: bytes, place: int) -> None:
    good = Image.Exif()
    good[MODEL], good[DETAILS] = "Camera", {TAKEN: "2021:05:06 07:08:09"}
    block = bytearray(good.tobytes())
    block[6 + place % (len(block) - 6) :][: len(exif)] = exif
    at = 6 + place % (len(block) - 6)
    block[at : at + len(exif)] = exif
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "JPEG", exif=bytes(block), xmp=exif)
    picture, metadata = read_with_metadata("a.jpg", io.BytesIO(file.getvalue()))
    assert {8} == set(picture.size)
    metadata.for_result("JPEG", 4, 4)


@pytest.mark.parametrize(
    "values", [{"quality": 0}, {"quality": 101}, {"png_level": -1}, {"png_level": 10}, {"depth": 12}]
)
def test_options_out_of_range_name_themselves(values: dict[str, int]) -> None:
    (name,) = values
    with pytest.raises(UsageError, match=f"--{name.replace('_', '-')} must be"):
        SaveOptions(**values)  # type: ignore[arg-type]


def test_quality_and_level_matter(tmp_path: Path) -> None:
    noise = Image.effect_noise((60, 60), 50).convert("RGB")
    for ending in ("jpg", "webp", "avif"):
        for quality in (10, 95):
            save_picture(noise, tmp_path / f"{quality}.{ending}", options=SaveOptions(quality=quality))
        assert (tmp_path / f"10.{ending}").stat().st_size < (tmp_path / f"95.{ending}").stat().st_size / 2
    for level in (0, 9):
        save_picture(noise, tmp_path / f"{level}.png", options=SaveOptions(png_level=level))
    assert (tmp_path / "9.png").stat().st_size < (tmp_path / "0.png").stat().st_size


def test_the_same_picture_gives_the_same_file(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        save_picture(Image.new("RGB", (8, 8)), tmp_path / name, metadata=Metadata(dpi=(72, 72)))
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


@pytest.mark.parametrize("how", ["whole", "strips"])
def test_what_a_jpeg_has_no_room_for_is_left_out(tmp_path: Path, how: str) -> None:
    exif = Image.Exif()
    exif[MODEL], exif[DETAILS] = "Camera", {0x9286: b"x" * 70_000}
    metadata = Metadata(exif=exif.tobytes(), xmp=XMP + b" " * 70_000)
    for ending in ("jpg", "png", "webp", "tif"):
        write(NOISE, tmp_path / f"a.{ending}", how, options=SaveOptions(), metadata=metadata)
        found = read_with_metadata(tmp_path / f"a.{ending}")[1]
        assert bool(found.exif) == bool(found.xmp) == (ending != "jpg")
