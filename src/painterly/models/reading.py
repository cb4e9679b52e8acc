"""Any model that painterly can read, by name or file."""

from __future__ import annotations

from pathlib import Path

from painterly.models.card import ModelCard
from painterly.models.catalogue import find_model
from painterly.models.file import load_network, read_card
from painterly.networks.build import Network

__all__ = ["info", "read_model"]


def read_model(model: str | Path) -> tuple[Network, ModelCard]:
    """Network and card of a shipped model, a model file, or one of the authors' released networks as ONNX.

    Raises:
        UsageError: There is no such model.
        InputError: The file cannot be read as a model.
    """
    path = find_model(model)
    if path.suffix.lower() == ".onnx":
        from painterly.interop.authors import load_authors_network

        return load_authors_network(path)
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
    path = find_model(model)
    return read_model(path)[1] if path.suffix.lower() == ".onnx" else read_card(path)
