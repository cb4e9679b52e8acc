"""Pictures in and out of files, and between Pillow, numpy and tensors."""

from painterly.images.reading import read_picture, resize_longest
from painterly.images.tensors import from_tensor, to_tensor

__all__ = ["from_tensor", "read_picture", "resize_longest", "to_tensor"]
