"""Moving pictures: clips in, painted or enlarged clips out, with their sound, timing and colours."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
