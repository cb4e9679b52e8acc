"""Passes over a picture, tile by tile."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

from painterly.memory import out_of_memory
from painterly.tiling.kernels import Moments, run
from painterly.tiling.moments import RunningMoments, moments_of
from painterly.tiling.ops import Source, operands, surveyed
from painterly.tiling.plan import Pass, Plan
from painterly.tiling.program import Program
from painterly.tiling.rect import Patch, Rect, Span
from painterly.tiling.regions import last_uses, targets_in, trace
from painterly.tiling.shelf import Shelf
from painterly.tiling.stores import Pixels, Store

__all__ = ["execute"]

log = logging.getLogger(__name__)

_SMALLEST = 8
"""Side of a tile, in pixels of a pass's coarsest value, that is never halved."""


def execute(
    program: Program,
    sources: Sequence[Pixels],
    output: Pixels | None,
    plan: Plan,
    *,
    known: Mapping[int, Moments],
    store_memory: int,
    device: torch.device,
    folder: Path | None = None,
    progress: Callable[[float], object] = lambda share: None,
) -> dict[int, Moments]:
    """Go through the pictures as planned.

    Args:
        program: What to compute.
        sources: The pictures.
        output: Where the result goes; None if only moments are wanted.
        plan: From `make_plan`, for these sizes.
        known: Moments of values that are known beforehand.
        store_memory: Bytes of activations that may be kept in memory; what is more goes to a file.
        device: Where to compute.
        folder: Where such files lie; by default where the system has its temporary files.
        progress: Called with the share that is done, from 0 to 1.

    Returns:
        Moments of all values that were surveyed.
    """
    runner = _Runner(program, sources, output, dict(known), store_memory, device, folder)
    passes = plan.passes if output is not None else plan.passes[:-1]
    total, done = sum(one.cost for one in passes) or 1.0, 0.0
    try:
        for one in passes:
            for share in runner.go_through(one):
                progress(min(1.0, (done + share * one.cost) / total))
            done += one.cost
        progress(1.0)
    finally:
        runner.close()
    return runner.moments


