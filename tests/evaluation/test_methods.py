"""Ways to enlarge, under the names that tables give them."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch

from painterly.errors import InputError, UsageError
from painterly.evaluation.methods import choose_methods, kind_of
from painterly.images.resampling import enlarge
from painterly.models.card import ModelCard
from painterly.models.file import save_network
from painterly.networks.description import SRCNNDescription, SuperResolutionDescription
from painterly.networks.srcnn import SRCNN
from painterly.networks.super_resolution import SuperResolutionNetwork

TINY = SuperResolutionDescription(width=4, up_width=4, blocks=1)


def tiny(path: Path, scale: int = 4) -> Path:
    path.parent.mkdir(exist_ok=True)
    network = SuperResolutionNetwork(SuperResolutionDescription(scale, 4, 4, 1))
    save_network(path, network, ModelCard("super-resolution", network.description.to_dict()))
    return path


@pytest.mark.parametrize(
    ("network", "training", "kind"),
    [
        (TINY.to_dict(), {"loss": "pixel"}, "pixel"),
        (TINY.to_dict(), {"loss": "feature"}, "feature"),
        (TINY.to_dict(), {}, "pixel"),
        (SRCNNDescription().to_dict(), {"loss": "pixel"}, "srcnn"),
        (SRCNNDescription().to_dict(), {}, "srcnn"),
    ],
)
def test_the_kind_is_what_a_network_was_trained_for(
    network: dict[str, Any], training: dict[str, Any], kind: str
) -> None:
    assert kind_of(ModelCard("super-resolution", network, training=training)) == kind


@pytest.mark.parametrize("scale", [2, 3, 4, 8])
def test_nearest_and_bicubic_are_always_there(scale: int) -> None:
    nearest, bicubic = choose_methods(scale, [])
    small = torch.rand(1, 3, 3, 5)
    assert (nearest.name, bicubic.name) == ("nearest", "bicubic")
    repeated = small.repeat_interleave(scale, 2).repeat_interleave(scale, 3)
    assert torch.equal(nearest.enlarge(small), repeated)
    assert torch.equal(bicubic.enlarge(small), enlarge(small, scale))


def test_what_ships_is_used_by_default_and_each_kind_once() -> None:
    names = [method.name for method in choose_methods(4, device="cpu")]
    assert names[:2] == ["nearest", "bicubic"]
    assert set(names[2:]) <= {"srcnn", "pixel", "feature"}
    assert len(set(names)) == len(names)


def test_a_file_is_called_by_its_name_and_enlarges(tmp_path: Path) -> None:
    save_network(
        tmp_path / "other.safetensors",
        SRCNN("9-1-5"),
        ModelCard("super-resolution", SRCNNDescription(4, (9, 1, 5)).to_dict()),
    )
    files = [tiny(tmp_path / "mine.safetensors"), tmp_path / "other.safetensors"]
    methods = choose_methods(4, files, device="cpu")
    assert [method.name for method in methods] == ["nearest", "bicubic", "mine", "other"]
    for method in methods:
        large = method.enlarge(torch.rand(1, 3, 6, 7))
        assert large.shape == (1, 3, 24, 28)
        assert not large.requires_grad


def test_histograms_are_matched_where_that_brought_a_network_closer(tmp_path: Path) -> None:
    network = SuperResolutionNetwork(TINY)
    small = 0.3 + 0.4 * torch.rand(1, 3, 9, 8)
    outputs = []
    for name, matched in (("plain", 20.0), ("matched", 30.0)):
        card = ModelCard("super-resolution", TINY.to_dict(), result={"unseen": {"psnr": 25.0, "matched_psnr": matched}})
        save_network(tmp_path / f"{name}.safetensors", network, card)
        outputs.append(choose_methods(4, [tmp_path / f"{name}.safetensors"], device="cpu")[2].enlarge(small))
    plain, matched_output = outputs
    assert not torch.allclose(plain, matched_output)
    assert math.isclose(float(matched_output.max()), float(small.max()), abs_tol=1e-5)


def test_two_of_one_name_are_refused(tmp_path: Path) -> None:
    files = [tiny(tmp_path / folder / "same.safetensors") for folder in ("a", "b")]
    with pytest.raises(UsageError, match="'same'"):
        choose_methods(4, files, device="cpu")
    with pytest.raises(UsageError, match="'bicubic'"):
        choose_methods(4, [tiny(tmp_path / "bicubic.safetensors")], device="cpu")


def test_a_network_for_another_scale_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="enlarges by 2, not by 4"):
        choose_methods(4, [tiny(tmp_path / "two.safetensors", 2)], device="cpu")


def test_a_network_that_paints_is_refused() -> None:
    with pytest.raises(UsageError, match="does not enlarge"):
        choose_methods(4, ["starry-night"], device="cpu")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        choose_methods(4, [tmp_path / "none.safetensors"], device="cpu")
    with pytest.raises(UsageError, match="no model 'upscale-x99'"):
        choose_methods(4, ["upscale-x99"], device="cpu")
