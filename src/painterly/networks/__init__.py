"""Networks that paint, built from a description that is saved with their weights."""

from painterly.networks.description import STYLE_PRESETS, StyleDescription
from painterly.networks.style import StyleNetwork

__all__ = ["STYLE_PRESETS", "StyleDescription", "StyleNetwork"]
