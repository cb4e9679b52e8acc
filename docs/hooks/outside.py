"""MkDocs hook: files of the repository that lie outside `docs`: as pages, as examples, and as what pages link to.

CHANGELOG and CONTRIBUTING become pages. `<!-- file: examples/denoise.py -->` becomes that file's text. A link to a file
outside `docs` leads to the repository if `repo_url` says where that is; otherwise its path is named.
"""

from __future__ import annotations

import posixpath
import re
import textwrap
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

__all__ = ["PAGES", "with_files", "with_links"]

TOP = Path(__file__).resolve().parents[2]
PAGES = {"changelog.md": "CHANGELOG.md", "contributing.md": "CONTRIBUTING.md"}
"""Pages of the site that are files at the top of the repository."""

_LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!https?:|mailto:|#)([^)\s]+)\)")
_FILE = re.compile(r"^([ ]*)<!-- file: (\S+) -->$", re.MULTILINE)
_FENCE = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
_LANGUAGES = {".py": "python", ".sh": "bash", ".toml": "toml", ".yml": "yaml"}


def with_links(markdown: str, page: str, repository: str | None) -> str:
    """Point links to files outside `docs` somewhere.

    Args:
        markdown: A page's text, whose relative links go from `page`.
        page: Its path in the repository, such as `docs/gallery.md`.
        repository: Where files can be seen, ending in a slash; None if nowhere.
    """
    source = posixpath.dirname(page)

    def point(match: re.Match[str]) -> str:
        image, text, link = match.groups()
        path, _, anchor = link.partition("#")
        target = posixpath.normpath(posixpath.join(source, path))
        place = next((one for one, origin in PAGES.items() if origin == target), None)
        if target == "README.md":
            place = "index.md"
        elif target.startswith("docs/"):
            place = target.removeprefix("docs/")
        if place is not None:
            here = posixpath.dirname(page.removeprefix("docs/") if page.startswith("docs/") else "")
            way = posixpath.relpath(place, here or ".")
            return f"{image}[{text}]({way}{'#' + anchor if anchor else ''})"
        if repository is not None:
            return f"[{text}]({repository}{target})"
        return text if target in text else f"{text} (`{target}`)"

    return "".join(part if part.startswith("```") else _LINK.sub(point, part) for part in _FENCE.split(markdown))


def with_files(markdown: str) -> str:
    """Show files of the repository.

    Raises:
        FileNotFoundError: A page names one that does not exist.
    """

    def show(match: re.Match[str]) -> str:
        margin, path = match[1], TOP / match[2]
        language = _LANGUAGES.get(path.suffix, "text")
        return textwrap.indent(f"```{language}\n{path.read_text(encoding='utf-8').rstrip()}\n```", margin)

    return _FILE.sub(show, markdown)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that lie at the top of the repository."""
    for page, origin in PAGES.items():
        files.append(File.generated(config, page, content=(TOP / origin).read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, **_: Any) -> str:
    """Mend the links and show the files of a page."""
    path = PAGES.get(page.file.src_uri, f"docs/{page.file.src_uri}")
    repository = f"{config.repo_url.rstrip('/')}/blob/main/" if config.repo_url else None
    return with_files(with_links(markdown, path, repository))
