"""The styles that a gallery can paint: those trained into it, and those learnt since. Imports nothing heavy."""

from __future__ import annotations

import difflib
import hashlib
from pathlib import Path

from painterly.errors import UsageError
from painterly.folders import styles_folder
from painterly.models.card import ModelCard
from painterly.models.look import Look, plain_name

__all__ = ["STYLE_TASK", "StyleBook", "learnt_styles"]

STYLE_TASK = "style parameters"
"""The task of a file that holds a learnt style: scales and shifts alone."""


def learnt_styles() -> dict[str, Path]:
    """Files of styles that were learnt on this machine, by name."""
    folder = styles_folder()
    return {plain_name(path.stem): path for path in sorted(folder.glob("*.safetensors"))} if folder.is_dir() else {}


class StyleBook:
    """The styles of one network, by name.

    Args:
        card: The network's.

    Attributes:
        own: Place of each style that was trained into the network.
    """

    def __init__(self, card: ModelCard) -> None:
        self.own = {str(entry.get("name", "")): index for index, entry in enumerate(card.styles)}

    @property
    def names(self) -> list[str]:
        """All names, the network's own first."""
        return [*self.own, *(name for name in learnt_styles() if name not in self.own)]

    def find(self, name: str) -> int | Path:
        """The place of one of the network's own styles, or the file of one that was learnt.

        Args:
            name: A name, or the path of a style's file.

        Raises:
            UsageError: There is no such style; the nearest names are given.
        """
        plain = plain_name(name)
        if plain in self.own:
            return self.own[plain]
        learnt = learnt_styles()
        if plain in learnt:
            return learnt[plain]
        path = Path(name).expanduser()
        if path.suffix == ".safetensors":
            return path  # reading it says what is wrong with it
        near = difflib.get_close_matches(plain, self.names, 3, 0.4) or self.names
        raise UsageError(f"there is no style '{name}'; did you mean {' or '.join(near)}? (painterly styles lists them)")

    def key(self, look: Look) -> str:
        """A name for what a look comes to, for caches: it changes when a learnt style's file does.

        Raises:
            UsageError: A style is unknown.
            OSError: A learnt style's file cannot be read.
        """
        parts = []
        for name, weight in sorted(look.styles):
            place = self.find(name)
            what = place if isinstance(place, int) else hashlib.sha256(place.read_bytes()).hexdigest()
            parts.append(f"{what}:{weight:.9g}")
        return hashlib.sha256(f"{','.join(parts)} {look.strength:.9g}".encode()).hexdigest()[:16]
