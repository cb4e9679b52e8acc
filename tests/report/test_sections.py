"""The real parts of a report, with as little work as can be."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from painterly.encoders import VGG
from painterly.errors import InputError
from painterly.evaluation.cost import downsampling_argument
from painterly.models.card import ModelCard
from painterly.models.file import save_network
from painterly.networks import SUPER_RESOLUTION_PRESETS, StyleDescription, StyleNetwork
from painterly.report import ReportSettings, build_report
from painterly.report.settings import QUICK
from painterly.training.super_resolution_settings import SuperResolutionTraining

Parse = Callable[[str], Any]


@pytest.fixture(autouse=True)
def _tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """The quick budget, quicker; nothing that counts energy, which would have to be watched for a while."""
    tiny = dataclasses.replace(
        QUICK,
        inversion_size=32,
        inversion_iterations=1,
        curve_sizes=(32, 48),
        curve_iterations=2,
        painting_photos=1,
        painting_iterations=1,
        large_photos=1,
        speed_sizes=(32,),
        speed_iterations=1,
        div2k_steps=1,
        div2k_size=48,
    )
    monkeypatch.setattr("painterly.report.settings.QUICK", tiny)
    monkeypatch.setattr("painterly.resources.usage.find_counter", lambda device: (None, "there is no meter"))


def smooth(path: Path, size: tuple[int, int], seed: int) -> None:
    coarse = Image.fromarray(np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8))
    path.parent.mkdir(exist_ok=True, parents=True)
    coarse.resize(size, Image.Resampling.BICUBIC).save(path)


@pytest.fixture
def world(tmp_path: Path) -> dict[str, Any]:
    """A model whose card says how it was trained, its painting, photographs, a benchmark and a loss network."""
    smooth(tmp_path / "photos" / "a <b> & c.png", (64, 48), 0)
    smooth(tmp_path / "painting.png", (48, 48), 1)
    smooth(tmp_path / "benchmarks" / "Set5" / "one.png", (48, 48), 2)
    torch.manual_seed(1)
    save_file(VGG("D", until="relu2_2").state_dict(), tmp_path / "vgg.safetensors")
    description = StyleDescription(width=2, blocks=1)
    card = ModelCard(
        "style",
        description.to_dict(),
        title="Noise",
        style={"file": "painting.png", "sha256": "0"},
        training={
            "preset": "modern",
            "weighting": "modern",
            "style_size": 48,
            "weights": {"content": 1.0, "style": 30.0, "variation": 0.0},
        },
        loss_network={
            "name": str(tmp_path / "vgg.safetensors"),
            "content_layers": ["relu2_2"],
            "style_layers": ["relu1_2", "relu2_2"],
        },
    )
    save_network(tmp_path / "model.safetensors", StyleNetwork(description), card)
    return {
        "output": tmp_path / "report",
        "quick": True,
        "model": str(tmp_path / "model.safetensors"),
        "style": tmp_path / "painting.png",
        "photos": tmp_path / "photos",
        "loss_network": str(tmp_path / "vgg.safetensors"),
        "device": "cpu",
    }


def test_the_argument_for_down_sampling_as_it_is_counted(
    tmp_path: Path, parse: Parse, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = ReportSettings(output=tmp_path / "report", sections="cost", device="cpu")
    monkeypatch.setattr(
        "painterly.report.sections.cost.downsampling_argument", lambda: downsampling_argument(4, 32, layers=(1, 2))
    )
    assert build_report(settings)["drawn"] == ["cost"]
    part = json.loads((tmp_path / "report" / "data" / "cost.json").read_text(encoding="utf-8"))
    rows = downsampling_argument(4, 32, layers=(1, 2))
    assert part["data"]["rows"] == [row.to_dict() for row in rows]
    (table,) = (block for block in part["blocks"] if block["kind"] == "table")
    assert len(table["rows"]) == len(rows)
    assert all(line[3] == line[4] for line in table["rows"])  # counted is what the formula says
    page = parse((tmp_path / "report" / "report.html").read_text(encoding="utf-8"))
    assert f"{rows[0].multiplications:,}" in page.words["td"]


def test_everything_about_style_in_a_few_steps(
    world: dict[str, Any], parse: Parse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PAINTERLY_DATA", raising=False)
    wanted = ["inversion", "iterations", "paintings", "speed"]
    settings = ReportSettings(**world, sections=",".join([*wanted, "enlargements", "div2k"]))
    result = build_report(settings)
    assert result["drawn"] == wanted
    assert {name: reason.split(",")[0] for name, reason in result["left_out"].items()} == {
        "enlargements": "name a folder with --benchmarks",
        "div2k": "name a folder with --training",
    }

    page = parse((world["output"] / "report.html").read_text(encoding="utf-8"))
    kinds = [kind for kind, _ in page.pictures]
    assert sorted(set(kinds)) == ["data:image/jpeg", "data:image/png", "data:image/svg+xml"]
    assert len(kinds) == 2 + 1 + 2 + 1
    assert "a <b> & c" in page.parts["paintings"]
    assert "32x32" in page.parts["iterations"]
    assert "48x48" in page.parts["iterations"]
    assert "there is no meter" in page.parts["speed"]

    data = {name: json.loads((world["output"] / "data" / f"{name}.json").read_text())["data"] for name in wanted}
    assert [size["size"] for size in data["iterations"]["sizes"]] == [32, 48]
    assert [row["figure"] for row in data["paintings"]["objectives"]] == [6, 7]
    (row,) = data["speed"]["rows"]
    assert row["usage"]["network"]["energy_source"] == "there is no meter"
    assert build_report(settings)["kept"] == wanted


def test_super_resolution_networks_are_trained_once(
    world: dict[str, Any], data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, network in SUPER_RESOLUTION_PRESETS.items():
        monkeypatch.setitem(SUPER_RESOLUTION_PRESETS, name, dataclasses.replace(network, width=4, up_width=4, blocks=1))
    benchmarks = world["output"].with_name("benchmarks")
    settings = ReportSettings(**world, sections="div2k", training=data / "photos" / "bsds_test", benchmarks=benchmarks)
    said: list[str] = []
    assert build_report(settings, said.append)["drawn"] == ["div2k"]
    assert sum(line.startswith("training ") for line in said) == 4
    part = json.loads((world["output"] / "data" / "div2k.json").read_text(encoding="utf-8"))
    assert len(part["data"]["training"]) == 4
    assert all(row["peak_memory"] is None or row["peak_memory"] > 0 for row in part["data"]["training"])

    (world["output"] / "data" / "div2k.json").unlink()
    said.clear()
    assert build_report(settings, said.append)["drawn"] == ["div2k"]
    assert not any(line.startswith("training ") for line in said)


def test_networks_of_other_photographs_are_not_taken_for_these(
    world: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    trained: list[str] = []

    def train(config: SuperResolutionTraining) -> None:
        trained.append(config.photos.name)
        config.output.parent.mkdir(exist_ok=True, parents=True)
        config.output.write_text("a network")

    def evaluate(*arguments: object, **options: object) -> None:
        raise InputError("enough")

    monkeypatch.setattr("painterly.report.sections.div2k.train_super_resolution", train)
    monkeypatch.setattr("painterly.report.sections.div2k.evaluate_super_resolution", evaluate)
    monkeypatch.setattr("painterly.report.sections.cost.downsampling_argument", list)
    folders = {"sections": "cost,div2k", "benchmarks": world["output"].with_name("benchmarks")}
    for name in ("one", "one", "other"):
        build_report(ReportSettings(**world, **folders, training=world["output"].with_name(name)))
    assert trained == ["one", "one", "other", "other"]  # two networks each
