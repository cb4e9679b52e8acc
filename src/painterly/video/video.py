"""Clips to painted or enlarged clips, from file to file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from painterly.atomic import check_writable
from painterly.errors import InputError, UsageError
from painterly.images.writing import check_format, save_picture
from painterly.models.painter import Painter, load
from painterly.models.resolve import Style, resolve_look
from painterly.models.treatment import Treatment
from painterly.models.upscaler import load_upscaler
from painterly.networks.style import MINIMUM_SIZE
from painterly.tiling.settings import TileSettings
from painterly.video.encoding import Encoding
from painterly.video.make import Made, Pixels, check_target, make_clip
from painterly.video.mix import Mix, parse_mix
from painterly.video.painting import FramePainter, Steadiness, from_pixels, to_pixels
from painterly.video.preview import preview_sheet
from painterly.video.reading import Clip, Frame, open_clip

__all__ = ["SMOOTH", "enlarge_video", "frame_size", "paint_video"]

SMOOTH = 0.8
"""How much of the average so far remains where nothing moves, unless told otherwise."""

Progress = Callable[[Clip, int], object]


def paint_video(
    source: str | Path,
    output: str | Path | None = None,
    *,
    style: Style | None = None,
    strength: float = 1.0,
    color: str = "style",
    stroke: str = "medium",
    mix: str | Mapping[float, str] | None = None,
    model: str | Path | None = None,
    size: int | None = None,
    smooth: float = SMOOTH,
    steady_norms: float = 0.0,
    codec: str | None = None,
    crf: float | None = None,
    preset: str | None = None,
    preview: str | Path | None = None,
    device: str = "auto",
    backend: str = "auto",
    precision: str = "auto",
    overwrite: bool = False,
    progress: Progress = lambda clip, frames: None,
    shown: Callable[[Frame], object] = lambda frame: None,
) -> Made:
    """Paint a clip, with its sound, times and colours.

    Args:
        source: Any file that FFmpeg reads.
        output: .mp4, .mov, .mkv or .webm; by default beside the clip.
        style: A style's name or a mixture; by default what the model paints first.
        strength: From 0, the photograph, to 1, the style.
        color: "style", "content" or "luminance"; see `painterly.Painter`.
        stroke: "small", "medium" or "large".
        mix: Styles over time, `0:starry-night,5:great-wave`, mixed in between; instead of `style`.
        model: A model's name or file; by default the gallery.
        size: Longest side of the result in pixels; by default that of the clip.
        smooth: From 0, every frame by itself, to just below 1: how much of the frames before remains where nothing
            moves.
        steady_norms: From 0, every frame by itself, to just below 1: how much of the norms' moments remains.
        codec: "h264", "hevc" or "vp9"; by default what suits the file.
        crf: Constant rate factor, smaller is better; by default what suits the codec.
        preset: The encoder's own; by default one that is faster than the network.
        preview: A picture file: some frames and their paintings, written before all else.
        device: "auto", "cpu", "cuda" or "mps".
        backend: "auto", "torch", "compile", "openvino" or "onnxruntime".
        precision: "auto", "float32", "bfloat16" or "int8".
        overwrite: Whether existing files are replaced.
        progress: Called with the clip and how many frames are done.
        shown: Called with each frame that was painted, before that; its time is in units of the clip's `time_base`.

    Returns:
        What was made, and how long each stage was at work.

    Raises:
        UsageError: It was asked for wrongly.
        InputError: The clip or the model cannot be read.
        OutputError: The result cannot be written.
        Interrupted: By Ctrl-C; what was painted so far plays under the name of the part.
        MissingExtraError: PyAV is not installed.
    """
    steadiness, treatment = Steadiness(smooth, steady_norms), Treatment(color, stroke)
    encoding = Encoding(codec, crf, preset)
    reader = open_clip(source)
    clip = reader.clip
    if mix is not None and style is not None:
        raise UsageError("give one of --style and --mix")
    points = parse_mix(mix) if mix is not None else None
    first = points[0][1] if points else style
    painter = load(model, style=first, strength=strength, device=device, backend=backend, precision=precision)
    plan = _plan(painter, points, strength) if points else None
    title = "-".join(look.title for _, look in plan.points) if plan else painter.look.title if painter.look else ""
    target = _target(clip, output, title or painter.name, encoding)
    check_target(clip.path, target, overwrite=overwrite)
    wanted = frame_size(clip, size)
    paint = FramePainter(painter, treatment, wanted, mix=plan, steadiness=steadiness)
    paint.check(*wanted)
    if preview is not None:
        sheet = Path(preview)
        check_format(sheet)
        check_writable(sheet, overwrite=overwrite)
        alone = FramePainter(painter, treatment, wanted, mix=plan)
        save_picture(preview_sheet(clip, alone), sheet, overwrite=overwrite)
    return make_clip(
        reader, target, paint, wanted, encoding, progress=lambda frames: progress(clip, frames), shown=shown
    )


def enlarge_video(
    source: str | Path,
    output: str | Path | None = None,
    *,
    scale: int | None = None,
    model: str | Path | None = None,
    match_histogram: bool | None = None,
    codec: str | None = None,
    crf: float | None = None,
    preset: str | None = None,
    device: str = "auto",
    backend: str = "auto",
    precision: str = "auto",
    overwrite: bool = False,
    progress: Progress = lambda clip, frames: None,
) -> Made:
    """Enlarge a clip, with its sound, times and colours.

    Args:
        source: Any file that FFmpeg reads.
        output: .mp4, .mov, .mkv or .webm; by default beside the clip.
        scale: How many times larger; by default what the model does, or 4.
        model: A model's name or file; by default the one that ships for `scale`.
        match_histogram: Whether frames get their own distribution of colours; by default where it helps.
        codec: See `paint_video`, as for all that follow.
        crf: Constant rate factor.
        preset: The encoder's own.
        device: Where it runs.
        backend: What runs it.
        precision: "auto", "float32" or "bfloat16".
        overwrite: Whether existing files are replaced.
        progress: Called with the clip and how many frames are done.

    Returns:
        What was made, and how long each stage was at work.

    Raises:
        PainterlyError: See `paint_video`.
    """
    encoding = Encoding(codec, crf, preset)
    reader = open_clip(source)
    clip = reader.clip
    upscaler = load_upscaler(model, scale=scale, device=device, backend=backend, precision=precision)
    target = _target(clip, output, f"x{upscaler.scale}", encoding)
    check_target(clip.path, target, overwrite=overwrite)
    matching = upscaler.matches_histogram if match_histogram is None else match_histogram
    if upscaler.wants_tiles(TileSettings(), clip.height, clip.width):
        raise InputError(f"{clip.path}: frames of {clip.width}x{clip.height} pixels do not fit into memory, enlarged")

    def enlarge(pixels: Pixels, seconds: float) -> Pixels:
        large = upscaler.enlarge(from_pixels(pixels).to(upscaler.device), match_histogram=matching)
        return np.ascontiguousarray(to_pixels(large, pixels.dtype))

    size = clip.height * upscaler.scale, clip.width * upscaler.scale
    return make_clip(reader, target, enlarge, size, encoding, progress=lambda frames: progress(clip, frames))


def _plan(painter: Painter, points: list[tuple[float, str]], strength: float) -> Mix:
    if painter.gallery is None:
        raise UsageError(f"{painter.name} has one style, so that there is nothing to mix; --mix is for a gallery")
    card, name = painter.gallery.card, painter.name
    looks = [(time, resolve_look(card, name, style, strength)) for time, style in points]
    return Mix(tuple((time, look) for time, look in looks if look is not None))


def _target(clip: Clip, output: str | Path | None, suffix: str, encoding: Encoding) -> Path:
    """Where the result goes."""
    if output is not None:
        target = Path(output)
        if target.is_dir():
            target = target / clip.path.name
    else:
        target = clip.path.with_name(f"{clip.path.stem}-{suffix}{clip.path.suffix}")
        try:
            encoding.codec_for(target)
        except UsageError:
            target = target.with_suffix(".mp4")
    encoding.codec_for(target)
    return target


def frame_size(clip: Clip, longest: int | None) -> tuple[int, int]:
    """Height and width of the result: the clip's own to the pixel, or even ones."""
    if longest is None or longest == max(clip.height, clip.width):
        return clip.height, clip.width
    if longest < MINIMUM_SIZE:
        raise UsageError(f"--size must be at least {MINIMUM_SIZE} pixels, not {longest}")
    ratio = longest / max(clip.height, clip.width)
    return max(2, 2 * round(clip.height * ratio / 2)), max(2, 2 * round(clip.width * ratio / 2))
