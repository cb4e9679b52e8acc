"""The page: one HTML file that needs no other."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from painterly.errors import MissingExtraError

__all__ = ["embedded", "page_environment", "render"]

_TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".svg": "image/svg+xml"}


def render(parts: Sequence[dict[str, Any]], about: dict[str, Any], folder: Path) -> str:
    """Fill the template.

    Args:
        parts: The sections as their JSON files have them; one that was left out has `left_out`, the reason.
        about: What the page says of itself: machine, versions, budget.
        folder: Where the pictures are.

    Raises:
        MissingExtraError: Jinja is not installed.
    """
    environment = page_environment()
    environment.filters["embed"] = lambda file: embedded((folder / file).read_bytes(), Path(file).suffix)
    environment.filters["is_number"] = lambda text: re.fullmatch(r"~?[\d.,]+( s| MiB)?", text) is not None
    environment.filters["json"] = lambda value: json.dumps(value, ensure_ascii=False, indent=1)
    page: str = environment.get_template("report.html.j2").render(parts=parts, about=about)
    return page


def page_environment() -> Any:
    """Jinja's environment with our templates; text is escaped, and nothing may be undefined.

    Raises:
        MissingExtraError: Jinja is not installed.
    """
    try:
        from jinja2 import Environment, PackageLoader, StrictUndefined
    except ImportError as error:
        raise MissingExtraError("the report", "evaluate") from error
    return Environment(
        loader=PackageLoader("painterly.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def embedded(content: bytes, suffix: str) -> str:
    """A picture as an address that holds it, so that a page needs no other file.

    Example:
        >>> embedded(b"abc", ".png")
        'data:image/png;base64,YWJj'
    """
    return f"data:{_TYPES[suffix]};base64,{base64.b64encode(content).decode()}"
