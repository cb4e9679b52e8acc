"""What happens on the way: memory gives out, somebody interrupts, and every pixel is written once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from painterly.networks import StyleDescription, StyleNetwork
from painterly.tiling import Program, ProgramBuilder, Rect, TensorPixels, network_program
from painterly.tiling.execute import execute
from painterly.tiling.kernels import Moments, run
from painterly.tiling.plan import make_plan

Tiled = Callable[..., Any]
Lively = Callable[[nn.Module, Tensor], None]
SIZE = (61, 83)
NO_MEMORY: list[Exception] = [
    MemoryError(),
    RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes"),
    RuntimeError("CUDA out of memory"),
]


@pytest.fixture
def network(lively: Lively) -> StyleNetwork:
    torch.manual_seed(1)
    network = StyleNetwork(StyleDescription(width=2, blocks=1, carry=0.3))
    lively(network, torch.rand(2, 3, 32, 36))
    return network


@pytest.fixture
def picture(network: StyleNetwork) -> Tensor:
    return torch.rand(1, 3, *SIZE)


@pytest.fixture
def program(network: StyleNetwork) -> Program:
    return network_program(network)


@pytest.fixture
def painting(network: StyleNetwork, picture: Tensor) -> Tensor:
    with torch.no_grad():
        return torch.as_tensor(network(picture)).clamp(0, 1)


@pytest.fixture(autouse=True)
def _keeps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small pictures are not worth keeping, but large ones are."""
    monkeypatch.setattr("painterly.tiling.plan._CHEAP", 0.0)
    monkeypatch.setattr("painterly.tiling.plan._FIRST_TOUCH", 0.0)


def run_failing(monkeypatch: pytest.MonkeyPatch, fails: Callable[[Rect, int], bool], error: BaseException) -> list[int]:
    """Let operations fail that `fails` names by the part that is wanted and how many came before; the areas done."""
    areas, calls = list[int](), [0]

    def one(op: Any, rect: Rect, *rest: Any) -> Tensor:
        calls[0] += 1
        if fails(rect, calls[0]):
            raise error
        areas.append(rect.area)
        return run(op, rect, *rest)

    monkeypatch.setattr("painterly.tiling.execute.run", one)
    return areas


def same(found: dict[int, Moments], expected: dict[int, Moments]) -> None:
    assert found.keys() == expected.keys()
    for value, pair in found.items():
        for a, b in zip(pair, expected[value], strict=True):
            torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("error", NO_MEMORY, ids=["python", "torch", "cuda"])
def test_where_memory_gives_out_smaller_tiles_paint_the_same(
    monkeypatch: pytest.MonkeyPatch,
    tiled: Tiled,
    program: Program,
    picture: Tensor,
    error: Exception,
    painting: Tensor,
) -> None:
    _, expected, _ = tiled(program, [picture], 100)
    areas = run_failing(monkeypatch, lambda rect, _: rect.area > 2500, error)
    found, moments, _ = tiled(program, [picture], 100, store=10_000)
    assert 0 < max(areas) <= 2500
    torch.testing.assert_close(found, painting, rtol=0, atol=1e-4)
    same(moments, expected)


@pytest.mark.parametrize("which", [1, 2, 9, 17, 26])
def test_one_failure_anywhere_counts_nothing_twice(
    monkeypatch: pytest.MonkeyPatch, tiled: Tiled, program: Program, picture: Tensor, painting: Tensor, which: int
) -> None:
    _, expected, _ = tiled(program, [picture], 100)
    areas = run_failing(monkeypatch, lambda _, call: call == which, MemoryError())
    found, moments, _ = tiled(program, [picture], 100)
    assert len(areas) > which
    torch.testing.assert_close(found, painting, rtol=0, atol=1e-4)
    same(moments, expected)


