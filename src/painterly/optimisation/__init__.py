"""Pictures by optimisation instead of a trained network: Gatys' method, and the paper's baseline."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
