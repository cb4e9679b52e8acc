"""Finding photographs in folders and tars."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PIL import Image

from painterly.data import CropDataset, find_photos
from painterly.errors import InputError

NAMES = ["b.png", "deep/a.PNG", "deep/er/z.png", "deep/er/ä ö.png", "z.JPG"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Photographs of different colours in nested folders, among other things."""
    root = tmp_path / "photos"
    for number, name in enumerate(NAMES):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (12, 9), (50 * number, 100, 255 - 50 * number)).save(path)
    (root / "notes.txt").write_text("not a picture")
    (root / "deep" / ".DS_Store").touch()
    (root / "deep" / "empty.png").mkdir()
    return root


def pack(folder: Path, path: Path, mode: str) -> Path:
    with tarfile.open(path, mode) as tar:  # type: ignore[call-overload]
        for file in sorted(folder.rglob("*"), reverse=True):  # in another order than the names'
            tar.add(file, file.relative_to(folder), recursive=False)
    return path


def test_pictures_of_a_folder_and_all_below_are_listed_by_their_relative_names(folder: Path) -> None:
    photos = find_photos(folder)
    assert photos.names == NAMES
    assert len(photos) == len(NAMES)
    with photos.open(1) as image:
        assert image.convert("RGB").getpixel((0, 0)) == (50, 100, 205)


def test_a_linked_folder_is_searched_too(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "there").symlink_to(folder, target_is_directory=True)
    assert find_photos(str(tmp_path / "links")).names == [f"there/{name}" for name in NAMES]


def test_a_plain_tar_gives_the_same_names_and_the_same_crops(folder: Path, tmp_path: Path) -> None:
    loose, packed = find_photos(folder), find_photos(pack(folder, tmp_path / "photos.tar", "w"))
    assert packed.names == loose.names
    crops = [CropDataset(photos, range(len(photos)), 8) for photos in (loose, packed)]
    for sample in range(2 * len(NAMES)):
        assert torch.equal(crops[0][sample].pixels, crops[1][sample].pixels)


def make_empty_folder(path: Path) -> None:
    path.mkdir()
    (path / "notes.txt").touch()


def make_tar_of_text(path: Path) -> None:
    with tarfile.open(path, "w") as tar:
        tar.addfile(tarfile.TarInfo("notes.txt"), io.BytesIO())


def make_picture(path: Path) -> None:
    Image.new("RGB", (200, 200)).save(path, "PNG")


def make_truncated_tar(path: Path) -> None:
    with tarfile.open(path, "w") as tar:
        member = tarfile.TarInfo("a.png")
        member.size = 5000
        tar.addfile(member, io.BytesIO(bytes(5000)))
    path.write_bytes(path.read_bytes()[:2000])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "does not exist"),
        (make_empty_folder, "holds no pictures"),
        (make_tar_of_text, "holds no pictures"),
        (lambda path: path.touch(), "is neither a folder nor an uncompressed tar"),
        (lambda path: path.write_text("a list of photographs\n" * 100), "is neither a folder nor an uncompressed tar"),
        (make_picture, "is neither a folder nor an uncompressed tar"),
        (make_truncated_tar, "is neither a folder nor an uncompressed tar"),
    ],
)
def test_what_holds_no_photographs_is_refused(make: Callable[[Path], None], message: str, tmp_path: Path) -> None:
    make(tmp_path / "source")
    with pytest.raises(InputError, match=f"source {message}"):
        find_photos(tmp_path / "source")


@pytest.mark.parametrize("compression", ["gz", "bz2", "xz"])
def test_a_compressed_tar_is_refused_with_the_remedy(folder: Path, tmp_path: Path, compression: str) -> None:
    with pytest.raises(InputError, match="unpack it first"):
        find_photos(pack(folder, tmp_path / "photos.tar", f"w:{compression}"))
