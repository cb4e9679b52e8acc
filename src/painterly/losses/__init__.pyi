from .feature import FeatureReconstruction, feature_reconstruction
from .gatys import gatys_content, gatys_style, gatys_style_layer
from .gram import gram_matrix
from .objective import StyleObjective
from .pixel import PixelLoss, pixel_loss
from .style import StyleReconstruction, style_reconstruction
from .variation import TotalVariation, squared_total_variation, total_variation
from .weighting import WEIGHTINGS, Weighting

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
