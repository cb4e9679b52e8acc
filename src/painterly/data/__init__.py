"""Photographs as a stream of training crops."""

from painterly.data.crops import CropDataset, SampleOrder, centre_crop, crop_loader
from painterly.data.photos import Photos, find_photos

__all__ = ["CropDataset", "Photos", "SampleOrder", "centre_crop", "crop_loader", "find_photos"]
