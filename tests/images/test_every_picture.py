"""Files of every kind, generated: what is read is what was drawn, and what is written comes back."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageOps

from painterly.images import SaveOptions, open_strips, read_picture, save_picture, write_strips
from painterly.images.profiles import srgb_profile

MODES = ("1", "L", "LA", "P", "P with transparency", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "I;16", "I", "F")
FORMATS = {
    "png": ("1", "L", "LA", "P", "P with transparency", "RGB", "RGBA", "I;16"),
    "tif": tuple(mode for mode in MODES if mode != "P with transparency"),  # which TIFF has not
    "jpg": ("L", "RGB", "CMYK", "YCbCr"),
    "webp": ("L", "RGB", "RGBA"),
    "gif": ("1", "L", "P", "P with transparency"),
    "bmp": ("1", "L", "P", "RGB"),
    "avif": ("RGB", "RGBA"),
}
LOSSLESS = ("png", "tif", "webp", "bmp", "gif")
KINDS = [(ending, mode) for ending, modes in FORMATS.items() for mode in modes]
P3 = {b"rXYZ": (0.5151, 0.2412, -0.0011), b"gXYZ": (0.2920, 0.6922, 0.0419), b"bXYZ": (0.1571, 0.0666, 0.7841)}

sizes = st.tuples(st.integers(1, 40), st.integers(1, 40))
seeds = st.integers(0, 2**32 - 1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pictures")


def draw(mode: str, size: tuple[int, int], seed: int) -> Image.Image:
    """Noise in any mode."""
    rng = np.random.default_rng(seed)
    width, height = size
    noise = rng.integers(0, 256, (height, width, 4), np.uint8)
    if mode == "I;16":
        return Image.fromarray(rng.integers(0, 65536, (height, width), np.uint16))
    if mode == "I":
        return Image.fromarray(rng.integers(0, 65536, (height, width), np.int32))
    if mode == "F":
        return Image.fromarray(rng.random((height, width), np.float32))
    if mode == "LAB":
        return Image.frombytes("LAB", size, noise[..., :3].tobytes())
    if mode == "P with transparency":
        image = Image.fromarray(noise[..., :3]).convert("P")
        image.info["transparency"] = image.getpixel((0, 0))
        return image
    if mode == "PA":
        return Image.fromarray(noise).convert("LA").convert("PA")
    if mode == "P":
        return Image.fromarray(noise[..., :3]).convert("P")
    return Image.fromarray(noise).convert(mode)


def store(image: Image.Image, path: Path, orientation: int = 1, profile: bytes | None = None) -> None:
    more: dict[str, Any] = {"quality": 100, "lossless": True} if path.suffix == ".webp" else {}
    if orientation > 1:
        more["exif"] = Image.Exif()
        more["exif"][0x0112] = orientation
    if profile:
        more["icc_profile"] = profile
    image.save(path, **more)


def wide_profile() -> bytes:
    """sRGB's curve with the primaries of Display P3."""
    profile = bytearray(srgb_profile())
    for number in range(struct.unpack_from(">I", profile, 128)[0]):
        name, offset, _ = struct.unpack_from(">4sII", profile, 132 + 12 * number)
        if name in P3:
            struct.pack_into(">3i", profile, offset + 8, *(round(value * 65536) for value in P3[name]))
    return bytes(profile)


