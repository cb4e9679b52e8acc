"""The page in web/, built and opened in a real browser: a picture in, its painting out, and nobody else is asked."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

import painterly

if TYPE_CHECKING:
    from playwright.sync_api import Browser

WEB = Path(__file__).parents[2] / "web"

READ = """() => {
  const canvas = document.getElementById("painting");
  const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return [canvas.height, canvas.width, Array.from(pixels.data)];
}"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the page is served from: built anew, by any static server."""
    node = shutil.which("node")
    if node is None or not (WEB / "node_modules").is_dir():
        pytest.skip("node, or web/node_modules, is missing: run npm ci in web/")
    place = tmp_path_factory.mktemp("page") / "dist"
    wrapper = place.parent / "painterly"
    wrapper.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m painterly "$@"\n')
    wrapper.chmod(0o755)
    environment = os.environ | {"PAINTERLY": str(wrapper)}
    done = subprocess.run(
        [node, "build.mjs", str(place)], cwd=WEB, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=place))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


class Visit:
    """A visit to the page, and what happened in it."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.page = browser.new_page()
        self.page.set_default_timeout(180_000)
        self.asked: list[str] = []
        self.wrong: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("console", lambda message: self.wrong.append(message.text) if message.type == "error" else None)
        self.page.goto(address)
        self.wait("ready")

    def wait(self, state: str) -> None:
        self.page.wait_for_selector(f"body[data-state={state}]")

    def painting(self) -> npt.NDArray[np.uint8]:
        """What the canvas shows, shape (H, W, 4)."""
        height, width, values = self.page.evaluate(READ)
        return np.array(values, np.uint8).reshape(height, width, 4)


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Visit]:
    visit = Visit(browser, address)
    yield visit
    visit.page.close()


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A photograph of an odd size, without losses or a profile, which browsers and libraries convert a little apart."""
    with Image.open(WEB.parent / "src" / "painterly" / "assets" / "demo.jpg") as image:
        Image.fromarray(np.asarray(image.convert("RGB").resize((121, 83)))).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


def check(found: npt.NDArray[np.uint8], wanted: Image.Image) -> None:
    """Equal, but for weights in half precision and rounding."""
    assert found.shape[:2] == wanted.size[::-1]
    assert (found[..., 3] == 255).all()
    difference = np.abs(found[..., :3].astype(int) - np.asarray(wanted, int))
    assert difference.max() <= 2
    assert difference.mean() < 0.1


def test_a_painting_is_what_torch_paints(visit: Visit, photo: Path, address: str) -> None:
    visit.page.set_input_files("#file", photo)
    visit.wait("done")
    network = painterly.load("gallery-small", backend="torch", precision="float32")
    check(visit.painting(), network(photo))
    assert visit.wrong == []
    assert {urlsplit(url).netloc for url in visit.asked} == {urlsplit(address).netloc}


def test_a_style_of_the_gallery_at_some_strength(visit: Visit, photo: Path) -> None:
    visit.page.select_option("#look", '["gallery","udnie"]')
    visit.page.locator("#strength").fill("0.6")
    visit.page.set_input_files("#file", photo)
    visit.wait("done")
    network = painterly.load("gallery", backend="torch", precision="float32")
    check(visit.painting(), network(photo, style="udnie", strength=0.6))


def test_a_large_picture_is_made_smaller_and_saved(visit: Visit, tmp_path: Path) -> None:
    Image.new("RGB", (1000, 500), "olive").save(tmp_path / "large.png")
    visit.page.select_option("#size", "256")
    visit.page.set_input_files("#file", tmp_path / "large.png")
    visit.wait("done")
    with visit.page.expect_download() as waiting:
        visit.page.click("#save")
    assert waiting.value.suggested_filename == "large-starry-night.png"
    with Image.open(waiting.value.path()) as saved:
        assert saved.size == (256, 128)
        np.testing.assert_array_equal(np.asarray(saved.convert("RGBA")), visit.painting())


def test_what_is_no_picture_is_refused(visit: Visit, photo: Path, tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("no picture")
    visit.page.set_input_files("#file", tmp_path / "text.png")
    visit.wait("failed")
    assert "not a picture" in visit.page.inner_text("#says")
    assert visit.page.is_disabled("#paint")
    visit.page.set_input_files("#file", photo)
    visit.wait("done")  # and the next is painted
