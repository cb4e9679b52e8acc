from .descent import METHODS, Descent, Iteration
from .run import Progress, Result, optimize
from .settings import COLORS, OptimizationSettings

__all__ = ["COLORS", "METHODS", "Descent", "Iteration", "OptimizationSettings", "Progress", "Result", "optimize"]
