"""Model files: one safetensors file with the weights, and the card in its metadata."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from painterly.atomic import atomic_path
from painterly.errors import InputError
from painterly.models.card import ModelCard
from painterly.networks.build import Network, build_network

__all__ = ["load_network", "read_card", "save_network"]

_KEY = "painterly"


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
    weights = {
        name: (value.to(dtype) if value.is_floating_point() else value).detach().cpu().contiguous()
        for name, value in network.state_dict().items()
    }
    content = save(weights, {_KEY: card.to_json(), "format": "pt"})
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)


def read_card(path: Path) -> ModelCard:
    """The card of a model file, without its weights.

    Raises:
        InputError: The file is missing, or not a model file.
    """
    _, text = _open(path, weights=False)
    return ModelCard.from_json(text, str(path))


def load_network(path: Path) -> tuple[Network, ModelCard]:
    """Build the network that a model file describes and load its weights, as float32, in evaluation mode.

    Raises:
        InputError: The file is missing, damaged, or not a model file.
    """
    weights, text = _open(path, weights=True)
    card = ModelCard.from_json(text, str(path))
    try:
        network = build_network(card.task, card.network)
        network.load_state_dict({name: v.float() if v.is_floating_point() else v for name, v in weights.items()})
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    except (RuntimeError, TypeError) as error:
        raise InputError(f"{path} holds weights that do not fit the network it describes") from error
    return network.eval(), card


def _open(path: Path, *, weights: bool) -> tuple[dict[str, Tensor], str]:
    if not path.exists():
        raise InputError(f"{path} does not exist")
    if not path.is_file():
        raise InputError(f"{path} is not a file")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()} if weights else {}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as error:
        raise InputError(
            f"{path} is not a model file: painterly's are .safetensors, and nothing is unpickled"
        ) from error
    if _KEY not in metadata:
        raise InputError(f"{path} is a safetensors file, but not a painterly model (it has no card)")
    return tensors, metadata[_KEY]
