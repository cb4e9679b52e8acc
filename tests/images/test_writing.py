from __future__ import annotations

import resource
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from painterly.errors import OutputError, UsageError
from painterly.images.heif import HEIF_SUFFIXES
from painterly.images.reading import read_picture
from painterly.images.writing import WRITABLE, save_picture

NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8))


@pytest.mark.parametrize("suffix", WRITABLE)
def test_every_format_comes_back(tmp_path: Path, suffix: str) -> None:
    if suffix in HEIF_SUFFIXES:
        pytest.importorskip("pillow_heif")
    flat = Image.new("RGB", (33, 21), (200, 30, 90))
    save_picture(flat, tmp_path / f"a{suffix}")
    again = read_picture(tmp_path / f"a{suffix}")
    assert again.size == flat.size
    assert np.abs(np.asarray(again, int) - np.asarray(flat, int)).max() <= 3
    assert [p.name for p in tmp_path.iterdir()] == [f"a{suffix}"]


@pytest.mark.parametrize("suffix", [".png", ".webp", ".tif"])
def test_transparency_is_kept_where_the_format_has_it(tmp_path: Path, suffix: str) -> None:
    image = NOISE.copy()
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    save_picture(image, tmp_path / f"a{suffix}")
    again = read_picture(tmp_path / f"a{suffix}")
    assert again.mode == "RGBA"
    assert np.array_equal(np.asarray(again.getchannel("A")), np.asarray(image.getchannel("A")))


def test_transparency_lies_on_white_where_the_format_has_none(tmp_path: Path) -> None:
    save_picture(Image.new("RGBA", (8, 8), (0, 0, 0, 0)), tmp_path / "a.jpg")
    assert np.asarray(read_picture(tmp_path / "a.jpg")).min() > 250


def test_nothing_is_replaced_unasked(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_text("precious")
    with pytest.raises(OutputError, match=r"exists; add --overwrite"):
        save_picture(NOISE, path)
    assert path.read_text() == "precious"
    save_picture(NOISE, path, overwrite=True)
    assert read_picture(path).size == NOISE.size


def test_an_unknown_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot write '\.xyz' files; use \.jpg"):
        save_picture(NOISE, tmp_path / "a.xyz")


def test_a_full_disk_leaves_the_old_file_and_no_part_of_the_new(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    save_picture(Image.new("RGB", (4, 4)), path)
    old = path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))  # a write beyond 1,000 bytes fails, as on a full disk
    try:
        with pytest.raises(OutputError, match=r"cannot write .*a\.png"):
            save_picture(NOISE, path, overwrite=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == old
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]
