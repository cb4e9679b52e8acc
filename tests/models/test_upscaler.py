from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import painterly
from painterly import memory
from painterly.errors import InputError, UsageError
from painterly.models.card import ModelCard
from painterly.models.file import save_network
from painterly.models.upscaler import Upscaler
from painterly.networks import SRCNN, SRCNNDescription, SuperResolutionDescription, SuperResolutionNetwork

NOISE = np.random.default_rng(0).integers(0, 256, (9, 14, 3), np.uint8)


def make(scale: int = 4, unseen: dict[str, float] | None = None) -> Upscaler:
    torch.manual_seed(0)
    description = SuperResolutionDescription(scale=scale, width=4, up_width=4, blocks=1)
    card = ModelCard("super-resolution", description.to_dict(), result={"unseen": unseen} if unseen else {})
    return Upscaler(SuperResolutionNetwork(description), card, torch.device("cpu"), "torch", "float32")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    ours = make()
    save_network(tmp_path / "ours.safetensors", ours.network, ours.card)
    return tmp_path / "ours.safetensors"


def test_pictures_come_back_larger_and_in_their_kind(tmp_path: Path) -> None:
    upscaler = make()
    Image.fromarray(NOISE).save(tmp_path / "a.png")
    for picture in (tmp_path / "a.png", Image.fromarray(NOISE)):
        large = upscaler(picture)
        assert isinstance(large, Image.Image)
        assert large.size == (56, 36)
    for dtype, top in ((np.uint8, 255), (np.uint16, 65535), (np.float32, 1)):
        array = upscaler((NOISE / 255 * top).astype(dtype))
        assert (array.dtype, array.shape) == (np.dtype(dtype), (36, 56, 3))
    assert upscaler(torch.rand(3, 1, 1)).shape == (3, 4, 4)
    assert upscaler(torch.rand(2, 3, 5, 6)).shape == (2, 3, 20, 24)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "HSV", "I", "I;16", "F"])
def test_every_mode_is_enlarged(mode: str) -> None:
    if mode == "I;16":
        picture = Image.fromarray(NOISE[..., 0].astype(np.uint16))
    else:
        picture = Image.fromarray(NOISE).convert("L" if mode in ("I", "F") else "RGB").convert(mode)
    large = make()(picture)
    assert large.size == (56, 36)
    assert large.mode == ("RGBA" if mode in ("LA", "RGBA") else "RGB")


def test_transparency_is_enlarged_with_the_picture() -> None:
    picture = Image.fromarray(NOISE).convert("RGBA")
    picture.putalpha(Image.new("L", picture.size, 77))
    assert make()(picture).getchannel("A").getextrema() == (77, 77)


@pytest.mark.parametrize(
    ("unseen", "default"),
    [({"psnr": 27.0, "matched_psnr": 27.1}, True), ({"psnr": 27.0, "matched_psnr": 26.0}, False), (None, False)],
)
def test_histograms_are_matched_by_default_where_that_has_helped(
    unseen: dict[str, float] | None, default: bool
) -> None:
    upscaler = make(unseen=unseen)
    small = torch.rand(1, 3, 12, 12) * 0.2 + 0.4
    plain, matched = upscaler(small, match_histogram=False), upscaler(small, match_histogram=True)
    assert not torch.equal(plain, matched)
    assert matched.min() >= small.min() - 1e-6
    assert matched.max() <= small.max() + 1e-6
    assert torch.equal(upscaler(small), matched if default else plain)


def test_a_model_may_be_named_by_file_or_by_scale(model: Path) -> None:
    assert painterly.load_upscaler(model).scale == 4
    assert painterly.load_upscaler(model, scale=4).scale == 4
    with pytest.raises(UsageError, match="enlarges by 4, not by 8"):
        painterly.load_upscaler(model, scale=8)
    with pytest.raises(UsageError, match="no network for x3 ships"):
        painterly.load_upscaler(scale=3)


def test_painting_and_enlarging_are_not_mixed_up(model: Path) -> None:
    with pytest.raises(UsageError, match="painterly stylize"):
        painterly.load_upscaler("starry-night")
    with pytest.raises(UsageError, match="painterly upscale"):
        painterly.load(model)


def test_a_model_file_gives_the_network_that_was_saved(tmp_path: Path) -> None:
    torch.manual_seed(3)
    network = SRCNN(SRCNNDescription(scale=2, kernels=(5, 1, 3), widths=(4, 3)))
    card = ModelCard("super-resolution", network.description.to_dict())
    save_network(tmp_path / "srcnn.safetensors", network, card)
    upscaler = painterly.load_upscaler(tmp_path / "srcnn.safetensors", backend="torch", precision="float32")
    small = torch.rand(1, 3, 8, 9)
    assert upscaler.network.description == network.description
    with torch.no_grad():
        torch.testing.assert_close(upscaler(small), network.eval()(small), atol=1e-5, rtol=0)


def test_too_large_a_picture_is_refused_before_memory_runs_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available_memory", lambda: 1_000_000)
    with pytest.raises(InputError, match=r"400x300 pixels needs about .* GB of memory"):
        make()(torch.rand(3, 300, 400))
