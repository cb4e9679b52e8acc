from .color import keep_colours, match_statistics, with_luminance
from .histogram import match_histogram
from .metadata import Metadata
from .options import SaveOptions
from .reading import read_picture, resize_longest
from .resampling import enlarge, gaussian_blur, shrink
from .sheet import contact_sheet
from .strip_writing import write_strips
from .strips import StripReader, open_strips
from .tensors import from_tensor, to_tensor
from .writing import save_picture

__all__ = [
    "Metadata",
    "SaveOptions",
    "StripReader",
    "contact_sheet",
    "enlarge",
    "from_tensor",
    "gaussian_blur",
    "keep_colours",
    "match_histogram",
    "match_statistics",
    "open_strips",
    "read_picture",
    "resize_longest",
    "save_picture",
    "shrink",
    "to_tensor",
    "with_luminance",
    "write_strips",
]
