from .build import Network, build_network
from .carry import carry_round
from .description import (
    SCALES,
    SRCNN_PRESETS,
    STYLE_PRESETS,
    SUPER_RESOLUTION_PRESETS,
    SRCNNDescription,
    StyleDescription,
    SuperResolutionDescription,
)
from .mixing import with_mix
from .srcnn import SRCNN
from .style import StyleNetwork
from .super_resolution import SuperResolutionNetwork

__all__ = [
    "SCALES",
    "SRCNN",
    "SRCNN_PRESETS",
    "STYLE_PRESETS",
    "SUPER_RESOLUTION_PRESETS",
    "Network",
    "SRCNNDescription",
    "StyleDescription",
    "StyleNetwork",
    "SuperResolutionDescription",
    "SuperResolutionNetwork",
    "build_network",
    "carry_round",
    "with_mix",
]
