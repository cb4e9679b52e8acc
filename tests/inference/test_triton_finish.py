"""Kernels for GPUs, run on a CPU by Triton's interpreter and compiled for an H100, each in a process of its own.

There, this file is run as a script: Triton decides when it is imported whether it interprets.
"""

from __future__ import annotations

import importlib.util
import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pytest
import torch
from torch import Tensor

from painterly.inference import Choice, accelerate, cuda_finish, torch_engine
from painterly.inference.cuda_finish import finish_by_torch
from painterly.inference.finish import Finish, finish
from painterly.inference.graph import lower, split_input
from painterly.inference.torch_engine import TorchEngine
from painterly.inference.widening import widen
from painterly.networks import StyleDescription, StyleNetwork

EPSILON = 1e-5
KINDS = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
ROUNDING = {"float32": (1e-5, 2e-5), "bfloat16": (2**-8, 2**-8), "float16": (2**-10, 2**-10)}
"""Relative and absolute error: of one rounding at the end."""


@dataclass(frozen=True)
class Case:
    shape: tuple[int, int, int, int]
    how: Finish = Finish()
    kind: str = "float32"
    adds: bool = False
    given: bool = False
    mean: float = 3.0
    deviation: float = 1.0
    programs: int = 1024
    layout: Literal["last", "first", "part"] = "last"


ALL = Finish(True, (1, 1, 1, 1))
CASES = {
    "odd": Case((1, 3, 5, 7), Finish(True, (1, 2, 3, 4))),
    "bare": Case((1, 16, 9, 4)),
    "relu alone": Case((1, 5, 3, 3), Finish(True)),
    "one pixel": Case((2, 7, 1, 1)),
    "one row": Case((1, 8, 1, 9), Finish(True, (8, 8, 0, 0))),
    "one column": Case((1, 8, 9, 1), Finish(False, (0, 0, 2, 8))),
    "edge": Case((1, 4, 6, 5), Finish(False, (1, 4, 5, 2), "edge")),
    "batch": Case((3, 16, 7, 6), ALL, adds=True),
    "batch of halves": Case((3, 16, 7, 6), ALL, "float16", adds=True),
    "several tiles": Case((1, 128, 13, 17), ALL, programs=4),
    "several chunks": Case((2, 64, 13, 17), ALL, adds=True),
    "many chunks": Case((1, 128, 48, 47)),
    "many channels": Case((1, 200, 5, 6), ALL, adds=True),
    "not a power of two": Case((2, 48, 11, 9), ALL, "bfloat16", adds=True, programs=2),
    "bfloat16": Case((1, 32, 33, 21), Finish(True, (4, 4, 4, 4)), "bfloat16"),
    "far from zero": Case((1, 32, 33, 21), mean=1e4, deviation=1.0),
    "far from zero, by tiles": Case((1, 32, 33, 21), mean=-3e3, deviation=0.1, programs=1),
    "flat": Case((2, 6, 37, 31), ALL, mean=12345.678, deviation=0.0, programs=2),
    "flat in bfloat16": Case((2, 6, 37, 31), ALL, "bfloat16", mean=777.0, deviation=0.0),
    "given moments": Case((2, 20, 7, 8), ALL, adds=True, given=True),
    "another layout": Case((2, 20, 7, 8), ALL, adds=True, layout="first"),
    "a part of a larger one": Case((2, 20, 7, 8), ALL, adds=True, layout="part"),
}


def make(case: Case) -> tuple[Tensor, Tensor, Tensor, Tensor | None, tuple[Tensor, Tensor] | None]:
    """Activations, scale, shift, what is added, and moments."""
    torch.manual_seed(0)
    b, c, h, w = case.shape
    x, addend = torch.randn(b, c, h + 2, w + 4) * case.deviation + case.mean, torch.randn(b, c, h + 2, w + 4)
    parts = []
    for one in (x.to(KINDS[case.kind]), addend.to(KINDS[case.kind])):
        whole = one.contiguous(memory_format=torch.channels_last) if case.layout != "first" else one
        part = whole[..., 1:-1, 2:-2]
        parts.append(part if case.layout == "part" else part.contiguous(memory_format=_format(case)))
    moments = (torch.randn(c).double(), torch.rand(c).double() + 0.5) if case.given else None
    return parts[0], torch.rand(c) + 0.5, torch.randn(c), parts[1] if case.adds else None, moments


def _format(case: Case) -> torch.memory_format:
    return torch.contiguous_format if case.layout == "first" else torch.channels_last


def spelled(case: Case) -> np.ndarray[Any, np.dtype[np.float64]]:
    """In float64, by numpy."""
    given: list[Any] = [
        tuple(one.double().numpy() for one in value) if isinstance(value, tuple) else _numbers(value)
        for value in make(case)
    ]
    x, weight, bias, addend, moments = given
    mean, variance = (
        (x.mean((2, 3), keepdims=True), x.var((2, 3), keepdims=True))
        if moments is None
        else (value.reshape(1, -1, 1, 1) for value in moments)
    )
    y = (x - mean) / np.sqrt(variance + EPSILON) * weight.reshape(-1, 1, 1) + bias.reshape(-1, 1, 1)
    y = np.maximum(y, 0) if case.how.relu else y
    y = y if addend is None else y + addend
    left, right, above, below = case.how.pads
    found: np.ndarray[Any, np.dtype[np.float64]] = np.pad(
        y, [(0, 0), (0, 0), (above, below), (left, right)], "reflect" if case.how.mode == "reflect" else "edge"
    )
    return found


