from .batch.stylize import stylize
from .batch.upscale import upscale
from .errors import InputError, OutputError, PainterlyError, TrainingError, UsageError
from .evaluation.style import evaluate_style
from .evaluation.super_resolution import evaluate_super_resolution
from .models.blend import blend
from .models.card import ModelCard
from .models.catalogue import shipped_models
from .models.painter import Painter, load
from .models.reading import info
from .models.sheet import style_sheet
from .models.upscaler import Upscaler, load_upscaler
from .optimisation.run import optimize
from .optimisation.settings import OptimizationSettings
from .optimisation.sweep import sweep_weights
from .training.encoder import train_encoder
from .training.encoder_settings import EncoderTraining
from .training.learn import learn_style
from .training.learn_settings import LearnSettings
from .training.style import train_style
from .training.style_settings import StyleTraining
from .training.super_resolution import train_srcnn, train_super_resolution
from .training.super_resolution_settings import SRCNNTraining, SuperResolutionTraining
from .video.video import enlarge_video, paint_video

__all__ = [
    "EncoderTraining",
    "InputError",
    "LearnSettings",
    "ModelCard",
    "OptimizationSettings",
    "OutputError",
    "Painter",
    "PainterlyError",
    "SRCNNTraining",
    "StyleTraining",
    "SuperResolutionTraining",
    "TrainingError",
    "Upscaler",
    "UsageError",
    "blend",
    "enlarge_video",
    "evaluate_style",
    "evaluate_super_resolution",
    "info",
    "learn_style",
    "load",
    "load_upscaler",
    "optimize",
    "paint_video",
    "shipped_models",
    "style_sheet",
    "stylize",
    "sweep_weights",
    "train_encoder",
    "train_srcnn",
    "train_style",
    "train_super_resolution",
    "upscale",
]

__version__: str
