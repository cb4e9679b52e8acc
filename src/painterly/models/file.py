"""Model files: one safetensors file with the weights, and the card in its metadata."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor, nn

from painterly.atomic import atomic_path
from painterly.encoders.distilled import DistilledVGG
from painterly.errors import InputError
from painterly.models.card import ModelCard
from painterly.models.header import CARD, opened, read_card
from painterly.networks.build import Network, build_network
from painterly.networks.description import EncoderDescription

__all__ = ["load_network", "read_card", "read_tensors", "save_network", "save_tensors"]


def save_network(path: Path, network: nn.Module, card: ModelCard, *, dtype: torch.dtype = torch.float32) -> None:
    """Write a model file, whole or not at all.

    Args:
        path: The file, replaced if it exists.
        network: Its weights are stored.
        card: Its metadata.
        dtype: Type in which floating-point weights are stored.

    Raises:
        OutputError: The file cannot be written.
    """
    save_tensors(path, network.state_dict(), card, dtype=dtype)


def save_tensors(
    path: Path, tensors: Mapping[str, Tensor], card: ModelCard, *, dtype: torch.dtype = torch.float32
) -> None:
    """As `save_network`, for tensors by name."""
    weights = {
        name: (value.to(dtype) if value.is_floating_point() else value).detach().cpu().contiguous()
        for name, value in tensors.items()
    }
    content = save(weights, {CARD: card.to_json(), "format": "pt"})
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)


def read_tensors(path: Path) -> dict[str, Tensor]:
    """The tensors of a model file, as they are stored.

    Raises:
        InputError: The file is missing, or not a model file.
    """
    with opened(path, "pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118


def load_network(path: Path) -> tuple[Network | DistilledVGG, ModelCard]:
    """Build the network that a model file describes and load its weights, as float32, in evaluation mode.

    Raises:
        InputError: The file is missing, damaged, or not a model file.
    """
    card, weights = read_card(path), read_tensors(path)
    try:
        network = _build(card)
        network.load_state_dict({name: v.float() if v.is_floating_point() else v for name, v in weights.items()})
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    except (RuntimeError, TypeError) as error:
        raise InputError(f"{path} holds weights that do not fit the network it describes") from error
    return network.eval(), card


def _build(card: ModelCard) -> Network | DistilledVGG:
    if card.task == "encoder":
        description = EncoderDescription.from_dict(card.network)
        return DistilledVGG(until=description.until, width=description.width)
    return build_network(card.task, card.network)
