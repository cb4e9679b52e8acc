"""What records a network on a GPU, with a recorder that only remembers what it was given."""

from __future__ import annotations

import logging
import re
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import painterly
from painterly.inference import Choice, accelerate, cuda_graphs
from painterly.inference.convert import from_bytes, to_bytes
from painterly.inference.cuda_graphs import CudaGraphs, _Recording
from painterly.inference.stream import stream
from painterly.networks import StyleDescription, StyleNetwork

GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no NVIDIA GPU here")


class Tape:
    """Stands for a CUDA graph: does again what was done when it was recorded, with the same tensors."""

    def __init__(self, graphs: CudaGraphs, given: Tensor) -> None:
        self.graphs, self.given, self.result, self.replays = graphs, given, graphs._run(given), 0

    def replay(self) -> None:
        self.replays += 1
        self.result.copy_(self.graphs._run(self.given))


@pytest.fixture
def tapes(monkeypatch: pytest.MonkeyPatch) -> list[Tape]:
    """As if there were a GPU."""
    made: list[Tape] = []

    def record(self: CudaGraphs, given: Tensor) -> _Recording:
        tape = Tape(self, given)
        made.append(tape)
        return _Recording(tape, given, tape.result)  # type: ignore[arg-type]

    monkeypatch.setattr(CudaGraphs, "_records", lambda self, x: x.numel() <= 3 * 64**2 and self._works)
    monkeypatch.setattr(CudaGraphs, "_warm_up", lambda self, given: None)
    monkeypatch.setattr(CudaGraphs, "_record", record)
    monkeypatch.setattr(cuda_graphs, "_stream", lambda x: (0, 0))
    return made


def test_without_a_gpu_a_function_is_just_run() -> None:
    run = CudaGraphs(nn.Conv2d(3, 3, 1))
    x, pixels = torch.rand(1, 3, 8, 8), torch.randint(0, 256, (1, 8, 8, 3), dtype=torch.uint8)
    assert torch.equal(run(x), run.run(x))
    assert torch.equal(run.bytes(pixels), to_bytes(run.run(from_bytes(pixels))))
    assert not run._recordings


def test_every_shape_is_recorded_once_and_results_are_the_callers(tapes: list[Tape]) -> None:
    run = CudaGraphs(lambda x: 1 - x)
    given = [torch.rand(1, 3, side, side) for side in (8, 12, 8, 8)]
    found = [run(x) for x in given]
    assert [tuple(tape.given.shape[-2:]) for tape in tapes] == [(8, 8), (12, 12)]
    assert [tape.replays for tape in tapes] == [3, 1]
    assert all(torch.equal(y, 1 - x) for x, y in zip(given, found, strict=True))
    assert len({y.data_ptr() for y in found}) == 4


def test_bytes_and_numbers_of_one_shape_are_told_apart(tapes: list[Tape]) -> None:
    run = CudaGraphs(lambda x: 1 - x)
    pixels = torch.randint(0, 256, (3, 3, 3, 3), dtype=torch.uint8)
    assert torch.equal(run.bytes(pixels), 255 - pixels)
    assert torch.equal(run(torch.zeros(3, 3, 3, 3)), torch.ones(3, 3, 3, 3))
    assert len(tapes) == 2


def test_only_so_many_are_kept_and_large_pictures_are_not_recorded(tapes: list[Tape]) -> None:
    run = CudaGraphs(lambda x: x + 1)
    for side in (*range(1, 12), 65, 11, 1):
        run(torch.zeros(1, 3, side, side))
    assert [tape.given.shape[-1] for tape in tapes] == [*range(1, 12), 1]
    assert len(run._recordings) == cuda_graphs._KEPT


