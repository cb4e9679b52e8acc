"""painterly: perceptual losses for real-time style transfer and super-resolution."""

__version__ = "0.1.0"
