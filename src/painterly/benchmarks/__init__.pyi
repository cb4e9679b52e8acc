from .paper import SpeedTable, benchmark_paper
from .timing import Timing, time_calls

__all__ = ["SpeedTable", "Timing", "benchmark_paper", "time_calls"]
