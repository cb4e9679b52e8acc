from .describe import describe_machine
from .energy import EnergyCounter, NVMLCounter, RAPLCounter, find_counter
from .peak_memory import peak_memory, reset_peak_memory
from .usage import Usage, UsageMeter

__all__ = [
    "EnergyCounter",
    "NVMLCounter",
    "RAPLCounter",
    "Usage",
    "UsageMeter",
    "describe_machine",
    "find_counter",
    "peak_memory",
    "reset_peak_memory",
]
