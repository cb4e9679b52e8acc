"""Files that are cut, lie, explode or change: a sentence each, and never half a picture."""

from __future__ import annotations

import io
import os
import struct
import threading
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import painterly.images.reading
from painterly.errors import InputError, MissingExtraError, UsageError
from painterly.images import open_strips, read_picture
from painterly.images.limits import MAX_PIXELS, no_pillow_limit

NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (48, 56, 3), np.uint8))
OPTIONS: dict[str, dict[str, Any]] = {
    "jpg": {"quality": 90},
    "progressive.jpg": {"quality": 90, "progressive": True},
    "png": {},
    "tif": {},
    "deflate.tif": {"compression": "tiff_deflate"},
    "webp": {"lossless": True},
    "gif": {},
    "bmp": {},
    "avif": {},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("damage")
    for name, options in OPTIONS.items():
        NOISE.save(folder / f"whole.{name}", **options)
    return folder


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png_claiming(width: int, height: int, content: bytes = b"") -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = chunk(b"IDAT", zlib.compress(content))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + data + chunk(b"IEND", b"")


def check_sentence(error: InputError, name: str) -> None:
    assert name in str(error)
    assert "\n" not in str(error)
    assert len(str(error)) < 400


def strips_of(path: Path) -> np.ndarray[Any, Any]:
    return np.concatenate(list(open_strips(path).strips(16)))


@pytest.mark.parametrize("reader", [read_picture, strips_of], ids=["whole", "strips"])
@given(name=st.sampled_from(sorted(OPTIONS)), share=st.floats(0, 1))
def test_a_cut_file_is_refused_or_lacks_nothing(folder: Path, reader: Any, name: str, share: float) -> None:
    whole = folder / f"whole.{name}"
    content, cut = whole.read_bytes(), folder / f"cut.{name}"
    cut.write_bytes(content[: round(share * len(content))])
    try:
        picture = reader(cut)
    except InputError as error:
        check_sentence(error, f"cut.{name}")
    else:
        assert np.array_equal(np.asarray(picture), np.asarray(read_picture(whole)))


@pytest.mark.parametrize("reader", [read_picture, strips_of], ids=["whole", "strips"])
@given(name=st.sampled_from(sorted(OPTIONS)), place=st.floats(0, 1), garbage=st.binary(min_size=1, max_size=30))
def test_garbage_gives_a_picture_or_a_sentence(
    folder: Path, reader: Any, name: str, place: float, garbage: bytes
) -> None:
    content, bad = bytearray((folder / f"whole.{name}").read_bytes()), folder / f"bad.{name}"
    at = round(place * len(content))
    content[at : at + len(garbage)] = garbage
    bad.write_bytes(content)
    try:
        assert np.asarray(reader(bad)).ndim == 3
    except InputError as error:
        check_sentence(error, f"bad.{name}")


@pytest.mark.parametrize("reader", [read_picture, strips_of], ids=["whole", "strips"])
class TestLies:
    """Headers that claim what is not there."""

    @pytest.mark.parametrize("progressive", [False, True])
    @pytest.mark.parametrize("mode", ["L", "RGB"])
    def test_a_jpeg_with_fewer_rows_than_it_claims(
        self, tmp_path: Path, reader: Any, mode: str, progressive: bool
    ) -> None:
        file = io.BytesIO()
        NOISE.convert(mode).save(file, "JPEG", progressive=progressive)
        content = bytearray(file.getvalue())
        at = content.index(b"\xff\xc2" if progressive else b"\xff\xc0")
        struct.pack_into(">H", content, at + 5, 480)
        (tmp_path / "a.jpg").write_bytes(content)
        with pytest.raises(InputError, match=r"a\.jpg is damaged"):
            reader(tmp_path / "a.jpg")

    def test_a_png_with_fewer_rows_than_it_claims(self, tmp_path: Path, reader: Any) -> None:
        (tmp_path / "a.png").write_bytes(png_claiming(10, 1000, bytes(31 * 999)))
        with pytest.raises(InputError, match=r"a\.png is damaged"):
            reader(tmp_path / "a.png")
        (tmp_path / "a.png").write_bytes(png_claiming(10, 1000, bytes(31 * 1000)))  # black, but whole
        assert np.asarray(reader(tmp_path / "a.png")).max() == 0

    def test_a_gif_with_fewer_rows_than_it_claims(self, folder: Path, tmp_path: Path, reader: Any) -> None:
        content = bytearray((folder / "whole.gif").read_bytes())
        at = content.index(b"," + struct.pack("<HHHH", 0, 0, 56, 48))
        struct.pack_into("<H", content, at + 7, 480)
        struct.pack_into("<H", content, 8, 480)
        (tmp_path / "a.gif").write_bytes(content)
        with pytest.raises(InputError, match=r"a\.gif is damaged"):
            reader(tmp_path / "a.gif")

    def test_a_bmp_with_fewer_rows_than_it_claims(self, folder: Path, tmp_path: Path, reader: Any) -> None:
        content = bytearray((folder / "whole.bmp").read_bytes())
        struct.pack_into("<i", content, 22, 4800)
        (tmp_path / "a.bmp").write_bytes(content)
        with pytest.raises(InputError, match=r"a\.bmp (is damaged|cannot be read)"):
            reader(tmp_path / "a.bmp")

    @pytest.mark.parametrize("size", [(10**6, 10**6), (2**31 - 1, 2**31 - 1), (30_000, 30_000)])
    def test_a_bomb(self, tmp_path: Path, reader: Any, size: tuple[int, int]) -> None:
        (tmp_path / "a.png").write_bytes(png_claiming(*size))
        with pytest.raises(
            InputError, match=f"claims {size[0]}x{size[1]} pixels, more than {MAX_PIXELS}.*--max-pixels"
        ):
            reader(tmp_path / "a.png")

    def test_no_pixels_at_all(self, tmp_path: Path, reader: Any) -> None:
        (tmp_path / "a.png").write_bytes(png_claiming(0, 0))
        with pytest.raises(InputError, match=r"a\.png"):
            reader(tmp_path / "a.png")

    def test_another_ending_than_content(self, folder: Path, tmp_path: Path, reader: Any) -> None:
        (tmp_path / "a.jpg").write_bytes((folder / "whole.png").read_bytes())
        assert np.array_equal(np.asarray(reader(tmp_path / "a.jpg")), np.asarray(NOISE))

    def test_several_pages(self, tmp_path: Path, reader: Any) -> None:
        NOISE.save(tmp_path / "a.tif", save_all=True, append_images=[NOISE.rotate(90)])
        with pytest.raises(InputError, match=r"a\.tif has 2 pages; save the one"):
            reader(tmp_path / "a.tif")

    def test_a_pipe_that_is_empty_or_a_device(self, reader: Any) -> None:
        with pytest.raises(InputError, match="/dev/null"):
            reader(Path("/dev/null"))


def test_a_grey_picture_is_not_taken_for_a_cut_one(tmp_path: Path) -> None:
    Image.new("RGB", (64, 64), (128, 128, 128)).save(tmp_path / "a.jpg")
    assert np.unique(np.asarray(read_picture(tmp_path / "a.jpg"))).tolist() == [128]
    half = NOISE.copy()
    half.paste((128, 128, 128), (0, 24, 56, 48))
    for progressive in (False, True):
        half.save(tmp_path / "b.jpg", quality=100, progressive=progressive)
        assert read_picture(tmp_path / "b.jpg").size == NOISE.size


def test_a_limit_must_be_one(folder: Path) -> None:
    with pytest.raises(UsageError, match="--max-pixels must be at least 1"):
        read_picture(folder / "whole.png", max_pixels=0)


def test_the_limit_of_pillow_stays_as_it_is(folder: Path) -> None:
    before = Image.MAX_IMAGE_PIXELS
    threads = [threading.Thread(target=read_picture, args=(folder / "whole.png",)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with pytest.raises(RuntimeError), no_pillow_limit():
        raise RuntimeError
    assert before == Image.MAX_IMAGE_PIXELS


def change(path: Path, how: str) -> None:
    found = path.stat()
    if how == "size":
        path.write_bytes(path.read_bytes() + b"more")
        os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))
    elif how == "time":
        os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns + 1_000_000))
    elif how == "file":
        other = path.with_name("other")
        other.write_bytes(path.read_bytes())
        os.utime(other, ns=(found.st_atime_ns, found.st_mtime_ns))
        other.replace(path)
    else:
        path.unlink()


