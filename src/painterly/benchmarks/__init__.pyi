from .inference import InferenceTable, benchmark_inference
from .paper import SpeedTable, benchmark_paper
from .timing import Timing, time_calls

__all__ = ["InferenceTable", "SpeedTable", "Timing", "benchmark_inference", "benchmark_paper", "time_calls"]
