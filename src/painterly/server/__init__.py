"""The studio's server: an HTTP API that paints, enlarges and learns, in processes of their own."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
