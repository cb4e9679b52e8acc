"""How good a network is: metrics, benchmarks and side-by-side pictures."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
