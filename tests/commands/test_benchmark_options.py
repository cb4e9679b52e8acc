"""`painterly benchmark inference|training|startup|memory`: what they hand on and what they refuse."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from painterly.benchmarks import InferenceTable, MemoryTable, StartupTable, TrainingTable
from painterly.inference import Choice

Run = Callable[..., Any]
MACHINE = {"gpu": None, "processor": "A", "cores": 8, "threads": 4, "torch": "2.9", "painterly": "0.1"}
TABLES = {
    "inference": InferenceTable(MACHINE, {"float32": 2e9}),
    "training": TrainingTable(MACHINE, 32, 1),
    "startup": StartupTable(MACHINE, (64, 48)),
    "memory": MemoryTable(MACHINE, "starry-night", 2_000_000_000),
}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """No benchmark runs; the list gets the arguments of those that would have."""
    calls: list[dict[str, Any]] = []
    for name, table in TABLES.items():

        def benchmark(*arguments: Any, table: Any = table, **named: Any) -> Any:
            calls.append(named)
            return table

        monkeypatch.setattr(f"painterly.benchmarks.{name}.benchmark_{name}", benchmark)
    return calls


@pytest.mark.parametrize("name", TABLES)
def test_results_are_tables_or_json(run: Run, asked: list[dict[str, Any]], name: str) -> None:
    status, out, _ = run("benchmark", name)
    assert status == 0
    assert out.startswith("A, 8 cores, 4 threads, torch 2.9, painterly 0.1\n")
    assert "\n| " in out
    assert json.loads(run("benchmark", name, "--json").out)["machine"] == MACHINE
    assert len(asked) == 2


@pytest.mark.parametrize("name", ["inference", "startup"])
def test_contestants_may_be_named(run: Run, asked: list[dict[str, Any]], name: str) -> None:
    assert run("benchmark", name, "--backends", " torch ,torch").status == 0
    (call,) = asked
    assert {choice.backend for choice in call["choices"]} == {"torch"}
    assert Choice("torch", "float32") in call["choices"]


def test_compilation_is_timed_only_where_asked_for(run: Run, asked: list[dict[str, Any]]) -> None:
    run("benchmark", "inference", "--device", "cpu")
    run("benchmark", "inference", "--device", "cpu", "--backends", "compile")
    assert "compile" not in {choice.backend for choice in asked[0]["choices"]}
    assert {choice.backend for choice in asked[1]["choices"]} == {"compile"}


def test_options_of_memory(run: Run, asked: list[dict[str, Any]], tmp_path: Path) -> None:
    run("benchmark", "memory", "--megapixels", "0.5, 2", "--method", "painterly, tiles", "--memory", "1GB")
    (call,) = asked
    assert call["megapixels"] == [0.5, 2.0]
    assert call["methods"] == ["painterly, tiles"]
    assert call["memory"] == "1GB"
    (tmp_path / "there.svg").touch()
    assert run("benchmark", "memory", "--figure", tmp_path / "there.svg").status == 1
    assert len(asked) == 1


def test_options_of_training(run: Run, asked: list[dict[str, Any]]) -> None:
    run("benchmark", "training", "--size", 64, "--batch-size", 2, "--repeats", 3, "--compile", "--device", "cpu")
    (call,) = asked
    assert {name: call[name] for name in ("size", "batch_size", "repeats", "compile", "device")} == {
        "size": 64, "batch_size": 2, "repeats": 3, "compile": True, "device": "cpu",
    }  # fmt: skip


REFUSED: list[tuple[str, tuple[object, ...], str]] = [
    *(("inference", ("--sizes", sizes), "--sizes") for sizes in ("x", "", "16", "34", "64,")),
    *(("memory", ("--megapixels", sizes), "--megapixels") for sizes in ("x", "", "0", "-1", "1,", "1e9", "nan")),
    *((name, ("--backends", "abacus"), "--backends") for name in ("inference", "startup")),
    *((name, ("--backends", " , "), "--backends") for name in ("inference", "startup")),
    ("inference", ("--device", "abacus"), "there is no device 'abacus'"),
]


@pytest.mark.parametrize(("name", "options", "said"), REFUSED, ids=str)
def test_what_cannot_be_meant_is_one_sentence_and_status_2(
    run: Run, asked: list[dict[str, Any]], name: str, options: tuple[object, ...], said: str
) -> None:
    status, out, err = run("benchmark", name, *options)
    assert (status, out) == (2, "")
    assert err.startswith(f"painterly: {said}")
    assert err.count("\n") == 1
    assert asked == []


@pytest.mark.parametrize(
    ("name", "options"),
    [("inference", ("--repeats", 0)), ("training", ("--repeats", 0)), ("startup", ("--repeats", 0)),
     ("training", ("--size", 31)), ("training", ("--batch-size", 0)), ("training", ("--sizes", "64"))],
)  # fmt: skip
def test_numbers_out_of_range_are_refused(
    run: Run, asked: list[dict[str, Any]], name: str, options: tuple[object, ...]
) -> None:
    assert run("benchmark", name, *options).status == 2
    assert asked == []


def test_crops_that_the_reference_cannot_take_are_refused(run: Run, asked: list[dict[str, Any]]) -> None:
    """Its paintings are a multiple of 4 wide, so that those of 33 pixels cannot be compared with their photographs."""
    status, _, err = run("benchmark", "training", "--size", 33)
    assert status == 2
    assert "--size" in err
    assert asked == []


def test_a_back_end_that_is_named_but_not_installed_is_not_left_out_in_silence(
    run: Run, asked: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("painterly.benchmarks.inference.importlib.util.find_spec", lambda name: None)
    status, _, err = run("benchmark", "inference", "--backends", "openvino", "--device", "cpu")
    assert status != 0
    assert "openvino" in err
    assert asked == []


def test_no_network_at_all_is_refused(run: Run, asked: list[dict[str, Any]]) -> None:
    status, _, err = run("benchmark", "inference", "--models", " , ")
    assert status == 2
    assert "--models" in err
    assert asked == []


def test_a_chart_that_cannot_be_written_is_refused_first(run: Run, asked: list[dict[str, Any]], tmp_path: Path) -> None:
    (tmp_path / "there.svg").touch()
    for name in ("chart.txt", "there.svg"):
        status, out, err = run("benchmark", "inference", "--figure", tmp_path / name)
        assert status != 0
        assert out == ""
        assert name in err
    assert asked == []