@pytest.mark.parametrize("how", ["size", "time", "file", "gone"])
def test_a_file_that_changes_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    path = tmp_path / "a.png"
    NOISE.save(path)
    convert = painterly.images.reading.upright_srgb

    def interrupted(image: Image.Image) -> Image.Image:
        change(path, how)
        return convert(image)

    monkeypatch.setattr(painterly.images.reading, "upright_srgb", interrupted)
    with pytest.raises(InputError, match=r"a\.png changed while it was read; try again"):
        read_picture(path)


@pytest.mark.parametrize("how", ["size", "file", "gone"])
def test_a_file_that_changes_between_strips(tmp_path: Path, how: str) -> None:
    pytest.importorskip("pyvips")  # without it the strips come from a picture that was read whole
    path = tmp_path / "a.png"
    NOISE.save(path)
    strips = open_strips(path).strips(8)
    next(strips)
    change(path, how)
    with pytest.raises(InputError, match=r"a\.png changed while it was read; try again"):
        list(strips)


@pytest.mark.parametrize("name", ["jpg", "png", "tif"])
def test_strips_may_be_left_unread(folder: Path, name: str) -> None:
    before = threading.active_count()
    strips = open_strips(folder / f"whole.{name}").strips(1)
    assert next(strips).shape == (1, 56, 3)
    strips.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before


def test_heic_without_its_plug_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("painterly.images.heif.has_heif", lambda: False)
    (tmp_path / "a.heic").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100))
    with pytest.raises(MissingExtraError, match=r"a\.heic: HEIC needs .*painterly\[heif\]"):
        read_picture(tmp_path / "a.heic")


@given(size=st.tuples(st.integers(1, 20), st.integers(1, 20)), bits=st.sampled_from([1, 8, 16]))
def test_an_interlaced_black_picture_is_whole(folder: Path, size: tuple[int, int], bits: int) -> None:
    vips = pytest.importorskip("pyvips")
    black = vips.Image.black(*size, bands=1 if bits == 1 else 3)
    black = black.cast("ushort").copy(interpretation="rgb16") if bits == 16 else black
    black.pngsave(str(folder / "black.png"), interlace=True, bitdepth=bits)
    assert read_picture(folder / "black.png").size == size


def test_a_gif_whose_frame_claims_more_than_the_picture_gets_no_memory(tmp_path: Path) -> None:
    """Found by fuzzing: Pillow makes room for it while it opens the file."""
    path = tmp_path / "lying.gif"
    screen = b"GIF89a" + (9).to_bytes(2, "little") * 2 + bytes(3)
    transparent = b"!\xf9\x04\x01\x00\x00\x00\x00"
    path.write_bytes(screen + transparent + b"," + bytes(4) + b"\xb2\xb2\xb2\xb2\x00\x02\x02\x4c\x01\x00;")
    with pytest.raises(InputError, match=r"lying\.gif claims more than 1000000 pixels"):  # before it made room
        read_picture(path, max_pixels=1_000_000)
