"""A network of several styles, and what becomes of it when somebody chooses among them."""

from __future__ import annotations

import contextlib
from pathlib import Path

from torch import Tensor

from painterly.errors import InputError, UsageError
from painterly.models.card import ModelCard
from painterly.models.file import read_card, read_tensors
from painterly.models.look import Look
from painterly.models.style_book import STYLE_TASK, StyleBook, learnt_styles
from painterly.networks.mixing import mix_parameters, shared_digest, style_parameters, with_parameters
from painterly.networks.style import StyleNetwork

__all__ = ["Gallery"]


class Gallery:
    """A network of several styles.

    Args:
        network: The network.
        card: What its file says about it.

    Raises:
        InputError: The card does not name the network's styles.
    """

    def __init__(self, network: StyleNetwork, card: ModelCard) -> None:
        self.network, self.card = network, card
        self.book = StyleBook(card)
        if len(self.book.own) != network.description.styles - network.description.identity:
            raise InputError(f"the card of {card.title or 'this network'} does not name its styles")
        self.digest = shared_digest(network)
        self._learnt: dict[tuple[Path, int], dict[str, Tensor]] = {}

    @property
    def names(self) -> list[str]:
        """Everything that it can paint: its own styles, and those learnt on this machine that were learnt for it."""
        own = self.book.own
        fitting = []
        for name, path in learnt_styles().items():
            with contextlib.suppress(InputError):  # what cannot be read is told when it is asked for
                card = read_card(path)
                if name not in own and card.task == STYLE_TASK and card.network.get("shared") == self.digest:
                    fitting.append(name)
        return [*own, *fitting]

    def network_for(self, look: Look) -> StyleNetwork:
        """A network of one style that paints a mixture.

        Raises:
            UsageError: A style is unknown, or the network knows no strength other than 1.
            InputError: A learnt style's file cannot be read, or was learnt on another network.
        """
        parts = [(weight * look.strength, self.parameters(name)) for name, weight in look.styles]
        if look.strength < 1:
            if not self.network.description.identity:
                raise UsageError(
                    f"{self.card.title or 'this network'} has not learnt the photograph itself, so leave out --strength"
                )
            parts.append((1 - look.strength, style_parameters(self.network, -1)))
        return with_parameters(self.network, mix_parameters(parts), 1 - look.strength)

    def parameters(self, name: str) -> dict[str, Tensor]:
        """A style's scales and shifts.

        Raises:
            UsageError: It is unknown.
            InputError: Its file cannot be read, or was learnt on another network.
        """
        place = self.book.find(name)
        if isinstance(place, int):
            return style_parameters(self.network, place)
        if not place.is_file():
            raise InputError(f"{place} is not a file")
        key = (place, place.stat().st_mtime_ns)
        if key not in self._learnt:
            self._learnt[key] = self._read(place)
        return self._learnt[key]

    def _read(self, path: Path) -> dict[str, Tensor]:
        card = read_card(path)
        if card.task != STYLE_TASK:
            raise InputError(f"{path} is a whole network, not a style for another: name it with --model")
        if card.network.get("shared") != self.digest:
            raise InputError(
                f"{path} was learnt on another network than {self.card.title or 'this one'}: "
                "learn it again with painterly learn"
            )
        wanted = style_parameters(self.network, 0)
        found = {name: value.float() for name, value in read_tensors(path).items()}
        if {k: v.shape for k, v in found.items()} != {k: v.shape for k, v in wanted.items()}:
            raise InputError(f"{path} holds a style that does not fit the network that it was learnt on")
        return {name: value.to(wanted[name].device) for name, value in found.items()}
