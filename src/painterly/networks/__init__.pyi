from .description import STYLE_PRESETS, StyleDescription
from .style import StyleNetwork

__all__ = ["STYLE_PRESETS", "StyleDescription", "StyleNetwork"]
