from .descent import METHODS, Descent, Iteration
from .inversion import inversion_terms, invert_layers
from .invert import invert
from .run import Progress, Result, optimize
from .settings import COLORS, OptimizationSettings

__all__ = [
    "COLORS",
    "METHODS",
    "Descent",
    "Iteration",
    "OptimizationSettings",
    "Progress",
    "Result",
    "inversion_terms",
    "invert",
    "invert_layers",
    "optimize",
]
