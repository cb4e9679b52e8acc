"""The styles that can be asked for by name. Imports nothing heavy."""

from __future__ import annotations

import contextlib
import difflib
from pathlib import Path
from typing import Any

from painterly.errors import InputError, PainterlyError, UsageError
from painterly.models.catalogue import GALLERY, find_model, shipped_models
from painterly.models.header import read_card
from painterly.models.look import parse_look, plain_name
from painterly.models.style_book import STYLE_TASK, learnt_styles
from painterly.server.refusal import RefusedError

__all__ = ["check_new_style", "check_style", "forget_style", "known_styles", "upscalers"]


def known_styles(digest: str = "") -> list[dict[str, Any]]:
    """Name, title, painter and licence of every style: the gallery's in its order, then those learnt on this machine.

    Args:
        digest: Of the gallery's shared weights, to leave out what was learnt for another; "" leaves out nothing.
    """
    gallery = read_card(find_model(GALLERY))
    found = [_entry(entry["name"], entry, learnt=False) for entry in gallery.styles]
    own = {entry["name"] for entry in found}
    for name, path in learnt_styles().items():
        with contextlib.suppress(InputError):  # no style, whatever lies there
            card = read_card(path)
            fits = card.task == "style" or (
                card.task == STYLE_TASK and (not digest or card.network.get("shared") == digest)
            )
            if name not in own and fits and not path.name.startswith("."):
                found.append(_entry(name, card.style, learnt=True))
    return found


def check_style(style: str | None, strength: float) -> str:
    """Read a style or a mixture by the names of known styles alone: what else painterly takes, such as files, is not
    for strangers to name.

    Args:
        style: A name or a mixture; by default the first.
        strength: From 0 to 1.

    Returns:
        The style.

    Raises:
        RefusedError: There is no such style, or the mixture cannot be meant.
    """
    known = [entry["name"] for entry in known_styles()]
    if style is None:
        return str(known[0])
    try:
        look = parse_look(style, strength)
    except PainterlyError as error:
        raise RefusedError(422, str(error)) from error
    for name, _ in look.styles:
        if name not in known:
            near = difflib.get_close_matches(name, known, 3, 0.4) or known
            raise RefusedError(422, f"there is no style '{name[:80]}'; did you mean {' or '.join(near)}?")
    return style


def check_new_style(name: str) -> str:
    """Make sure that a new style may be called so.

    Returns:
        The name as styles are called.

    Raises:
        RefusedError: It may not, or is taken.
    """
    from painterly.training.style_settings import check_style_name

    plain = plain_name(name)
    try:
        check_style_name(plain, "use letters, digits and dashes")
    except UsageError as error:
        raise RefusedError(422, str(error)) from error
    if not plain.isprintable() or len(plain) > 64:
        raise RefusedError(422, "a style's name has at most 64 letters, digits and dashes")
    if plain in {*learnt_styles(), *shipped_models(), *(entry["name"] for entry in known_styles())}:
        raise RefusedError(409, f"there is a style called '{plain}' already; choose another name, or forget that one")
    return plain


def forget_style(name: str) -> Path:
    """Remove a style that was learnt on this machine.

    Returns:
        The file that was removed.

    Raises:
        RefusedError: There is none, or it ships with painterly.
    """
    learnt = learnt_styles().get(name)
    if learnt is None:
        if any(entry["name"] == name for entry in known_styles()):
            raise RefusedError(409, f"'{name}' ships with painterly and cannot be forgotten")
        raise RefusedError(404, f"there is no style '{name[:80]}'")
    try:
        learnt.unlink()
    except OSError as error:
        raise RefusedError(409, f"'{name}' cannot be removed ({error.strerror or error})") from error
    return learnt


def upscalers() -> dict[str, int]:
    """The networks that enlarge and ship with painterly: how many times, by name."""
    found = {}
    for name, path in shipped_models().items():
        card = read_card(path)
        if card.task == "super-resolution":
            found[name] = int(card.network.get("scale", 0))
    return found


def _entry(name: str, about: dict[str, Any], *, learnt: bool) -> dict[str, Any]:
    return {
        "name": name,
        "title": str(about.get("title") or name.replace("-", " ").capitalize()),
        "painter": str(about.get("painter") or ""),
        "licence": str(about.get("licence") or ""),
        "learnt": learnt,
    }