def test_tiles_become_no_smaller_than_they_must(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first tile of 64 pixels is halved twice, so that all have 16; nothing is gained by smaller ones."""
    builder = ProgramBuilder()
    builder.pointwise(torch.neg, builder.source(1), channels=1)
    areas = run_failing(monkeypatch, lambda rect, _: rect.area > 256, MemoryError())
    source, output = TensorPixels(torch.rand(1, 1, 64, 256)), TensorPixels(torch.zeros(1, 1, 64, 256))
    go(builder.build(), source, output, 64)
    assert torch.equal(output.tensor, -source.tensor)
    assert set(areas) == {256}


def test_tiles_that_cannot_be_smaller_give_up(
    monkeypatch: pytest.MonkeyPatch, tiled: Tiled, program: Program, picture: Tensor, tmp_path: Path
) -> None:
    run_failing(monkeypatch, lambda _, call: call > 60, MemoryError("no more"))
    with pytest.raises(MemoryError, match="no more"):
        tiled(program, [picture], 40, folder=tmp_path, store=0)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("error", [RuntimeError("shapes do not fit"), ValueError("wrong"), KeyboardInterrupt()])
@pytest.mark.parametrize("which", [1, 100])
def test_other_errors_are_told_at_once_and_leave_no_file(
    monkeypatch: pytest.MonkeyPatch,
    tiled: Tiled,
    program: Program,
    picture: Tensor,
    tmp_path: Path,
    error: BaseException,
    which: int,
) -> None:
    areas = run_failing(monkeypatch, lambda _, call: call >= which, error)
    with pytest.raises(type(error)):
        tiled(program, [picture], 40, folder=tmp_path, store=0)
    assert len(areas) == which - 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("store", [0, 3000, 1 << 40])
def test_nothing_stays_in_the_folder_and_the_result_is_the_same_wherever_values_lie(
    tiled: Tiled, program: Program, picture: Tensor, painting: Tensor, tmp_path: Path, store: int
) -> None:
    names = list[list[Path]]()
    found, _, plan = tiled(
        program, [picture], 30, folder=tmp_path, store=store, progress=lambda _: names.append(list(tmp_path.iterdir()))
    )
    assert any(one.kept for one in plan.passes)
    assert not any(names)
    assert list(tmp_path.iterdir()) == []
    torch.testing.assert_close(found, painting, rtol=0, atol=1e-4)


@pytest.mark.parametrize("tile", [9, 40, 1000])
def test_progress_goes_forward_to_the_end(tiled: Tiled, program: Program, picture: Tensor, tile: int) -> None:
    shares = list[float]()
    tiled(program, [picture], tile, progress=shares.append)
    assert all(0 < share <= 1 for share in shares)
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0, abs=1e-9)


def test_whoever_watches_may_stop_it(tiled: Tiled, program: Program, picture: Tensor, tmp_path: Path) -> None:
    def stop(share: float) -> None:
        if share > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tiled(program, [picture], 20, progress=stop, folder=tmp_path, store=0)
    assert list(tmp_path.iterdir()) == []


class Recorded(TensorPixels):
    """Counts how often every pixel is read and written."""

    def __init__(self, tensor: Tensor) -> None:
        super().__init__(tensor)
        self.reads, self.writes = np.zeros(self.size, int), np.zeros(self.size, int)

    def read(self, rect: Rect) -> Tensor:
        assert 0 <= rect.rows.start < rect.rows.stop <= self.size[0]
        assert 0 <= rect.columns.start < rect.columns.stop <= self.size[1]
        self.reads[slice(*rect.rows), slice(*rect.columns)] += 1
        return super().read(rect)

    def write(self, rect: Rect, part: Tensor) -> None:
        assert part.shape[2:] == (rect.rows.length, rect.columns.length)
        self.writes[slice(*rect.rows), slice(*rect.columns)] += 1
        super().write(rect, part)


def go(program: Program, source: TensorPixels, output: TensorPixels | None, tile: int, **known: Any) -> Any:
    sizes = program.sizes([source.size])
    plan = make_plan(program, sizes, tile, known=known.get("known", {}), memory=1 << 50, disk=1 << 50)
    assert plan is not None
    settings: dict[str, Any] = {"known": {}, "store_memory": 1 << 50, "device": torch.device("cpu")} | known
    return execute(program, [source], output, plan, **settings)


@pytest.mark.parametrize(("tile", "fails"), [(7, False), (24, False), (61, False), (100, False), (61, True)])
def test_every_pixel_is_written_once_and_only_the_picture_is_read(
    monkeypatch: pytest.MonkeyPatch, program: Program, picture: Tensor, tile: int, fails: bool
) -> None:
    if fails:
        run_failing(monkeypatch, lambda rect, _: rect.area > 2000, MemoryError())
    source, output = Recorded(picture.clone()), Recorded(torch.zeros_like(picture))
    go(program, source, output, tile)
    assert (output.writes == 1).all()
    assert source.reads.all()
    assert not source.writes.any()
    assert torch.equal(source.tensor, picture)


def test_without_a_place_for_the_result_only_moments_come_back(program: Program, picture: Tensor) -> None:
    output = TensorPixels(torch.zeros_like(picture))
    full, moments = go(program, TensorPixels(picture), output, 40), go(program, TensorPixels(picture), None, 40)
    same(moments, full)
    assert len(moments) == 9


def test_moments_that_are_known_are_not_measured_again(program: Program, picture: Tensor, painting: Tensor) -> None:
    moments = go(program, TensorPixels(picture), None, 40)
    output = TensorPixels(torch.zeros_like(picture))
    plan = make_plan(program, program.sizes([SIZE]), 40, known=moments, memory=1 << 50, disk=1 << 50)
    assert plan is not None
    assert len(plan.passes) == 1
    same(go(program, TensorPixels(picture), output, 40, known=moments), moments)
    torch.testing.assert_close(output.tensor, painting, rtol=0, atol=1e-4)
    few = dict(list(moments.items())[::2])
    same(go(program, TensorPixels(picture), output, 40, known=few), moments)
    torch.testing.assert_close(output.tensor, painting, rtol=0, atol=1e-4)


def test_a_part_is_painted_with_the_statistics_of_the_whole(program: Program, picture: Tensor) -> None:
    """Far enough from the border, a part painted so is that part of the painting, which it is not by itself."""
    large = torch.rand(1, 3, 256, 256)
    large[..., 128:, :] *= 0.3
    moments = go(program, TensorPixels(large), None, 128)
    output, alone = torch.zeros(1, 3, 128, 128), torch.zeros(1, 3, 128, 128)
    whole = TensorPixels(torch.zeros_like(large))
    go(program, TensorPixels(large), whole, 128)
    go(program, TensorPixels(large[..., :128, :128]), TensorPixels(output), 64, known=moments)
    go(program, TensorPixels(large[..., :128, :128]), TensorPixels(alone), 64)
    inner = (slice(None), slice(None), slice(0, 64), slice(0, 64))
    torch.testing.assert_close(output[inner], whole.tensor[inner], rtol=0, atol=1e-5)
    assert float((alone[inner] - whole.tensor[inner]).abs().max()) > 0.01
