from .reading import read_picture, resize_longest
from .tensors import from_tensor, to_tensor

__all__ = ["from_tensor", "read_picture", "resize_longest", "to_tensor"]
