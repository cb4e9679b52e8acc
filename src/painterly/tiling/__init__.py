"""Networks on pictures of any size, by tiles that meet exactly, in flat memory."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
