"""The optimiser on both kinds of devices, and steps that are recorded, with a recorder that only remembers."""

from __future__ import annotations

import dataclasses
import logging
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from painterly.training import stepping
from painterly.training.learn import LearnTask
from painterly.training.loop import fit, learning_rate
from painterly.training.machine import load_adam, make_adam, make_fabric, set_rates
from painterly.training.meter import _numbers
from painterly.training.stepping import Stepper, _Recording
from painterly.training.style import StyleTask
from painterly.training.style_settings import StyleTraining
from painterly.training.super_resolution import SRCNNTask, SuperResolutionTask
from painterly.training.super_resolution_settings import SRCNNTraining, SuperResolutionTraining

CPU = torch.device("cpu")
GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no NVIDIA GPU here")


class Tape:
    """Stands for a CUDA graph: does again what was recorded, with the same tensors."""

    def __init__(self, again: Callable[[], Tensor], values: Tensor) -> None:
        self.again, self.values = again, values

    def replay(self) -> None:
        self.values.copy_(self.again())


@pytest.fixture
def tapes(monkeypatch: pytest.MonkeyPatch) -> list[_Recording]:
    made: list[_Recording] = []

    def record(self: Stepper, photographs: Tensor, given: dict[str, Tensor]) -> _Recording:
        still, kept = photographs.clone(), {name: value.clone() for name, value in given.items()}
        names: list[str] = []

        def again() -> Tensor:
            terms, norm = self._fixed(still, kept)
            names[:] = terms
            return torch.stack([*terms.values(), norm])

        model: Any = self.model
        before = {name: value.clone() for name, value in model.state_dict().items()}
        optimizer = self.optimizer.state_dict()
        optimizer = {
            **optimizer,
            "state": {k: {n: v.clone() for n, v in s.items()} for k, s in optimizer["state"].items()},
        }
        values = again()  # recording does nothing yet
        model.load_state_dict(before)
        self.optimizer.load_state_dict(optimizer)
        recording = _Recording(Tape(again, values), still, kept, tuple(names), values)  # type: ignore[arg-type]
        made.append(recording)
        return recording

    monkeypatch.setattr(Stepper, "_record", record)
    return made


def gallery(settings: dict[str, Any], paintings: list[Path]) -> StyleTraining:
    return StyleTraining(**settings | {"style": paintings, "identity_steps": 0}).resolved()


def stepped(
    task: Any, config: Any, *, records: bool, steps: int = 12
) -> tuple[list[dict[str, float]], dict[str, Tensor]]:
    """Losses and weights along a run on noise."""
    fabric = make_fabric("cpu", 1, "32-true")
    optimizer: Any = make_adam(task.parameters(), config.learning_rate or 1e-3, CPU)
    model, optimizer = fabric.setup(task.network.train(), optimizer)
    stepper = Stepper(fabric, task, model, optimizer, clip=config.clip or math.inf, records=records)
    torch.manual_seed(0)
    found = []
    for step in range(steps):
        samples = range(config.batch_size * step, config.batch_size * (step + 1))
        terms, norm = stepper(torch.rand(config.batch_size, 3, config.size, config.size), step, samples)
        assert not any(value.requires_grad for value in (*terms.values(), norm))
        found.append({name: float(value) for name, value in terms.items()} | {"gradient": float(norm)})
    return found, task.network.state_dict()


@pytest.mark.parametrize("only_identity", [False, True])
def test_recorded_steps_of_a_gallery_are_the_same_steps(
    settings: dict[str, Any], paintings: list[Path], tapes: list[_Recording], only_identity: bool
) -> None:
    config = dataclasses.replace(gallery(settings, paintings), only_identity=only_identity)
    runs = []
    for records in (False, True):
        torch.manual_seed(0)
        runs.append(stepped(StyleTask(config), config, records=records))
    assert runs[0][0] == runs[1][0]
    for name, value in runs[0][1].items():
        assert torch.equal(value, runs[1][1][name])
    kinds = [{name: len(value) for name, value in tape.given.items()} for tape in tapes]
    assert all(one["painted"] + one["kept"] == one["styles"] == config.batch_size for one in kinds)
    assert len({tuple(one.items()) for one in kinds}) == len(kinds)  # each kind of step once
    assert len(kinds) == 1 if only_identity else len(kinds) > 1


