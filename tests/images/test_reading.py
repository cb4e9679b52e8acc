from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps

from painterly.errors import InputError
from painterly.images import from_tensor, read_picture, resize_longest, to_tensor


def gradient(mode: str = "RGB", size: tuple[int, int] = (20, 14)) -> Image.Image:
    x = np.linspace(0, 255, size[0], dtype=np.uint8)[None].repeat(size[1], 0)
    return Image.fromarray(np.stack([x, x[:, ::-1], x], 2)).convert(mode)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_mode_of_png_becomes_rgb_or_rgba(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "a.png"
    if mode == "I;16":
        Image.fromarray(np.asarray(gradient("L"), np.uint16) * 257).save(path)
    else:
        gradient(mode).save(path)
    picture = read_picture(path)
    expected = gradient("L") if mode == "I;16" else gradient(mode)

    assert picture.mode == ("RGBA" if mode in ("LA", "RGBA") else "RGB")
    assert picture.size == (20, 14)
    assert np.array_equal(np.asarray(picture.convert("RGB")), np.asarray(expected.convert("RGB")))


@pytest.mark.parametrize(("mode", "name"), [("CMYK", "a.jpg"), ("F", "a.tif"), ("I", "a.tif"), ("LAB", "a.tif")])
def test_other_modes_are_read(tmp_path: Path, mode: str, name: str) -> None:
    image = gradient("RGB")
    if mode == "LAB":
        lab = ImageCms.createProfile("LAB")
        image = ImageCms.profileToProfile(image, ImageCms.createProfile("sRGB"), lab, outputMode="LAB")  # type: ignore[assignment]
    elif mode == "F":
        image = Image.fromarray(np.asarray(gradient("L"), np.float32) / 255)
    elif mode == "I":
        image = Image.fromarray(np.asarray(gradient("L"), np.int32) * 257)
    else:
        image = image.convert(mode)
    image.save(tmp_path / name)
    picture = read_picture(tmp_path / name)

    assert picture.mode == "RGB"
    if mode in ("F", "I"):
        assert np.array_equal(np.asarray(picture)[..., 0], np.asarray(gradient("L")))


def test_a_transparent_palette_keeps_its_transparency(tmp_path: Path) -> None:
    image = gradient("P")
    image.save(tmp_path / "a.png", transparency=0)
    assert read_picture(tmp_path / "a.png").mode == "RGBA"


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_turned_upright(tmp_path: Path, orientation: int) -> None:
    image = gradient()
    exif = Image.Exif()
    exif[0x0112] = orientation
    image.save(tmp_path / "a.png", exif=exif)
    with Image.open(tmp_path / "a.png") as stored:
        expected = ImageOps.exif_transpose(stored).convert("RGB")

    assert np.array_equal(np.asarray(read_picture(tmp_path / "a.png")), np.asarray(expected))
    assert (expected.size == (14, 20)) == (orientation >= 5)


def test_colour_profiles_are_converted_to_srgb(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    gradient().save(tmp_path / "same.png", icc_profile=profile)
    difference = np.asarray(read_picture(tmp_path / "same.png"), int) - np.asarray(gradient(), int)
    assert np.abs(difference).max() <= 1

    # The same primaries in linear light: curves of type 3 with five parameters become plain powers of exponent one.
    curve, linear = b"para" + bytes(4) + b"\x00\x03", b"para" + bytes(8) + b"\x00\x01\x00\x00"
    at = profile.index(curve)
    gradient().save(tmp_path / "linear.png", icc_profile=profile.replace(profile[at : at + len(linear)], linear))
    value = np.asarray(gradient(), float) / 255
    expected = np.where(value <= 0.0031308, 12.92 * value, 1.055 * value ** (1 / 2.4) - 0.055) * 255
    assert np.abs(np.asarray(read_picture(tmp_path / "linear.png"), float) - expected).max() <= 2

    gradient().save(tmp_path / "broken.png", icc_profile=b"no profile at all")
    assert np.array_equal(np.asarray(read_picture(tmp_path / "broken.png")), np.asarray(gradient()))


class TestRefusals:
    """One sentence that names the file."""

    def test_missing(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"none\.jpg does not exist"):
            read_picture(tmp_path / "none.jpg")

    def test_folder(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="is a folder"):
            read_picture(tmp_path)

    def test_empty(self, tmp_path: Path) -> None:
        (tmp_path / "a.jpg").write_bytes(b"")
        with pytest.raises(InputError, match=r"a\.jpg is empty"):
            read_picture(tmp_path / "a.jpg")

    def test_text(self, tmp_path: Path) -> None:
        (tmp_path / "a.jpg").write_text("no picture")
        with pytest.raises(InputError, match=r"a\.jpg is not a picture"):
            read_picture(tmp_path / "a.jpg")

    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP"])
    def test_truncated(self, tmp_path: Path, kind: str) -> None:
        whole = io.BytesIO()
        Image.effect_noise((64, 64), 80).convert("RGB").save(whole, kind)
        (tmp_path / "a").write_bytes(whole.getvalue()[: len(whole.getvalue()) // 2])
        with pytest.raises(InputError, match=r"a (is damaged|cannot be read|is not a picture)"):
            read_picture(tmp_path / "a")

    def test_bomb(self, tmp_path: Path) -> None:
        gradient().save(tmp_path / "a.png")
        with pytest.raises(InputError, match=r"a\.png claims 20x14 pixels, more than 50; .* --max-pixels 280"):
            read_picture(tmp_path / "a.png", max_pixels=50)
        assert read_picture(tmp_path / "a.png", max_pixels=280).size == (20, 14)


def test_tensors_are_rgb_from_zero_to_one_and_come_back_unchanged() -> None:
    image = gradient()
    tensor = to_tensor(image)
    assert tensor.shape == (1, 3, 14, 20)
    assert (float(tensor.min()), float(tensor.max())) == (0, 1)
    assert np.array_equal(np.asarray(from_tensor(tensor)), np.asarray(image))


def test_tensors_are_rounded_and_clamped_never_truncated() -> None:
    tensor = to_tensor(gradient()) * 0 + 0.999
    assert np.asarray(from_tensor(tensor)).min() == 255
    assert np.asarray(from_tensor(tensor * 3)).min() == 255
    assert np.asarray(from_tensor(-tensor)).max() == 0


def test_a_batch_is_no_picture() -> None:
    with pytest.raises(ValueError, match="batch of 2"):
        from_tensor(to_tensor(gradient()).expand(2, -1, -1, -1))


@pytest.mark.parametrize("longest", [1, 7, 20, 33])
def test_resizing_sets_the_longest_side_and_keeps_the_aspect(longest: int) -> None:
    image = resize_longest(gradient(), longest)
    assert image.size == (longest, max(1, round(14 * longest / 20)))
