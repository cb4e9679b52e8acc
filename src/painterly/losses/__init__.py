"""Perceptual losses, as functions and as modules, for anybody's training loop.

Pictures are RGB in [0, 1], shape (B, 3, H, W); activations are (B, C, H, W). Nothing here knows about files.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