@pytest.mark.parametrize("loss", ["pixel", "feature"])
def test_super_resolution_is_recorded_where_nothing_is_drawn(
    settings: dict[str, Any], tapes: list[_Recording], loss: str
) -> None:
    own = ("photos", "output", "loss_network", "held_out", "precision", "device", "workers")
    kept = {name: settings[name] for name in own} | {"batch_size": 2, "size": 48, "loss": loss}
    config = SuperResolutionTraining(**kept, feature_layers="relu2_2").resolved()
    runs = []
    for records in (False, True):
        torch.manual_seed(0)
        runs.append(stepped(SuperResolutionTask(config), config, records=records, steps=4))
    assert runs[0][0] == runs[1][0]
    assert len(tapes) == (loss == "pixel")


def test_srcnn_is_recorded(settings: dict[str, Any], tapes: list[_Recording]) -> None:
    config = SRCNNTraining(photos=settings["photos"], output=settings["output"], batch_size=2, size=36).resolved()
    runs = []
    for records in (False, True):
        torch.manual_seed(0)
        runs.append(stepped(SRCNNTask(config), config, records=records, steps=4))
    assert runs[0][0] == runs[1][0]
    assert len(tapes) == 1


def test_what_is_not_recorded(settings: dict[str, Any], paintings: list[Path]) -> None:
    config = gallery(settings, paintings)
    task = StyleTask(config)
    assert task.given(-1, (0, 1)) is None  # steps that only teach the photograph itself come once
    assert task.given(0, (0, 1)) is not None
    task.config = dataclasses.replace(config, steady_weight=1.0)
    assert task.given(0, (0, 1)) is None
    watched = LearnTask.__new__(LearnTask)
    watched.watch = lambda step, paint: None
    assert watched.given(0, (0, 1)) is None


