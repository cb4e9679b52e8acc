"""Any model that painterly can read, by name or file."""

from __future__ import annotations

from pathlib import Path

from painterly.encoders.distilled import DistilledVGG
from painterly.models.card import ModelCard
from painterly.models.file import load_network
from painterly.models.gallery import Gallery
from painterly.models.header import read_card
from painterly.models.look import plain_name
from painterly.models.resolve import card_for, is_foreign, resolve
from painterly.networks.build import Network
from painterly.networks.style import StyleNetwork

__all__ = ["info", "is_whole", "read_file", "read_model"]


def read_model(model: str | Path) -> tuple[Network | DistilledVGG, ModelCard]:
    """Network and card of a shipped model, a model file, or somebody else's that can be imported.

    The name of one of the gallery's styles gives a network of that style alone; `gallery`, the whole.

    Raises:
        UsageError: There is no such model.
        InputError: The file cannot be read as a model.
    """
    path, look = resolve(model)
    network, card = read_file(path)
    if look is None or not isinstance(network, StyleNetwork) or is_whole(model, path):
        return network, card
    return Gallery(network, card).network_for(look), card_for(card, look)


def read_file(path: Path) -> tuple[Network | DistilledVGG, ModelCard]:
    """Network and card of a model file, or of somebody else's that can be imported.

    Raises:
        InputError: The file cannot be read as a model.
    """
    if is_foreign(path):
        from painterly.interop.importing import read_foreign

        return read_foreign(path)
    return load_network(path)


def info(model: str | Path) -> ModelCard:
    """What a model says about itself: architecture, training, loss network, data, licence.

    Args:
        model: As for `read_model`.

    Raises:
        UsageError: There is no such model.
        InputError: The file cannot be read as a model.

    Example:
        >>> info("starry-night").style["painter"]
        'Vincent van Gogh'
    """
    file = Path(model).expanduser()
    if file.suffix == ".safetensors" and file.is_file():
        return read_card(file)  # a learnt style's too, which is no model by itself
    path, look = resolve(model)
    if is_foreign(path):
        return read_file(path)[1]
    card = read_card(path)
    return card if look is None or is_whole(model, path) else card_for(card, look)


def is_whole(model: str | Path, path: Path) -> bool:
    """Whether it is a gallery that is named, and not one of its styles."""
    named = plain_name(str(model)) == path.stem or str(model).startswith("hf:")
    return named or Path(model).expanduser() in (path, path.parent)