class _Runner:
    def __init__(
        self,
        program: Program,
        sources: Sequence[Pixels],
        output: Pixels | None,
        moments: dict[int, Moments],
        store_memory: int,
        device: torch.device,
        folder: Path | None,
    ) -> None:
        self.program, self.sources, self.output = program, sources, output
        self.moments, self.device = moments, device
        self.sizes = program.sizes([source.size for source in sources])
        self.shelf = Shelf(store_memory, folder)
        self.stores: dict[int, Store] = {}
        self.waiting: dict[int, list[Patch]] = {}
        self.halvings = 0

    def close(self) -> None:
        for store in self.stores.values():
            store.close()
        self.shelf.close()

    def go_through(self, one: Pass) -> Iterator[float]:
        """Run a pass; yields the share of its tiles that are done."""
        for value in one.kept:
            if value not in one.replaced:
                self.stores[value] = self._new_store(value)
        self.waiting = {value: [] for value in one.replaced}
        targets = (*one.measured, *one.kept) or (len(self.program.ops) - 1,)
        running = {value: RunningMoments(self.program.channels[value]) for value in one.measured}
        height, width = self.sizes[one.coarsest]
        columns = _steps(width, one.step)
        for row in _steps(height, one.step):
            self._settle(one, targets, Rect(Span(row.start, height), Span(0, width)))
            for number, column in enumerate(columns, 1):
                for part in _halved(Rect(row, column), self.halvings):
                    self._attempt(one, targets, part, running, self.halvings)
                yield (row.start + row.length * number / len(columns)) / height
        self._settle(one, targets, None)
        for value, found in running.items():
            self.moments[value] = (found.mean, found.variance)
        for value, old in one.replaced.items():
            self.stores[value] = self.stores.pop(old)
        for value in one.forgotten:
            if value in self.stores:
                self.shelf.put_back(self.stores.pop(value))

    def _settle(self, one: Pass, targets: tuple[int, ...], cells: Rect | None) -> None:
        """Put what waits for its place there, as far as the cells that follow do not read what it replaces."""
        if not self.waiting:
            return
        regions: dict[int, Rect] = {}
        if cells is not None:
            cores = targets_in(cells, targets, one.coarsest, self.sizes)
            regions = trace(self.program, self.sizes, one.order, cores)
        for value, old in one.replaced.items():
            first = regions[old].rows.start if old in regions else self.sizes[old][0]
            later = []
            for patch in self.waiting[value]:
                rows = patch.rect.rows
                if rows.start < first:
                    ready = Rect(Span(rows.start, min(rows.stop, first)), patch.rect.columns)
                    self.stores[old].write(ready, patch.part(ready))
                if rows.stop > first:
                    rest = Rect(Span(max(rows.start, first), rows.stop), patch.rect.columns)
                    later.append(Patch(patch.part(rest).clone(), rest) if rest != patch.rect else patch)
            self.waiting[value] = later

    def _attempt(
        self, one: Pass, targets: tuple[int, ...], cell: Rect, running: dict[int, RunningMoments], halved: int
    ) -> None:
        """A tile; where memory gives out, in four parts, as are all tiles from then on. Nothing is counted twice."""
        try:
            self._tile(one, targets, cell, running)
            return
        except (MemoryError, RuntimeError) as error:
            if not out_of_memory(error) or max(span.length for span in cell) <= _SMALLEST:
                raise
        if halved == self.halvings:
            self.halvings += 1
            log.warning("out of memory: tiles are made half as large")
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        for part in _halved(cell, 1):
            self._attempt(one, targets, part, running, halved + 1)

    @torch.inference_mode()
    def _tile(self, one: Pass, targets: tuple[int, ...], cell: Rect, running: dict[int, RunningMoments]) -> None:
        cores = targets_in(cell, targets, one.coarsest, self.sizes)
        if not cores:
            return
        regions = trace(self.program, self.sizes, one.order, cores)
        uses = last_uses(self.program, one.order, cores)
        patches: dict[int, Patch] = {}
        found: list[tuple[int, int, Tensor, Tensor]] = []
        writes: list[tuple[int, Patch]] = []
        for value in one.order:
            if value not in regions:
                continue  # a value of other proportions that has no pixel in this cell
            patches[value] = Patch(self._compute(value, regions, patches), regions[value])
            if value in cores:
                part = patches[value].part(cores[value])
                if value in running:
                    found.append((value, *moments_of(part)))
                if value in one.kept or value == len(self.program.ops) - 1:
                    writes.append((value, Patch(part, cores[value])))
            patches = {v: patch for v, patch in patches.items() if uses.get(v, -1) > value}
        for value, patch in writes:  # only now that nothing can run out of memory any more
            self._write(value, patch)
        for value, count, mean, variance in found:
            running[value].add(count, mean, variance)

    def _compute(self, value: int, regions: dict[int, Rect], patches: dict[int, Patch]) -> Tensor:
        op = self.program.ops[value]
        if isinstance(op, Source):
            return self.sources[op.index].read(regions[value]).to(self.device)
        before = operands(op)
        for operand in before:
            if operand not in patches:
                part = self.stores[operand].read(regions[operand]).to(self.device)
                patches[operand] = Patch(part, regions[operand])
        known = [self.moments[v] for v in surveyed(op)]
        return run(
            op,
            regions[value],
            [patches[v] for v in before],
            [self.sizes[v] for v in before],
            self.sizes[value],
            [(mean.to(self.device), variance.to(self.device)) for mean, variance in known],
        )

    def _write(self, value: int, patch: Patch) -> None:
        if value in self.waiting:
            self.waiting[value].append(Patch(patch.tensor.clone(), patch.rect))  # not a view of all of a tile
        elif value in self.stores:
            self.stores[value].write(patch.rect, patch.tensor)
        else:
            assert self.output is not None
            self.output.write(patch.rect, patch.tensor)

    def _new_store(self, value: int) -> Store:
        return self.shelf.take((*self.sizes[value], self.program.channels[value]), self.program.types[value])


def _steps(n: int, step: int) -> list[Span]:
    return [Span(start, min(start + step, n)) for start in range(0, n, step)]


def _halved(cell: Rect, times: int) -> Iterator[Rect]:
    """A cell, cut in two both ways so many times; sides of one pixel stay whole."""
    if not times or max(span.length for span in cell) == 1:
        yield cell
        return
    rows, columns = ([_half(span, 0), _half(span, 1)] if span.length > 1 else [span] for span in cell)
    for row in rows:
        for column in columns:
            yield from _halved(Rect(row, column), times - 1)


def _half(span: Span, which: int) -> Span:
    middle = (span.start + span.stop) // 2
    return Span(middle, span.stop) if which else Span(span.start, middle)