def test_where_recording_fails_the_run_goes_on(
    settings: dict[str, Any], paintings: list[Path], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class NoGraph:
        def __init__(self, *arguments: Any, **options: Any) -> None:
            pass

        def __enter__(self) -> None:
            raise RuntimeError("operation not permitted when stream is capturing\nand a trace")

        def __exit__(self, *exception: object) -> None: ...

    for name in ("CUDAGraph", "graph", "graph_pool_handle", "Stream", "device"):
        monkeypatch.setattr(torch.cuda, name, NoGraph)
    config = gallery(settings, paintings)
    runs = []
    with caplog.at_level(logging.WARNING, logger="painterly"):
        for records in (False, True):
            torch.manual_seed(0)
            runs.append(stepped(StyleTask(config), config, records=records))
    assert runs[0][0] == runs[1][0]
    assert [text for text in caplog.messages if "recorded" in text] == [
        "steps cannot be recorded here, and are done as they come: operation not permitted when stream is capturing"
    ]


@pytest.mark.parametrize("where", ["network", "objective"])
def test_what_does_not_compile_is_trained_without(
    settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, where: str
) -> None:
    def broken(module: Any, example: Any) -> Any:
        raise RuntimeError("no C++ compiler was found\nand where it was looked for")

    config = StyleTraining(**settings).resolved()

    def build(self: StyleTask) -> None:
        getattr(self, where).compile(backend=broken)

    plain = fit(config, lambda: StyleTask(config))
    monkeypatch.setattr(StyleTask, "compile", build)
    again = dataclasses.replace(config, compile=True, overwrite=True)
    torch.compiler.reset()
    with caplog.at_level(logging.WARNING, logger="painterly"):
        card = fit(again, lambda: StyleTask(again))
    assert card.result["last"] == plain.result["last"]
    (said,) = [text for text in caplog.messages if "compile" in text]
    assert said.startswith("the network does not compile here, and is trained without: ")
    assert "\n" not in said


def test_another_error_of_a_compiled_step_is_not_hidden(settings: dict[str, Any]) -> None:
    config = StyleTraining(**settings).resolved()
    task = StyleTask(config)

    def fails(*arguments: object) -> dict[str, Tensor]:
        raise RuntimeError("something else")

    task.terms = fails  # type: ignore[method-assign, assignment]
    fabric = make_fabric("cpu", 1, "32-true")
    model, optimizer = fabric.setup(task.network, make_adam(task.parameters(), 1e-3, CPU))
    stepper = Stepper(fabric, task, model, optimizer, clip=1.0, compiled=True)
    with pytest.raises(RuntimeError, match="something else"):
        stepper(torch.rand(1, 3, 32, 32), 0, (0,))
    assert stepper.compiled


def test_rates_are_shared_out_and_fall() -> None:
    layer = nn.Linear(2, 2)
    optimizer = make_adam([{"params": [layer.weight]}, {"params": [layer.bias], "share": 0.1}], 0.5, CPU)
    assert [group["lr"] for group in optimizer.param_groups] == [0.5, 0.5]
    set_rates(optimizer, 0.25)
    assert [group["lr"] for group in optimizer.param_groups] == [0.25, 0.025]
    for group in optimizer.param_groups:
        group["lr"] = torch.tensor(0.0)  # where a recording looks for it
    kept = [group["lr"] for group in optimizer.param_groups]
    set_rates(optimizer, 0.5)
    assert all(group["lr"] is rate for group, rate in zip(optimizer.param_groups, kept, strict=True))
    torch.testing.assert_close(torch.stack(kept), torch.tensor([0.5, 0.05]))


def descended(optimizer: Any, layer: nn.Module, steps: int) -> None:
    for step in range(steps):
        set_rates(optimizer, 0.1 / (1 + step))
        optimizer.zero_grad()
        layer(torch.full((1, 3), 1.0 + step)).square().sum().backward()
        optimizer.step()


def test_a_run_begun_on_a_gpu_goes_on_without_and_the_other_way_round() -> None:
    """A fused optimiser counts steps beside the weights and has its rates in tensors; torch has it on CPUs too."""

    def fused(layer: nn.Module) -> Any:
        groups = [{"params": list(layer.parameters()), "share": 1.0, "lr": torch.tensor(0.1)}]
        return torch.optim.Adam(groups, fused=True)

    def plain(layer: nn.Module) -> Any:
        return make_adam([{"params": list(layer.parameters())}], 0.1, CPU)

    torch.manual_seed(0)
    begun = nn.Linear(3, 2)
    for before, after in ((fused, plain), (plain, fused), (plain, plain)):
        whole, layer = nn.Linear(3, 2), nn.Linear(3, 2)
        for one in (whole, layer):
            one.load_state_dict(begun.state_dict())
        alone = plain(whole)
        descended(alone, whole, 3)
        descended(alone, whole, 2)
        first = before(layer)
        descended(first, layer, 3)
        second = after(layer)
        own = [group["lr"] for group in second.param_groups]
        load_adam(second, first.state_dict())
        assert all(group["lr"] is rate for group, rate in zip(second.param_groups, own, strict=True))
        assert all(bool(group["fused"]) == (after is fused) for group in second.param_groups)
        descended(second, layer, 2)
        torch.testing.assert_close(layer.weight, whole.weight)


def test_numbers_are_fetched_at_once_and_are_the_same() -> None:
    found = [{"a": torch.tensor(1 / 3), "b": torch.tensor(0.1, dtype=torch.float64)}, {}, {"a": torch.tensor(math.inf)}]
    assert _numbers(found) == [{name: float(value) for name, value in one.items()} for one in found]
    assert _numbers([]) == []


@GPU
def test_steps_on_a_gpu(settings: dict[str, Any], paintings: list[Path]) -> None:
    """Recorded and not, in float32, hardly differ; and the recording is really used."""
    config = dataclasses.replace(gallery(settings, paintings), device="cuda")
    ends = []
    for records in (False, True):
        torch.manual_seed(0)
        fabric, task = make_fabric("cuda", 1, "32-true"), StyleTask(config)
        task.network.to(memory_format=torch.channels_last).train()  # type: ignore[call-overload]
        task.to(fabric.device)
        optimizer: Any = make_adam(task.parameters(), 1e-3, fabric.device)
        model, optimizer = fabric.setup(task.network, optimizer)
        stepper = Stepper(fabric, task, model, optimizer, clip=10.0, records=records)
        generator = torch.Generator(fabric.device).manual_seed(0)
        for step in range(16):
            set_rates(optimizer, learning_rate(config, step, 16))
            pictures = torch.rand(2, 3, 32, 32, device=fabric.device, generator=generator)
            terms, _ = stepper(pictures, step, range(2 * step, 2 * step + 2))
        ends.append({name: float(value) for name, value in terms.items()})
        assert bool(stepper._recordings) == records
        assert stepper.records == records
    assert ends[0] == pytest.approx(ends[1], rel=0.02)


@GPU
def test_a_run_on_a_gpu_goes_on_from_its_checkpoint(settings: dict[str, Any]) -> None:
    config = StyleTraining(**settings | {"device": "cuda", "precision": "bf16-mixed", "steps": 12}).resolved()
    fit(config, lambda: StyleTask(config))
    more = dataclasses.replace(config, steps=16, resume=True)
    assert fit(more, lambda: StyleTask(more)).result["steps"] == 18
    assert stepping._WARM_UP < 12
