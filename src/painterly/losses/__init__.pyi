from .feature import FeatureReconstruction, feature_reconstruction
from .gallery_objective import GalleryObjective
from .gatys import gatys_content, gatys_style, gatys_style_layer
from .gram import gram_matrix
from .grid import GridLoss, grid_loss
from .objective import StyleObjective
from .perceptual import PerceptualLoss
from .pixel import PixelLoss, pixel_loss
from .steadiness import Movement, disturb, movements, steadiness
from .style import StyleReconstruction, style_distances, style_reconstruction
from .super_resolution import SuperResolutionObjective
from .tiled_objective import TiledObjective
from .variation import TotalVariation, squared_total_variation, total_variation, variation_power
from .weighting import WEIGHTINGS, Weighting

__all__ = [
    "WEIGHTINGS",
    "FeatureReconstruction",
    "GalleryObjective",
    "GridLoss",
    "Movement",
    "PerceptualLoss",
    "PixelLoss",
    "StyleObjective",
    "StyleReconstruction",
    "SuperResolutionObjective",
    "TiledObjective",
    "TotalVariation",
    "Weighting",
    "disturb",
    "feature_reconstruction",
    "gatys_content",
    "gatys_style",
    "gatys_style_layer",
    "gram_matrix",
    "grid_loss",
    "movements",
    "pixel_loss",
    "squared_total_variation",
    "steadiness",
    "style_distances",
    "style_reconstruction",
    "total_variation",
    "variation_power",
]
