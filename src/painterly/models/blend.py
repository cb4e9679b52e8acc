"""Networks between two networks: a mean of their weights (ESRGAN's network interpolation, Wang et al. 2018)."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import torch

from painterly.atomic import check_writable
from painterly.errors import UsageError
from painterly.models.card import ModelCard
from painterly.models.catalogue import find_model
from painterly.models.file import load_network, save_network

__all__ = ["blend"]


def blend(
    first: str | Path,
    second: str | Path,
    output: str | Path,
    *,
    weight: float = 0.5,
    title: str = "",
    half: bool = False,
    overwrite: bool = False,
) -> ModelCard:
    """Mix the weights of two networks and write the network between them.

    It works where one was trained on from the other, or both from one network: their weights then lie close enough for
    everything between them to be a network that does what both do.

    Args:
        first: A model's name or file.
        second: Another of the same description, usually one that was trained on from it, or from what it began with.
        output: The model file to write.
        weight: Share of the second; 0 gives the first, 1 the second, and more goes beyond it.
        title: For the card; by default the second's.
        half: Whether weights are stored in half precision.
        overwrite: Whether an existing file is replaced.

    Returns:
        The card: the second's, with what was mixed under `training.blend`, and no results, for nothing was measured.

    Raises:
        UsageError: The networks are not of one description, or the output's name does not end in .safetensors.
        InputError: A file cannot be read as a model.
        OutputError: The output exists or cannot be written.
    """
    target = Path(output)
    if target.suffix != ".safetensors":
        raise UsageError(f"--output {target}: a model file's name ends in .safetensors")
    check_writable(target, overwrite=overwrite)
    (one, its_card), (other, card) = (load_network(find_model(name)) for name in (first, second))
    if type(one) is not type(other) or one.description != other.description:
        raise UsageError(f"{first} and {second} are networks of different kinds; only like can be mixed")
    begin, end = one.state_dict(), other.state_dict()
    mixed = {
        name: torch.lerp(begin[name], value, weight) if value.is_floating_point() else value
        for name, value in end.items()
    }
    other.load_state_dict(mixed)
    training = {**card.training, "half": half, "blend": {"weight": weight, "of": _sources(its_card, card)}}
    if any("started_from" in source["training"] for source in training["blend"]["of"]):
        training.pop("started_from", None)
    mixture = dataclasses.replace(card, title=title or card.title, training=training, result={})
    save_network(target, other, mixture, dtype=torch.float16 if half else torch.float32)
    return mixture


def _sources(*cards: ModelCard) -> list[dict[str, Any]]:
    """What was mixed; what all began with is left to the mixture's own `started_from`."""
    first, *others = (card.training.get("started_from") for card in cards)
    alike = all(other == first for other in others)
    return [
        {
            "title": card.title,
            "training": {key: value for key, value in card.training.items() if not (alike and key == "started_from")},
            "result": card.result,
            "software": card.software,
        }
        for card in cards
    ]
