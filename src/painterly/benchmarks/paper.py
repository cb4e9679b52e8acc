"""Table 1 of the paper: seconds of optimisation against one pass of the network."""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch

from painterly.benchmarks.timing import Timing, time_calls
from painterly.encoders.loading import load_loss_network
from painterly.images.reading import read_picture
from painterly.images.tensors import to_tensor
from painterly.losses.objective import StyleObjective
from painterly.losses.weighting import WEIGHTINGS
from painterly.models.catalogue import DEFAULT_MODEL
from painterly.models.kinds import resize_tensor
from painterly.models.painter import load
from painterly.optimisation.descent import Descent
from painterly.optimisation.terms import picture_objective
from painterly.resources.usage import UsageMeter

__all__ = ["ITERATIONS", "PUBLISHED_SECONDS", "SpeedTable", "benchmark_paper"]

ITERATIONS: Final = (100, 300, 500)
"""Iterations of optimisation that the paper compares with."""

PUBLISHED_SECONDS: Final[dict[int, tuple[float, float, float, float]]] = {
    256: (3.17, 9.52, 15.86, 0.015),
    512: (10.97, 32.91, 54.85, 0.05),
    1024: (42.89, 128.66, 214.44, 0.21),
}
"""The paper's seconds for those iterations, and for one pass of its network, on a Titan X, by size."""


@dataclass(frozen=True)
class SpeedTable:
    """What came out.

    Attributes:
        device: Where it ran.
        threads: Threads of the CPU.
        loss_network: Whose activations the optimisation matches.
        rows: For each size, `size`, `network` and `iteration` (timings), and for 100, 300 and 500 iterations
            `seconds`, `speed_up` and whether the seconds are `extrapolated` from fewer iterations; and `usage`: memory
            and, where the hardware counts it, energy of `network` (a pass) and `optimisation` (an iteration).
    """

    device: str
    threads: int
    loss_network: str
    rows: list[dict[str, Any]]

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON values."""
        return {
            "device": self.device,
            "threads": self.threads,
            "loss_network": self.loss_network,
            "precision": "float32",
            "rows": self.rows,
        }


def benchmark_paper(
    picture: str | Path,
    *,
    model: str | Path = DEFAULT_MODEL,
    sizes: Sequence[int] = (256, 512, 1024),
    iterations: int = 10,
    repeats: int = 5,
    loss_network: str = "auto",
    tile: str = "off",
    device: str = "auto",
    report: Callable[[str], object] = lambda text: None,
) -> SpeedTable:
    """Time a network and Gatys' method on the same picture, in float32.

    Args:
        picture: Any picture; it is both photograph and painting, which changes no times.
        model: A style network's name or file.
        sizes: Sides of the squares in pixels.
        iterations: Iterations of L-BFGS that are timed; the paper's 100, 300 and 500 are extrapolated from their median
            unless as many were timed.
        repeats: Passes of the network that are timed.
        loss_network: A loss network's name or file, or "auto".
        tile: Side of tiles for the optimisation in pixels, a multiple of 16, or "off".
        device: Where to compute.
        report: Called with a line about each size.
    """
    painter = load(model, device=device, backend="torch", precision="float32")
    where = painter.device
    network = load_loss_network(loss_network).to(where)
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    whole = to_tensor(read_picture(picture))
    side = min(whole.shape[-2:])
    square = whole[..., :side, :side]
    usage = UsageMeter(where)
    rows = []
    for size in sizes:
        photograph = resize_tensor(square, size).to(where)
        with usage:
            forward = time_calls(lambda x=photograph: painter.paint(x), calls=repeats, device=where)  # type: ignore[misc]
        network_usage = usage.usage().to_dict(images=repeats + 1)
        objective = StyleObjective(network, photograph, WEIGHTINGS["modern"]).to(where)
        noise = torch.rand(photograph.shape, generator=torch.Generator().manual_seed(0)).to(where)
        with usage:
            descent = Descent(picture_objective(objective, photograph, tile=tile), noise)
            step = time_calls(descent.step, calls=iterations, device=where)
        usages = {"network": network_usage, "optimisation": usage.usage().to_dict(images=iterations + 1)}
        rows.append(_row(size, forward, step) | {"usage": usages})
        report(f"{size}x{size}: network {forward.median:.3f} s, iteration {step.median:.3f} s")
    name = torch.cuda.get_device_name(where) if where.type == "cuda" else platform.machine()
    return SpeedTable(f"{where.type} ({name})", torch.get_num_threads(), network.description["name"], rows)


def _row(size: int, forward: Timing, step: Timing) -> dict[str, Any]:
    optimisation = [
        {
            "iterations": count,
            "seconds": step.median * count,
            "speed_up": step.median * count / forward.median,
            "extrapolated": step.calls < count,
        }
        for count in ITERATIONS
    ]
    return {
        "size": size,
        "network": forward.to_dict(),
        "iteration": step.to_dict(),
        "optimisation": optimisation,
        "paper": PUBLISHED_SECONDS.get(size),
    }
