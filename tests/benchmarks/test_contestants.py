"""Benchmarks of painterly against the reference, on the smallest pictures there are."""

from __future__ import annotations

import json
import pickle
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from painterly.benchmarks import benchmark_inference, benchmark_startup, benchmark_training
from painterly.benchmarks.inference import contestant, contestants
from painterly.commands.tables import inference_table, training_table
from painterly.errors import PainterlyError
from painterly.folders import DEMO_PICTURE
from painterly.inference import Choice

SMALL = "starry-night-small"
TORCH = Choice("torch", "float32")


class Here:
    """A worker without a process."""

    closed = 0

    def __init__(self, make: Callable[..., dict[str, Callable[..., Any]]], *arguments: Any) -> None:
        self.functions = make(*arguments)

    def ask(self, name: str, *arguments: Any) -> Any:
        return self.functions[name](*arguments)

    def close(self) -> None:
        Here.closed += 1


@pytest.fixture(autouse=True)
def _no_meter(monkeypatch: pytest.MonkeyPatch) -> None:
    """An idle machine is not watched."""
    monkeypatch.setattr("painterly.resources.usage.find_counter", lambda device: (None, "there is no meter"))


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Here, "closed", 0)
    for name in ("inference", "training"):
        monkeypatch.setattr(f"painterly.benchmarks.{name}.Worker", Here)


@pytest.mark.usefixtures("here")
def test_inference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("painterly.benchmarks.inference.measure_ceiling", lambda device, dtype: 1e12)
    said: list[str] = []
    choices = [TORCH, Choice("torch", "bfloat16")]
    table = benchmark_inference(
        DEMO_PICTURE, models=[SMALL], sizes=[32, 36], choices=choices, repeats=2, device="cpu", report=said.append
    )
    assert said == ["32x32 done", "36x36 done"]
    assert Here.closed == 4
    assert set(table.ceiling) == {"float32", "bfloat16"}
    assert [row["size"] for row in table.rows] == [32] * 4 + [36] * 4
    for size in (32, 36):
        default, tuned, ours, rounded = (row for row in table.rows if row["size"] == size)
        assert [row["model"] for row in (default, tuned, ours, rounded)] == ["reference", "reference", SMALL, SMALL]
        assert default["ratio"] == tuned["ratio_tuned"] == 1
        assert [default["psnr"], tuned["psnr"], ours["psnr"]] == [None] * 3
        assert rounded["psnr"] > 40
        assert ours["multiplications"] < default["multiplications"]
        for row in (default, tuned, ours, rounded):
            assert 0 < row["low"] <= row["milliseconds"] <= row["high"]
            assert row["ratio"] == pytest.approx(default["milliseconds"] / row["milliseconds"])
            assert row["ratio_tuned"] == pytest.approx(tuned["milliseconds"] / row["milliseconds"])
            assert row["share"] == pytest.approx(row["multiplications"] / row["milliseconds"] / 1e9)
            assert row["usage"]["energy_source"] == "there is no meter"
    json.dumps(table.to_dict())


