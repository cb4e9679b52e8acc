from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from painterly.benchmarks import Timing, benchmark_paper, time_calls
from painterly.encoders import VGG
from painterly.folders import DEMO_PICTURE


@pytest.fixture
def vgg(tmp_path: Path) -> Path:
    save_file(VGG("D", until="relu2_2").state_dict(), tmp_path / "vgg.safetensors")
    return tmp_path / "vgg.safetensors"


def test_calls_are_counted_and_the_warm_up_is_not_timed() -> None:
    calls: list[int] = []
    timing = time_calls(lambda: calls.append(1), calls=7, warm_up=2)
    assert len(calls) == 9
    assert timing.calls == 7
    assert 0 <= timing.low <= timing.median <= timing.high


def test_one_call_has_no_spread() -> None:
    assert Timing.of([2.0]) == Timing(2.0, 2.0, 2.0, 1)


def test_the_table_multiplies_what_was_measured_and_says_where(vgg: Path) -> None:
    table = benchmark_paper(DEMO_PICTURE, sizes=[32, 48], iterations=2, repeats=2, loss_network=str(vgg), device="cpu")
    assert [row["size"] for row in table.rows] == [32, 48]
    for row in table.rows:
        for entry, count in zip(row["optimisation"], (100, 300, 500), strict=True):
            assert entry["iterations"] == count
            assert entry["extrapolated"]
            assert entry["seconds"] == pytest.approx(count * row["iteration"]["median"])
            assert entry["speed_up"] == pytest.approx(entry["seconds"] / row["network"]["median"])
        for usage in row["usage"].values():
            assert usage["seconds"] > 0
            assert usage["memory_before"] is None or usage["memory_before"] <= usage["peak_memory"] + (1 << 20)
    assert json.loads(json.dumps(table.to_dict()))["threads"] == torch.get_num_threads()


def test_a_table_that_was_measured_whole_is_not_marked(vgg: Path) -> None:
    table = benchmark_paper(DEMO_PICTURE, sizes=[32], iterations=100, repeats=1, loss_network=str(vgg), device="cpu")
    assert [entry["extrapolated"] for entry in table.rows[0]["optimisation"]] == [False, True, True]
