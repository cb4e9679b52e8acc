"""What a run learns: the one thing in which runs differ."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from painterly.data.crops import Cropping
from painterly.models.card import ModelCard
from painterly.models.file import save_network

__all__ = ["Task"]


class Task(ABC):
    """What is learnt: a network, a loss, and what to say about them in the end.

    Attributes:
        network: What learns.
        task: The name under which model files have it.
        cropping: How photographs become crops.
        first_steps: Steps that come before those asked for.
        settings: What else a resumed run must agree in, as plain JSON values.
    """

    network: nn.Module
    task: ClassVar[str]
    cropping: Cropping = "random"
    first_steps: int = 0
    settings: Mapping[str, Any]

    @abstractmethod
    def terms(self, model: nn.Module, photographs: Tensor, step: int, samples: Sequence[int]) -> dict[str, Tensor]:
        """The terms of the loss: scalars by name, whose sum is to fall.

        Args:
            model: The network, wrapped for the device and the precision.
            photographs: RGB in [0, 1], shape (B, 3, S, S).
            step: Steps done before this one, less `first_steps`.
            samples: The photographs' places in the run's stream of samples, over all processes.
        """

    def given(self, step: int, samples: Sequence[int]) -> dict[str, Tensor] | None:
        """What a step's loss depends on besides photographs and weights, for tasks whose steps can be recorded.

        Args:
            step: As for `terms`.
            samples: Likewise.

        Returns:
            Tensors in the host's memory, by name, which together with the photographs are all that `fixed_terms` needs,
            and whose shapes say which operations it does; or None, where this step cannot be recorded.
        """
        return None

    def fixed_terms(self, model: nn.Module, photographs: Tensor, given: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """As `terms`, by operations that follow from shapes alone, none of which waits for the device.

        Args:
            model: The network, wrapped for the device and the precision.
            photographs: RGB in [0, 1], shape (B, 3, S, S).
            given: What `given` returned, on the device.
        """
        return self.terms(model, photographs, 0, ())

    @abstractmethod
    def sheet(self, photographs: Tensor) -> Tensor:
        """Examples for people, from a few unseen photographs: RGB in [0, 1], shape (3, H, W)."""

    @abstractmethod
    def measure(self, photographs: Tensor) -> dict[str, Any]:
        """How well the network does on unseen photographs, at least one: RGB in [0, 1], shape (N, 3, S, S)."""

    @abstractmethod
    def about(self) -> dict[str, Any]:
        """Fields of the model's card that only this task knows; `training` is added to the settings."""

    def parameters(self) -> Iterable[dict[str, Any]]:
        """Groups for the optimiser; a group's `share` of the learning rate is 1 if it names none."""
        return [{"params": list(self.network.parameters())}]

    def begin_with(self, parent: nn.Module) -> None:
        """Give the network the weights of another.

        Raises:
            ValueError: They do not fit.
        """
        if type(parent) is not type(self.network) or parent.description != self.network.description:
            raise ValueError("networks of different kinds")
        self.network.load_state_dict(parent.state_dict())

    def save(self, path: Path, card: ModelCard, dtype: torch.dtype) -> ModelCard:
        """Write what was learnt, and return its card."""
        save_network(path, self.network, card, dtype=dtype)
        return card

    def to(self, device: torch.device) -> None:  # noqa: B027
        """Move the loss to a device; the network moves by itself."""

    def compile(self) -> None:
        """Compile whatever runs in every step."""
        self.network.compile()

    def uncompile(self) -> None:
        """Take that back."""
        for part in vars(self).values():
            if isinstance(part, nn.Module):
                part._compiled_call_impl = None
