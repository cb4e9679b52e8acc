from .batch.stylize import stylize
from .errors import InputError, OutputError, PainterlyError, TrainingError, UsageError
from .models.card import ModelCard
from .models.catalogue import shipped_models
from .models.painter import Painter, load
from .models.reading import info
from .training.style import train_style
from .training.style_settings import StyleTraining
from .training.sweep import sweep_weights

__all__ = [
    "InputError",
    "ModelCard",
    "OutputError",
    "Painter",
    "PainterlyError",
    "StyleTraining",
    "TrainingError",
    "UsageError",
    "info",
    "load",
    "shipped_models",
    "stylize",
    "sweep_weights",
    "train_style",
]

__version__: str
