"""MkDocs hook: a page for each network that ships, from what its file says about itself."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from painterly.evaluation.stages import short_card
from painterly.models.card import ModelCard
from painterly.models.catalogue import shipped_models
from painterly.models.file import read_card

__all__ = ["card_page", "card_table", "cards"]

SECTION = "Models"
_MARK = "<!-- cards -->"
_PARTS = {
    "network": "Network",
    "training": "Training settings",
    "loss_network": "Loss network",
    "data": "Photographs",
    "result": "Result",
    "software": "Software",
}
_TASKS = {"style": "paints", "super-resolution": "enlarges", "encoder": "judges"}


def cards() -> dict[str, tuple[Path, ModelCard]]:
    """Files and cards of what ships, the loss network included."""
    return {name: (path, read_card(path)) for name, path in sorted(shipped_models().items())}


def card_table() -> str:
    """All of them, a line each."""
    lines = ["| network | | megabytes | trained |", "|---|---|---|---|"]
    for name, (path, card) in cards().items():
        seconds = card.result.get("seconds")
        steps = card.result.get("steps") or card.training.get("steps")
        trained = ", ".join(
            filter(None, (f"{steps:,} steps" if steps else "", f"{seconds / 60:.0f} minutes" if seconds else ""))
        )
        what = f"{_TASKS.get(card.task, card.task)}: {card.title}"
        lines.append(f"| [{name}]({name}.md) | {what} | {path.stat().st_size / 1e6:.1f} | {trained} |")
    return "\n".join(lines)


def card_page(name: str, path: Path, card: ModelCard) -> str:
    """A card as a page."""
    parts = [f"# {name}", f"{card.title}. A network that {_TASKS.get(card.task, card.task)}; {_size(path)}."]
    if card.notes:
        parts.append(card.notes)
    parts.append(_how_to(name, card))
    paintings = card.styles or ([card.style] if card.style else [])
    if paintings:
        parts.append("## " + ("Paintings" if len(paintings) > 1 else "Painting"))
        keys = [key for key in ("name", "title", "painter", "licence") if any(one.get(key) for one in paintings)]
        rows = ["| " + " | ".join(str(one.get(key, "")) for key in keys) + " |" for one in paintings]
        parts.append("\n".join(["| " + " | ".join(keys) + " |", "|---" * len(keys) + "|", *rows]))
    short = short_card(card)
    for field, title in _PARTS.items():
        values = short.get(field)
        if values:
            parts += [f"## {title}", _table(values)]
    return "\n\n".join(parts) + "\n"


def _how_to(name: str, card: ModelCard) -> str:
    command = {
        "style": f"painterly stylize photo.jpg --model {name}",
        "super-resolution": f"painterly upscale small.jpg --model {name}",
        "encoder": f"painterly learn painting.jpg --loss-network {name}",
    }[card.task]
    return f"```bash\n{command}\npainterly info {name}\n```"


def _table(values: dict[str, Any]) -> str:
    rows = [f"| {key} | {shown} |" for key, shown in _flat(values)]
    return "\n".join(['<div class="card" markdown>', "", "| | |", "|---|---|", *rows, "", "</div>"])


def _flat(values: dict[str, Any], before: str = "") -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for key, value in values.items():
        name = f"{before}{key}".replace("_", " ")
        if isinstance(value, dict):
            rows += _flat(value, f"{name}: ")
        elif isinstance(value, list) and any(isinstance(one, dict) for one in value):
            for number, one in enumerate(value, 1):
                rows += _flat(one if isinstance(one, dict) else {"": one}, f"{name} {number}: ")
        elif value not in (None, "", [], {}):
            rows.append((name, _shown(value)))
    return rows


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.5g}"
    if isinstance(value, int):
        return f"{value:,}" if value >= 10_000 else str(value)
    text = ", ".join(_shown(one) for one in value) if isinstance(value, list) else str(value)
    return re.sub(r"([|<>_*])", r"\\\1", text)


def _size(path: Path) -> str:
    return f"{path.stat().st_size / 1e6:.1f} MB"


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """List the cards in the navigation."""
    for entry in config.nav or []:
        if isinstance(entry, dict) and SECTION in entry:
            entry[SECTION] += [f"models/{name}.md" for name in cards()]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Make the cards' pages."""
    for name, (path, card) in cards().items():
        files.append(File.generated(config, f"models/{name}.md", content=card_page(name, path, card)))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Put the list of all where it is asked for."""
    return markdown.replace(_MARK, card_table()) if _MARK in markdown else markdown
