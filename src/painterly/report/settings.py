"""What a report shows and how much work goes into it. Imports nothing heavy."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from painterly.errors import UsageError
from painterly.folders import data_folder
from painterly.models.catalogue import DEFAULT_MODEL
from painterly.training.settings import option

__all__ = ["FULL", "QUICK", "SECTIONS", "Budget", "ReportSettings"]

SECTIONS: Final = (
    "system",
    "cost",
    "inversion",
    "iterations",
    "paintings",
    "speed",
    "enlargements",
    "div2k",
)
"""Parts of a report, in the page's order; each is a file of that name in `painterly.report.sections`."""


@dataclass(frozen=True)
class Budget:
    """How much work goes into each figure.

    Attributes:
        inversion_size: Longest side of inverted pictures (figures 3 and 4).
        inversion_iterations: Iterations for each layer.
        curve_sizes: Sides of the photographs of figure 5.
        curve_photos: How many photographs.
        curve_iterations: Iterations for each.
        painting_photos: Rows of figure 6.
        painting_iterations: Iterations of the optimised pictures beside the network's.
        painting_start: What those start from.
        large_photos: Rows of figure 7.
        large_iterations: Likewise, at 512 pixels; none optimises nothing.
        speed_sizes: Rows of table 1.
        speed_iterations: Iterations that are timed.
        sets: Benchmark sets of the tables of super-resolution; empty for all.
        examples: Pictures a set that are shown enlarged.
        div2k_steps: Steps for each network of the DIV2K report; the report's five epochs are 1,000.
        div2k_size: Side of the patches; the report's is 288.
    """

    inversion_size: int
    inversion_iterations: int
    curve_sizes: tuple[int, ...]
    curve_photos: int
    curve_iterations: int
    painting_photos: int
    painting_iterations: int
    painting_start: str
    large_photos: int
    large_iterations: int
    speed_sizes: tuple[int, ...]
    speed_iterations: int
    sets: tuple[str, ...]
    examples: int
    div2k_steps: int
    div2k_size: int


QUICK: Final = Budget(
    inversion_size=128,
    inversion_iterations=60,
    curve_sizes=(256,),
    curve_photos=1,
    curve_iterations=150,
    painting_photos=3,
    painting_iterations=60,
    painting_start="content",
    large_photos=2,
    large_iterations=0,
    speed_sizes=(256, 512),
    speed_iterations=3,
    sets=("Set5",),
    examples=2,
    div2k_steps=300,
    div2k_size=96,
)
"""Ten minutes on two cores."""

FULL: Final = Budget(
    inversion_size=256,
    inversion_iterations=400,
    curve_sizes=(256, 512, 1024),
    curve_photos=10,
    curve_iterations=500,
    painting_photos=5,
    painting_iterations=500,
    painting_start="noise",
    large_photos=4,
    large_iterations=500,
    speed_sizes=(256, 512, 1024),
    speed_iterations=20,
    sets=(),
    examples=2,
    div2k_steps=1000,
    div2k_size=288,
)
"""What the paper did; hours on a GPU's worth of cores, well under one on a GPU."""


@dataclass(frozen=True, kw_only=True)
class ReportSettings:
    """Settings of `painterly report`."""

    output: Path = option("The folder to write: report.html, the pictures, and the numbers as JSON.", short="-o")
    quick: bool = option("Fewer iterations and pictures: some ten minutes on two cores.", False)
    sections: str | None = option(f"Parts to draw, separated by commas: {', '.join(SECTIONS)}. By default all.", None)
    model: str = option("The style network of figures 5 to 7 and of table 1.", DEFAULT_MODEL)
    style: Path | None = option("The painting that it learnt; by default the data folder's.", None)
    photos: Path | None = option("Photographs to paint: a folder; by default the data folder's content.", None)
    benchmarks: Path | None = option("Benchmark sets (Set5, ...): a folder; by default the data folder's.", None)
    training: Path | None = option("Photographs for the DIV2K report's networks; by default the data folder's.", None)
    loss_network: str = option("Loss network of the inversions and of table 1; auto for the best at hand.", "auto")
    device: str = option("auto, cpu, cuda or mps.", "auto")
    overwrite: bool = option("Draw again what the folder already holds.", False)

    def __post_init__(self) -> None:
        self.names()

    def names(self) -> tuple[str, ...]:
        """The parts wanted, in the page's order.

        Raises:
            UsageError: There is no such part.
        """
        if self.sections is None:
            return SECTIONS
        wanted = [name.strip() for name in self.sections.split(",") if name.strip()]
        unknown = [name for name in wanted if name not in SECTIONS]
        if unknown or not wanted:
            raise UsageError(f"--sections takes some of {', '.join(SECTIONS)}, not '{self.sections}'")
        return tuple(name for name in SECTIONS if name in wanted)

    def budget(self) -> Budget:
        """How much work is wanted."""
        return QUICK if self.quick else FULL

    def folder(self, field: str, name: str) -> Path:
        """A folder that an option names, else the data folder's.

        Raises:
            UsageError: Neither is there.
        """
        given: Path | None = getattr(self, field)
        if given is not None:
            return given
        data = data_folder()
        if data is not None and (data / name).is_dir():
            return data / name
        raise UsageError(f"name a folder with --{field}, or a data folder with {name} in it in PAINTERLY_DATA")

    def about(self) -> dict[str, Any]:
        """What a part must have been made with to be kept."""
        values = dataclasses.asdict(self)
        for name in ("output", "overwrite", "sections"):
            del values[name]
        texts = {name: str(value) if isinstance(value, Path) else value for name, value in values.items()}
        return {**texts, "budget": {k: list(v) if isinstance(v, tuple) else v for k, v in vars(self.budget()).items()}}
