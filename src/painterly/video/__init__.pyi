from .camera import Live, paint_camera
from .encoding import Encoding
from .evaluate import FlickerRow, evaluate_flicker
from .flicker import SyntheticClip, frame_difference, synthetic_clip, warping_error
from .make import Made
from .mix import Mix, parse_mix
from .reading import Clip, Frame, Reader, open_clip
from .video import enlarge_video, paint_video

__all__ = [
    "Clip",
    "Encoding",
    "FlickerRow",
    "Frame",
    "Live",
    "Made",
    "Mix",
    "Reader",
    "SyntheticClip",
    "enlarge_video",
    "evaluate_flicker",
    "frame_difference",
    "open_clip",
    "paint_camera",
    "paint_video",
    "parse_mix",
    "synthetic_clip",
    "warping_error",
]
