"""What every training run has in common, whatever it trains. Imports nothing heavy.

The command line's options are made from the fields of these dataclasses, with their defaults and help, so that the two
cannot differ.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

from painterly.errors import UsageError

__all__ = ["RunSettings", "check_shares", "option"]


def option(help: str, default: Any = dataclasses.MISSING, *, short: str = "") -> Any:
    """A dataclass field that is also a command-line option."""
    return dataclasses.field(default=default, metadata={"help": help, "short": short})


@dataclass(frozen=True, kw_only=True)
class RunSettings:
    """Settings that `painterly.training.loop.fit` reads."""

    recipes: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """By preset, what fields are set to wherever the user leaves them open (None)."""

    least: ClassVar[dict[str, float]] = {
        "steps": 1,
        "epochs": 0.0,
        "batch_size": 1,
        "size": 32,
        "learning_rate": 0.0,
        "decay": 0.0,
        "clip": 0.0,
        "held_out": 0,
        "checkpoint_every": 1,
        "sample_every": 0,
        "measure_every": 0,
        "devices": 1,
        "nodes": 1,
        "workers": 0,
    }
    """Smallest values, by field."""

    choices: ClassVar[dict[str, tuple[str, ...]]] = {"precision": ("auto", "32-true", "bf16-mixed")}
    """The only values, by field."""

    photos: Path = option("Photographs: a folder, nested or flat, or an uncompressed tar.")
    output: Path = option("The model file to write.", short="-o")
    steps: int | None = option("Steps of gradient descent; by default, like all that shows none, the recipe's.", None)
    epochs: float | None = option("Passes over the photographs, instead of a number of steps.", None)
    batch_size: int = option("Photographs a step (in all, over all processes).", 4)
    size: int = option("Side of the training crops in pixels.", 256)
    learning_rate: float | None = option("Adam's learning rate.", None)
    decay: float | None = option("Share of the steps, at the end, over which the learning rate falls to zero.", None)
    clip: float | None = option("Largest norm of the gradient; 0 for no limit.", None)
    init: Path | None = option("Start from the weights of this model: a name or a file.", None)
    resume: bool = option("Go on from the run's last checkpoint.", False)
    overwrite: bool = option("Replace the model file and the run folder if they exist.", False)
    title: str = option("A title, for the model's card.", "")
    half: bool = option("Store the weights in half precision: half the size, the same picture to the eye.", False)
    held_out: int = option("Photographs kept out of training, to measure with.", 16)
    checkpoint_every: int = option("Steps between checkpoints.", 250)
    sample_every: int = option("Steps between sample pictures; 0 for none.", 500)
    measure_every: int = option("Steps between measurements on the photographs kept out; 0 for one at the end.", 0)
    seed: int = option("Decides the first weights, the order of the photographs and the crops.", 0)
    device: str = option("auto, cpu, cuda or mps.", "auto")
    devices: int = option("Number of devices, or of processes on a CPU, on each machine.", 1)
    nodes: int = option("Number of machines; torchrun tells this and --devices by itself.", 1)
    precision: str = option("auto, 32-true or bf16-mixed.", "auto")
    compile: bool = option("Compile the network and the loss (minutes at the start, faster steps).", False)
    workers: int | None = option(
        "Processes that read photographs ahead, for each device; by default half the cores in all, at most 8.", None
    )

    def __post_init__(self) -> None:
        for name, low in self.least.items():
            value = getattr(self, name)
            if value is not None and not value >= low:
                raise UsageError(f"--{name.replace('_', '-')} must be at least {low}, not {value}")
        for name, choices in self.choices.items():
            value = getattr(self, name)
            if value is not None and value not in choices:
                raise UsageError(f"--{name.replace('_', '-')} must be one of {', '.join(choices)}, not '{value}'")
        if self.decay is not None and self.decay > 1:
            raise UsageError(f"--decay is a share of the steps, at most 1, not {self.decay}")
        check_shares(self.batch_size, self.devices * self.nodes)
        if self.epochs is not None and (self.epochs == 0 or self.steps is not None):
            raise UsageError("--epochs must be above 0 and stands instead of --steps; give one of the two")

    def recipe(self) -> Mapping[str, Any]:
        """The recipe that fills in what was left open."""
        return self.recipes.get(getattr(self, "preset", ""), {})

    def resolved(self) -> Self:
        """The same settings with every open choice filled in from the preset's recipe."""
        recipe = dict(self.recipe())
        if self.steps is not None or self.epochs is not None:
            recipe.pop("steps", None)
            recipe.pop("epochs", None)
        return dataclasses.replace(self, **{k: v for k, v in recipe.items() if getattr(self, k) is None})

    def step_count(self, photographs: int) -> int:
        """Steps to do with so many photographs, resolved settings presumed."""
        if self.epochs is not None:
            return max(1, round(self.epochs * photographs / self.batch_size))
        assert self.steps is not None
        return self.steps

    def to_dict(self) -> dict[str, Any]:
        """The settings as plain JSON values; of files only the name is kept."""
        return {key: _plain(value) for key, value in dataclasses.asdict(self).items()}


def check_shares(batch_size: int, processes: int) -> None:
    """Make sure that every process gets as many photographs of a batch.

    Raises:
        UsageError: They cannot.
    """
    if batch_size % processes:
        raise UsageError(f"--batch-size {batch_size} cannot be shared out to {processes} devices")


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value.name if isinstance(value, Path) else value
