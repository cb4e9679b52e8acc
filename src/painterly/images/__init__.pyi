from .color import keep_colours, match_statistics, with_luminance
from .histogram import match_histogram
from .reading import read_picture, resize_longest
from .resampling import enlarge, gaussian_blur, shrink
from .sheet import contact_sheet
from .tensors import from_tensor, to_tensor

__all__ = [
    "contact_sheet",
    "enlarge",
    "from_tensor",
    "gaussian_blur",
    "keep_colours",
    "match_histogram",
    "match_statistics",
    "read_picture",
    "resize_longest",
    "shrink",
    "to_tensor",
    "with_luminance",
]
