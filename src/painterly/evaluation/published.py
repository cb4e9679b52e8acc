"""What the paper prints (figures 8 and 9), with its misprints put right. Imports nothing heavy."""

from __future__ import annotations

from typing import Final

__all__ = ["PUBLISHED"]

PUBLISHED: Final[dict[tuple[str, int, str], tuple[float, float]]] = {
    ("Set5", 4, "bicubic"): (28.43, 0.8114),
    ("Set5", 4, "pixel"): (28.40, 0.8205),
    ("Set5", 4, "srcnn"): (30.48, 0.8628),
    ("Set5", 4, "feature"): (27.09, 0.7680),
    ("Set14", 4, "bicubic"): (25.99, 0.7031),  # printed as 0.7301
    ("Set14", 4, "pixel"): (25.75, 0.6994),
    ("Set14", 4, "srcnn"): (27.49, 0.7503),
    ("Set14", 4, "feature"): (24.99, 0.6731),
    ("BSD100", 4, "bicubic"): (25.96, 0.6682),  # printed as 0.682
    ("BSD100", 4, "pixel"): (25.91, 0.6680),
    ("BSD100", 4, "srcnn"): (26.90, 0.7101),
    ("BSD100", 4, "feature"): (24.95, 0.6317),  # printed as 63.17
    ("Set5", 8, "bicubic"): (23.80, 0.6455),
    ("Set5", 8, "pixel"): (24.77, 0.6864),
    ("Set5", 8, "feature"): (23.26, 0.7058),
    ("Set14", 8, "bicubic"): (22.37, 0.5518),
    ("Set14", 8, "pixel"): (23.02, 0.5787),
    ("Set14", 8, "feature"): (21.64, 0.5837),
    ("BSD100", 8, "bicubic"): (22.11, 0.5322),
    ("BSD100", 8, "pixel"): (22.54, 0.5526),
    ("BSD100", 8, "feature"): (21.35, 0.5474),
}
"""PSNR in decibels and SSIM on luma, by set, scale and method. The protocol of the x8 figures is not known: plain
bicubic enlargement gives 24.40 dB on Set5, not 23.80."""
