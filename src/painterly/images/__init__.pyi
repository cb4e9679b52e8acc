from .histogram import match_histogram
from .reading import read_picture, resize_longest
from .resampling import enlarge, gaussian_blur, shrink
from .tensors import from_tensor, to_tensor

__all__ = [
    "enlarge",
    "from_tensor",
    "gaussian_blur",
    "match_histogram",
    "read_picture",
    "resize_longest",
    "shrink",
    "to_tensor",
]
