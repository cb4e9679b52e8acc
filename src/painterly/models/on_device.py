"""What every callable network has in common: where it runs, and whether memory allows it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn

from painterly.errors import UsageError
from painterly.inference.accelerate import accelerate
from painterly.inference.choice import choose
from painterly.inference.stream import stream
from painterly.memory import available_memory, check_memory, keep_freed_memory
from painterly.models.card import ModelCard

__all__ = ["OnDevice"]

log = logging.getLogger(__name__)

N = TypeVar("N", bound=nn.Module)


class OnDevice(Generic[N]):
    """A network on a device, in evaluation mode.

    Args:
        network: The network.
        card: What its file says about it.
        device: Where it runs.
        backend: What runs it; see `painterly.inference.choose`.
        precision: Of its arithmetic; likewise.

    Attributes:
        network: The network, in evaluation mode.
        card: What its file says about it.
        device: Where it runs.
        choice: What runs it, and in which precision.
        fast: The network as it is run: the same pictures, sooner.
    """

    network: N
    fast: N

    def __init__(
        self, network: N, card: ModelCard, device: torch.device, backend: str = "auto", precision: str = "auto"
    ) -> None:
        self.network = network.eval().to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.card = card
        self.device = device
        self.choice = choose(device, backend, precision)
        if device.type == "cpu":
            keep_freed_memory()
        log.info("%s on %s, %s, %s", card.title or "network", device, self.choice.backend, self.choice.precision)
        self.fast = accelerate(network, self.choice, device)

    def stream(self, pictures: Iterable[Tensor]) -> Iterator[Tensor]:
        """Many pictures, one after the other, as bytes; see `painterly.inference.stream.stream`.

        Args:
            pictures: uint8 RGB, shape (B, H, W, 3).

        Yields:
            uint8 RGB, shape (B, H', W', 3), in the order of the pictures.
        """
        yield from stream(self.fast, pictures, self.device)

    @property
    def tile_type(self) -> torch.dtype:
        """Number type of convolutions where tiles are painted: by torch, whatever runs whole pictures.

        Raises:
            UsageError: It would be int8.
        """
        if self.choice.precision == "int8":
            raise UsageError("tiles know no int8; take --precision bfloat16, or add --tile off")
        return torch.bfloat16 if self.choice.precision == "bfloat16" else torch.float32

    @property
    def whole(self) -> tuple[N, ModelCard]:
        """Network and card as their file has them."""
        return self.network, self.card

    def save_pretrained(self, folder: str | Path, *, licence: str = "") -> Path:
        """Write the model as a folder for the Hugging Face Hub; see `painterly.interop.pretrained.save_pretrained`.

        Args:
            folder: Where to write model.safetensors, config.json and README.md.
            licence: The hub's name of the licence of the weights, such as "mit".

        Returns:
            The folder; `painterly.load` and `load_upscaler` read it.

        Raises:
            OutputError: A file cannot be written.
        """
        from painterly.interop.pretrained import save_pretrained

        network, card = self.whole
        return save_pretrained(network, card, folder, licence=licence)  # type: ignore[arg-type]

    def push_to_hub(
        self,
        repository: str,
        *,
        licence: str = "",
        private: bool = False,
        message: str = "",
        revision: str | None = None,
    ) -> str:
        """Upload the model to the Hugging Face Hub; see `painterly.interop.hub.push_to_hub`.

        Args:
            repository: "user/repo"; made if there is none.
            licence: The hub's name of the licence of the weights, such as "mit".
            private: Whether a new repository is private.
            message: Of the commit.
            revision: The branch; by default main.

        Returns:
            The address of the commit.

        Raises:
            UsageError: It is not a repository's name.
            OutputError: The hub cannot be reached or refuses.
            MissingExtraError: huggingface_hub is not installed.
        """
        from painterly.interop.hub import push_to_hub

        network, card = self.whole
        about = {"licence": licence, "private": private, "message": message, "revision": revision}
        return push_to_hub(network, card, repository, **about)  # type: ignore[arg-type]

    def free_memory(self) -> int | None:
        """Bytes that are free where the network runs, or None where nobody says."""
        if self.device.type == "cuda":
            return torch.cuda.mem_get_info(self.device)[0]
        return available_memory() if self.device.type == "cpu" else None

    def _check_memory(self, width: int, height: int, need: int, remedy: str) -> None:
        """`painterly.memory.check_memory`, on a CPU; GPUs say it themselves."""
        if self.device.type == "cpu":
            check_memory(width, height, need, remedy)
