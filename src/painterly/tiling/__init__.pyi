from .networks import add_network, network_program
from .program import Program, ProgramBuilder
from .rect import Rect, Span
from .run import run_tiled
from .stores import FileStore, MemoryStore, Pixels, PixelStore, TensorPixels

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
    "network_program",
    "run_tiled",
]
