from .artefacts import colour_shift, grid_energy
from .benchmark import BenchmarkSet, Pair, find_sets
from .comparison import side_by_side
from .judge import Judge, load_judge
from .metrics import luma, luma_psnr, luma_ssim
from .published import PUBLISHED
from .style import StyleEvaluation, evaluate_style
from .super_resolution import Evaluation, evaluate_super_resolution

__all__ = [
    "PUBLISHED",
    "BenchmarkSet",
    "Evaluation",
    "Judge",
    "Pair",
    "StyleEvaluation",
    "colour_shift",
    "evaluate_style",
    "evaluate_super_resolution",
    "find_sets",
    "grid_energy",
    "load_judge",
    "luma",
    "luma_psnr",
    "luma_ssim",
    "side_by_side",
]