def to_eight(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """As `read_picture` has it."""
    if values.dtype == np.uint8:
        return values
    top = 65535 if values.dtype == np.uint16 else 1
    return np.floor(values.astype(float) / top * 255 + 0.5).astype(np.uint8)


@given(kind=st.sampled_from(KINDS), size=sizes, seed=seeds, orientation=st.integers(1, 8))
def test_every_mode_in_every_format_is_read_upright(
    folder: Path, kind: tuple[str, str], size: tuple[int, int], seed: int, orientation: int
) -> None:
    ending, mode = kind
    image, path = draw(mode, size, seed), folder / f"a.{ending}"
    if ending in ("gif", "bmp"):
        orientation = 1
    store(image, path, orientation)
    picture = read_picture(path)

    assert picture.mode == ("RGBA" if image.has_transparency_data else "RGB")
    assert picture.size == (size if orientation < 5 else size[::-1])
    if ending not in LOSSLESS:
        return
    if mode in ("I;16", "I", "F"):
        image = Image.fromarray(to_eight(np.asarray(image, np.float32 if mode == "F" else np.uint16)))
    turned = image.convert(picture.mode)
    turned.getexif()[0x0112] = orientation
    expected = ImageOps.exif_transpose(turned)
    found, wanted = np.asarray(picture, int), np.asarray(expected, int)
    if found.shape[2] == 4:  # colours of what cannot be seen are anybody's
        assert np.array_equal(found[..., 3], wanted[..., 3])
        found, wanted = found * (found[..., 3:] > 0), wanted * (wanted[..., 3:] > 0)
    assert np.array_equal(found, wanted)


@given(
    kind=st.sampled_from(KINDS),
    size=sizes,
    seed=seeds,
    orientation=st.integers(1, 8),
    rows=st.integers(1, 50),
    profile=st.sampled_from(["none", "sRGB", "wide", "garbage"]),
)
def test_strips_are_the_whole_cut_up(
    folder: Path, kind: tuple[str, str], size: tuple[int, int], seed: int, orientation: int, rows: int, profile: str
) -> None:
    ending, mode = kind
    path = folder / f"b.{ending}"
    icc = {"none": None, "sRGB": srgb_profile(), "wide": wide_profile(), "garbage": b"no profile"}[profile]
    if ending in ("gif", "bmp"):
        orientation, icc = 1, None
    if ending == "avif" and profile == "garbage":
        icc = None  # libavif refuses to write it
    store(draw(mode, size, seed), path, orientation, icc)
    whole, reader = np.asarray(read_picture(path)), open_strips(path)
    strips = list(reader.strips(rows))

    assert whole.shape == (reader.height, reader.width, reader.channels)
    assert all(strip.shape[0] == rows for strip in strips[:-1])
    assert all(strip.dtype == reader.dtype for strip in strips)
    joined = to_eight(np.concatenate(strips))
    # Sixteen bits are converted from one profile to the other before they are rounded, not after.
    assert np.abs(joined.astype(int) - whole).max() <= (0 if icc is None or reader.dtype == np.uint8 else 2)
    assert np.array_equal(np.concatenate(list(reader.strips(7))), np.concatenate(strips))  # and again


@given(size=sizes, seed=seeds, ending=st.sampled_from(["png", "tif"]), channels=st.sampled_from([3, 4]))
def test_sixteen_bits_come_back_exactly(
    folder: Path, size: tuple[int, int], seed: int, ending: str, channels: int
) -> None:
    pytest.importorskip("pyvips")
    (width, height), path = size, folder / f"c.{ending}"
    values = np.random.default_rng(seed).integers(0, 65536, (height, width, channels), np.uint16)
    strips = np.array_split(values, min(3, height))
    write_strips(path, width, height, channels, np.uint16, strips, SaveOptions(depth=16), overwrite=True)
    reader = open_strips(path)
    (found,) = reader.strips(height)

    assert reader.dtype == np.uint16
    assert np.array_equal(found, values)


@given(
    size=sizes,
    seed=seeds,
    ending=st.sampled_from(["png", "tif", "bmp"]),
    channels=st.sampled_from([3, 4]),
    level=st.integers(0, 9),
)
def test_eight_bits_come_back_exactly(
    folder: Path, size: tuple[int, int], seed: int, ending: str, channels: int, level: int
) -> None:
    path, image = folder / f"d.{ending}", draw("RGBA" if channels == 4 else "RGB", size, seed)
    save_picture(image, path, overwrite=True, options=SaveOptions(png_level=level))
    again = read_picture(path)
    if channels == 4 and ending == "bmp":
        ground = Image.new("RGBA", size, "white")
        image = Image.alpha_composite(ground, image).convert("RGB")
    assert np.array_equal(np.asarray(again), np.asarray(image))
    strips = np.array_split(np.asarray(image), min(4, size[1]))
    write_strips(path, *size, len(image.getbands()), np.uint8, strips, overwrite=True)
    assert np.array_equal(np.asarray(read_picture(path)), np.asarray(image))


@given(size=sizes, seed=seeds, channels=st.sampled_from([3, 4]), quality=st.integers(1, 100))
def test_a_jpeg_from_strips_is_the_same_picture(
    folder: Path, size: tuple[int, int], seed: int, channels: int, quality: int
) -> None:
    image, options = draw("RGBA" if channels == 4 else "RGB", size, seed), SaveOptions(quality=quality)
    save_picture(image, folder / "whole.jpg", overwrite=True, options=options)
    strips = np.array_split(np.asarray(image), min(4, size[1]))
    write_strips(folder / "strips.jpg", *size, channels, np.uint8, strips, options, overwrite=True)
    whole, other = (np.asarray(read_picture(folder / name), int) for name in ("whole.jpg", "strips.jpg"))
    assert np.abs(whole - other).max() <= 2


@pytest.mark.parametrize("depth", [8, 16])
def test_a_wide_gamut_is_brought_to_srgb(tmp_path: Path, depth: int) -> None:
    colours = np.stack(np.meshgrid(*[np.linspace(40, 200, 6)] * 3), -1).reshape(36, 6, 3)
    path = tmp_path / "a.png"
    if depth == 8:
        Image.fromarray(colours.astype(np.uint8)).save(path, icc_profile=wide_profile())
        found = np.asarray(read_picture(path), float) / 255
        colours = colours.astype(np.uint8) / 255.0
    else:
        vips = pytest.importorskip("pyvips")
        values = (colours * 257).astype(np.uint16)
        image = vips.Image.new_from_array(values, interpretation="rgb16").copy()
        image.set_type(vips.GValue.blob_type, "icc-profile-data", wide_profile())
        image.pngsave(str(path))
        (strip,) = open_strips(path).strips(36)
        found, colours = strip / 65535.0, values / 65535.0
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    srgb = np.array([[0.4361, 0.3851, 0.1431], [0.2225, 0.7169, 0.0606], [0.0139, 0.0971, 0.7141]])
    wanted = linear @ np.array(list(P3.values())) @ np.linalg.inv(srgb).T
    wanted = np.where(wanted <= 0.0031308, 12.92 * wanted, 1.055 * wanted.clip(1e-9) ** (1 / 2.4) - 0.055).clip(0, 1)
    assert np.abs(found - wanted).max() < (0.012 if depth == 8 else 0.008)
    assert np.abs(found - colours).max() > 0.05  # which is more than nothing


@pytest.mark.parametrize("ending", ["jpg", "png", "webp", "tif", "avif"])
@pytest.mark.parametrize("strip", [False, True])
def test_results_say_that_they_are_srgb(tmp_path: Path, ending: str, strip: bool) -> None:
    save_picture(draw("RGB", (20, 20), 0), tmp_path / f"a.{ending}", options=SaveOptions(strip=strip))
    with Image.open(tmp_path / f"a.{ending}") as image:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
    assert "sRGB" in ImageCms.getProfileDescription(profile)


def test_transparency_that_is_in_the_colours_is_taken_out(tmp_path: Path) -> None:
    vips = pytest.importorskip("pyvips")
    colour, alpha = np.full((4, 4, 3), 200, np.uint8), np.full((4, 4, 1), 128, np.uint8)
    image = vips.Image.new_from_array(np.concatenate([colour, alpha], 2), interpretation="srgb")
    image.premultiply().cast("uchar").tiffsave(str(tmp_path / "a.tif"), premultiply=False)
    (strip,) = open_strips(tmp_path / "a.tif").strips(4)
    assert np.array_equal(strip, np.asarray(read_picture(tmp_path / "a.tif")))
