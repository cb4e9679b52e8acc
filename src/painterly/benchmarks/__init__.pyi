from .inference import InferenceTable, benchmark_inference
from .memory import MemoryTable, benchmark_memory
from .paper import SpeedTable, benchmark_paper
from .startup import StartupTable, benchmark_startup
from .timing import Timing, time_calls
from .training import TrainingTable, benchmark_training

__all__ = [
    "InferenceTable",
    "MemoryTable",
    "SpeedTable",
    "StartupTable",
    "Timing",
    "TrainingTable",
    "benchmark_inference",
    "benchmark_memory",
    "benchmark_paper",
    "benchmark_startup",
    "benchmark_training",
    "time_calls",
]
