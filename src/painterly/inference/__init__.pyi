from .accelerate import accelerate
from .choice import BACKENDS, PRECISIONS, Choice, choose
from .graph import Graph, lower
from .stream import from_bytes, stream, to_bytes

__all__ = [
    "BACKENDS",
    "PRECISIONS",
    "Choice",
    "Graph",
    "accelerate",
    "choose",
    "from_bytes",
    "lower",
    "stream",
    "to_bytes",
]
