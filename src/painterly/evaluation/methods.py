"""Ways to enlarge a picture, under the names that tables give them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from painterly.errors import UsageError
from painterly.images.resampling import enlarge
from painterly.models.card import ModelCard
from painterly.models.catalogue import find_model, shipped_models
from painterly.models.file import read_card
from painterly.models.upscaler import load_upscaler

__all__ = ["Method", "choose_methods", "kind_of"]

_ORDER = ("nearest", "bicubic", "srcnn", "pixel", "feature")


@dataclass(frozen=True)
class Method:
    """A way to enlarge.

    Attributes:
        name: As tables have it.
        enlarge: RGB in [0, 1], shape (1, 3, H, W), to shape (1, 3, scale H, scale W).
    """

    name: str
    enlarge: Callable[[Tensor], Tensor]


def choose_methods(scale: int, models: Sequence[str | Path] | None = None, *, device: str = "auto") -> list[Method]:
    """Nearest and bicubic enlargement, and networks.

    Args:
        scale: How many times larger.
        models: Names or files of networks; by default all that ship for this scale. A shipped one is called by its
            kind (`kind_of`), a file by its name.
        device: Where the networks run.

    Raises:
        UsageError: A model is unknown or enlarges by another factor, or two would have one name.
        InputError: A file cannot be read as a model.
    """
    ours = shipped_models()
    if models is None:
        models = [name for name, path in ours.items() if _enlarges(read_card(path), scale)]
    methods = [
        Method("nearest", lambda small: F.interpolate(small, scale_factor=scale, mode="nearest")),
        Method("bicubic", lambda small: enlarge(small, scale)),
    ]
    for model in models:
        path = find_model(model)
        upscaler = load_upscaler(path, scale=scale, device=device, backend="torch", precision="float32")
        name = kind_of(upscaler.card) if path in ours.values() else path.stem

        def run(small: Tensor, upscaler=upscaler) -> Tensor:  # type: ignore[no-untyped-def]  # noqa: ANN001
            matching = upscaler.matches_histogram
            result: Tensor = upscaler.enlarge(small.to(upscaler.device), match_histogram=matching).cpu()
            return result

        methods.append(Method(name, torch.inference_mode()(run)))
    names = [method.name for method in methods]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"two of the models would be called '{name}' in the table; rename one file")
    return sorted(methods, key=lambda m: _ORDER.index(m.name) if m.name in _ORDER else len(_ORDER))


def kind_of(card: ModelCard) -> str:
    """What a network was trained for: "srcnn", "feature" or "pixel"."""
    if card.network.get("architecture") == "srcnn":
        return "srcnn"
    return "feature" if "feature" in str(card.training.get("loss", "")) else "pixel"


def _enlarges(card: ModelCard, scale: int) -> bool:
    return card.task == "super-resolution" and card.network.get("scale") == scale
