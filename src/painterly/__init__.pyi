from .errors import InputError, OutputError, PainterlyError, TrainingError, UsageError
from .models.card import ModelCard
from .models.catalogue import shipped_models
from .models.painter import Painter, load
from .training.config import StyleTraining
from .training.style import train_style

__all__ = [
    "InputError",
    "ModelCard",
    "OutputError",
    "Painter",
    "PainterlyError",
    "StyleTraining",
    "TrainingError",
    "UsageError",
    "load",
    "shipped_models",
    "train_style",
]

__version__: str
