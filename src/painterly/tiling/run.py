"""Any program on pictures of any size, in as much memory as it is given."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch

from painterly.errors import InputError, UsageError
from painterly.memory import available_memory, resident_memory, return_freed_memory
from painterly.tiling.execute import execute
from painterly.tiling.kernels import Moments
from painterly.tiling.plan import Plan, make_plan
from painterly.tiling.program import Program
from painterly.tiling.stores import Pixels

__all__ = ["TILES", "run_tiled"]

log = logging.getLogger(__name__)

TILES = (1024, 768, 512, 384, 256, 192, 128, 96, 64)
"""Sides, in pixels of the result, that are tried where none is asked for. Larger ones leave the cache: slower."""

_COUNTED = 0.85
"""Share of the memory allowed that is planned with; the rest is for what allocators lose and codecs take."""


def run_tiled(
    program: Program,
    sources: Sequence[Pixels],
    output: Pixels | None,
    *,
    tile: int | None = None,
    memory: int | None = None,
    known: Mapping[int, Moments] | None = None,
    device: torch.device | str = "cpu",
    folder: Path | None = None,
    progress: Callable[[float], object] = lambda share: None,
) -> dict[int, Moments]:
    """Run a program tile by tile: the same result as of the whole picture at once, in flat memory.

    Exact because nothing is approximated: what a tile needs follows from the operations as far back as it goes, borders
    are padded as the whole picture's, and instance normalisation uses the mean and variance of the whole, for which the
    picture is gone through as often as there are such layers. What lies between them is kept, in memory or in a file
    without a name, or computed again, whichever is cheaper within `memory`.

    Args:
        program: What to compute.
        sources: Pictures; see `Pixels`.
        output: Where the result goes; None if only the moments are wanted.
        tile: Side of the tiles in pixels of the result; by default as large as pays and as memory allows.
        memory: Bytes that the process may hold in all; by default two thirds of what is free, beside what it holds.
        known: Moments of values, from an earlier run, which are then not measured: a picture can so be painted with
            the statistics of another, or of a smaller version of itself.
        device: Where to compute.
        folder: Where activations are kept that do not fit into memory; by default the system's temporary files.
        progress: Called with the share that is done, from 0 to 1.

    Returns:
        Mean and variance of every value that is normalised.

    Raises:
        InputError: Not even the smallest tiles fit into the memory.
        UsageError: There are more or fewer pictures than the program takes.
        ValueError: The pictures are too small for the program, or the output has another size.
    """
    if [source.channels for source in sources] != program.inputs:
        raise UsageError(f"the program takes {len(program.inputs)} pictures of {program.inputs} channels")
    where = torch.device(device)
    sizes = program.sizes([source.size for source in sources])
    if output is not None and output.size != sizes[-1]:
        raise ValueError(f"the result has {sizes[-1]} pixels (height, width), its place {output.size}")
    if output is not None and output.channels != program.channels[-1]:
        raise ValueError(f"the result has {program.channels[-1]} channels, its place {output.channels}")
    budget = _budget(memory)
    disk = int(shutil.disk_usage(folder or tempfile.gettempdir()).free * 0.9)
    tiles: tuple[int, ...] = TILES if tile is None else (tile,)
    largest = max(sizes[-1])
    tiles = tuple(t for t in tiles if t < 2 * largest) or tiles[-1:]
    plans = [
        plan
        for side in tiles
        if (plan := make_plan(program, sizes, side, known=known or {}, memory=budget, disk=disk, device=where.type))
        is not None
    ]
    if not plans:
        least = make_plan(program, sizes, tiles[-1], known=known or {}, memory=1 << 62, disk=1 << 62, device=where.type)
        need = least.working if least is not None else 0
        raise InputError(
            f"tiles of {tiles[-1]} pixels need {need / 1e6:.0f} MB beside the {(resident_memory() or 0) / 1e6:.0f} MB "
            f"that are held already, {budget / 1e6:.0f} MB are left; allow more memory"
            + (", or smaller tiles" if tile is not None else "")
        )
    plan = min(plans, key=lambda plan: plan.cost)
    _explain(plan, budget)
    return execute(
        program,
        sources,
        output,
        plan,
        known=known or {},
        store_memory=max(0, budget - plan.working),
        device=where,
        folder=folder,
        progress=progress,
    )


def _budget(memory: int | None) -> int:
    """Bytes for tiles and for what is kept."""
    return_freed_memory()
    held = resident_memory() or 0
    if memory is not None:
        return max(0, int(memory * _COUNTED) - held)
    free = available_memory()
    return (1 << 62) if free is None else free * 2 // 3


def _explain(plan: Plan, budget: int) -> None:
    log.info(
        "tiles of %d pixels, %d passes, about %.0f MB a tile, %.0f MB kept, of %.0f MB (process %d)",
        plan.tile,
        len(plan.passes),
        plan.working / 1e6,
        plan.kept / 1e6,
        min(budget, 1e15) / 1e6,
        os.getpid(),
    )
