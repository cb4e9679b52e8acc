"""The studio: a web page that paints, for people without a terminal. `painterly.server` serves it.

It is written by hand and loads nothing from outside: `index.html`, and below `static` its styles, drawings and scripts,
one concept a file.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
