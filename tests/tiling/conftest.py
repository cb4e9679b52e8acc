from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import pytest
import torch
from torch import Tensor, nn

from painterly.networks.normalization import InstanceNorm
from painterly.tiling.execute import execute
from painterly.tiling.kernels import Moments
from painterly.tiling.plan import Plan, make_plan
from painterly.tiling.program import Program
from painterly.tiling.stores import TensorPixels

ENOUGH = 1 << 50


class Tiled(Protocol):
    """Runs a program by tiles of a given size, with budgets of bytes far below what a process holds."""

    def __call__(
        self,
        program: Program,
        pictures: list[Tensor],
        tile: int,
        *,
        memory: int = ENOUGH,
        store: int | None = None,
        known: Mapping[int, Moments] | None = None,
        folder: Path | None = None,
        **settings: Any,
    ) -> tuple[Tensor, dict[int, Moments], Plan]:
        """The result, the moments, and the plan that was followed."""


@pytest.fixture(scope="session")
def tiled() -> Tiled:
    def run(
        program: Program,
        pictures: list[Tensor],
        tile: int,
        *,
        memory: int = ENOUGH,
        store: int | None = None,
        known: Mapping[int, Moments] | None = None,
        folder: Path | None = None,
        **settings: Any,
    ) -> tuple[Tensor, dict[int, Moments], Plan]:
        sources = [TensorPixels(picture) for picture in pictures]
        sizes = program.sizes([source.size for source in sources])
        plan = make_plan(program, sizes, tile, known=known or {}, memory=memory, disk=ENOUGH)
        assert plan is not None
        output = TensorPixels(torch.full((1, program.channels[-1], *sizes[-1]), torch.nan))
        moments = execute(
            program,
            sources,
            output,
            plan,
            known=known or {},
            store_memory=max(0, memory - plan.working) if store is None else store,
            device=torch.device("cpu"),
            folder=folder,
            **settings,
        )
        return output.tensor, moments, plan

    return run


class Lively(Protocol):
    """Gives a network scales, shifts and running statistics as training would, near those of some pictures."""

    def __call__(self, network: nn.Module, pictures: Tensor) -> None: ...


@pytest.fixture(scope="session")
def lively() -> Lively:
    def give(network: nn.Module, pictures: Tensor) -> None:
        norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
        with torch.no_grad():
            for norm in norms:
                norm.momentum = 1.0
            for module in network.modules():
                if isinstance(module, (nn.BatchNorm2d, InstanceNorm)):
                    nn.init.uniform_(module.weight, 0.5, 1.5)
                    nn.init.normal_(module.bias, 0, 0.3)
            network.train()(pictures)
            for norm in norms:
                assert norm.running_var is not None
                norm.running_var.clamp_(min=0.1 * float(norm.running_var.max()) + 0.01)
        network.eval()

    return give
