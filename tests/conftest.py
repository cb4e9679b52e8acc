"""Fixtures that every test may ask for."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

# Several tests run at once: threads of one that wait for cores taken by another cost more than they bring.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# What tests cache is theirs alone: they neither fill nor find anything in the user's folder.
_CACHE = tempfile.TemporaryDirectory(prefix="painterly-tests-")
os.environ["PAINTERLY_CACHE"] = _CACHE.name
os.environ["PAINTERLY_STYLES"] = str(Path(_CACHE.name) / "styles")

import pytest
import torch
from hypothesis import settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
PATIENCE = 60_000
"""Milliseconds: what a page is waited for is done in one, on a machine that has time."""

# The same examples every time, and no clock: a slow machine is no failure.
settings.register_profile("painterly", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("painterly")


@pytest.fixture(autouse=True)
def _seed() -> None:
    """Draws the same random tensors in every run and in whatever order the tests come."""
    torch.manual_seed(0)


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real files (see its README.md)."""
    named = os.environ.get("PAINTERLY_DATA")
    if not named:
        pytest.skip("PAINTERLY_DATA names no folder of real pictures and weights")
    return Path(named)


@pytest.fixture(scope="module")  # while it is open, playwright keeps an event loop running, which other tests want
def browser() -> Iterator[Browser]:
    """A real browser without a window."""
    sync = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip("there is no chromium")
    sync.expect.set_options(timeout=PATIENCE)
    with sync.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield chromium
        chromium.close()
