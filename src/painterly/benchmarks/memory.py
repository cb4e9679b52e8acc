"""Peak memory by size: from a file to a file, each in a process of its own."""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch

from painterly.benchmarks.reference import ReferenceNetwork
from painterly.benchmarks.tilings import paint_each_by_itself, paint_with_thumbnail_statistics
from painterly.benchmarks.workers import Worker
from painterly.errors import PainterlyError, UsageError
from painterly.images.limits import no_pillow_limit
from painterly.images.options import SaveOptions
from painterly.images.reading import read_picture
from painterly.images.strips import open_strips, write_strips
from painterly.images.tensors import from_tensor, to_tensor
from painterly.models.catalogue import DEFAULT_MODEL
from painterly.models.device import choose_device
from painterly.models.painter import load
from painterly.models.reading import read_model
from painterly.networks.style import StyleNetwork
from painterly.resources.describe import describe_machine
from painterly.resources.peak_memory import peak_memory, reset_peak_memory
from painterly.tiling.settings import parse_memory

__all__ = ["METHODS", "MemoryTable", "benchmark_memory"]

METHODS: Final = (
    "pytorch/examples, whole",
    "painterly, whole",
    "painterly, tiles",
    "tiles, each by itself",
    "tiles, thumbnail statistics",
)
"""pytorch/examples' network is in eager float32; the two last are how others tile."""

_TILE = 768
"""Side of painterly's tiles, in pixels of the result."""

_COMPARED = 6.0
"""Megapixels up to which results are compared with the whole picture's in float32."""


