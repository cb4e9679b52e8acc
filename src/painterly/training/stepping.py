"""Steps of gradient descent, one after the other: as they come, or recorded once on an NVIDIA GPU and then replayed.

A step is about a thousand kernels, most of them so short that starting them takes longer than running them. What the
GPU does in a step of most tasks depends on shapes alone; so it is recorded as a CUDA graph, optimiser included, and
started as one. Nothing in here waits for the GPU.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor, nn

from painterly.inference.cuda_graphs import choosing_algorithms
from painterly.training.machine import pinned, to_device

__all__ = ["Stepper", "Steps", "descend"]

log = logging.getLogger(__name__)

_WARM_UP = 2
"""Steps of a kind that are done as they come before it is recorded: algorithms are chosen, kernels compiled and the
optimiser's moments made in them."""

_KINDS = 16
"""Kinds of steps that are recorded at most."""


def descend(fabric: Any, model: nn.Module, optimizer: Any, terms: Mapping[str, Tensor], *, clip: float) -> Tensor:
    """One step of gradient descent on the sum of some terms; returns the norm of the gradient before clipping."""
    optimizer.zero_grad()
    fabric.backward(torch.stack(list(terms.values())).sum())
    norm: Tensor = fabric.clip_gradients(model, optimizer, max_norm=clip, error_if_nonfinite=False)
    optimizer.step()
    return norm


class Steps(Protocol):
    """What of a `painterly.training.task.Task` its steps need."""

    def terms(self, model: nn.Module, photographs: Tensor, step: int, samples: Sequence[int]) -> dict[str, Tensor]: ...
    def given(self, step: int, samples: Sequence[int]) -> dict[str, Tensor] | None: ...
    def fixed_terms(self, model: nn.Module, photographs: Tensor, given: Mapping[str, Tensor]) -> dict[str, Tensor]: ...
    def uncompile(self) -> None: ...


class _Recording(NamedTuple):
    graph: torch.cuda.CUDAGraph
    photographs: Tensor
    given: dict[str, Tensor]
    names: tuple[str, ...]
    values: Tensor


