from .crops import CropDataset, SampleOrder, centre_crop, crop_loader
from .photos import Photos, find_photos

__all__ = ["CropDataset", "Photos", "SampleOrder", "centre_crop", "crop_loader", "find_photos"]
