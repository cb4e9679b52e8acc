"""Tables of benchmarks as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from painterly.commands.tables import (
    inference_table,
    machine_line,
    markdown,
    memory_table,
    paper_table,
    paper_usage_table,
    startup_table,
    training_table,
)

Row = dict[str, Any]
USAGE = {"peak_memory": 300 << 20, "idle_watts": None, "energy_source": "there is no meter"}
COUNTED = {**USAGE, "joules_per_image": 2.5, "idle_watts": 12.4, "energy_source": "RAPL"}
WHO = {"model": "starry-night", "backend": "torch", "precision": "float32"}
TIMES = {"seconds": 1.5, "low": 1.25, "high": 2.0, "ratio": 3.21}
FAST = {**WHO, "size": 256, "milliseconds": 12.34, "low": 12.0, "high": 13.0, "ratio": 4.56, "ratio_tuned": 2.0}
MEMORY = {"megapixels": 24.0, "method": "painterly, tiles", "peak_mb": 1901.2, "seconds": 12.0, "psnr": 71.23}
TIMING = {"median": 1.0, "low": 0.5, "high": 2.0, "calls": 5}
ENTRY = {"iterations": 100, "seconds": 100.0, "speed_up": 200.4, "extrapolated": True}
PAPER = {
    "size": 256,
    "network": TIMING,
    "iteration": TIMING,
    "optimisation": [ENTRY, ENTRY, {**ENTRY, "extrapolated": False}],
    "paper": (3.17, 9.52, 15.86, 0.015),
    "usage": {"network": COUNTED, "optimisation": USAGE},
}
TABLES: dict[str, tuple[Callable[[Sequence[Row]], list[str]], list[Row]]] = {
    "inference": (
        inference_table,
        [
            {**FAST, "psnr": None, "share": None, "usage": USAGE},
            {**FAST, "psnr": 59.87, "share": 0.5, "usage": COUNTED},
        ],
    ),
    "training": (
        training_table,
        [{**TIMES, "training": "painterly", "loss_network": "VGG-16", "precision": "32-true", "usage": COUNTED}],
    ),
    "startup": (startup_table, [{**WHO, **TIMES}, {**WHO, **TIMES}]),
    "memory": (memory_table, [MEMORY, {**MEMORY, "peak_mb": None, "psnr": None}, {**MEMORY, "psnr": float("inf")}]),
    "paper": (paper_table, [PAPER, {**PAPER, "size": 320, "paper": None}]),
}


def cells(line: str) -> list[str]:
    assert line.startswith("|")
    assert line.endswith("|")
    return [cell.strip() for cell in line[1:-1].split("|")]


def test_markdown() -> None:
    assert markdown(["a", "b"], [[1, "x"], [None, 2.5]]) == [
        "| a | b   |", "|---|-----|", "| 1 | x   |", "|   | 2.5 |",
    ]  # fmt: skip
    assert markdown(["a"], []) == ["| a |", "|---|"]


@pytest.mark.parametrize("name", TABLES)
def test_every_row_has_as_many_cells_as_the_head(name: str) -> None:
    table, rows = TABLES[name]
    lines = table(rows)
    assert len(lines) == 2 + len(rows)
    assert len({len(cells(line)) for line in lines}) == 1


def test_inference() -> None:
    first, second = (cells(line) for line in inference_table(TABLES["inference"][1])[2:])
    start = ["256", "starry-night", "torch", "float32", "12.3 (12.0 to 13.0)", "4.6x", "2.0x"]
    assert first == [*start, "", "", "300 MiB", "not known"]
    assert second == [*start, "59.9 dB", "50 %", "300 MiB", "2.5"]


def test_training_startup_and_memory() -> None:
    seconds = "1.50 s (1.25 to 2.00)"
    expected = ["painterly", "VGG-16", "32-true", seconds, "3.2x", "300 MiB", "2.5"]
    assert cells(training_table(TABLES["training"][1])[2]) == expected
    assert cells(startup_table(TABLES["startup"][1])[2]) == ["starry-night", "torch", "float32", seconds, "3.2x"]
    known, unknown, equal = (cells(line) for line in memory_table(TABLES["memory"][1])[2:])
    assert known == ["24", "painterly, tiles", "1901 MB", "12.0 s", "0.50 s", "71.2 dB"]
    assert unknown[2:] == ["not known", "12.0 s", "0.50 s", ""]
    assert equal[-1] == "equal"


def test_the_papers_table() -> None:
    first, second = (cells(line) for line in paper_table(TABLES["paper"][1])[2:])
    time = "1.000 s (0.500 to 2.000)"
    ours = [time, time, "~100.0 s", "~100.0 s", "100.0 s", "200x / 200x / 200x"]
    assert first == ["256", *ours, "211x / 635x / 1057x"]
    assert second == ["320", *ours, ""]
    *_, row, energy = paper_usage_table([PAPER])
    assert cells(row) == ["256", "300 MiB", "300 MiB", "2.5", "not known"]
    assert energy == "energy: 12 W idle subtracted, RAPL"


def test_machines_are_named_by_what_computes() -> None:
    machine = {"gpu": None, "processor": "A", "cores": 8, "threads": 4, "torch": "2.9", "painterly": "0.1"}
    assert machine_line(machine) == "A, 8 cores, 4 threads, torch 2.9, painterly 0.1"
    assert machine_line({**machine, "gpu": "B"}) == "B, torch 2.9, painterly 0.1"