def _numbers(value: Tensor | None) -> Any:
    return None if value is None else value.double().numpy()


def excess(case: Case, found: Tensor) -> float:
    """By how much the worst value is off, over what rounding allows."""
    expected = spelled(case)
    relative, absolute = ROUNDING[case.kind]
    # A mean in float32 is off by a part of itself, and so is what is normalised by a small deviation.
    absolute += abs(case.mean) * 2**-23 / max(case.deviation, 1) * 2 / (case.deviation or EPSILON**0.5)
    assert found.shape == expected.shape
    return float((np.abs(found.double().numpy() - expected) / (absolute + relative * np.abs(expected))).max())


def measured(run: Callable[..., Tensor], case: Case) -> dict[str, Any]:
    x, weight, bias, addend, moments = make(case)
    found = run(x, case.how, weight, bias, EPSILON, addend, moments)
    again = make(case)
    kept = torch.equal(x, again[0]) and (addend is None or torch.equal(addend, again[3]))  # type: ignore[arg-type]
    last = found.is_contiguous(memory_format=torch.channels_last)
    return {"excess": excess(case, found), "kept": kept, "last": last, "same kind": found.dtype == x.dtype}


def check(result: dict[str, Any], slack: float = 1) -> None:
    assert result["excess"] < slack
    assert result["kept"]
    assert result["last"]
    assert result["same kind"]


@pytest.mark.parametrize("name", CASES)
def test_torch_alone_does_the_same(name: str) -> None:
    """What a GPU does without Triton; it rounds after each operation, and loses more far from zero."""
    if "far from zero" not in name:
        check(measured(finish_by_torch, CASES[name]), slack=8)


@pytest.fixture(scope="module")
def interpreted() -> dict[str, Any]:
    if importlib.util.find_spec("triton") is None:
        pytest.skip("triton is not installed")
    return _script("interpret", {"TRITON_INTERPRET": "1"})


@pytest.mark.parametrize("name", CASES)
def test_kernels(name: str, interpreted: dict[str, Any]) -> None:
    check(interpreted[name], slack=2 if CASES[name].kind == "bfloat16" else 1)  # a GPU rounds, the interpreter cuts off


@pytest.mark.parametrize("kind", ["float32", "bfloat16"])
def test_a_network_by_kernels(kind: str, interpreted: dict[str, Any]) -> None:
    """Without the biases that norms take out again, and in bfloat16 with channels for matrix units."""
    assert interpreted[f"network in {kind}"] > (100 if kind == "float32" else 45)


def test_kernels_compile_for_a_gpu_that_is_not_here() -> None:
    if importlib.util.find_spec("triton") is None:
        pytest.skip("triton is not installed")
    found = _script("compile", {"TRITON_INTERPRET": "0"})
    assert set(found) == {"_chunk_moments", "_merge_moments", "_apply"}
    for name in ("_chunk_moments", "_apply"):  # sixteen bytes at a time
        assert found[name]["wide loads"] > 0
    assert found["_apply"]["wide stores"] > 0


