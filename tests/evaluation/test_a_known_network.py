"""The whole of the evaluation against a published figure: IMDN (Hui et al. 2019) scores 32.21 dB on Set5 at x4."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from painterly.evaluation.benchmark import find_sets
from painterly.evaluation.metrics import luma_psnr, luma_ssim


class IMDN:
    """Information multi-distillation, from the shapes of its published weights."""

    def __init__(self, path: Path) -> None:
        weights = torch.load(path, map_location="cpu", weights_only=True)
        self.weights = {name.removeprefix("module."): value for name, value in weights.items()}

    def conv(self, name: str, x: Tensor) -> Tensor:
        weight = self.weights[f"{name}.weight"]
        return F.conv2d(x, weight, self.weights[f"{name}.bias"], padding=weight.shape[-1] // 2)

    def block(self, name: str, x: Tensor) -> Tensor:
        kept, rest = [], x
        for step in ("c1", "c2", "c3"):
            part, rest = F.leaky_relu(self.conv(f"{name}.{step}", rest), 0.05).split((16, 48), 1)
            kept.append(part)
        y = torch.cat([*kept, self.conv(f"{name}.c4", rest)], 1)
        contrast = y.std((2, 3), correction=0, keepdim=True) + y.mean((2, 3), keepdim=True)
        attention = self.conv(f"{name}.cca.conv_du.2", F.relu(self.conv(f"{name}.cca.conv_du.0", contrast)))
        return self.conv(f"{name}.c5", y * attention.sigmoid()) + x

    def __call__(self, small: Tensor) -> Tensor:
        first = x = self.conv("fea_conv", small)
        blocks = []
        for index in range(1, 7):
            x = self.block(f"IMDB{index}", x)
            blocks.append(x)
        together = F.leaky_relu(self.conv("c.0", torch.cat(blocks, 1)), 0.05)
        return F.pixel_shuffle(self.conv("upsampler.0", self.conv("LR_conv", together) + first), 4)


@torch.inference_mode()
def test_imdn_scores_what_its_authors_published(data: Path) -> None:
    network = IMDN(data / "reference" / "super_resolution" / "IMDN_x4.pth")
    (set5,) = find_sets(data / "benchmarks" / "Set5")
    pairs = list(set5.pairs(4))
    outputs = [network(pair.small) for pair in pairs]
    psnr = [luma_psnr(output, pair.large, border=4) for output, pair in zip(outputs, pairs, strict=True)]
    ssim = [luma_ssim(output, pair.large, border=4) for output, pair in zip(outputs, pairs, strict=True)]
    assert sum(psnr) / 5 == pytest.approx(32.21, abs=0.01)
    assert sum(ssim) / 5 == pytest.approx(0.8948, abs=0.0005)
