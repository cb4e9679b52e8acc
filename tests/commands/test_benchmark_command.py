from __future__ import annotations

import functools
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import save_file

from painterly.encoders import VGG
from painterly.resources import UsageMeter

Run = Callable[..., Any]


class Meter:
    """Counts nothing in an idle machine, and then 42 joules from one question to the next."""

    source = "made up"

    def __init__(self) -> None:
        self.asked = 0

    def joules(self) -> float:
        self.asked += 1
        return 42.0 * max(0, self.asked - 2)


@pytest.mark.parametrize("counts", [False, True])
def test_memory_and_energy_are_told_or_why_not(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, counts: bool
) -> None:
    if counts:
        meter = functools.partial(UsageMeter, counter=Meter(), sleep=lambda seconds: None)
        monkeypatch.setattr("painterly.benchmarks.paper.UsageMeter", meter)
    else:
        monkeypatch.setattr("painterly.resources.usage.find_counter", lambda device: (None, "there is no meter"))
    save_file(VGG("D", until="relu2_2").state_dict(), tmp_path / "vgg.safetensors")
    common = ("--sizes", "32", "--iterations", 2, "--repeats", 2, "--loss-network", tmp_path / "vgg.safetensors")
    status, out, _ = run("benchmark", "paper", *common, "--device", "cpu")
    head, _, line, energy = out.splitlines()[-4:]
    assert status == 0
    assert re.fullmatch(
        r"\| size +\| peak memory, network +\| optimisation +\| joules a pass +\| an iteration +\|", head
    )
    memory = r"\d+ MiB" if sys.platform == "linux" else r".*"
    each = "14" if counts else "not known"  # two that are timed and one before them
    assert re.fullmatch(rf"\| 32 +\| {memory} +\| {memory} +\| {each} +\| {each} +\|", line)
    assert energy == ("energy: 0 W idle subtracted, made up" if counts else "energy: not known, there is no meter")


def test_table_1(run: Run, tmp_path: Path) -> None:
    save_file(VGG("D", until="relu2_2").state_dict(), tmp_path / "vgg.safetensors")
    common = ("--sizes", "32", "--iterations", 1, "--repeats", 1, "--loss-network", tmp_path / "vgg.safetensors")
    status, out, _ = run("benchmark", "paper", *common, "--device", "cpu")
    assert status == 0
    assert re.search(r"^\| 32 +\|", out, re.MULTILINE)
    assert "~ extrapolated from the median of 1 iterations" in out
    (row,) = json.loads(run("benchmark", "paper", *common, "--json", "--quiet").out)["rows"]
    assert row["size"] == 32
    assert set(row["usage"]) == {"network", "optimisation"}
    for usage in row["usage"].values():
        assert usage["seconds"] > 0
        assert usage["energy_source"]


@pytest.mark.parametrize("sizes", ["x", "16", "256,"])
def test_sizes_that_cannot_be_meant(run: Run, sizes: str) -> None:
    status, out, err = run("benchmark", "paper", "--sizes", sizes)
    assert (status, out) == (2, "")
    assert err.startswith("painterly: --sizes")
