"""What comes back is what `painterly.load` paints, whatever kind of picture goes in; what cannot be painted is refused
in a sentence."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.server.conftest import Running, decoded, encoded, noise

import painterly
from painterly.images import read_picture


@pytest.fixture(scope="module")
def painter() -> painterly.Painter:
    return painterly.load("gallery")


def same(one: Image.Image, other: Image.Image) -> bool:
    return one.mode == other.mode and np.array_equal(np.asarray(one), np.asarray(other))


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"style": "great-wave"},
        {"style": "starry-night:3,the-scream:1", "strength": 0.6},
        {"style": "udnie", "color": "luminance", "stroke": "large"},
        {"style": "udnie", "canvas": 6.0},
        {"style": "udnie", "color": "content", "size": 64},
    ],
    ids=["plain", "style", "mixture", "colours-and-strokes", "canvas", "size"],
)
def test_a_painting_is_that_of_the_library(painting: Running, painter: painterly.Painter, how: dict[str, Any]) -> None:
    picture = noise(45, 34)
    answer = painting.stylize("my photo.png", encoded(picture), **how)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/png"
    style = how.get("style", "starry-night")
    assert same(decoded(answer.content), painter(picture, **{**how, "style": style}))
    timing = dict(part.strip().split(";dur=") for part in answer.headers["server-timing"].split(","))
    assert float(timing["work"]) > 0
    assert float(timing["queue"]) >= 0


def kinds(folder: Path) -> dict[str, Path]:
    """One file of each kind, by what it shows."""
    picture, found = noise(40, 30), {}
    orientation = Image.Exif()
    orientation[0x0112] = 6
    every: dict[str, tuple[Image.Image, dict[str, Any]]] = {
        "turned.jpg": (picture, {"exif": orientation, "quality": 95}),
        "cmyk.jpg": (picture.convert("CMYK"), {"quality": 95}),
        "grey.png": (picture.convert("L"), {}),
        "palette.gif": (picture.convert("P"), {}),
        "transparent.webp": (noise(40, 30).convert("RGBA"), {"lossless": True}),
        "deep.png": (Image.fromarray(np.arange(1200, dtype=np.uint16).reshape(30, 40) * 54), {}),
        "plain.tif": (picture, {}),
        "plain.bmp": (picture, {}),
        "new.avif": (picture, {"quality": 90}),
    }
    for name, (image, options) in every.items():
        found[name] = folder / name
        image.save(folder / name, **options)
    alpha = np.asarray(noise(40, 30, "RGBA")).copy()
    alpha[..., 3] = np.arange(40)
    Image.fromarray(alpha).save(folder / "transparent.webp", lossless=True)
    return found


@pytest.mark.parametrize(
    "name",
    [
        *("turned.jpg", "cmyk.jpg", "grey.png", "palette.gif", "transparent.webp", "deep.png"),
        *("plain.tif", "plain.bmp", "new.avif"),
    ],
)
def test_every_kind_of_picture(painting: Running, painter: painterly.Painter, tmp_path: Path, name: str) -> None:
    path = kinds(tmp_path)[name]
    expected = painter(path, style="starry-night")
    answer = painting.stylize(name, path.read_bytes(), format="png")
    assert answer.status_code == 200, answer.text
    assert same(decoded(answer.content), expected)
    default = painting.stylize(name, path.read_bytes())
    wanted = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}.get(path.suffix[1:], "image/png")
    assert default.headers["content-type"] == wanted
    assert decoded(default.content).size == expected.size


def test_heic(painting: Running, painter: painterly.Painter, tmp_path: Path) -> None:
    heif = pytest.importorskip("pillow_heif")
    path = tmp_path / "phone.heic"
    heif.from_pillow(noise(64, 48)).save(path)
    answer = painting.stylize("phone.heic", path.read_bytes())
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-disposition"] == 'inline; filename="phone-starry-night.png"'
    assert same(decoded(answer.content), painter(path, style="starry-night"))


@pytest.mark.parametrize("factor", [4, 8])
def test_enlarging(painting: Running, factor: int) -> None:
    picture = noise(12, 9)
    files = {"picture": ("small.png", encoded(picture))}
    answer = painting.client.post("/api/upscale", files=files, data={"factor": factor})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"] == f'inline; filename="small-x{factor}.png"'
    assert same(decoded(answer.content), painterly.load_upscaler(scale=factor)(picture))


def test_enlarging_by_a_named_network(painting: Running) -> None:
    picture = noise(12, 9)
    files = {"picture": ("small.png", encoded(picture))}
    answer = painting.client.post("/api/upscale", files=files, data={"factor": 4, "model": "srcnn-x4"})
    assert same(decoded(answer.content), painterly.load_upscaler("srcnn-x4")(picture))
    for model in ("srcnn-x4", "../../secret.safetensors", "starry-night"):
        wrong = painting.client.post("/api/upscale", files=files, data={"factor": 8, "model": model})
        assert wrong.status_code == 422
        assert "upscale-x8 does" in wrong.json()["detail"]


def test_a_preview_is_upright_and_small(painting: Running, tmp_path: Path) -> None:
    path = kinds(tmp_path)["turned.jpg"]
    files = {"picture": ("turned.jpg", path.read_bytes())}
    answer = painting.client.post("/api/preview", files=files, data={"size": 20})
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["x-picture-size"] == "30x40"
    assert decoded(answer.content).size == (15, 20)
    same_size = painting.client.post("/api/preview", files=files, data={"size": 500})
    assert decoded(same_size.content).size == (30, 40)
    shown, given = (np.asarray(image, np.float32) for image in (decoded(same_size.content), read_picture(path)))
    assert np.abs(shown - given).mean() < 20  # noise suffers most from JPEG


@pytest.mark.parametrize("size", [(1, 1), (15, 200)])
def test_pictures_too_small_to_be_painted(painting: Running, size: tuple[int, int]) -> None:
    answer = painting.stylize("tiny.png", encoded(noise(*size)))
    assert answer.status_code == 400
    assert f"{size[0]}x{size[1]} pixels is too small" in answer.json()["detail"]
    made = painting.stylize("tiny.png", encoded(noise(*size)), size=400, style="udnie")
    assert made.status_code == 200
    files = {"picture": ("tiny.png", encoded(noise(1, 1)))}
    assert decoded(painting.client.post("/api/upscale", files=files).content).size == (4, 4)


def png_claiming(width: int, height: int) -> bytes:
    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def gif_claiming() -> bytes:
    screen = b"GIF89a" + (9).to_bytes(2, "little") * 2 + bytes(3)
    transparent = b"!\xf9\x04\x01\x00\x00\x00\x00"
    return screen + transparent + b"," + bytes(4) + b"\xb2\xb2\xb2\xb2\x00\x02\x02\x4c\x01\x00;"


REFUSED: dict[str, tuple[bytes, int, str]] = {
    "bomb.png": (png_claiming(100_000, 100_000), 413, "more than 50 million pixels"),
    "bomb.gif": (gif_claiming(), 413, "more than 50 million pixels"),
    "cut.jpg": (encoded(noise(400, 300), "JPEG")[:9000], 400, "cut.jpg is damaged"),
    "cut.avif": (encoded(noise(64, 64), "AVIF")[:300], 415, "cut.avif is not a picture"),
    "empty.png": (b"", 415, "empty.png is empty"),
    "text.txt": (b"hello there, this is no picture", 415, "text.txt is not a picture"),
    "page.svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415, "page.svg is not a picture"),
    "script.eps": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", 415, "script.eps is not a picture"),
    "archive.png": (b"PK\x03\x04" + bytes(200), 415, "archive.png is not a picture"),
    "clip.mp4": (b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41" + bytes(200), 415, "clip.mp4 is not a picture"),
}


@pytest.mark.parametrize("route", ["stylize", "upscale", "preview"])
@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_is_no_picture_is_refused_in_a_sentence(painting: Running, name: str, route: str) -> None:
    content, status, sentence = REFUSED[name]
    answer = painting.client.post(f"/api/{route}", files={"picture": (name, content)})
    problem = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert problem["status"] == status
    assert sentence in problem["detail"]
    assert "\n" not in problem["detail"]
    assert str(painting.service.folder) not in answer.text


def test_results_that_would_be_too_large(painting: Running) -> None:
    files = {"picture": ("a.png", encoded(noise(40, 32)))}
    answer = painting.client.post("/api/stylize", files=files, data={"size": 30_000})
    assert answer.status_code == 413
    assert "30000x24000 pixels" in answer.json()["detail"]
    large = io.BytesIO()
    Image.new("RGB", (2000, 2000)).save(large, "PNG")
    answer = painting.client.post("/api/upscale", files={"picture": ("b.png", large.getvalue())}, data={"factor": 8})
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("style", "../x"),
        ("style", "/etc/passwd.safetensors"),
        ("style", "starry-night:-1"),
        ("style", "starry-night,starry-night"),
        ("style", "nobody"),
        ("strength", 1.5),
        ("strength", "nan"),
        ("color", "red"),
        ("stroke", "huge"),
        ("canvas", "33"),
        ("size", 3),
        ("format", "exe"),
        ("quality", 0),
    ],
)
def test_fields_that_cannot_be_meant(painting: Running, field: str, value: Any) -> None:
    answer = painting.stylize(**{field: value})
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert answer.json()["detail"]
    if field == "style" and value == "nobody":
        assert "there is no style 'nobody'" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("../../etc/passwd.png", 'filename="passwd-udnie.png"'),
        ("a\\b\\c.png", 'filename="c-udnie.png"'),
        ('x";evil="y.png', "filename*=utf-8''x%2022%20evil%3D%2022y-udnie.png"),  # which sends quotes as %22
        ("кот.png", "filename*=utf-8''%D0%BA%D0%BE%D1%82-udnie.png"),
        (".png", 'filename="png-udnie.png"'),
        ("...", 'filename="picture-udnie.png"'),
    ],
)
def test_names_mean_no_other_place(painting: Running, name: str, header: str) -> None:
    answer = painting.stylize(name, style="udnie")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"] == f"inline; {header}"


def test_nothing_is_left_of_a_request(painting: Running) -> None:
    painting.stylize()
    painting.stylize("a.png", b"nothing")
    assert list((painting.service.folder / "requests").iterdir()) == []
    assert painting.service.folder.stat().st_mode & 0o777 == 0o700


def test_enlarged_pictures_come_in_the_format_that_is_asked_for(painting: Running) -> None:
    files = {"picture": ("a.png", encoded(noise(20, 20)))}
    for kind in ("jpg", "png", "webp"):
        answer = painting.client.post("/api/upscale", files=files, data={"factor": 4, "format": kind, "quality": 50})
        assert answer.headers["content-type"] == {"jpg": "image/jpeg"}.get(kind, f"image/{kind}")
        assert decoded(answer.content).size == (80, 80)
