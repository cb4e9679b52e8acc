"""The processes of one run: what they tell one another, and which of them speaks."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

from painterly import errors
from painterly.errors import PainterlyError, TrainingError, UsageError

__all__ = [
    "Processes",
    "ToldElsewhere",
    "is_first_process",
    "mean_over_processes",
    "several_processes",
    "sum_over_processes",
]

T = TypeVar("T")

_WORDS = "painterly/error"
"""Where a process leaves its last words for the first one, in the store through which they found each other."""

_LISTEN = 0.5
"""Seconds that the first process waits for them."""

_LOST = ("gloo/transport", "closed by peer", "reset by peer", "Broken pipe", "Connection refused", "NCCL")
"""What the messages of torch have in them when another process is gone."""


class ToldElsewhere(PainterlyError):
    """The run ended, and another of its processes says why; this one has nothing to add."""


@dataclass(frozen=True)
class Processes:
    """The processes of one run, of which this is one.

    Every method but `first` and `one_voice` is called by all of them, in the same order.

    Attributes:
        rank: The number of this one, from 0.
        count: How many there are.
        neighbours: How many of them run on this machine.
        group: Through which they talk about other things than gradients, on the processor and not on the device.
    """

    rank: int = 0
    count: int = 1
    neighbours: int = 1
    group: Any = None

    @classmethod
    def of(cls, fabric: Any, neighbours: int = 1) -> Processes:
        """Those that a fabric has launched."""
        if fabric.world_size == 1:
            return cls()
        return cls(fabric.global_rank, fabric.world_size, neighbours, dist.new_group(backend="gloo"))

    @property
    def first(self) -> bool:
        """Whether this is the one that writes and speaks."""
        return self.rank == 0

    def gather(self, value: T) -> list[T]:
        """The values of all processes, in their order."""
        if self.count == 1:
            return [value]
        found: list[Any] = [None] * self.count
        dist.all_gather_object(found, value, group=self.group)
        return found

    def share(self, value: T) -> T:
        """The value of the first process."""
        if self.count == 1:
            return value
        box = [value if self.first else None]
        dist.broadcast_object_list(box, src=0, group=self.group)
        return box[0]  # type: ignore[return-value]

    def any(self, flag: bool) -> bool:
        """Whether any of them says so."""
        if self.count == 1:
            return flag
        value = torch.tensor(float(flag))
        dist.all_reduce(value, dist.ReduceOp.MAX, group=self.group)
        return bool(value)

    def mean(self, values: Sequence[Mapping[str, float]]) -> list[dict[str, float]]:
        """The means of numbers by name; one that a process has not got counts as zero there."""
        if self.count == 1:
            return [dict(one) for one in values]
        means = []
        for found in zip(*self.gather([dict(one) for one in values]), strict=True):
            names = dict.fromkeys(name for one in found for name in one)
            means.append({name: sum(one.get(name, 0.0) for one in found) / self.count for name in names})
        return means

    def check_alike(self, settings: Mapping[str, Any]) -> None:
        """Make sure that all processes do the same.

        Raises:
            UsageError: They were started with other settings, other files or other photographs.
        """
        for rank, other in enumerate(self.gather(dict(settings))):
            for name, value in settings.items() if rank else ():
                if other.get(name) != value:
                    raise UsageError(f"process {rank} was started with another {name.replace('_', '-')} than process 0")

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Raise in all processes what one of them raises inside; the first of them says it."""
        caught: PainterlyError | None = None
        try:
            yield
        except PainterlyError as error:
            if self.count == 1:
                raise
            caught = error
        words = [one for one in self.gather(_pack(caught) if caught else None) if one]
        if words:
            raise (caught or _unpack(words[0])) if self.first else ToldElsewhere(words[0][1])

    @contextlib.contextmanager
    def one_voice(self) -> Iterator[None]:
        """Let the first process alone raise what went wrong in any of them, and end all of them when one is lost.

        Raises:
            ToldElsewhere: In all others.
        """
        try:
            yield
        except ToldElsewhere:
            raise
        except PainterlyError as error:
            if self.first:
                raise
            with contextlib.suppress(Exception):  # the first may be gone
                _store().set(_WORDS, json.dumps(_pack(error)))
            raise ToldElsewhere(str(error)) from error
        except RuntimeError as error:
            if self.count == 1 or not any(words in str(error) for words in _LOST):
                raise
            raise (self._last_words() if self.first else ToldElsewhere("another process is gone")) from error

    def _last_words(self) -> PainterlyError:
        """What the process that is gone left behind."""
        deadline = time.monotonic() + _LISTEN
        with contextlib.suppress(Exception):  # the store may be gone as well
            while not _store().check([_WORDS]) and time.monotonic() < deadline:
                time.sleep(0.05)
            if _store().check([_WORDS]):
                return _unpack(json.loads(_store().get(_WORDS)))
        return TrainingError(
            "another process of this run was killed or has crashed; the same command with --resume goes on from the "
            "last checkpoint"
        )


def is_first_process() -> bool:
    """Whether this process is the one that speaks, or the only one."""
    return not several_processes() or dist.get_rank() == 0


def mean_over_processes(value: Tensor) -> Tensor:
    """The mean of a tensor without gradient over all processes of a run; the tensor itself where there is only one."""
    return sum_over_processes(value) / dist.get_world_size() if several_processes() else value


def sum_over_processes(value: Tensor) -> Tensor:
    """The sum of a tensor without gradient over all processes of a run; the tensor itself where there is only one."""
    if not several_processes():
        return value
    total = value.detach().clone()
    dist.all_reduce(total)
    return total


def several_processes() -> bool:
    """Whether this process is one of several of a run."""
    return dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1


def _pack(error: PainterlyError) -> tuple[str, str]:
    return type(error).__name__, str(error)


def _unpack(words: Sequence[str]) -> PainterlyError:
    kind, message = words
    error = Exception.__new__(getattr(errors, kind, TrainingError))
    error.args = (message,)  # some kinds make their message of other things
    assert isinstance(error, PainterlyError)
    return error


def _store() -> Any:
    return dist.distributed_c10d._get_default_store()
