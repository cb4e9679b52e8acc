"""Plans: what is needed is there in time, fits into memory, and is not overwritten while it is still read."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from painterly.errors import InputError
from painterly.inference import lower
from painterly.inference.graph import Convolution, Norm, Pad
from painterly.networks import (
    StyleDescription,
    StyleNetwork,
    SuperResolutionDescription,
    SuperResolutionNetwork,
)
from painterly.networks.layers import ConvLayer, ResidualBlock
from painterly.tiling import Program, ProgramBuilder, TensorPixels, network_program, run_tiled
from painterly.tiling.execute import _Runner
from painterly.tiling.ops import operands, surveyed
from painterly.tiling.plan import Plan, make_plan

Tiled = Callable[..., Any]
PLENTY = 1 << 50


def style(**choices: Any) -> Program:
    torch.manual_seed(0)
    return network_program(StyleNetwork(StyleDescription(**({"width": 2, "blocks": 2} | choices))))


PROGRAMS: dict[str, Callable[[], Program]] = {
    "style": style,
    "wide": lambda: style(width=16, blocks=1),
    "start": lambda: style(padding="reflect-start", upsampling="transposed", carry=0.5),
    "batch": lambda: style(normalization="batch"),
    "enlarger": lambda: network_program(
        SuperResolutionNetwork(SuperResolutionDescription(width=8, up_width=4, blocks=3))
    ),
}
NAMES = st.sampled_from(list(PROGRAMS))
SIDES = st.integers(16, 3000)


def kept_wherever_possible(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("painterly.tiling.plan._CHEAP", 0.0)
    patch.setattr("painterly.tiling.plan._FIRST_TOUCH", 0.0)
    patch.setattr("painterly.tiling.plan._MEMORY_RATE", 1e15)
    patch.setattr("painterly.tiling.plan._FILE_RATE", 1e15)


def follow(program: Program, plan: Plan, known: set[int]) -> None:
    """Go through a plan without computing anything."""
    sizes_of = list(zip(program.channels, program.types, strict=True))
    stored, measured = set[int](), set(known)
    for one in plan.passes:
        assert one.given <= stored
        there = set(one.given)
        for value in one.order:
            assert set(operands(program.ops[value])) <= there
            assert set(surveyed(program.ops[value])) <= measured
            there.add(value)
        assert set(one.measured) | set(one.kept) <= set(one.order)
        assert not set(one.kept) & stored
        for new, old in one.replaced.items():
            assert new in one.kept
            assert old in one.forgotten
            assert sizes_of[new] == sizes_of[old]
        assert len(set(one.replaced.values())) == len(one.replaced)
        measured |= set(one.measured)
        stored = (stored | set(one.kept)) - set(one.forgotten)
    assert plan.passes[-1].order[-1] == len(program.ops) - 1


@given(data=st.data(), name=NAMES, height=SIDES, width=SIDES, tile=st.integers(1, 1100))
def test_every_value_comes_before_it_is_used(
    data: st.DataObject, name: str, height: int, width: int, tile: int
) -> None:
    program = PROGRAMS[name]()
    sizes = program.sizes([(height, width)])
    wanted = sorted({value for op in program.ops for value in surveyed(op)})
    known = set(data.draw(st.lists(st.sampled_from(wanted)), "known")) if wanted else set()
    with pytest.MonkeyPatch.context() as patch:
        if data.draw(st.booleans(), "keep"):
            kept_wherever_possible(patch)
        free = make_plan(program, sizes, tile, known=known, memory=PLENTY, disk=PLENTY)
        assert free is not None
        follow(program, free, known)
        memory = free.working + int(free.kept * data.draw(st.floats(0, 1), "share"))
        disk = int(free.kept * data.draw(st.sampled_from([0.0, 0.5, 2.0]), "disk"))
        tight = make_plan(program, sizes, tile, known=known, memory=memory, disk=disk)
    if tight is not None:
        follow(program, tight, known)
        assert tight.working <= memory


def test_what_is_kept_fits_beside_the_tiles_and_on_the_disk() -> None:
    program = PROGRAMS["wide"]()
    sizes = program.sizes([(1000, 1000)])
    free = make_plan(program, sizes, 500, memory=PLENTY, disk=PLENTY)
    assert free is not None
    assert free.kept
    memory = max(free.working, free.kept) + 1
    plan = make_plan(program, sizes, 500, memory=memory, disk=0)
    assert plan is None or plan.kept <= memory - plan.working


@settings(max_examples=3)
@given(name=NAMES, height=SIDES, width=SIDES)
def test_less_memory_never_gives_larger_tiles(name: str, height: int, width: int) -> None:
    program, chosen, memory = PROGRAMS[name](), list[int](), [0]
    picture, output = torch.zeros(1, 3, 1, 1), torch.zeros(1, 3, 1, 1)
    source = TensorPixels(picture.expand(1, 3, height, width))
    place = TensorPixels(output.expand(1, 3, *program.sizes([(height, width)])[-1]))

    def choose(*given: Any, **_: Any) -> None:
        chosen.append(given[3].tile)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("painterly.tiling.run._budget", lambda _: memory[0])
        patch.setattr("painterly.tiling.run.execute", choose)
        for exponent in range(40, 18, -3):
            memory[0] = 2**exponent
            try:
                run_tiled(program, [source], place)
            except InputError:
                break
    assert chosen == sorted(chosen, reverse=True)


def held_by(patch: pytest.MonkeyPatch) -> list[int]:
    """Bytes of all parts that a run holds after every operation; those that are views, as what they are views of."""
    held, compute = list[int](), _Runner._compute

    def record(self: Any, value: int, regions: Any, patches: Any) -> Tensor:
        result = compute(self, value, regions, patches)
        tensors = [result, *(one.tensor for one in patches.values())]
        tensors += [one.tensor for _, one in sys._getframe(1).f_locals["writes"]]
        tensors += [one.tensor for waiting in self.waiting.values() for one in waiting]
        storages = {tensor.untyped_storage().data_ptr(): tensor.untyped_storage().nbytes() for tensor in tensors}
        held.append(sum(storages.values()))
        return torch.as_tensor(result)

    patch.setattr(_Runner, "_compute", record)
    return held


@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize("tile", [33, 64, 300])
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_tile_takes_no_more_than_planned(
    monkeypatch: pytest.MonkeyPatch, tiled: Tiled, name: str, tile: int, keep: bool
) -> None:
    if keep:
        kept_wherever_possible(monkeypatch)
    held = held_by(monkeypatch)
    size = (43, 57) if name == "enlarger" else (130, 150)
    _, _, plan = tiled(PROGRAMS[name](), [torch.rand(1, 3, *size)], tile)
    assert max(held) <= plan.working


class Wide(nn.Sequential):
    """Blocks whose kernels reach much further than small tiles do."""

    def __init__(self, side: int, layers: int) -> None:
        torch.manual_seed(0)
        first = ConvLayer(3, 4, side, padding="reflect", norm="instance")
        more = [ConvLayer(4, 4, side, padding="reflect", norm="instance") for _ in range(layers)]
        super().__init__(first, *more, ResidualBlock(4, padding="reflect", norm="instance"), nn.Conv2d(4, 3, 1))


def wide_program(network: nn.Module) -> Program:
    builder = ProgramBuilder()
    builder.graph(lower(network), builder.source(3))
    return builder.build()


@pytest.mark.parametrize("tile", [1, 2, 5, 12, 40])
@pytest.mark.parametrize("store", [0, 2000, PLENTY])
def test_what_is_replaced_is_not_read_any_more(
    monkeypatch: pytest.MonkeyPatch, tiled: Tiled, tile: int, store: int
) -> None:
    kept_wherever_possible(monkeypatch)
    network, x = Wide(9, 3), torch.rand(1, 3, 23, 19)
    found, _, plan = tiled(wide_program(network), [x], tile, store=store)
    assert sum(len(one.replaced) for one in plan.passes) >= 2
    with torch.no_grad():
        torch.testing.assert_close(found, torch.as_tensor(network(x)), rtol=0, atol=1e-4)


@pytest.mark.parametrize("tile", [4, 8])
def test_what_waits_for_its_place_is_counted(monkeypatch: pytest.MonkeyPatch, tiled: Tiled, tile: int) -> None:
    kept_wherever_possible(monkeypatch)
    held = held_by(monkeypatch)
    _, _, plan = tiled(wide_program(Wide(15, 2)), [torch.rand(1, 3, 40, 150)], tile)
    assert any(one.replaced for one in plan.passes)
    assert max(held) <= plan.working


def test_what_is_mirrored_far_away_is_not_replaced_too_early(monkeypatch: pytest.MonkeyPatch, tiled: Tiled) -> None:
    kept_wherever_possible(monkeypatch)
    torch.manual_seed(0)
    builder, unit, zero, mix = ProgramBuilder(), torch.ones(2), torch.zeros(2), torch.randn(2, 2, 1, 1)
    first = builder.op(Convolution(builder.source(2), mix, zero))
    normal = builder.op(Norm(first, unit, zero, 1e-5))
    mirrored = builder.resize(
        builder.op(Pad(normal, "reflect", 12)), 20, 12
    )  # the last rows show the ones in the middle
    second = builder.op(Convolution(mirrored, mix, zero))
    builder.op(Norm(second, unit, zero, 1e-5))
    program, x = builder.build(), torch.rand(1, 2, 20, 12)
    whole, _, _ = tiled(program, [x], 100)
    found, _, plan = tiled(program, [x], 2)
    assert any(one.replaced for one in plan.passes)
    torch.testing.assert_close(found, whole, rtol=0, atol=1e-4)


def test_pictures_of_other_proportions_are_measured_together(tiled: Tiled) -> None:
    builder = ProgramBuilder()
    one, other = (builder.pointwise(torch.neg, builder.source(1), channels=1) for _ in range(2))

    def shifted(x: Tensor, moments: Any) -> Tensor:
        return x - torch.as_tensor(moments[0][0]).float() + torch.as_tensor(moments[1][0]).float()

    builder.globally(shifted, one, survey=(one, other), channels=1)
    x, y = torch.rand(1, 1, 9, 100), torch.rand(1, 1, 10, 5)
    found, _, _ = tiled(builder.build(), [x, y], 3)
    torch.testing.assert_close(found, x.mean() - x - y.mean(), rtol=0, atol=1e-5)


def test_what_nobody_uses_does_no_harm(tiled: Tiled) -> None:
    builder = ProgramBuilder()
    x = builder.pointwise(torch.neg, builder.source(1), channels=1)
    builder.op(Norm(x, torch.ones(1), torch.zeros(1), 1e-5))
    builder.pointwise(torch.neg, x, channels=1)
    picture = torch.rand(1, 1, 9, 9)
    found, _, _ = tiled(builder.build(), [picture], 4)
    assert torch.equal(found, picture)
