"""Loss networks: VGG in all its configurations, distilled stand-ins, and what is put together from them."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