class Stepper:
    """Does the steps of a run.

    Args:
        fabric: Where and in which precision.
        task: What is learnt.
        model: Its network, wrapped by `fabric`.
        optimizer: Wrapped likewise.
        clip: Largest norm of the gradient.
        records: Whether to record steps; wants one process, an NVIDIA GPU and an optimiser made for it (`make_adam`).
        compiled: Whether the task is compiled. What does not compile goes on without, with one warning.
    """

    def __init__(
        self,
        fabric: Any,
        task: Steps,
        model: nn.Module,
        optimizer: Any,
        *,
        clip: float,
        records: bool = False,
        compiled: bool = False,
    ) -> None:
        self.fabric, self.task, self.model, self.optimizer, self.clip = fabric, task, model, optimizer, clip
        self.records, self.compiled = records, compiled
        self._met: dict[object, int] = {}
        self._recordings: dict[object, _Recording] = {}
        self._space: Any = None

    def __call__(self, photographs: Tensor, step: int, samples: Sequence[int]) -> tuple[dict[str, Tensor], Tensor]:
        """Do a step.

        Args:
            photographs: RGB in [0, 1], shape (B, 3, S, S), where the network is.
            step: Steps done before, as `Task.terms` counts them.
            samples: The photographs' numbers.

        Returns:
            The terms of the loss, and the norm of the gradient, without gradients of their own.
        """
        given = self.task.given(step, samples) if self.records else None
        if given is None:
            return self._run(photographs, step, samples)
        kind = (tuple(photographs.shape), *((name, tuple(value.shape)) for name, value in given.items()))
        met = self._met[kind] = self._met.get(kind, 0) + 1
        with choosing_algorithms():
            if met > _WARM_UP and kind not in self._recordings and len(self._recordings) < _KINDS:
                recording = self._record(photographs, given)
                if recording is not None:
                    self._recordings[kind] = recording
            if kind in self._recordings:
                return self._replay(self._recordings[kind], photographs, given)
            return self._warm_up(photographs, given)

    def _run(self, photographs: Tensor, step: int, samples: Sequence[int]) -> tuple[dict[str, Tensor], Tensor]:
        try:
            with self.fabric.autocast():
                terms = self.task.terms(self.model, photographs, step, samples)
            norm = descend(self.fabric, self.model, self.optimizer, terms, clip=self.clip)
        except Exception as error:
            if not self._does_not_compile(error):
                raise
            return self._run(photographs, step, samples)
        return {name: value.detach() for name, value in terms.items()}, norm.detach()

    def _fixed(self, photographs: Tensor, given: Mapping[str, Tensor]) -> tuple[dict[str, Tensor], Tensor]:
        """A step whose operations follow from shapes."""
        with self.fabric.autocast():
            terms = self.task.fixed_terms(self.model, photographs, given)
        norm = descend(self.fabric, self.model, self.optimizer, terms, clip=self.clip)
        return {name: value.detach() for name, value in terms.items()}, norm.detach()

    def _warm_up(self, photographs: Tensor, given: Mapping[str, Tensor]) -> tuple[dict[str, Tensor], Tensor]:
        """A step beside the stream on which everything else is queued, as recordings want it."""
        on_device = {name: to_device(value, photographs.device) for name, value in given.items()}
        try:
            with _beside(photographs.device):
                return self._fixed(photographs, on_device)
        except Exception as error:
            if not self._does_not_compile(error):
                raise
            return self._warm_up(photographs, given)

    def _record(self, photographs: Tensor, given: Mapping[str, Tensor]) -> _Recording | None:
        """Record a step without doing it; where that fails, none is recorded any more."""
        device, graph = photographs.device, torch.cuda.CUDAGraph()
        static = photographs.clone(memory_format=torch.preserve_format)
        on_device = {name: to_device(value, device) for name, value in given.items()}
        self.optimizer.zero_grad(set_to_none=True)  # gradients are made anew, within the recording
        try:
            self._space = self._space or torch.cuda.graph_pool_handle()
            # In this thread alone: another one copies the next photographs to pinned memory.
            recorder = torch.cuda.graph(
                graph, self._space, torch.cuda.Stream(device), capture_error_mode="thread_local"
            )
            with torch.cuda.device(device), recorder:
                terms, norm = self._fixed(static, on_device)
                values = torch.stack([*(value.float() for value in terms.values()), norm.float()])
        except RuntimeError as error:
            log.warning("steps cannot be recorded here, and are done as they come: %s", _first_line(error))
            self.records = False
            self._recordings.clear()
            self.optimizer.zero_grad(set_to_none=True)
            return None
        return _Recording(graph, static, on_device, tuple(terms), values)

    def _replay(
        self, recording: _Recording, photographs: Tensor, given: Mapping[str, Tensor]
    ) -> tuple[dict[str, Tensor], Tensor]:
        recording.photographs.copy_(photographs)
        for name, value in given.items():
            recording.given[name].copy_(pinned(value, recording.photographs.device), non_blocking=True)
        recording.graph.replay()
        *terms, norm = recording.values.clone().unbind()  # the next replay writes over them
        return dict(zip(recording.names, terms, strict=True)), norm

    def _does_not_compile(self, error: Exception) -> bool:
        """Whether that is what an exception says; if so, nothing is compiled any more."""
        if not self.compiled:
            return False
        from torch._dynamo.exc import TorchDynamoException

        if not isinstance(error, TorchDynamoException):
            return False
        log.warning("the network does not compile here, and is trained without: %s", _first_line(error))
        self.compiled = False
        self.task.uncompile()
        return True


@contextlib.contextmanager
def _beside(device: torch.device) -> Iterator[None]:
    """Queue work on a stream of its own, after everything before and before everything after."""
    if device.type != "cuda":
        yield
        return
    current, stream = torch.cuda.current_stream(device), torch.cuda.Stream(device)
    stream.wait_stream(current)
    with torch.cuda.stream(stream):
        yield
    current.wait_stream(stream)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