@pytest.mark.usefixtures("tapes")
def test_what_cannot_be_recorded_is_run(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    run, x = CudaGraphs(lambda x: x * 2), torch.rand(1, 3, 4, 4)

    def fails(self: CudaGraphs, given: Tensor) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    with monkeypatch.context() as patch:
        patch.setattr(CudaGraphs, "_record", fails)
        assert torch.equal(run(x), 2 * x)
    assert run._works  # another shape may be small enough
    assert torch.equal(run(x), 2 * x)
    assert len(run._recordings) == 1

    class NoGraph:
        def __init__(self, *arguments: Any, **options: Any) -> None:
            pass

        def __enter__(self) -> None:
            raise RuntimeError("operation not permitted when stream is capturing\nand a trace")

        def __exit__(self, *exception: object) -> None: ...

    monkeypatch.undo()
    for name in ("CUDAGraph", "graph", "graph_pool_handle", "Stream", "device"):
        monkeypatch.setattr(torch.cuda, name, NoGraph)
    monkeypatch.setattr(cuda_graphs, "_SPACES", {})
    monkeypatch.setattr(cuda_graphs, "_stream", lambda x: (0, 0))
    with caplog.at_level(logging.WARNING, logger="painterly"):
        assert run._record(x) is None
    assert vars(run)["_works"] is False
    (said,) = caplog.messages
    assert re.fullmatch(r"CUDA graphs cannot be used here: [^\n]*capturing", said)


@pytest.mark.usefixtures("tapes")
def test_a_picture_that_the_network_refuses_is_refused() -> None:
    fast = accelerate(StyleNetwork(StyleDescription(width=2, blocks=1)).eval(), Choice("torch", "float32"), CPU)
    run = CudaGraphs(fast.forward)
    with pytest.raises(ValueError, match="a style network takes"):
        run(torch.rand(1, 3, 15, 16))
    assert run._works


CPU = torch.device("cpu")


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_network_for_a_gpu_is_recorded_from_end_to_end(precision: str, tapes: list[Tape]) -> None:
    """From pixels in to pixels out, padding and cropping included; `accelerate` is told of a GPU that is not there."""

    class Cuda:
        type = "cuda"

    torch.manual_seed(0)
    network = StyleNetwork(StyleDescription(width=4, blocks=1)).eval()
    pictures = torch.randint(0, 256, (2, 18, 21, 3), dtype=torch.uint8)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(StyleNetwork, "to", lambda self, device: self)
        fast = accelerate(network, Choice("torch", precision), Cuda())  # type: ignore[arg-type]
    recorded = fast.forward
    assert isinstance(recorded, CudaGraphs)
    with torch.inference_mode():
        found, expected = fast(from_bytes(pictures)), network(from_bytes(pictures))
        painted = recorded.bytes(pictures)
    assert (found - expected).abs().max() < (1e-4 if precision == "float32" else 0.05)
    assert torch.equal(painted, to_bytes(found))
    assert [tape.given.dtype for tape in tapes] == [torch.float32, torch.uint8]
    if precision == "bfloat16":  # channels are multiples of what matrix units take
        graph: Any = fast.get_submodule("layers.engine").graph
        first, last = graph.ops[1], graph.ops[-2]
        assert first.weight.shape[1] == 8
        assert last.weight.shape[0] == 16


def test_a_stream_asks_the_recorder_for_bytes(tapes: list[Tape]) -> None:
    recorded = CudaGraphs(lambda x: 1 - x)

    class Network:
        forward = recorded

        def __call__(self, x: Tensor) -> Tensor:
            raise AssertionError("not by bytes")

    del tapes
    assert list(stream(Network(), [], "cpu")) == []  # on a CPU nobody asks
    with pytest.raises(AssertionError, match="not by bytes"):
        next(stream(Network(), [torch.zeros(1, 2, 2, 3, dtype=torch.uint8)], "cpu"))


@GPU
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("name", ["starry-night-small", "gallery"])
def test_a_recording_paints_what_the_network_paints(name: str, precision: str) -> None:
    painter = painterly.load(name, device="cuda", backend="torch", precision=precision)
    for shape in ((64, 64), (97, 66), (64, 64)):
        pictures = torch.rand(2, 3, *shape, device="cuda")
        with torch.inference_mode():
            whole = painter.network(pictures).clamp(0, 1)
        assert (painter.paint(pictures) - whole).abs().max() < (1e-2 if precision == "float32" else 0.1)
        error = (painter.paint(pictures) - whole).square().mean()
        assert -10 * error.log10() > (60 if precision == "float32" else 40)
    recorded = painter.fast.forward
    assert isinstance(recorded, CudaGraphs)
    assert recorded._works
    frames = [(torch.rand(1, 64, 64, 3) * 255).to(torch.uint8) for _ in range(7)]
    painted = list(painter.stream(frames))
    alone = [next(painter.stream([frame])) for frame in frames]
    assert all(torch.equal(a, b) for a, b in zip(painted, alone, strict=True))
    assert torch.equal(painted[0], to_bytes(painter.paint(from_bytes(frames[0].cuda()))).cpu())
