"""A model as the folder that the Hugging Face Hub expects: weights, configuration, and a page about it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import torch

from painterly.atomic import atomic_path
from painterly.models.card import ModelCard
from painterly.models.file import save_network
from painterly.networks.build import Network

__all__ = ["CONFIG", "MODEL", "PAGE", "model_page", "save_pretrained"]

MODEL, CONFIG, PAGE = "model.safetensors", "config.json", "README.md"
"""The folder's files."""

_TAGS: Final[dict[str, tuple[str, ...]]] = {
    "style": ("style-transfer", "perceptual-loss"),
    "super-resolution": ("super-resolution", "perceptual-loss"),
}


def save_pretrained(
    network: Network, card: ModelCard, folder: str | Path, *, licence: str = "", repository: str = "user/repo"
) -> Path:
    """Write a model as a folder: `painterly.load` reads it, and the hub shows it.

    Args:
        network: The network.
        card: Its card: it is stored in the model file, and again as config.json.
        folder: Where to write model.safetensors, config.json and README.md; what has these names is replaced.
        licence: The hub's name of the licence of the weights, such as "mit"; left out of the page if it is not given.
        repository: What the page calls it.

    Returns:
        The folder. Weights are stored in half precision where that loses nothing.

    Raises:
        OutputError: A file cannot be written.
    """
    place = Path(folder).expanduser()
    exact = all(torch.equal(v, v.half().to(v.dtype)) for v in network.state_dict().values() if v.is_floating_point())
    save_network(place / MODEL, network, card, dtype=torch.float16 if exact else torch.float32)
    about = {"library_name": "painterly", **card.to_dict()}
    for name, text in (
        (CONFIG, json.dumps(about, ensure_ascii=False, indent=2, sort_keys=True) + "\n"),
        (PAGE, model_page(card, licence=licence, repository=repository)),
    ):
        with atomic_path(place / name) as temporary:
            temporary.write_text(text, encoding="utf-8")
    return place


def model_page(card: ModelCard, *, licence: str = "", repository: str = "user/repo") -> str:
    """A model's page: the hub's front matter in YAML, then what the card says, for people.

    Args:
        card: The card.
        licence: See `save_pretrained`.
        repository: Named in the example.
    """
    matter = [f"license: {json.dumps(licence)}"] if licence else []
    matter += ["library_name: painterly", "pipeline_tag: image-to-image", "tags:"]
    matter += [f"- {tag}" for tag in ("painterly", *_TAGS.get(card.task, ()))]
    title = card.title or "A network of painterly's"
    lines = ["---", *matter, "---", "", f"# {_plain(title)}", "", _what(card), ""]
    call = "load" if card.task == "style" else "load_upscaler"
    lines += ["```python", "import painterly", "", f'picture = painterly.{call}("hf:{repository}")("photo.jpg")', "```"]
    if paintings := (card.styles or ([card.style] if card.style else [])):
        lines += ["", "| style | painting | painter | licence |", "|---|---|---|---|"]
        keys = ("name", "title", "painter", "licence")
        lines += ["| " + " | ".join(_plain(entry.get(key, "")) for key in keys) + " |" for entry in paintings]
    lines += ["", "## Network", "", *_table(card.network)]
    if card.result:
        lines += ["", "## Result", "", *_table(card.result)]
    if card.notes:
        lines += ["", _plain(card.notes)]
    return "\n".join(lines) + "\n"


def _what(card: ModelCard) -> str:
    if card.task == "style":
        several = len(card.styles)
        what = f"paints photographs in {several} styles" if several else "paints photographs in one style"
        return f"A network that {what}, in one pass, by perceptual losses (Johnson, Alahi and Fei-Fei 2016)."
    scale = card.network.get("scale", "")
    return f"A network that makes pictures {scale} times as wide and high, in one pass."


def _table(values: dict[str, Any]) -> list[str]:
    """Plain values in two columns; what is nested stays in config.json."""
    plain = {key: value for key, value in values.items() if isinstance(value, (str, int, float))}
    return ["| | |", "|---|---|", *(f"| {_plain(key)} | {_plain(value)} |" for key, value in plain.items())]


def _plain(value: object) -> str:
    """Text on one line, in which nothing is markup."""
    text = f"{value:.5g}" if isinstance(value, float) else str(value)
    return " ".join(text.split()).replace("|", r"\|").replace("<", "&lt;")
