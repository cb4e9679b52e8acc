from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import save_file

from painterly.encoders import VGG

Run = Callable[..., Any]


def test_table_1(run: Run, tmp_path: Path) -> None:
    save_file(VGG("D", until="relu2_2").state_dict(), tmp_path / "vgg.safetensors")
    common = ("--sizes", "32", "--iterations", 1, "--repeats", 1, "--loss-network", tmp_path / "vgg.safetensors")
    status, out, _ = run("benchmark", "paper", *common, "--device", "cpu")
    assert status == 0
    assert "| 32 |" in out
    assert "~ extrapolated from the median of 1 iterations" in out
    assert json.loads(run("benchmark", "paper", *common, "--json", "--quiet").out)["rows"][0]["size"] == 32


@pytest.mark.parametrize("sizes", ["x", "16", "256,"])
def test_sizes_that_cannot_be_meant(run: Run, sizes: str) -> None:
    status, out, err = run("benchmark", "paper", "--sizes", sizes)
    assert (status, out) == (2, "")
    assert err.startswith("painterly: --sizes")
