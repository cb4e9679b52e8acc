"""Peak memory by size, and how others tile, with processes replaced by calls."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from painterly.benchmarks.memory import METHODS, benchmark_memory, contestant
from painterly.benchmarks.tilings import paint_each_by_itself, paint_with_thumbnail_statistics
from painterly.errors import PainterlyError, UsageError
from painterly.models.catalogue import shipped_models
from painterly.models.file import load_network
from painterly.networks.style import StyleNetwork

SMALL = "starry-night-small"
DEMO = Path(__file__).parents[2] / "src/painterly/assets/demo.jpg"


class Here:
    """A worker in this process."""

    def __init__(self, make: Callable[..., dict[str, Callable[..., Any]]], *arguments: Any) -> None:
        pickle.loads(pickle.dumps((make, arguments)))
        self.functions = make(*arguments)

    def ask(self, name: str) -> Any:
        return self.functions[name]()

    def close(self) -> None:
        pass


@pytest.fixture
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("painterly.benchmarks.memory.Worker", Here)


@pytest.mark.usefixtures("_here")
def test_every_method_at_every_size(tmp_path: Path) -> None:
    table = benchmark_memory(
        DEMO, model=SMALL, megapixels=[0.01, 0.02], memory="20GB", precision="float32", device="cpu", keep=tmp_path
    )
    assert [(row["megapixels"], row["method"]) for row in table.rows] == [
        (size, method) for size in (0.01, 0.02) for method in METHODS
    ]
    assert not table.skipped
    for row in table.rows:
        assert row["seconds"] > 0
        assert row["peak_mb"] is None or row["peak_mb"] > 10
        if row["method"] == "painterly, tiles":
            assert row["psnr"] > 50
    json.dumps(table.to_dict())
    assert [path.name for path in tmp_path.iterdir()] == [f"{SMALL}-0.02-megapixels.png"]


@pytest.mark.usefixtures("_here")
def test_what_would_not_fit_or_does_not_apply_is_said() -> None:
    asked = {"precision": "float32", "device": "cpu", "memory": "20GB"}
    table = benchmark_memory(DEMO, model=SMALL, megapixels=[0.01], whole_limit=0.1, **asked)  # type: ignore[arg-type]
    assert [row["method"] for row in table.rows] == ["painterly, tiles"]
    assert all("would take about" in one["reason"] for one in table.skipped)
    table = benchmark_memory(DEMO, model="upscale-x4", megapixels=[0.02], **asked)  # type: ignore[arg-type]
    assert {row["method"] for row in table.rows} == {"painterly, whole", "painterly, tiles"}
    assert len(table.skipped) == len(METHODS) - 2


def test_unknown_methods_are_refused() -> None:
    with pytest.raises(UsageError, match="--methods takes"):
        benchmark_memory(DEMO, methods=["by hand"])


def test_a_method_that_fails_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing(Here):
        def ask(self, name: str) -> Any:
            raise RuntimeError("Traceback ...\nValueError: it broke\n")

    monkeypatch.setattr("painterly.benchmarks.memory.Worker", Failing)
    with pytest.raises(PainterlyError, match=r"^[^\n]*: ValueError: it broke$"):
        benchmark_memory(DEMO, model=SMALL, megapixels=[0.01], device="cpu")


def test_a_contestant_can_be_sent_to_a_process() -> None:
    assert pickle.loads(pickle.dumps(contestant)) is contestant


def test_others_tiles_are_the_whole_only_where_there_is_one() -> None:
    network, _ = load_network(shipped_models()[SMALL])
    assert isinstance(network, StyleNetwork)
    network.eval()
    picture = torch.rand(1, 3, 64, 96, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        whole = network(picture).clamp(0, 1)
    for paint in (paint_each_by_itself, paint_with_thumbnail_statistics):
        assert (paint(network, picture, tile=96) - whole).abs().max() < 1e-3
    assert (paint_each_by_itself(network, picture, tile=32) - whole).abs().max() > 0.02
    assert (paint_with_thumbnail_statistics(network, picture, tile=32, longest=48) - whole).abs().max() > 0.02
    with torch.inference_mode():  # and the network is as it was
        assert torch.equal(network(picture).clamp(0, 1), whole)
