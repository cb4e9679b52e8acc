from .networks import add_network, network_program
from .program import Program, ProgramBuilder
from .rect import Rect, Span
from .run import run_tiled
from .stores import FileStore, MemoryStore, Pixels, PixelStore, TensorPixels
from .tracing import trace_network
from .whole import apply_tiled

__all__ = [
    "FileStore",
    "MemoryStore",
    "PixelStore",
    "Pixels",
    "Program",
    "ProgramBuilder",
    "Rect",
    "Span",
    "TensorPixels",
    "add_network",
    "apply_tiled",
    "network_program",
    "run_tiled",
    "trace_network",
]