def test_without_kernels_torch_goes_on(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    case = CASES["batch"]
    x, weight, bias, addend, _ = make(case)
    expected = finish_by_torch(x, case.how, weight, bias, EPSILON, addend)

    class Broken:
        @staticmethod
        def finish(*arguments: object) -> Tensor:
            raise RuntimeError("ptxas fatal: no such architecture\nand where")

    for broken, said in ((None, 0), (Broken, 1)):
        caplog.clear()
        monkeypatch.setattr(cuda_finish._Kernels, "wanted", True)
        monkeypatch.setitem(sys.modules, "painterly.inference.triton_finish", broken)
        if broken is not None:
            monkeypatch.setattr("painterly.inference.triton_finish", broken, raising=False)
        with caplog.at_level(logging.WARNING, logger="painterly"):
            for _ in range(2):
                assert torch.equal(cuda_finish.finish(x, case.how, weight, bias, EPSILON, addend), expected)
        assert len(caplog.messages) == said
        assert not cuda_finish._Kernels.wanted


def test_memory_that_runs_out_is_no_reason_to_give_up(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        @staticmethod
        def finish(*arguments: object) -> Tensor:
            raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(cuda_finish._Kernels, "wanted", True)
    monkeypatch.setitem(sys.modules, "painterly.inference.triton_finish", Full)
    monkeypatch.setattr("painterly.inference.triton_finish", Full, raising=False)
    x, weight, bias, _, _ = make(CASES["bare"])
    with pytest.raises(torch.OutOfMemoryError):
        cuda_finish.finish(x, Finish(), weight, bias, EPSILON)
    assert cuda_finish._Kernels.wanted


@pytest.mark.parametrize("side", [9, 10])
@pytest.mark.parametrize("description", [StyleDescription(width=3, blocks=1), StyleDescription(width=4, blocks=1)])
def test_more_channels_change_nothing(description: StyleDescription, side: int) -> None:
    network = StyleNetwork(description).eval()
    graph = split_input(lower(network.layers, even=side % 2 == 0))
    wide, outputs = widen(graph, 8)
    x = torch.randn(2, 6, 4 * side, 4 * side + 4)
    with torch.inference_mode():
        expected = TorchEngine(graph)(x)
        found = TorchEngine(wide)(torch.cat([x, torch.zeros(2, 2, *x.shape[2:])], 1))
    assert outputs == 3
    assert wide.inputs == 8
    assert found.shape[1] == (4 if side % 2 == 0 else 8)
    torch.testing.assert_close(found[:, :outputs], expected, rtol=1e-5, atol=1e-5)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no NVIDIA GPU here")
@pytest.mark.parametrize("name", CASES)
def test_on_a_gpu(name: str) -> None:
    def run(x: Tensor, how: Finish, *rest: Any) -> Tensor:
        on: list[Any] = [
            tuple(v.cuda() for v in r) if isinstance(r, tuple) else r.cuda() if isinstance(r, Tensor) else r
            for r in rest
        ]
        return finish(x.cuda(), how, *on).cpu()

    check(measured(run, CASES[name]))


def _script(task: str, environment: dict[str, str]) -> dict[str, Any]:
    command = [sys.executable, "-W", "ignore", __file__, task]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | environment, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _interpret() -> dict[str, Any]:
    from painterly.inference import triton_finish

    results: dict[str, Any] = {}
    for name, case in CASES.items():
        triton_finish._PROGRAMS = case.programs
        results[name] = measured(triton_finish.finish, case)
    engine: Any = torch_engine
    engine.finish = triton_finish.finish
    engine.TorchEngine._is_levelled = lambda self, number, x: number in self._levelled
    torch.manual_seed(0)
    network = StyleNetwork(StyleDescription(width=4, blocks=1)).eval()
    for parameter in network.parameters():
        parameter.data.add_(0.1 * torch.randn_like(parameter))
    x = torch.rand(2, 3, 36, 44)

    class Cuda:
        type = "cuda"

    StyleNetwork.to = lambda self, device: self  # type: ignore[assignment, method-assign]
    with torch.inference_mode():
        expected = network(x)
        for kind in ("float32", "bfloat16"):
            found = accelerate(network, Choice("torch", kind), Cuda())(x)  # type: ignore[arg-type]
            results[f"network in {kind}"] = float(-10 * (found - expected).square().mean().log10())
    return results


def _compile() -> dict[str, Any]:
    """As a launch on an H100 would, of 32 channels of a large picture in bfloat16."""
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource
    from triton.compiler import compile as build

    from painterly.inference import triton_finish

    results: dict[str, Any] = {}

    class Compiled:
        def __init__(self, kernel: Any) -> None:
            self.kernel = kernel

        def __getitem__(self, grid: object) -> Callable[..., None]:
            return self.launch

        def launch(self, *arguments: Any, num_warps: int, **constants: Any) -> None:
            names = [parameter.name for parameter in self.kernel.params]
            kinds: dict[str, str] = {}
            known: dict[tuple[int, ...], Any] = {}
            divisible = {}
            for place, (name, value) in enumerate(zip(names, arguments, strict=False)):
                if isinstance(value, Tensor):
                    kinds[name] = "*bf16" if value.dtype == torch.bfloat16 else "*fp32"
                else:
                    kinds[name] = "fp32" if isinstance(value, float) else "i32"
                if isinstance(value, int) and value == 1:
                    kinds[name], known[(place,)] = "constexpr", 1
                elif isinstance(value, Tensor) or value % 16 == 0:
                    divisible[(place,)] = [["tt.divisibility", 16]]
            for name, value in constants.items():
                kinds[name], known[(names.index(name),)] = "constexpr", value
            source = ASTSource(self.kernel, kinds, known, divisible)
            made = build(source, target=GPUTarget("cuda", 90, 32), options={"num_warps": num_warps})
            text = made.asm["ptx"]
            about = {"wide loads": text.count("ld.global.v4"), "wide stores": text.count("st.global.v4")}
            results[self.kernel.__name__] = about

    for name in ("_chunk_moments", "_merge_moments", "_apply"):
        setattr(triton_finish, name, Compiled(getattr(triton_finish, name)))
    x = torch.empty(1, 32, 256, 256, dtype=torch.bfloat16).contiguous(memory_format=torch.channels_last)
    triton_finish.finish(x, Finish(True, (1, 1, 1, 1)), torch.ones(32), torch.ones(32), EPSILON, x)
    return results


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_interpret() if sys.argv[1] == "interpret" else _compile()))
