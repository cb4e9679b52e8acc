"""PSNR and SSIM against two other implementations, and against what is published for bicubic enlargement."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from skimage.color import rgb2ycbcr
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from torch import Tensor
from torchmetrics.functional.image import peak_signal_noise_ratio as torchmetrics_psnr
from torchmetrics.functional.image import structural_similarity_index_measure as torchmetrics_ssim

from painterly.evaluation.benchmark import find_sets
from painterly.evaluation.metrics import luma, luma_psnr, luma_ssim
from painterly.images.resampling import enlarge


def pictures(height: int = 31, width: int = 26, noise: float = 0.1) -> tuple[Tensor, Tensor]:
    """A smooth picture, and the same with noise that leaves [0, 1] here and there."""
    target = torch.nn.functional.interpolate(torch.rand(1, 3, 6, 5), (height, width), mode="bilinear")
    return target + noise * torch.randn(1, 3, height, width), target


def planes(*pair: Tensor, border: int, grey: bool = False) -> list[Tensor]:
    """Luma of 8-bit files by scikit-image, inside the border; of grey files the values themselves."""
    found = []
    for picture in pair:
        bytes_ = picture[0].clamp(0, 1).mul(255).round().byte().permute(1, 2, 0).numpy()
        plane = bytes_[..., 0].astype(float) if grey else rgb2ycbcr(bytes_)[..., 0]
        rows, columns = (slice(border, side - border) for side in plane.shape)
        found.append(torch.from_numpy(plane[rows, columns])[None, None])
    return found


@given(st.integers(20, 34), st.integers(20, 34), st.integers(0, 4), st.floats(0.001, 1))
def test_psnr_equals_that_of_torchmetrics_and_scikit_image(height: int, width: int, border: int, noise: float) -> None:
    output, target = pictures(height, width, noise)
    found, wanted = planes(output, target, border=border)
    psnr = luma_psnr(output, target, border=border)
    if torch.equal(found, wanted):
        assert psnr == math.inf
        return
    assert psnr == pytest.approx(peak_signal_noise_ratio(wanted.numpy(), found.numpy(), data_range=255), abs=1e-9)
    assert psnr == pytest.approx(float(torchmetrics_psnr(found, wanted, data_range=255.0)), abs=1e-5)


@given(st.integers(20, 34), st.integers(20, 34), st.integers(0, 4), st.floats(0.01, 1))
def test_ssim_equals_that_of_torchmetrics_and_scikit_image(height: int, width: int, border: int, noise: float) -> None:
    output, target = pictures(height, width, noise)
    found, wanted = planes(output, target, border=border)
    ssim = luma_ssim(output, target, border=border)
    _, full = torchmetrics_ssim(found, wanted, sigma=1.5, data_range=255.0, return_full_image=True)
    assert ssim == pytest.approx(float(full[..., 5:-5, 5:-5].mean()), abs=1e-6)
    window = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "win_size": 11}
    there = structural_similarity(found[0, 0].numpy(), wanted[0, 0].numpy(), data_range=255, **window)
    assert ssim == pytest.approx(there, abs=1e-9)


def test_grey_files_count_as_they_are() -> None:
    output, target = (picture[:, :1].expand(-1, 3, -1, -1) for picture in pictures())
    found, wanted = planes(output, target, border=2, grey=True)
    torch.testing.assert_close(luma(output, grey=True)[..., 2:-2, 2:-2], found, atol=1e-9, rtol=0)
    psnr = luma_psnr(output, target, border=2, grey=True)
    assert psnr == pytest.approx(peak_signal_noise_ratio(wanted.numpy(), found.numpy(), data_range=255))
    # Colour's luma spans 219 levels, so that the same differences count less.
    assert luma_psnr(output, target, border=2) - psnr == pytest.approx(20 * math.log10(255 / 219))


def test_luma_runs_from_16_to_235_and_that_of_grey_files_from_0_to_255() -> None:
    ends = torch.tensor([-0.5, 0, 1, 1.5]).view(1, 1, 1, 4).expand(1, 3, 1, 4)
    assert luma(ends).flatten().tolist() == pytest.approx([16, 16, 235, 235])
    assert luma(ends, grey=True).flatten().tolist() == pytest.approx([0, 0, 255, 255])


def test_what_an_eight_bit_file_would_not_hold_does_not_count() -> None:
    target = torch.randint(0, 256, (1, 3, 16, 16)) / 255
    assert luma_psnr(target + 0.4 / 255, target, border=0) == math.inf
    assert luma_psnr(target + 0.6 / 255, target, border=0) < 60
    assert luma_ssim(target - 0.4 / 255, target, border=0) == 1
    assert luma_psnr(torch.full_like(target, 7.0), torch.ones_like(target), border=0) == math.inf


def test_the_border_does_not_count() -> None:
    output, target = pictures()
    spoilt = output.clone()
    spoilt[..., :3, :] = spoilt[..., :, -3:] = 0
    assert luma_psnr(spoilt, target, border=3) == luma_psnr(output, target, border=3)
    assert luma_ssim(spoilt, target, border=3) == luma_ssim(output, target, border=3)
    assert luma_psnr(spoilt, target, border=2) < luma_psnr(output, target, border=2)


@pytest.mark.parametrize(("name", "psnr", "ssim"), [("Set5", 28.43, 0.811), ("Set14", 26.00, 0.703)])
def test_bicubic_enlargement_gives_the_published_means(data: Path, name: str, psnr: float, ssim: float) -> None:
    (benchmark,) = [found for found in find_sets(data / "benchmarks") if found.name == name]
    figures = {
        pair.name: (
            luma_psnr(enlarge(pair.small, 4), pair.large, border=4, grey=pair.grey),
            luma_ssim(enlarge(pair.small, 4), pair.large, border=4, grey=pair.grey),
        )
        for pair in benchmark.pairs(4)
    }
    means = np.mean(list(figures.values()), axis=0)
    assert means[0] == pytest.approx(psnr, abs=0.005)
    assert means[1] == pytest.approx(ssim, abs=0.0005)
    if name == "Set5":
        baby = next(value for key, value in figures.items() if key.startswith("img_001"))
        assert baby[0] == pytest.approx(31.79, abs=0.005)
        assert baby[1] == pytest.approx(0.8577, abs=0.0005)
