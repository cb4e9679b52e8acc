from .accelerate import accelerate
from .choice import BACKENDS, PRECISIONS, Choice, choose
from .graph import Graph, lower

__all__ = ["BACKENDS", "PRECISIONS", "Choice", "Graph", "accelerate", "choose", "lower"]
