"""The site builds strictly, its links and anchors lead somewhere, and reading it fetches nothing from elsewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from tests.docs.conftest import TOP

pytest.importorskip("material", reason="mkdocs-material is not installed (extra: docs)")
pytest.importorskip("mkdocstrings_handlers.python", reason="mkdocstrings is not installed (extra: docs)")

_LOADED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src", "video": "src"}
_LINKS = {"icon", "stylesheet", "preload", "preconnect", "dns-prefetch", "modulepreload"}


class _Reader(HTMLParser):
    """What a page links to, what it loads, and which anchors it has."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids |= {name for name in (given.get("id"), given.get("name")) if name}
        if tag == "a" and given.get("href"):
            self.links.append(str(given["href"]))
        if (
            tag in _LOADED
            and given.get(_LOADED[tag])
            and (tag != "link" or set(str(given.get("rel")).split()) & _LINKS)
        ):
            self.loads.append(str(given[_LOADED[tag]]))


def test_the_site(tmp_path: Path) -> None:
    """One test, since building takes most of its time."""
    site = tmp_path / "site"
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(site)]
    done = subprocess.run(command, cwd=TOP, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]

    pages = {page: _Reader(page) for page in site.rglob("*.html")}
    assert len(pages) > 40
    assert not _broken(site, pages)
    assert not _from_elsewhere(site, pages)


def _broken(site: Path, pages: dict[Path, _Reader]) -> list[str]:
    """Links and loads that lead nowhere within the site."""
    found = []
    for page, reader in pages.items():
        if page.name == "404.html":
            continue  # its links are absolute, for it is shown anywhere
        for link in (*reader.links, *reader.loads):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            target = target / "index.html" if target.is_dir() else target
            anchor = unquote(parts.fragment)
            if not target.is_file():
                found.append(f"{page.relative_to(site)}: {link}")
            elif anchor and target in pages and anchor not in pages[target].ids:
                found.append(f"{page.relative_to(site)}: {link} has no such anchor")
    return found


def _from_elsewhere(site: Path, pages: dict[Path, _Reader]) -> list[str]:
    """What pages and style sheets would fetch from other hosts."""
    found = [f"{page.name}: {load}" for page, reader in pages.items() for load in reader.loads if "//" in load]
    for sheet in site.rglob("*.css"):
        found += re.findall(r"(?:url\(|@import\s)\s*[\"']?(?:https?:)?//[^)\"']+", sheet.read_text(encoding="utf-8"))
    return found
