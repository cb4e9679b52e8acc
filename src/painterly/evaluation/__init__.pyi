from .artefacts import colour_shift, grid_energy, grid_share
from .authors import AuthorsComparison, AuthorsPair, compare_with_authors
from .benchmark import BenchmarkSet, Pair, find_sets
from .charts import convergence_chart, curve_chart, learning_chart, save_chart, speed_chart
from .comparison import side_by_side
from .convergence import Convergence, Slope, curve_slope, evaluate_convergence
from .cost import downsampling_argument, multiplications, receptive_field
from .gallery import GalleryEvaluation, evaluate_gallery
from .judge import Judge, load_judge
from .learning import learning_curves, learning_goals
from .metrics import luma, luma_psnr, luma_ssim
from .published import PUBLISHED
from .stages import Stage, stages_of
from .style import StyleEvaluation, evaluate_style
from .super_resolution import Evaluation, evaluate_super_resolution

__all__ = [
    "PUBLISHED",
    "AuthorsComparison",
    "AuthorsPair",
    "BenchmarkSet",
    "Convergence",
    "Evaluation",
    "GalleryEvaluation",
    "Judge",
    "Pair",
    "Slope",
    "Stage",
    "StyleEvaluation",
    "colour_shift",
    "compare_with_authors",
    "convergence_chart",
    "curve_chart",
    "curve_slope",
    "downsampling_argument",
    "evaluate_convergence",
    "evaluate_gallery",
    "evaluate_style",
    "evaluate_super_resolution",
    "find_sets",
    "grid_energy",
    "grid_share",
    "learning_chart",
    "learning_curves",
    "learning_goals",
    "load_judge",
    "luma",
    "luma_psnr",
    "luma_ssim",
    "multiplications",
    "receptive_field",
    "save_chart",
    "side_by_side",
    "speed_chart",
    "stages_of",
]