@pytest.mark.usefixtures("here")
def test_figures_of_a_batch_are_a_picture_s(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a GPU whose clock says twelve milliseconds for whatever it does, and a processor's that says a hundred."""
    monkeypatch.setattr("painterly.benchmarks.inference.measure_ceiling", lambda device, dtype: 1e12)

    def timed(call: Callable[[], object], device: object) -> tuple[float, float]:
        call()
        return 0.1, 0.012

    monkeypatch.setattr("painterly.benchmarks.inference.time_call", timed)
    tables = [
        benchmark_inference(
            DEMO_PICTURE, models=[SMALL], sizes=[32], choices=[TORCH], repeats=3, batch_size=batch, device="cpu"
        )
        for batch in (1, 4)
    ]
    for one, four in zip(tables[0].rows, tables[1].rows, strict=True):
        assert (one["batch_size"], four["batch_size"]) == (1, 4)
        assert one["milliseconds"] == pytest.approx(100)
        assert four["milliseconds"] == pytest.approx(25)
        assert one["device_milliseconds"] == pytest.approx(12)
        assert four["device_milliseconds"] == pytest.approx(3)
        assert one["multiplications"] == four["multiplications"]
        assert one["share"] == pytest.approx(one["multiplications"] / 0.012 / 1e12)
        assert four["share"] == pytest.approx(4 * one["share"])
        assert one["ratio"] == four["ratio"] == 1
    text = "\n".join(inference_table(tables[1].rows))
    assert "ms of the GPU" in text
    assert "3.00" in text


def test_what_a_gpu_waits_and_the_paper_s_schedule_are_printed() -> None:
    usage = {"peak_memory": None}
    rows = [
        {"training": "painterly", "loss_network": "VGG-16", "precision": "bf16-mixed", "ratio": 5.0, "usage": usage}
        | {"seconds": 0.006, "low": 0.0058, "high": 0.0071, "idle": idle, "paper_seconds": 240.0}
        for idle in (0.125, None)
    ]
    lines = training_table(rows)
    assert "0.0060 s (0.0058 to 0.0071)" in lines[2]
    assert "12 %" in lines[2]
    assert "4.0 min" in lines[2]
    assert "not known" in lines[3]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no NVIDIA GPU here")
def test_on_a_gpu() -> None:
    table = benchmark_inference(DEMO_PICTURE, models=[SMALL], sizes=[64], repeats=2, batch_size=2, device="cuda")
    assert all(0 < row["device_milliseconds"] <= row["milliseconds"] * 1.1 for row in table.rows)
    steps = benchmark_training(size=64, batch_size=2, repeats=2, device="cuda")
    assert all(0 <= row["idle"] < 1 for row in steps.rows)


def test_only_our_layers_are_counted_rewritten() -> None:
    """The reference is the network that ours is without rewriting; multiplications are per pixel."""
    about = []
    for model, choice in (("reference", None), ("starry-night", TORCH)):
        functions = contestant(str(DEMO_PICTURE), model, choice, False, "cpu")
        functions["prepare"](64)
        about.append(functions["about"](0)["multiplications"] / 64**2)
    assert about[0] > about[1] > 0.5 * about[0]


def test_contestants_are_what_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    cpu, cuda = torch.device("cpu"), torch.device("cuda")
    monkeypatch.setattr("painterly.benchmarks.inference.fast_bfloat16", lambda device: True)
    both = ["float32", "bfloat16"]
    with monkeypatch.context() as patch:
        patch.setattr("painterly.benchmarks.inference.importlib.util.find_spec", lambda name: object())
        runtimes = [*(Choice("openvino", precision) for precision in (*both, "int8")), Choice("onnxruntime", "float32")]
        assert contestants(cpu) == [*(Choice("torch", precision) for precision in both), *runtimes]
        assert contestants(cuda) == [Choice("torch", precision) for precision in both]
        patch.setattr("painterly.benchmarks.inference.importlib.util.find_spec", lambda name: None)
        patch.setattr("painterly.benchmarks.inference.fast_bfloat16", lambda device: False)
        assert contestants(cpu) == [TORCH]


@pytest.mark.usefixtures("here")
def test_training(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("lightning_fabric", reason="lightning-fabric is not installed")
    monkeypatch.setattr("painterly.benchmarks.training.fast_bfloat16", lambda device: False)
    table = benchmark_training(size=32, batch_size=1, repeats=1, device="cpu")
    assert Here.closed == 3
    assert [(row["training"], row["loss_network"]) for row in table.rows] == [
        ("reference", "VGG-16"), ("painterly", "VGG-16"), ("painterly", "distilled"),
    ]  # fmt: skip
    for row in table.rows:
        assert row["precision"] == "32-true"
        assert 0 < row["low"] <= row["seconds"] <= row["high"]
        assert row["ratio"] == pytest.approx(table.rows[0]["seconds"] / row["seconds"])
        assert row["idle"] is None
        assert row["paper_seconds"] is None  # neither its size nor its batch
    assert json.loads(json.dumps(table.to_dict()))["batch_size"] == 1


def test_what_a_process_is_told_can_be_told() -> None:
    for choice in (None, TORCH):
        assert pickle.loads(pickle.dumps((contestant, SMALL, choice))) == (contestant, SMALL, choice)


def test_a_worker_that_fails_is_one_sentence_and_nothing_is_left_running(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    closed: list[object] = []

    class Failing(Here):
        def ask(self, name: str, *arguments: Any) -> Any:
            raise RuntimeError("Traceback ...\n  in there\nValueError: it broke\n")

        def close(self) -> None:
            closed.append(self)

    monkeypatch.setattr("painterly.benchmarks.inference.Worker", Failing)
    monkeypatch.setattr("painterly.benchmarks.inference.measure_ceiling", lambda device, dtype: 1e12)
    with pytest.raises(PainterlyError, match=r"^[^\n]*: ValueError: it broke$"):
        benchmark_inference(DEMO_PICTURE, sizes=[32], choices=[TORCH], device="cpu")
    assert closed


def test_startup_in_real_processes(tmp_path: Path) -> None:
    Image.effect_noise((43, 38), 60).convert("RGB").save(tmp_path / "photo.png")
    said: list[str] = []
    table = benchmark_startup(tmp_path / "photo.png", model=SMALL, choices=[TORCH], repeats=1, report=said.append)
    assert table.to_dict()["size"] == [40, 36]
    reference, ours = table.rows
    assert (reference["model"], ours["model"]) == ("reference", SMALL)
    assert (ours["backend"], ours["precision"]) == ("torch", "float32")
    assert reference["ratio"] == 1
    assert ours["ratio"] == pytest.approx(reference["seconds"] / ours["seconds"])
    assert len(said) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["photo.png"]


@pytest.mark.parametrize("said", ["Traceback ...\npainterly: there is no model 'x'\n", ""])
def test_a_process_that_fails_is_a_sentence(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    """And not the representation of a list."""

    def run(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 1, "", said)

    monkeypatch.setattr("painterly.benchmarks.startup.subprocess.run", run)
    with pytest.raises(PainterlyError, match="a process failed") as caught:
        benchmark_startup(DEMO_PICTURE, model=SMALL, choices=[TORCH], repeats=1)
    assert "[" not in str(caught.value)
    if said:
        assert "there is no model 'x'" in str(caught.value)
