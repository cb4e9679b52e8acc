"""The real server with the real page, in a real browser without a window."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from PIL import Image
from tests.conftest import PATIENCE

import painterly

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SCREENS: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1280, "height": 800}},
    "phone": {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True},
}


@dataclass
class Visit:
    """A page that is open, and all that went wrong in it."""

    page: Page
    address: str
    troubles: list[str] = field(default_factory=list)
    forgiven: list[str] = field(default_factory=list)  # parts of troubles that a test asks for

    def wrong(self) -> list[str]:
        return [trouble for trouble in self.troubles if not any(part in trouble for part in self.forgiven)]

    def watch(self) -> None:
        home = urlsplit(self.address).netloc
        page = self.page

        def request(sent: Any) -> None:
            parts = urlsplit(sent.url)
            if parts.scheme not in ("blob", "data") and parts.netloc != home:
                self.troubles.append(f"asked {sent.url}")

        def said(message: Any) -> None:
            if message.type == "error":
                self.troubles.append(f"{message.text} {message.location}")

        page.on("request", request)
        page.on("pageerror", lambda error: self.troubles.append(f"threw {error}"))
        page.on("console", said)

    def open_picture(self, file: Path) -> None:
        """Hand the page a picture, as a chooser does, and wait for its wall."""
        self.page.set_input_files("#file", file)
        self.wall_is_painted()

    def wall_is_painted(self) -> None:
        from playwright.sync_api import expect

        expect(self.page.locator(".tile[data-style] .canvas:not(:has(img))")).to_have_count(0, timeout=PATIENCE)

    def choose(self, style: str) -> None:
        self.page.click(f"[data-style={style}] .hang")
        self.is_painted()

    def is_painted(self) -> None:
        """Wait until the preview is what the settings ask for."""
        from playwright.sync_api import expect

        expect(self.page.locator("#after[src^=blob]:not(.coarse)")).to_have_count(1, timeout=PATIENCE)
        expect(self.page.locator("#frame:not([aria-busy])")).to_have_count(1, timeout=PATIENCE)

    def fits(self) -> bool:
        """Whether nothing is wider than the window."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A browser beside other tests may miss a key or a moment: what fails once is tried once more, and said so."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with cat.jpg, 226x150 pixels, and coffee.jpg, 600x400."""
    folder = tmp_path_factory.mktemp("photographs")
    shipped = Path(painterly.__file__).parent / "assets" / "photographs"
    shutil.copy(shipped / "coffee.jpg", folder)
    with Image.open(shipped / "cat.jpg") as cat:
        cat.resize((226, 150)).save(folder / "cat.jpg", quality=95)
    return folder


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of our own, which forgets what it learns."""
    for extra in ("fastapi", "h11", "prometheus_client", "python_multipart", "uvicorn"):
        pytest.importorskip(extra, reason="the extra studio is not installed")
    folder = tmp_path_factory.mktemp("studio")
    command = [sys.executable, "-m", "painterly", "serve", "--page", "--port", "0", "--bytes", "3000000"]
    environment = {**os.environ, "PAINTERLY_STYLES": str(folder / "styles"), "OMP_NUM_THREADS": "1"}
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "env": environment}
    with subprocess.Popen(command, **pipes) as server:
        assert server.stdout is not None
        said = ""
        for line in server.stdout:  # ends when the server does
            said += line
            if "http://" in line:
                break
        else:
            pytest.fail(f"the server did not start: {said}")
        yield next(word for word in line.split() if word.startswith("http://"))
        server.terminate()
        server.communicate()


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Callable[..., Visit]]:
    """Opens the page; in the end nothing may have gone wrong in it."""
    visits: list[Visit] = []

    def open_page(screen: str = "desktop", **options: Any) -> Visit:
        options = {"reduced_motion": "reduce", "accept_downloads": True, **SCREENS[screen], **options}
        context = browser.new_context(**options)
        context.set_default_timeout(PATIENCE)
        one = Visit(context.new_page(), address)
        one.watch()
        visits.append(one)
        one.page.goto(address)
        return one

    yield open_page
    for one in visits[-1:]:  # the server is everybody's: its jobs are not
        for job in one.page.request.get(f"{address}api/jobs").json()["jobs"]:
            one.page.request.delete(f"{address}api/jobs/{job['id']}")
    for one in visits:
        one.page.context.close()
    assert [one.wrong() for one in visits] == [[] for _ in visits]
