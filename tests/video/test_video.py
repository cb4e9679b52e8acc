"""Clips through networks: painted, enlarged, mixed over time, steadied, live."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from tests.video.conftest import pictures_of, sound_of, times_of, write_clip

import painterly
from painterly.errors import InputError, OutputError, UsageError
from painterly.models.look import Look
from painterly.models.painter import Painter
from painterly.models.treatment import Treatment
from painterly.video.camera import paint_camera
from painterly.video.flicker import MOTIONS, frame_difference, synthetic_clip, warping_error
from painterly.video.latest import Latest
from painterly.video.mix import Mix, parse_mix
from painterly.video.networks import FrameNetwork
from painterly.video.painting import FramePainter, Steadiness, from_pixels, to_pixels
from painterly.video.pipeline import overlap
from painterly.video.reading import open_clip
from painterly.video.shift import ShiftEstimator, moved
from painterly.video.still import StillFilter, is_cut
from painterly.video.video import enlarge_video, paint_video

pytest.importorskip("av")


@pytest.fixture(scope="module")
def gallery() -> Painter:
    return painterly.load("gallery", backend="torch", precision="float32")


@pytest.fixture(scope="module")
def photograph() -> torch.Tensor:
    from painterly.folders import SHIPPED
    from painterly.images.reading import read_picture
    from painterly.images.tensors import to_tensor

    return to_tensor(read_picture(SHIPPED.parents[1] / "assets" / "demo.jpg"))


def frames_of(photograph: torch.Tensor, motion: str, count: int = 5, **about: Any) -> list[Any]:
    clip = synthetic_clip(photograph, motion, height=64, width=96, count=count, **about)
    return [to_pixels(frame, np.uint8) for frame in clip.frames.split(1)]


def test_painted_frames_are_what_the_painter_paints(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "in.mp4", sounds=["aac"], count=6)
    made = paint_video(source, tmp_path / "out.mkv", model="starry-night-small", smooth=0, crf=1, backend="torch")
    assert (made.frames, made.width, made.height) == (6, 48, 32)
    painter = painterly.load("starry-night-small", backend="torch")
    expected = painter(next(iter(open_clip(source))).pixels)
    assert np.abs(next(iter(open_clip(made.target))).pixels.astype(int) - expected).mean() < 8
    assert [data for data, _ in sound_of(source)] == [data for data, _ in sound_of(made.target)]


def test_nothing_is_overwritten_and_names_are_found(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "in.mp4", count=2)
    made = paint_video(source, model="starry-night-small", backend="torch", preview=tmp_path / "sheet.png")
    assert made.target == tmp_path / "in-starry-night-small.mp4"
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.height > 2 * 32
    with pytest.raises(OutputError, match="exists; add --overwrite"):
        paint_video(source, model="starry-night-small", backend="torch")
    with pytest.raises(InputError, match="frames of 12x12 pixels are too small"):
        paint_video(write_clip(tmp_path / "tiny.mp4", width=12, height=12), model="starry-night-small")


def test_another_size(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "in.mp4", count=2)
    made = paint_video(source, tmp_path / "out.mp4", model="starry-night-small", size=34, backend="torch")
    assert (made.width, made.height) == (34, 22)
    assert pictures_of(made.target)[0].shape == (22, 34, 3)


def test_enlarged_with_the_same_times(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "in.mp4", count=2, sounds=["aac"])
    made = enlarge_video(source, tmp_path / "out.mp4", backend="torch")
    assert pictures_of(made.target)[0].shape == (128, 192, 3)
    assert times_of(made.target) == times_of(source)
    assert sound_of(made.target) == sound_of(source)


def test_mixing_over_time(gallery: Painter, photograph: torch.Tensor) -> None:
    (frame,) = frames_of(photograph, "still", 1)
    a, b = Look((("starry-night", 1.0),), 0.5), Look((("great-wave", 1.0),))
    mix = Mix(((0.0, a), (4.0, b)))
    painter = FramePainter(gallery, Treatment(), mix=mix)
    for seconds, look in ((0.0, a), (9.0, b), (0.0, a)):
        expected = gallery.paint(from_pixels(frame), look)
        assert torch.equal(from_pixels(painter(frame, seconds)), from_pixels(to_pixels(expected, np.uint8)))
    middle = painter(frame, 2.0).astype(int)
    assert all(np.abs(middle - painter(frame, seconds)).mean() > 2 for seconds in (0.0, 4.0))
    near = painter(frame, 2.02).astype(int)
    assert np.abs(middle - near).mean() < 1


def test_mixing_in_openvino_is_the_same(photograph: torch.Tensor) -> None:
    pytest.importorskip("openvino")
    frame = from_pixels(frames_of(photograph, "still", 1)[0])
    looks = [(0.25, Look((("starry-night", 1.0),))), (0.75, Look((("great-wave", 1.0),)))]
    found = []
    for backend in ("torch", "openvino"):
        network = FrameNetwork(painterly.load("gallery", backend=backend, precision="float32"))
        network.set_looks(looks)
        found.append(network(frame))
    assert (found[0] - found[1]).abs().max() < 1e-3


@pytest.mark.parametrize("text", ["", "0:a", "0:a,0:b", "x:a,1:b", "-1:a,2:b", "0:,1:b", "nan:a,1:b"])
def test_mixes_that_cannot_be_meant(text: str) -> None:
    with pytest.raises(UsageError, match="--mix takes"):
        parse_mix(text)


def test_without_smoothing_every_frame_is_painted_by_itself(gallery: Painter, photograph: torch.Tensor) -> None:
    painter = FramePainter(gallery, Treatment(), steadiness=Steadiness())
    for frame in frames_of(photograph, "pan", 3):
        assert np.array_equal(painter(frame, 0.0), to_pixels(gallery.paint(from_pixels(frame)), np.uint8))


def test_steady_norms_of_zero_and_of_a_clip_that_stands_still(gallery: Painter, photograph: torch.Tensor) -> None:
    frames = [from_pixels(frame) for frame in frames_of(photograph, "pan", 3)]
    alone, steady = FrameNetwork(gallery, keep=0.0), FrameNetwork(gallery, keep=0.9)
    assert torch.equal(steady(frames[0]), alone(frames[0]))
    assert (alone(frames[1]) - gallery.paint(frames[1])).abs().max() < 1e-4
    assert not torch.equal(steady(frames[2]), alone(frames[2]))
    steady.cut()
    assert torch.equal(steady(frames[2]), alone(frames[2]))
    assert torch.allclose(steady(frames[2]), steady(frames[2]), atol=1e-5)


def test_a_clip_that_stands_still_is_painted_alike(gallery: Painter, photograph: torch.Tensor) -> None:
    (frame,) = frames_of(photograph, "still", 1)
    painter = FramePainter(gallery, Treatment(), steadiness=Steadiness(0.8, 0.5))
    first, *rest = [painter(frame, 0.0).astype(int) for _ in range(3)]
    assert max(np.abs(first - other).max() for other in rest) <= 1


@pytest.mark.parametrize("motion", ["still", "pan", "light"])
def test_smoothing_halves_the_flicker(motion: str, gallery: Painter, photograph: torch.Tensor) -> None:
    clip = synthetic_clip(photograph, motion, height=96, width=128, count=6)
    errors = []
    for keep in (0.0, 0.8):
        painter = FramePainter(gallery, Treatment(), steadiness=Steadiness(keep))
        frames = [from_pixels(painter(to_pixels(frame, np.uint8), 0.0)) for frame in clip.frames.split(1)]
        errors.append(warping_error(frames, clip.places))
    assert errors[1] < errors[0] / 2


def test_the_filter_forgets_at_a_cut_and_keeps_what_moves() -> None:
    still = StillFilter(0.9)
    black, white = torch.zeros(1, 3, 20, 20), torch.ones(1, 3, 20, 20)
    still(black)
    assert torch.equal(still(white), white)  # what moves is not mixed
    grain = torch.randn_like(white) / 255
    assert float((still(white + grain) - white).abs().mean()) < 0.3 * float(grain.abs().mean())
    still.cut()
    assert torch.equal(still(white + grain), white + grain)
    assert is_cut(white, black)
    assert not is_cut(white + grain, white)


@pytest.mark.parametrize("step", [(3, 1), (-5, 2), (0, -4), (0, 0)])
def test_a_camera_is_followed(photograph: torch.Tensor, step: tuple[int, int]) -> None:
    camera, place = ShiftEstimator(), (40, 40)
    for index in range(4):
        left, top = (start + way * index for start, way in zip(place, step, strict=True))
        found = camera(photograph[:, :, top : top + 90, left : left + 120])
        assert found == pytest.approx(step if index else (0, 0), abs=0.2)


def test_what_has_moved_is_filled_in() -> None:
    picture = torch.arange(12.0).view(1, 1, 3, 4)
    assert moved(picture, 1, 0, torch.full_like(picture, -1)).tolist()[0][0][0] == [1, 2, 3, -1]
    assert moved(picture, 0, -1, torch.full_like(picture, -1)).tolist()[0][0][0] == [-1] * 4


@pytest.mark.parametrize("motion", MOTIONS)
def test_motion_is_known_exactly(photograph: torch.Tensor, motion: str) -> None:
    clip = synthetic_clip(photograph, motion, height=48, width=64, count=4, noise=0)
    assert warping_error(clip.frames.split(1), clip.places) < {"light": 20, "zoom": 4}.get(motion, 1e-6)
    noisy = synthetic_clip(photograph, motion, height=48, width=64, count=4, noise=3)
    again = synthetic_clip(photograph, motion, height=48, width=64, count=4, noise=3)
    assert torch.equal(noisy.frames, again.frames)
    if motion in ("still", "pan"):
        assert warping_error(noisy.frames.split(1), noisy.places) == pytest.approx(3 * 2**0.5, rel=0.1)


def test_frame_difference_of_any_clip(photograph: torch.Tensor) -> None:
    clip = synthetic_clip(photograph, "still", height=48, width=64, count=4, noise=1)
    painted, frames = frame_difference(clip.frames.split(1), lambda frame: frame * 0.5)
    assert painted == pytest.approx(frames / 2, rel=0.01)


class Counted:
    alive = 0
    most = 0

    def __init__(self) -> None:
        Counted.alive += 1
        Counted.most = max(Counted.most, Counted.alive)

    def __del__(self) -> None:
        Counted.alive -= 1


def test_no_more_frames_are_held_than_have_to_be() -> None:
    def read() -> Iterator[Counted]:
        for _ in range(300):
            yield Counted()

    shares = overlap(read(), lambda frame: frame, lambda frame: None, depth=3)
    gc.collect()
    assert Counted.most <= 3 + 3 + 4
    assert Counted.alive == 0
    assert shares.whole > 0


@pytest.mark.parametrize("stage", ["read", "work", "write"])
def test_what_fails_in_a_stage_is_raised_and_all_others_stop(stage: str) -> None:
    def fail(where: str, value: int) -> int:
        if where == stage and value == 5:
            raise ValueError(stage)
        return value

    written: list[int] = []
    with pytest.raises(ValueError, match=stage):
        overlap(
            (fail("read", value) for value in range(1000)),
            lambda value: fail("work", value),
            lambda value: written.append(fail("write", value)),
        )
    assert written == [0, 1, 2, 3, 4][: len(written)]
    assert stage == "read" or len(written) == 5


def test_only_the_latest_is_fetched() -> None:
    latest: Latest[int] = Latest()
    for value in range(5):
        latest.put(value)
    fetched = iter(latest)
    assert next(fetched) == 4
    assert latest.dropped == 4
    latest.put(7)
    latest.end()
    assert list(fetched) == [7]
    latest.end(ValueError("lost"))
    with pytest.raises(ValueError, match="lost"):
        list(latest)


def test_a_file_as_camera(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write_clip(tmp_path / "in.mp4", times=[0, 128, 256, 384])
    about: dict[str, Any] = {"model": "starry-night-small", "size": 32, "backend": "torch"}
    live = paint_camera(source, tmp_path / "out.mp4", **about)
    assert 1 <= live.frames == len(times_of(tmp_path / "out.mp4")) <= 4
    assert live.frames + live.dropped == 4
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    with pytest.raises(UsageError, match="there is no display here"):
        paint_camera(source, **about)
