"""Any network from what a model file says about it."""

from __future__ import annotations

from typing import Any

from painterly.errors import InputError
from painterly.networks.description import (
    SRCNNDescription,
    StyleDescription,
    SuperResolutionDescription,
)
from painterly.networks.srcnn import SRCNN
from painterly.networks.style import StyleNetwork
from painterly.networks.super_resolution import SuperResolutionNetwork

__all__ = ["Network", "build_network"]

Network = StyleNetwork | SuperResolutionNetwork | SRCNN
"""Every kind of network that a model file may hold."""


def build_network(task: str, description: dict[str, Any]) -> Network:
    """Build a network, with weights yet to be loaded.

    Args:
        task: "style" or "super-resolution".
        description: What `to_dict` of its description made.

    Raises:
        InputError: The task is unknown, or the description is not one.
    """
    if task == "style":
        return StyleNetwork(StyleDescription.from_dict(description))
    if task == "super-resolution" and description.get("architecture") == "srcnn":
        return SRCNN(SRCNNDescription.from_dict(description))
    if task == "super-resolution":
        return SuperResolutionNetwork(SuperResolutionDescription.from_dict(description))
    raise InputError(f"it is a network for '{task}', which this painterly does not know")
