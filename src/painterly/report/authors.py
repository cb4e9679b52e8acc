"""Our paintings beside the authors', as one page that needs no other file."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from painterly.atomic import atomic_path, check_writable
from painterly.errors import OutputError
from painterly.evaluation.authors import AuthorsComparison
from painterly.report.page import embedded, page_environment

__all__ = ["check_page", "render_authors", "save_authors", "shown"]

_NAMES = {"photograph": "the photograph", "theirs": "the authors'", "ours": "ours"}
_HEAD = {
    "style": "style: distance from its own painting, of the photograph's",
    "content": "content: distance from the photograph",
    "ssim": "SSIM to the photograph",
    "grid": "energy in the grid",
    "objective": "objective, the same painting",
}
_QUALITY = 90


def render_authors(found: Sequence[AuthorsComparison], about: dict[str, Any]) -> str:
    """The page.

    Args:
        found: What was compared.
        about: `model`, `loss_network` and `machine`, as `painterly.resources.describe_machine` has it.

    Raises:
        MissingExtraError: Jinja is not installed.
    """
    environment = page_environment()
    environment.filters["embed"] = _embed
    groups: dict[str, list[AuthorsComparison]] = {}
    for one in found:
        groups.setdefault(one.pair.photograph, []).append(one)
    page: str = environment.get_template("authors.html.j2").render(
        groups=groups, about=about, names=_NAMES, tables={one.pair.published: _table(one) for one in found}
    )
    return page


def check_page(path: Path, *, overwrite: bool) -> None:
    """Make sure, before the work, that a page can be made and written.

    Raises:
        OutputError: The name does not end in .html, or the file exists or cannot be written.
        MissingExtraError: Jinja is not installed.
    """
    if path.suffix.lower() not in (".html", ".htm"):
        raise OutputError(f"{path}: a page's name ends in .html")
    check_writable(path, overwrite=overwrite)
    page_environment()


def save_authors(
    found: Sequence[AuthorsComparison], about: dict[str, Any], path: Path, *, overwrite: bool = False
) -> None:
    """Write the page; see `render_authors`.

    Raises:
        OutputError: See `check_page`.
    """
    check_page(path, overwrite=overwrite)
    page = render_authors(found, about)
    with atomic_path(path) as temporary:
        temporary.write_text(page, encoding="utf-8", errors="replace")


def _table(one: AuthorsComparison) -> dict[str, list[Any]]:
    """Head and rows of the figures that are known."""
    known = [key for key in _HEAD if any(row[key] is not None for row in one.measures.values())]
    rows = [[_NAMES[name], *(shown(key, row[key]) for key in known)] for name, row in one.measures.items()]
    return {"head": ["", *(_HEAD[key] for key in known)], "rows": rows}


def shown(key: str, value: float | None) -> str:
    """A measure in words, by its name; "" for one that is not known.

    Example:
        >>> shown("grid", 0.0213), shown("content", 1.264), shown("objective", None)
        ('2.1 %', '1.26', '')
    """
    if value is None:
        return ""
    return f"{100 * value:.1f} %" if key in ("style", "grid") else f"{value:.3g}"


def _embed(picture: Image.Image) -> str:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=_QUALITY, subsampling=0)
    return embedded(file.getvalue(), ".jpg")
