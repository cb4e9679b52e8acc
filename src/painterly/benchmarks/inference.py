"""Milliseconds a picture: every back end and precision, against the reference, taking turns."""

from __future__ import annotations

import dataclasses
import importlib.util
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from painterly.benchmarks.ceiling import measure_ceiling
from painterly.benchmarks.reference import ReferenceNetwork
from painterly.benchmarks.timing import Timing, time_call
from painterly.benchmarks.workers import Worker
from painterly.errors import PainterlyError
from painterly.evaluation.cost import multiplications
from painterly.images.reading import read_picture
from painterly.images.tensors import to_tensor
from painterly.inference.choice import Choice
from painterly.inference.graph import lower
from painterly.inference.torch_engine import TorchEngine
from painterly.memory import keep_freed_memory
from painterly.models.catalogue import DEFAULT_MODEL
from painterly.models.device import choose_device, fast_bfloat16
from painterly.models.kinds import resize_tensor
from painterly.models.painter import load
from painterly.resources.describe import describe_machine
from painterly.resources.usage import UsageMeter

__all__ = ["InferenceTable", "benchmark_inference", "contestant", "contestants"]


@dataclass
class InferenceTable:
    """What came out.

    Attributes:
        machine: See `painterly.resources.describe_machine`.
        ceiling: Multiplications a second of torch's best convolution or matrix product, by precision.
        rows: For every size and contestant `size`, `model`, `backend`, `precision`, `milliseconds` (median) with `low`
            and `high` (quartiles), `ratio` and `ratio_tuned` (how many times faster than the reference with the default
            allocator and with one tuned for large blocks), `device_milliseconds` (median, by an NVIDIA GPU's own clock;
            None elsewhere), `psnr` against float32 in decibels (None where it is that), `multiplications` of a pass,
            `share` of the ceiling, and `usage`; all of one picture, of `batch_size` that are painted at once.
    """

    machine: dict[str, Any]
    ceiling: dict[str, float]
    rows: list[dict[str, Any]] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON values."""
        return dict(vars(self))


def contestants(device: torch.device) -> list[Choice]:
    """Every back end that is installed, in every precision that is fast here; torch.compile only where asked for."""
    precisions = ["float32", *(["bfloat16"] if fast_bfloat16(device) else [])]
    choices = [Choice("torch", precision) for precision in precisions]
    if device.type == "cpu":
        if importlib.util.find_spec("openvino"):
            choices += [Choice("openvino", precision) for precision in precisions]
            if importlib.util.find_spec("nncf"):
                choices.append(Choice("openvino", "int8"))
        if importlib.util.find_spec("onnxruntime") and importlib.util.find_spec("onnx"):
            choices.append(Choice("onnxruntime", "float32"))
    return choices


def benchmark_inference(
    picture: str | Path,
    *,
    models: Sequence[str] = (DEFAULT_MODEL,),
    sizes: Sequence[int] = (256, 512, 1024),
    choices: Sequence[Choice] | None = None,
    repeats: int = 7,
    batch_size: int = 1,
    device: str = "auto",
    report: Callable[[str], object] = lambda text: None,
) -> InferenceTable:
    """Time networks on a picture, each contestant in a process of its own, one call of each after the other.

    Args:
        picture: Any picture.
        models: Style networks' names or files.
        sizes: Sides of the squares in pixels, multiples of 4.
        choices: Back ends and precisions; by default `contestants`.
        repeats: Calls that are timed, after one that is not.
        batch_size: Pictures a call.
        device: Where to compute.
        report: Called with a line about each size.

    Raises:
        PainterlyError: A contestant cannot run here.
    """
    where = choose_device(device)
    chosen = list(choices) if choices is not None else contestants(where)
    keep_freed_memory()
    ceiling = {
        name: measure_ceiling(where, dtype)
        for name, dtype in _DTYPES.items()
        if any(choice.precision == name for choice in chosen)
    }
    table = InferenceTable(describe_machine(), ceiling)
    named = [("reference", None, tuned) for tuned in (False, True)]
    named += [(model, choice, True) for model in models for choice in chosen]  # type: ignore[misc]
    workers: list[Worker] = []
    try:
        for model, choice, tuned in named:
            workers.append(Worker(contestant, str(picture), model, choice, tuned, device, batch_size))
        for size in sizes:
            for worker in workers:
                worker.ask("prepare", size)
            seconds: list[list[float]] = [[] for _ in workers]
            for _ in range(repeats):
                for worker, times in zip(workers, seconds, strict=True):
                    times.append(worker.ask("run"))
            timings = [Timing.of(times) for times in seconds]
            for (model, choice, tuned), worker, timing in zip(named, workers, timings, strict=True):
                about = worker.ask("about", repeats)
                row = _row(size, model, choice, tuned, timing, timings[:2], about, ceiling)
                table.rows.append(row)
            report(f"{size}x{size} done")
    except RuntimeError as error:
        raise PainterlyError(f"the benchmark cannot go on: {str(error).strip().splitlines()[-1]}") from error
    finally:
        for worker in workers:
            worker.close()
    return table


_Functions = dict[str, Callable[..., Any]]
_DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


def _row(
    size: int,
    model: str,
    choice: Choice | None,
    tuned: bool,
    timing: Timing,
    references: Sequence[Timing],
    about: dict[str, Any],
    ceiling: dict[str, float],
) -> dict[str, Any]:
    row = {
        "size": size,
        "model": model,
        "backend": choice.backend if choice else f"eager, {'tuned' if tuned else 'default'} allocator",
        "precision": choice.precision if choice else "float32",
        "milliseconds": 1000 * timing.median,
        "low": 1000 * timing.low,
        "high": 1000 * timing.high,
        "ratio": references[0].median / timing.median,
        "ratio_tuned": references[1].median / timing.median,
        **about,
    }
    best, on_device = ceiling.get(row["precision"]), about["device_milliseconds"]
    seconds = timing.median if on_device is None else on_device / 1000
    row["share"] = about["multiplications"] / seconds / best if best else None
    return row


def contestant(
    picture: str, model: str, choice: Choice | None, tuned: bool, device: str, batch_size: int = 1
) -> dict[str, Callable[..., Any]]:
    """What a process does: prepare a size, run once, tell about it."""
    where = choose_device(device)
    whole = to_tensor(read_picture(picture))
    side = min(whole.shape[-2:])
    square = whole[..., :side, :side]
    state: dict[str, Any] = {}
    call, plain = _network(model, choice, tuned, where)

    def paint() -> None:
        state["output"] = call(state["input"])

    def run() -> float:
        with torch.inference_mode():
            seconds, on_device = time_call(paint, where)
        if on_device is not None:
            state["on device"].append(1000 * on_device / batch_size)
        return seconds / batch_size

    def prepare(size: int) -> None:
        pictures = resize_tensor(square, size).to(where).expand(batch_size, -1, -1, -1)
        state["input"] = pictures.contiguous(memory_format=torch.channels_last)
        state["on device"] = []
        state["meter"] = UsageMeter(where)
        run()
        state["usage"] = state["meter"].usage()  # memory: a first pass finds none that an earlier one left prepared
        state["on device"].clear()

    def about(calls: int) -> dict[str, Any]:
        on_device = statistics.median(state["on device"]) if state["on device"] else None
        if state["usage"].joules is not None:  # energy: of passes without the other contestants' turns between them
            with state["meter"] as meter:
                for _ in range(calls):
                    run()
            memory = {name: getattr(state["usage"], name) for name in ("memory_before", "peak_memory")}
            state["usage"] = dataclasses.replace(meter.usage(), **memory)
        usage = state["usage"].to_dict(images=max(1, calls) * batch_size)
        difference = None
        if plain is not None and choice is not None and choice.precision != "float32":
            with torch.inference_mode():
                expected = plain(state["input"])
                error = (state["output"] - expected).square().mean()
            difference = float(-10 * torch.log10(error.clamp_min(1e-12)))
        counted = torch.zeros(1, 3, *state["input"].shape[-2:])
        return {
            "psnr": difference,
            "usage": usage,
            "multiplications": _multiplications(plain, counted),
            "batch_size": batch_size,
            "device_milliseconds": on_device,
        }

    return {"prepare": prepare, "run": run, "about": about}


def _network(
    model: str, choice: Choice | None, tuned: bool, where: torch.device
) -> tuple[Callable[[Tensor], Tensor], Any]:
    """What is timed, and the plain network that it should equal."""
    if choice is None:
        network = ReferenceNetwork().eval().to(where)
        if tuned:
            keep_freed_memory()
        return (lambda x: network(x * 255)), None
    painter = load(model, device=str(where), backend=choice.backend, precision=choice.precision)
    return painter.paint, painter.network


def _multiplications(plain: Any, picture: Tensor) -> int:
    """Of the pass that is timed: of the rewritten layers, or of the reference."""
    if plain is None:
        return multiplications(ReferenceNetwork().eval(), picture)
    return multiplications(TorchEngine(lower(plain.layers, even=True)), picture)
