"""Perceptual losses, as functions and as modules, for anybody's training loop.

Pictures are RGB in [0, 1], shape (B, 3, H, W); activations are (B, C, H, W). Nothing here knows about files.
"""

from painterly.losses.feature import FeatureReconstruction, feature_reconstruction
from painterly.losses.gatys import gatys_content, gatys_style, gatys_style_layer
from painterly.losses.gram import gram_matrix
from painterly.losses.objective import StyleObjective
from painterly.losses.pixel import PixelLoss, pixel_loss
from painterly.losses.style import StyleReconstruction, style_reconstruction
from painterly.losses.variation import TotalVariation, squared_total_variation, total_variation
from painterly.losses.weighting import WEIGHTINGS, Weighting

__all__ = [
    "WEIGHTINGS",
    "FeatureReconstruction",
    "PixelLoss",
    "StyleObjective",
    "StyleReconstruction",
    "TotalVariation",
    "Weighting",
    "feature_reconstruction",
    "gatys_content",
    "gatys_style",
    "gatys_style_layer",
    "gram_matrix",
    "pixel_loss",
    "squared_total_variation",
    "style_reconstruction",
    "total_variation",
]