@dataclass
class MemoryTable:
    """What came out.

    Attributes:
        machine: See `painterly.resources.describe_machine`.
        model: The network.
        memory: What `painterly, tiles` was allowed, in bytes.
        rows: For every size and method `megapixels` (of the result), `method`, `peak_mb` (what the whole process held
            at most, in 10^6 bytes), `seconds` (from file to file, a network that was loaded and had run once), and
            `psnr` against the whole picture in float32 in decibels (None where that was not compared).
        skipped: For every size and method that was not run `megapixels`, `method` and `reason`.
    """

    machine: dict[str, Any]
    model: str
    memory: int
    rows: list[dict[str, Any]] = field(default_factory=list)
    skipped: list[dict[str, Any]] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON values."""
        return dict(vars(self))


def benchmark_memory(
    picture: str | Path,
    *,
    model: str = DEFAULT_MODEL,
    megapixels: Sequence[float] = (1, 6, 24, 96),
    methods: Sequence[str] = METHODS,
    memory: str | int = "2GB",
    whole_limit: float = 12.0,
    others_up_to: float = 6.0,
    precision: str = "auto",
    device: str = "auto",
    keep: Path | None = None,
    report: Callable[[str], object] = lambda text: None,
) -> MemoryTable:
    """Measure every method at every size, 3 to 2, of a picture that is mirrored until it is as large.

    Args:
        picture: Any picture.
        model: A network's name or file; for one that enlarges, only painterly's own methods are run.
        megapixels: Sizes of the result.
        methods: Some of `METHODS`.
        memory: What `painterly, tiles` may hold.
        whole_limit: Memory in 10^9 bytes that a method which holds the whole may be expected to take; beyond, it is
            skipped.
        others_up_to: Megapixels up to which the methods of others are run; they take minutes for more.
        precision: Of painterly's arithmetic.
        device: Where to compute.
        keep: A folder for the largest result of `painterly, tiles`, to be looked at.
        report: Called with a line about each row.

    Raises:
        UsageError: There is no such method.
        PainterlyError: A method failed.
    """
    unknown = [method for method in methods if method not in METHODS]
    if unknown:
        raise UsageError(f"--methods takes some of {', '.join(METHODS)}, not '{unknown[0]}'")
    choose_device(device)
    allowed = parse_memory(memory)
    assert allowed is not None
    network, _ = read_model(model)
    scale = int(getattr(network.description, "scale", 1))
    paints = isinstance(network, StyleNetwork)
    table = MemoryTable(describe_machine(), model, allowed)
    with tempfile.TemporaryDirectory(prefix="painterly-") as name:
        folder = Path(name)
        for size in megapixels:
            given = _enlarged(Path(picture), size / scale**2, folder)
            truth = folder / "truth.png"
            compared = size <= _COMPARED
            if compared:
                _measure("painterly, whole", model, given, truth, allowed, "float32", device)
            for method in methods:
                about = {"megapixels": size, "method": method}
                if not paints and not method.startswith("painterly"):
                    table.skipped.append(about | {"reason": "it is made for networks that paint"})
                    continue
                need = _expected(method, size)
                if size > others_up_to and not method.startswith("painterly"):
                    table.skipped.append(about | {"reason": "it would take minutes"})
                    continue
                if need > whole_limit:
                    table.skipped.append(about | {"reason": f"it would take about {need:.0f} GB"})
                    continue
                result = folder / ("result.png" if compared else "result.jpg")
                measured = _measure(method, model, given, result, allowed, precision, device)
                psnr = None
                if compared and not method.startswith("pytorch"):
                    psnr = _psnr(result, truth)
                table.rows.append(about | measured | {"psnr": psnr})
                report(f"{size:g} megapixels, {method}: {measured['peak_mb']:.0f} MB, {measured['seconds']:.1f} s")
                if keep is not None and method == "painterly, tiles" and size == max(megapixels):
                    keep.mkdir(parents=True, exist_ok=True)
                    result.replace(keep / f"{Path(model).stem}-{size:g}-megapixels{result.suffix}")
                result.unlink(missing_ok=True)
            given.unlink()
    return table


def _measure(
    method: str, model: str, given: Path, result: Path, memory: int, precision: str, device: str
) -> dict[str, Any]:
    try:
        worker = Worker(contestant, method, model, str(given), str(result), memory, precision, device)
        try:
            found: dict[str, Any] = worker.ask("run")
        finally:
            worker.close()
    except RuntimeError as error:
        raise PainterlyError(f"{method}: {str(error).strip().splitlines()[-1]}") from error
    return found


def contestant(
    method: str, model: str, given: str, result: str, memory: int, precision: str, device: str
) -> dict[str, Callable[..., Any]]:
    """A process that runs one method; see `painterly.benchmarks.workers.Worker`."""
    run = _runner(method, model, memory, precision, device)

    def measured() -> dict[str, Any]:
        reset_peak_memory(torch.device("cpu"))
        began = time.perf_counter()
        run(Path(given), Path(result))
        seconds = time.perf_counter() - began
        peak = peak_memory(torch.device("cpu"))
        return {"peak_mb": None if peak is None else peak / 1e6, "seconds": seconds}

    return {"run": measured}


def _runner(method: str, model: str, memory: int, precision: str, device: str) -> Callable[[Path, Path], None]:
    """A method, ready to go: its network is loaded."""
    if method.startswith("painterly"):
        return partial(_painterly, model, method.endswith("tiles"), memory, precision, device)
    if method.startswith("pytorch"):
        return _reference
    network = load(model, device=device, backend="torch", precision="float32").network
    paint = paint_each_by_itself if method.endswith("itself") else paint_with_thumbnail_statistics

    def run(given: Path, result: Path) -> None:
        with no_pillow_limit():
            from_tensor(paint(network, to_tensor(read_picture(given)))).save(result, quality=95)

    return run


def _painterly(model: str, tiled: bool, memory: int, precision: str, device: str, given: Path, result: Path) -> None:
    from painterly.batch.stylize import stylize
    from painterly.batch.upscale import upscale

    paints = isinstance(read_model(model)[0], StyleNetwork)
    tiles: dict[str, Any] = {"tile": _TILE, "memory": memory} if tiled else {"tile": "off"}
    work = stylize if paints else upscale
    (outcome,) = work(given, result, model=model, precision=precision, device=device, overwrite=True, **tiles)
    if outcome.error:
        raise PainterlyError(outcome.error)


@torch.inference_mode()
def _reference(given: Path, result: Path) -> None:
    torch.manual_seed(0)
    with no_pillow_limit():
        from_tensor(ReferenceNetwork()(to_tensor(read_picture(given)) * 255) / 255).save(result, quality=95)


def _expected(method: str, megapixels: float) -> float:
    """About how much memory a method takes, in 10^9 bytes: what others hold is known from `docs/large.md`."""
    if method == "painterly, tiles":
        return 0.0
    if method.startswith("tiles"):
        return 0.5 + 0.05 * megapixels
    return 0.5 + (1.0 if method.startswith("pytorch") else 0.35) * megapixels


def _enlarged(picture: Path, megapixels: float, folder: Path) -> Path:
    """The picture mirrored at its borders until it has so many pixels, 3 to 2, as a JPEG."""
    width = max(32, round(math.sqrt(megapixels * 1.5e6) / 4) * 4)
    height = max(32, round(megapixels * 1e6 / width / 4) * 4)
    pixels = np.asarray(read_picture(picture).convert("RGB"))
    row = np.concatenate([pixels, pixels[:, ::-1]], 1)

    def strips() -> Iterator[npt.NDArray[Any]]:
        block = np.concatenate([row, row[::-1]])
        wide = np.tile(block, (1, -(-width // block.shape[1]), 1))[:, :width]
        for top in range(0, height, len(block)):
            yield wide[: min(len(block), height - top)]

    path = folder / f"{megapixels:g}.jpg"
    write_strips(path, width, height, 3, np.uint8, strips(), SaveOptions(quality=95))
    return path


def _psnr(path: Path, truth: Path) -> float:
    """Against another picture of the same size, in decibels; infinite if they are equal."""
    squares, count = 0.0, 0
    for one, other in zip(open_strips(path).strips(256), open_strips(truth).strips(256), strict=True):
        squares += float(np.square(one.astype(np.float64) - other).sum())
        count += one.size
    return 10 * math.log10(255**2 * count / squares) if squares else math.inf
