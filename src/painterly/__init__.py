"""painterly: perceptual losses for real-time style transfer and super-resolution.

    import painterly

    painting = painterly.load("starry-night")("photo.jpg")
    painting.save("painting.png")

Everything is loaded when it is first used, so that importing the package costs nothing. `__init__.pyi` beside this file
says what there is.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

__version__ = "0.1.0"
