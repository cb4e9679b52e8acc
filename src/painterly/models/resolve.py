"""From what somebody calls a model and a style to a file and a look. Imports nothing heavy."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping
from pathlib import Path

from painterly.errors import UsageError
from painterly.models.card import ModelCard
from painterly.models.catalogue import DEFAULT_MODEL, GALLERY, QUICK_GALLERY, QUICK_MODEL, find_model, shipped_models
from painterly.models.header import read_card
from painterly.models.look import Look, parse_look, plain_name
from painterly.models.style_book import STYLE_TASK, StyleBook, learnt_styles

__all__ = ["Style", "card_for", "is_foreign", "quick_model", "resolve", "resolve_look"]

Style = str | Path | Mapping[str, float] | Look
"""A style's name, or a mixture as `painterly.models.look.parse_look` reads it."""

_FOREIGN = {".onnx", ".t7", ".pth", ".pt", ".model", ".npz", ".ckpt"}
"""Ends of the names of other people's files; see `painterly.interop.importing`."""


_IN_FOLDER = "model.safetensors"
"""A model in a folder that `save_pretrained` wrote."""


def is_foreign(path: Path) -> bool:
    """Whether a file is somebody else's network, by its name."""
    return path.suffix.lower() in _FOREIGN


def resolve(
    model: str | Path | None = None, style: Style | None = None, strength: float = 1.0
) -> tuple[Path, Look | None]:
    """The file of a network, and what to paint with it.

    Args:
        model: A shipped model's name, a file, a folder of `save_pretrained`'s, `hf:user/repo`, or the name of a style
            of the gallery's, learnt ones included; by default the gallery.
        style: A style of that network, or a mixture; or, if no model is named, a network that has just one style.
        strength: From 0, the photograph, to 1, the style.

    Returns:
        The file, and a look, or None for a network of one style.

    Raises:
        UsageError: There is no such model or style, or the network cannot do it.
        InputError: The file cannot be read as a model.
    """
    if model is None:
        path, style = _for_style(style, strength)
    elif _is_style(model):
        if style is not None:
            raise UsageError(f"{model} is a style, not a model; leave out one of --model and --style")
        path, style = _for_style(str(model), strength)
    else:
        path = _find(model)
    if is_foreign(path):
        return path, resolve_look(ModelCard("style", {}, path.stem), path.stem, style, strength)
    return path, resolve_look(read_card(path), path.stem, style, strength)


def quick_model(style: Style | None = None, strength: float = 1.0) -> str | None:
    """The name of the small network for a style, where there is one; else None.

    Args:
        style: As for `resolve`; None is what paints by default.
        strength: Likewise.

    Raises:
        UsageError: That is no mixture.
    """
    if style is None and strength == 1:
        return QUICK_MODEL
    known = StyleBook(read_card(shipped_models()[QUICK_GALLERY])).own
    look = parse_look(DEFAULT_MODEL if style is None else style, strength)
    return QUICK_GALLERY if all(name in known for name, _ in look.styles) else None


def resolve_look(card: ModelCard, name: str, style: Style | None = None, strength: float = 1.0) -> Look | None:
    """What to paint with a network: a look, or None for a network of one style.

    Args:
        card: The network's.
        name: Of the network, for messages.
        style: A style of the network, or a mixture; by default its first.
        strength: From 0, the photograph, to 1, the style.

    Raises:
        UsageError: There is no such style, or the network cannot do it.
    """
    if card.task == STYLE_TASK:
        raise UsageError(f"{name} is a style for a gallery, not a network: name it with --style")
    if card.task != "style":
        if style is not None or strength != 1:
            raise UsageError(f"{name} is a network for {card.task} and has no styles")
        return None
    if card.styles:
        book = StyleBook(card)
        look = parse_look(style if style is not None else next(iter(book.own)), strength)
        for part, _ in look.styles:
            book.find(part)
        return look
    if strength != 1:
        raise UsageError(f"{name} has one style and no strength but 1; --strength is for a gallery, such as {GALLERY}")
    own = {plain_name(text) for text in (name, card.title, str(card.style.get("name", ""))) if text}
    if style is not None and not own.issuperset(part for part, _ in parse_look(style).styles):
        raise UsageError(f"{name} has one style only; leave out one of --model and --style")
    return None


def card_for(card: ModelCard, look: Look) -> ModelCard:
    """What is to be said of a gallery that paints one look: where that is one painting, whose, and how well.

    Args:
        card: The gallery's.
        look: The look.
    """
    names = [name for name, _ in look.styles]
    place = StyleBook(card).find(names[0])
    single = {**card.network, "styles": 1, "identity": False, "carry": 1 - look.strength}
    card = dataclasses.replace(card, network=single)
    if len(names) == 1 and isinstance(place, Path) and look.strength == 1:
        return dataclasses.replace(read_card(place), task=card.task, network=single)
    if len(names) > 1 or not isinstance(place, int) or look.strength < 1:
        return dataclasses.replace(card, title=str(look), styles=[], style={}, result={})
    entry = card.styles[place]
    weights = card.training.get("weights", {})
    if isinstance(weights, list):
        weights = weights[place]
    result = {key: value for key, value in card.result.items() if key != "styles"}
    result |= card.result.get("styles", {}).get(names[0], {})
    return dataclasses.replace(
        card,
        title=str(entry.get("title", names[0])),
        style=entry,
        styles=[],
        training={**card.training, "weights": weights},
        result=result,
    )


def _for_style(style: Style | None, strength: float) -> tuple[Path, Style | None]:
    """The network for a style that is named alone, and the style to choose in it."""
    if style is None and strength == 1:
        alone = shipped_models().get(DEFAULT_MODEL)
        return (alone, None) if alone is not None else (find_model(GALLERY), DEFAULT_MODEL)
    if isinstance(style, (str, Path)) and not {",", ":"} & set(str(style)):
        name = plain_name(str(style))
        if name not in _gallery_styles():
            learnt = learnt_styles().get(name, Path(style).expanduser())
            if learnt.is_file() and learnt.suffix == ".safetensors" and read_card(learnt).task == "style":
                return learnt, None
            if name in shipped_models() and read_card(shipped_models()[name]).task == "style" and name != GALLERY:
                return shipped_models()[name], None
    return find_model(GALLERY), DEFAULT_MODEL if style is None else style


def _gallery_styles() -> dict[str, int]:
    path = shipped_models().get(GALLERY)
    return StyleBook(read_card(path)).own if path is not None else {}


def _is_style(name: str | Path) -> bool:
    """Whether it is a style of the gallery's, or one learnt on this machine, and not a network that ships."""
    plain = plain_name(str(name))
    return plain not in shipped_models() and (plain in _gallery_styles() or plain in learnt_styles())


def _find(model: str | Path) -> Path:
    """As `find_model`, which knows neither the gallery's styles nor folders nor the hub."""
    if str(model).startswith("hf:"):
        from painterly.interop.hub import fetch

        return fetch(str(model))
    try:
        path = find_model(model)
        return path / _IN_FOLDER if path.is_dir() else path
    except UsageError as error:
        names = dict.fromkeys([*shipped_models(), *_gallery_styles()])
        near = difflib.get_close_matches(plain_name(str(model)), names, 3, 0.4)
        if not near:
            raise
        lists = "painterly models and painterly styles list them"
        raise UsageError(f"there is no model '{model}'; did you mean {' or '.join(near)}? ({lists})") from error
