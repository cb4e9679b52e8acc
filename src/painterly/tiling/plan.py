"""How to go through a picture: how often, where to keep activations, and by tiles of which size.

A value is known by its level: how many times the whole picture has to be gone through before it can be computed,
because statistics of the whole are needed on the way. Each pass computes what is needed for the statistics of one
level, tile by tile, from the pictures or from what an earlier pass kept. Whether keeping or computing again is cheaper
is found by trying all ways: there are few.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache

import torch

from painterly.tiling.ops import operands, surveyed, work_of
from painterly.tiling.program import Program
from painterly.tiling.rect import Rect, Span
from painterly.tiling.regions import last_uses, targets_in, trace

__all__ = ["Pass", "Plan", "make_plan"]

Size = tuple[int, int]

_CHEAP = 200.0
"""Multiplications for a pixel, from the pictures on, up to which a value is never worth keeping."""

_RATES = {("cpu", torch.float32): 8e10, ("cpu", torch.bfloat16): 6e11}
_GPU_RATE = 5e12
"""Multiplications in a second, roughly: what follows is only compared with each other."""

_TOUCH = 0.4e-9
"""Seconds for an activation to be written and read again beside multiplying."""

_MEMORY_RATE, _FILE_RATE = 4e9, 2e9
"""Bytes in a second to and from where activations are kept."""

_FIRST_TOUCH = 2.5e-9
"""Seconds for a byte that is used for the first time, by which it pays to use the same room again and again."""

_SPARE = 1.4
"""What convolutions take beside their input and output, as a factor."""

_NEVER = float("inf")


@dataclass(frozen=True)
class Pass:
    """Once through the picture.

    Attributes:
        measured: Values whose moments it takes.
        kept: Values that it stores.
        given: Values that it reads from where an earlier pass stored them.
        order: The operations to run for a tile, in order.
        coarsest: The value on whose pixels the tiles are laid out.
        step: Side of a tile in pixels of that value.
        forgotten: Stored values that nothing needs afterwards.
        replaced: For stored values the one that is forgotten in whose place they are put, while that is still read.
        cost: Seconds, roughly.
    """

    measured: tuple[int, ...]
    kept: tuple[int, ...]
    given: frozenset[int]
    order: tuple[int, ...]
    coarsest: int
    step: int
    forgotten: tuple[int, ...]
    replaced: Mapping[int, int]
    cost: float


@dataclass(frozen=True)
class Plan:
    """All passes.

    Attributes:
        passes: In order; the last one gives the result.
        tile: Side of the tiles, in pixels of the result.
        working: Bytes that a tile takes at most, roughly.
        kept: Bytes of what is stored at the same time at most.
        cost: Seconds, roughly.
    """

    passes: tuple[Pass, ...]
    tile: int
    working: int
    kept: int
    cost: float


def make_plan(
    program: Program,
    sizes: list[Size],
    tile: int,
    *,
    known: Collection[int] = (),
    memory: int,
    disk: int,
    device: str = "cpu",
) -> Plan | None:
    """The cheapest way with tiles of one size.

    Args:
        program: What is to be computed.
        sizes: Height and width of every value.
        tile: Side of the tiles, in pixels of the result.
        known: Values whose moments are given.
        memory: Bytes for tiles and for what is kept.
        disk: Bytes for what is kept where memory is not enough.
        device: "cpu" or "cuda".

    Returns:
        None if tiles of this size do not fit.
    """
    return _Planner(program, sizes, tile, known, memory, disk, device).plan()


class _Planner:
    def __init__(
        self,
        program: Program,
        sizes: list[Size],
        tile: int,
        known: Collection[int],
        memory: int,
        disk: int,
        device: str,
    ) -> None:
        self.program, self.sizes, self.tile = program, sizes, tile
        self.memory, self.disk, self.device = memory, disk, device
        self.levels = program.levels(known)
        self.result = len(program.ops) - 1
        self.last = self.levels[self.result]
        self.work = [work_of(op, [program.channels[value] for value in operands(op)]) for op in program.ops]
        wanted = {value for op in program.ops for value in surveyed(op) if value not in known}
        # What only the last pass could measure, nothing waits for.
        self.measured = [tuple(v for v in sorted(wanted) if self.levels[v] == level) for level in range(self.last)]
        self.measured.append(())
        self.crossing = [self._crossing(level) for level in range(self.last)]
        self.run = lru_cache(maxsize=None)(self._run)

    def plan(self) -> Plan | None:
        """Dynamic programming over the levels after which everything that is still needed is kept."""
        best: dict[int, tuple[float, int, tuple[int, ...]]] = {-1: (0.0, 0, ())}  # seconds, bytes, where to keep
        ends = []
        for here in range(self.last + 1):
            for before, (seconds, kept, places) in list(best.items()):
                cost = seconds + sum(self.run(before, level, False)[0] for level in range(before + 1, here))
                last, one, needed = self.run(before, here, here < self.last)
                cost += last
                alive = self._alive(one) if one is not None and here < self.last else 0
                if alive > max(0, self.memory - needed) + self.disk or cost == _NEVER:
                    continue
                cost += max(0, alive - kept) * _FIRST_TOUCH
                if here == self.last:
                    ends.append((cost, kept, places))
                elif here not in best or cost < best[here][0]:
                    best[here] = (cost, max(kept, alive), (*places, here))
        if not ends:
            return None
        cost, kept, places = min(ends)
        passes, working, before = [], 0, -1
        for level in range(self.last + 1):
            keeps = level in places
            seconds, one, needed = self.run(before, level, keeps)
            if one is not None:
                passes.append(one)
                working = max(working, needed)
            if keeps:
                before = level
        return Plan(tuple(passes), self.tile, working, kept, cost)

    def _stored(self, level: int) -> tuple[int, ...]:
        return self.crossing[level] if level >= 0 else ()

    def _crossing(self, level: int) -> tuple[int, ...]:
        """What exists after a level and is needed beyond it; what is cheap is computed again instead."""
        used = {
            value
            for op, own in zip(self.program.ops, self.levels, strict=True)
            if own > level
            for value in operands(op)
            if self.levels[value] <= level
        }
        return tuple(sorted(value for value in used if not self._cheap(value)))

    def _cheap(self, value: int) -> bool:
        if self.levels[value] > 0:
            return False
        order = self._order([value], frozenset())
        whole = sum(self.work[v] * self.sizes[v][0] * self.sizes[v][1] for v in order)
        return whole / (self.sizes[value][0] * self.sizes[value][1]) <= _CHEAP

    def _order(self, targets: Collection[int], given: frozenset[int]) -> tuple[int, ...]:
        """Operations that lead to some values from those that are given."""
        needed, stack = set[int](), list(targets)
        while stack:
            value = stack.pop()
            if value not in needed and value not in given:
                needed.add(value)
                stack.extend(operands(self.program.ops[value]))
        return tuple(sorted(needed))

    def _run(self, start: int, level: int, keep: bool) -> tuple[float, Pass | None, int]:
        """A pass for a level from what was kept after level `start`: seconds, the pass, and bytes for a tile."""
        given = frozenset(self._stored(start))
        measured = self.measured[level]
        kept = tuple(value for value in self._stored(level) if value not in given) if keep else ()
        targets = (self.result,) if level == self.last else (*measured, *kept)
        if not targets:
            return 0.0, None, 0
        order = self._order(targets, given)
        coarsest = min(targets, key=lambda value: self.sizes[value])
        step = max(1, round(self.tile * self.sizes[coarsest][0] / self.sizes[self.result][0]))
        middle = Rect(*(_middle(n, step) for n in self.sizes[coarsest]))
        regions = trace(self.program, self.sizes, order, targets_in(middle, targets, coarsest, self.sizes))
        regions = {value: rect for value, rect in regions.items() if rect.area}
        share = self.sizes[coarsest][0] * self.sizes[coarsest][1] / middle.area
        order_here = [value for value in order if value in regions]
        work = sum(self.work[value] * regions[value].area for value in order_here) * share
        touched = sum(self.program.channels[value] * regions[value].area for value in order_here) * share
        read = sum(self._bytes_of(value, regions[value]) for value in regions if value in given) * share
        type_ = next((t for t in self.program.types if t != torch.float32), torch.float32)
        rate = _RATES.get((self.device, type_), _GPU_RATE)
        forgotten = tuple(value for value in given if keep and value not in self._stored(level))
        replaced = self._replaced(kept, forgotten)
        waiting = sum(self._waiting(value, old, middle, coarsest, regions) for value, old in replaced.items())
        needed = int(self._peak(order, regions, given, targets) * _SPARE) + waiting
        alive, left = self._bytes(given | set(kept) - set(replaced)), self.memory - needed
        # What does not fit into memory beside the tile is in a file.
        in_file = min(1.0, max(0.0, 1 - left / alive)) if alive else 0.0
        rate_of_bytes = 1 / (in_file / _FILE_RATE + (1 - in_file) / _MEMORY_RATE)
        seconds = work / rate + touched * (_TOUCH if self.device == "cpu" else 0.0)
        seconds += (read + self._bytes(kept)) / rate_of_bytes
        if left < 0:
            seconds = _NEVER
        one = Pass(measured, kept, given, order, coarsest, step, forgotten, replaced, seconds)
        return seconds, one, needed

    def _alive(self, one: Pass) -> int:
        """Bytes of what is stored while a pass runs."""
        return self._bytes(one.given | set(one.kept) - set(one.replaced))

    def _replaced(self, kept: tuple[int, ...], forgotten: tuple[int, ...]) -> dict[int, int]:
        """Which of the stored values can take the place of one that is forgotten: one of the same shape and type."""
        found: dict[int, int] = {}
        for value in kept:
            about = self.sizes[value], self.program.channels[value], self.program.types[value]
            for old in forgotten:
                same = about == (self.sizes[old], self.program.channels[old], self.program.types[old])
                if same and old not in found.values():
                    found[value] = old
                    break
        return found

    def _waiting(self, value: int, old: int, cell: Rect, coarsest: int, regions: dict[int, Rect]) -> int:
        """Bytes of what waits for its place: a row of tiles, and as much above as tiles below it still read."""
        part = targets_in(cell, [value], coarsest, self.sizes).get(value)
        rows = part.rows if part is not None else Span(0, 1)
        above = rows.start - regions[old].rows.start if old in regions else 0
        strip = Rect(Span(0, rows.length + max(0, above)), Span(0, self.sizes[value][1]))
        return self._bytes_of(value, strip)

    def _bytes(self, values: Collection[int]) -> int:
        return sum(self._bytes_of(v, Rect(Span(0, self.sizes[v][0]), Span(0, self.sizes[v][1]))) for v in values)

    def _bytes_of(self, value: int, rect: Rect) -> int:
        return rect.area * self.program.channels[value] * self.program.types[value].itemsize

    def _peak(
        self, order: tuple[int, ...], regions: dict[int, Rect], given: frozenset[int], targets: Collection[int]
    ) -> int:
        """Bytes of all parts that a tile holds at the same time at most."""
        uses = last_uses(self.program, order, targets)
        held, most = dict[int, int](), 0
        for value in order:
            if value not in regions:
                continue
            for operand in operands(self.program.ops[value]):
                if operand in given:
                    held[operand] = self._bytes_of(operand, regions[operand])
            held[value] = self._bytes_of(value, regions[value])
            most = max(most, sum(held.values()))
            # What is to be written waits for the end of the tile.
            held = {v: size for v, size in held.items() if uses.get(v, -1) > value or v in targets}
        return most


def _middle(n: int, step: int) -> Span:
    count = -(-n // step)
    start = count // 2 * step if count > 1 else 0
    start = min(start, max(n - step, 0))
    return Span(start, min(start + step, n))
