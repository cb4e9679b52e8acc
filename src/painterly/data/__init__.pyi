from .crops import CropDataset, SampleOrder, centre_crop, crop_loader
from .degradation import DEGRADATIONS, degrade
from .photos import Photos, find_photos

__all__ = [
    "DEGRADATIONS",
    "CropDataset",
    "Photos",
    "SampleOrder",
    "centre_crop",
    "crop_loader",
    "degrade",
    "find_photos",
]
