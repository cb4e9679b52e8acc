"""The whole table, on two tiny sets and a tiny network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from painterly.data.degradation import degrade
from painterly.errors import UsageError
from painterly.evaluation.metrics import luma_psnr
from painterly.evaluation.super_resolution import FIGURES, evaluate_super_resolution
from painterly.images.reading import read_picture
from painterly.images.resampling import enlarge
from painterly.images.tensors import to_tensor
from painterly.models.card import ModelCard
from painterly.models.file import save_network
from painterly.networks.description import SuperResolutionDescription
from painterly.networks.super_resolution import SuperResolutionNetwork

METHODS = ["nearest", "bicubic", "tiny"]


@pytest.fixture
def sets(tmp_path: Path) -> Path:
    """One picture in Set5 and two in Mine."""
    generator = np.random.default_rng(0)
    for name in ("Set5/baby.png", "Mine/a.png", "Mine/b.png"):
        path = tmp_path / "sets" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        small = Image.fromarray(generator.integers(0, 256, (6, 7, 3), dtype=np.uint8))
        small.resize((50, 43), Image.Resampling.BICUBIC).save(path)
    return tmp_path / "sets"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    network = SuperResolutionNetwork(SuperResolutionDescription(width=4, up_width=4, blocks=1))
    card = ModelCard("super-resolution", network.description.to_dict())
    save_network(tmp_path / "tiny.safetensors", network, card)
    return tmp_path / "tiny.safetensors"


def options(model: Path, **others: Any) -> dict[str, Any]:
    return {"models": [model], "loss_network": "none", "device": "cpu", **others}


def test_every_set_and_method_has_a_row_with_the_means_of_its_pictures(sets: Path, model: Path) -> None:
    result = evaluate_super_resolution(sets, **options(model))
    assert [(row["set"], row["method"]) for row in result.rows] == [
        (name, method) for name in ("Set5", "Mine") for method in METHODS
    ]
    for row in result.rows:
        of_row = [p for p in result.pictures if (p["set"], p["method"]) == (row["set"], row["method"])]
        assert set(row) == {"set", "scale", "method", *FIGURES, "pictures", "paper_psnr", "paper_ssim"}
        assert row["pictures"] == len(of_row) == {"Set5": 1, "Mine": 2}[row["set"]]
        assert row["scale"] == 4
        assert row["feature_distance"] is None
        for figure in ("psnr", "ssim", "colour_shift", "grid"):
            assert row[figure] == pytest.approx(np.mean([p[figure] for p in of_row]))
    papers = {(row["set"], row["method"]): row["paper_psnr"] for row in result.rows}
    assert papers["Set5", "bicubic"] == 28.43
    assert [value for key, value in papers.items() if key != ("Set5", "bicubic")] == [None] * 5
    assert json.loads(json.dumps(result.to_dict()))["rows"] == result.rows


def test_each_picture_is_measured_as_by_hand(sets: Path, model: Path) -> None:
    result = evaluate_super_resolution(sets, **options(model, sets=["Set5"], models=[]))
    large = to_tensor(read_picture(sets / "Set5" / "baby.png"))[..., :40, :48]
    assert [(p["picture"], p["method"]) for p in result.pictures] == [("baby", "nearest"), ("baby", "bicubic")]
    wanted = luma_psnr(enlarge(degrade(large, 4), 4), large, border=4)
    assert result.pictures[1]["psnr"] == pytest.approx(wanted, abs=1e-6)


def test_a_set_may_be_chosen_and_an_unknown_one_is_refused(sets: Path, model: Path) -> None:
    result = evaluate_super_resolution(sets, **options(model, sets=["Mine"]))
    assert {row["set"] for row in result.rows} == {"Mine"}
    with pytest.raises(UsageError, match=r"no Set7; it has Set5, Mine"):
        evaluate_super_resolution(sets, **options(model, sets=["Mine", "Set7"]))


def test_every_picture_is_drawn_and_reported(sets: Path, model: Path) -> None:
    figures: list[tuple[str, str, tuple[int, int]]] = []
    reports: list[str] = []
    evaluate_super_resolution(
        sets,
        **options(model),
        figure=lambda name, picture, sheet: figures.append((name, picture, sheet.size)),
        report=reports.append,
    )
    assert reports == ["Set5/baby", "Mine/a", "Mine/b"]
    assert [f"{name}/{picture}" for name, picture, _ in figures] == reports
    assert {size[0] for _, _, size in figures} == {4 * (3 * 40 + 6) - 6}


def test_the_degradation_and_scale_are_passed_on(sets: Path) -> None:
    bicubic, paper = (
        evaluate_super_resolution(sets, scale=2, models=[], degradation=degradation, loss_network="none", device="cpu")
        for degradation in ("bicubic", "paper")
    )
    assert (bicubic.scale, bicubic.degradation, paper.degradation) == (2, "bicubic", "paper")
    assert all(row["scale"] == 2 for row in paper.rows)
    assert all(one["psnr"] > other["psnr"] for one, other in zip(bicubic.rows, paper.rows, strict=True))


def test_the_feature_distance_names_where_it_was_taken(sets: Path, model: Path, data: Path) -> None:
    weights = data / "loss_networks" / "vgg16_caffe_relu2_2.safetensors"
    if not weights.is_file():
        pytest.skip("no weights of VGG-16 as deep as relu2_2")
    result = evaluate_super_resolution(sets, **options(model, loss_network="vgg16-relu2_2", sets=["Set5"]))
    assert result.feature_layers == "vgg16-relu2_2 relu2_2"
    assert all(0 < row["feature_distance"] < 2 for row in result.rows)
