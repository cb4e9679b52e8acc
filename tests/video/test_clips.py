"""Clips of every kind, through everything but a network, judged by decoding them independently."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.video.conftest import bars, pictures_of, sound_of, times_of, write_clip

from painterly.errors import InputError, Interrupted, OutputError, UsageError
from painterly.video.encoding import Encoding
from painterly.video.make import Made, check_target, make_clip
from painterly.video.reading import open_clip
from painterly.video.writing import part_of

av = pytest.importorskip("av")


def copy(source: Path, target: Path, encoding: Encoding | None = None) -> Made:
    """A clip through the whole path, unchanged."""
    reader = open_clip(source)
    clip = reader.clip
    return make_clip(reader, target, lambda pixels, _: pixels, (clip.height, clip.width), encoding or Encoding(crf=3))


def middle_colours(picture: Any) -> Any:
    """Of each bar, away from its borders."""
    width = picture.shape[1]
    return picture[picture.shape[0] // 2, [(2 * index + 1) * width // 12 for index in range(6)]].astype(int)


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("a.mp4", "h264"),
        ("a.mp4", "hevc"),
        ("a.mp4", "vp9"),
        ("a.mov", "h264"),
        ("a.mov", "hevc"),
        ("a.mkv", "h264"),
        ("a.mkv", "hevc"),
        ("a.webm", None),
    ],
)
def test_frames_times_and_sound(tmp_path: Path, name: str, codec: str | None) -> None:
    source = write_clip(tmp_path / "in.mp4", width=64, sounds=["aac"], metadata={"title": "Bars"})
    made = copy(source, tmp_path / name, Encoding(codec))
    assert made.frames == len(times_of(made.target)) == 10
    assert not part_of(made.target).exists()
    old, new = times_of(source), times_of(made.target)
    shift = new[0] - old[0]
    assert abs(shift) < Fraction(1, 40)
    assert all(abs(after - before - shift) <= Fraction(1, 1000) for before, after in zip(old, new, strict=True))
    if name.endswith((".mp4", ".mov")):
        assert old == new
    if not name.endswith(".webm"):
        assert [data for data, _ in sound_of(source)] == [data for data, _ in sound_of(made.target)]
    with av.open(str(made.target)) as container:
        assert container.metadata["title"] == "Bars"
        assert {codec or "vp9": True}[container.streams.video[0].codec_context.name.removeprefix("lib")]


def test_a_variable_frame_rate_is_kept_to_the_tick(tmp_path: Path) -> None:
    times = [0, 512, 700, 2048, 2049, 9000, 12800, 25600]
    source = write_clip(tmp_path / "in.mp4", times=times)
    made = copy(source, tmp_path / "out.mp4")
    assert times_of(made.target) == times_of(source) == [Fraction(time, 12800) for time in times]


@pytest.mark.parametrize("rotation", [90, 180, -90])
def test_rotated_clips_come_out_upright(tmp_path: Path, rotation: int) -> None:
    source = write_clip(tmp_path / "in.mp4", rotation=rotation, count=2)
    made = copy(source, tmp_path / "out.mp4")
    assert (made.width, made.height) == ((48, 32) if rotation == 180 else (32, 48))
    with av.open(str(made.target)) as container:
        frame = next(container.decode(video=0))
        assert frame.rotation == 0
    expected = np.rot90(pictures_of(source)[0], rotation // 90)
    assert np.abs(frame.to_ndarray(format="rgb24").astype(int) - expected).mean() < 8  # turned wrongly, over 60


@pytest.mark.parametrize("codec", ["h264", "vp9"])
@pytest.mark.parametrize("size", [(47, 32), (48, 33), (17, 17)])
def test_odd_sizes_are_kept(tmp_path: Path, codec: str, size: tuple[int, int]) -> None:
    width, height = size
    source = write_clip(tmp_path / "in.mkv", width=width, height=height, codec="ffv1", format="yuv444p", count=2)
    made = copy(source, tmp_path / "out.mp4", Encoding(codec, 5))
    picture = pictures_of(made.target)[0]
    assert picture.shape == (height, width, 3)


@pytest.mark.parametrize("size", [(64, 16), (65, 32), (66, 33), (101, 77)])
@pytest.mark.parametrize("bits", [8, 10])
@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_hevc_of_any_size_depth_and_length(tmp_path: Path, size: tuple[int, int], bits: int, count: int) -> None:
    width, height = size
    layout = "yuv444p" if bits == 8 else "yuv444p10le"
    source = write_clip(tmp_path / "in.mkv", width=width, height=height, codec="ffv1", format=layout, count=count)
    for ending in ("mp4", "mkv"):
        made = copy(source, tmp_path / f"out.{ending}", Encoding("hevc", 5))
        pictures = pictures_of(made.target)
        assert [picture.shape for picture in pictures] == [(height, width, 3)] * count
        assert open_clip(made.target).clip.bits == bits
        assert np.abs(pictures[-1].astype(int) - pictures_of(source)[-1]).mean() < 8


def test_frames_that_are_too_narrow_for_an_encoder(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "in.mkv", count=2)  # 48 pixels across: libx265 would damage memory
    with pytest.raises(UsageError, match="hevc takes frames of at least 64 pixels across, not 48"):
        copy(source, tmp_path / "out.mp4", Encoding("hevc"))
    assert [path.name for path in tmp_path.iterdir()] == ["in.mkv"]


@pytest.mark.parametrize("matrix", [1, 6, 9])
@pytest.mark.parametrize("range", [1, 2])
@pytest.mark.parametrize("codec", ["h264", "vp9"])
def test_colours_and_their_tags_survive(tmp_path: Path, matrix: int, range: int, codec: str) -> None:
    source = write_clip(tmp_path / "in.mp4", matrix=matrix, range=range, width=96, count=2)
    reader = open_clip(source)
    (first, *_) = reader
    assert np.abs(middle_colours(first.pixels) - middle_colours(bars(96, 32))).max() <= 3  # read by the right matrix
    made = copy(source, tmp_path / "out.mp4", Encoding(codec, 3))
    clip = open_clip(made.target).clip
    assert clip.colours == reader.clip.colours
    assert (clip.colours.matrix, clip.colours.range) == (matrix, range)
    (again, *_) = open_clip(made.target)
    assert np.abs(middle_colours(again.pixels) - middle_colours(bars(96, 32))).max() <= 4


@pytest.mark.parametrize(("codec", "format"), [("h264", "yuv420p10le"), ("vp9", "yuv420p")])
def test_ten_bits(tmp_path: Path, codec: str, format: str) -> None:
    source = write_clip(tmp_path / "in.mkv", codec="ffv1", format="yuv420p10le", width=96, count=2)
    reader = open_clip(source)
    assert reader.clip.bits == 10
    assert next(iter(reader)).pixels.dtype == np.uint16
    made = copy(source, tmp_path / "out.mp4", Encoding(codec, 3))
    with av.open(str(made.target)) as container:
        assert container.streams.video[0].codec_context.pix_fmt == format
    assert np.abs(middle_colours(pictures_of(made.target)[0]) - middle_colours(bars(96, 32))).max() <= 4


def test_every_sound_is_kept(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "in.mp4", sounds=["aac", "libopus"])
    made = copy(source, tmp_path / "out.mp4")
    for index in (0, 1):
        assert sound_of(source, index) == sound_of(made.target, index)


def test_sound_that_the_container_does_not_take_is_encoded_in_step(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "in.mkv", sounds=["pcm_s16le"])
    made = copy(source, tmp_path / "out.mp4")
    assert made.notes == ["the sound (pcm_s16le) was encoded anew for .mp4"]
    with av.open(str(made.target)) as container:
        sound = np.concatenate([f.to_ndarray()[0] for f in container.decode(audio=0)])
    wave = np.sin(np.arange(len(sound)) / 17) * 0.3
    part = slice(4800, 14400)
    assert np.corrcoef(sound[part], wave[part])[0, 1] > 0.99


def test_a_truncated_clip_is_kept_as_far_as_it_goes(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (40, 32, 48, 3), np.uint8)
    source = write_clip(tmp_path / "in.mkv", count=40, pictures=lambda index: noise[index])
    source.write_bytes(source.read_bytes()[: source.stat().st_size * 6 // 10])
    made = copy(source, tmp_path / "out.mp4")
    assert 5 < made.frames < 40
    assert len(times_of(made.target)) == made.frames


def test_a_header_that_lies_is_not_believed(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "in.mp4")
    data = bytearray(source.read_bytes())
    for box, offset in ((b"mvhd", 20), (b"tkhd", 24), (b"mdhd", 20)):
        at = data.index(box) + offset
        data[at : at + 4] = (0x7FFFFFFF).to_bytes(4, "big")
    source.write_bytes(data)
    made = copy(source, tmp_path / "out.mp4")
    assert made.frames == 10
    with av.open(str(made.target)) as container:
        assert container.duration / 1e6 == pytest.approx(0.4, abs=0.05)


def test_what_is_no_clip_is_refused_in_a_sentence(tmp_path: Path, data_picture: Path) -> None:
    empty = tmp_path / "empty.mp4"
    empty.touch()
    text = tmp_path / "text.mp4"
    text.write_text("no clip")
    cut = tmp_path / "cut.mp4"
    whole = write_clip(tmp_path / "whole.mp4").read_bytes()
    cut.write_bytes(whole[: len(whole) // 2])  # its index was at the end
    sound = tmp_path / "sound.wav"
    with av.open(str(sound), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1600), np.int16), layout="stereo")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
    for path, why in (
        (tmp_path / "none.mp4", "does not exist"),
        (tmp_path, "is a folder"),
        (empty, "is empty"),
        (text, "cannot be read as a clip"),
        (cut, "cannot be read as a clip"),
        (sound, "has no moving pictures"),
        (data_picture, "is a picture, not a clip"),
    ):
        with pytest.raises(InputError, match=why) as found:
            open_clip(path)
        assert "\n" not in str(found.value)


@pytest.fixture
def data_picture(tmp_path: Path) -> Path:
    from PIL import Image

    Image.new("RGB", (32, 32)).save(tmp_path / "picture.png")
    return tmp_path / "picture.png"


def test_a_clip_without_frames_leaves_nothing_behind(tmp_path: Path) -> None:
    source = tmp_path / "none.mkv"
    with av.open(str(source), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
        container.start_encoding()
    with pytest.raises(InputError, match=r"no frame that can be decoded|cannot be read"):
        copy(source, tmp_path / "out.mp4")
    assert [path.name for path in tmp_path.iterdir()] == ["none.mkv"]


def test_targets(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "in.mp4", count=2)
    with pytest.raises(OutputError, match="is the clip itself"):
        check_target(source, source, overwrite=True)
    (tmp_path / "out.part.mp4").touch()
    with pytest.raises(OutputError, match="of a run that was stopped"):
        check_target(source, tmp_path / "out.mp4", overwrite=False)
    check_target(source, tmp_path / "out.mp4", overwrite=True)


@pytest.mark.parametrize(
    ("encoding", "name", "why"),
    [
        (Encoding("h264"), "a.webm", "takes vp9, not h264"),
        (Encoding("vp9"), "a.mov", "takes h264, hevc, not vp9"),
        (Encoding("mpeg1"), "a.mp4", "--codec must be one of"),
        (Encoding(), "a.avi", "must end in .mp4"),
        (Encoding(crf=70), "a.mp4", "--crf must be from 0 to 51"),
    ],
)
def test_what_does_not_go_together(tmp_path: Path, encoding: Encoding, name: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        encoding.codec_for(tmp_path / name)


@pytest.mark.parametrize("name", ["out.mp4", "out.mkv", "out.webm"])
def test_an_interrupted_run_leaves_what_plays(tmp_path: Path, name: str) -> None:
    source = write_clip(tmp_path / "in.mp4", count=60, sounds=["aac"])
    reader = open_clip(source)
    seen = 0

    def work(pixels: Any, seconds: float) -> Any:
        nonlocal seen
        seen += 1
        if seen > 40:
            raise KeyboardInterrupt
        return pixels

    target = tmp_path / name
    with pytest.raises(Interrupted, match=r"stopped after 40 frames, which play from .*part"):
        make_clip(reader, target, work, (32, 48), Encoding())
    assert not target.exists()
    assert len(times_of(part_of(target))) == 40
    assert sound_of(part_of(target))


_KILLED = """
import os, sys
from pathlib import Path
from painterly.video.encoding import Encoding
from painterly.video.make import make_clip
from painterly.video.reading import open_clip

seen = 0

def work(pixels, seconds):
    global seen
    seen += 1
    if seen > 100:
        os._exit(9)  # no time to tidy up
    return pixels

make_clip(open_clip(Path(sys.argv[1])), Path(sys.argv[2]), work, (32, 48), Encoding(preset="ultrafast"))
"""


@pytest.mark.parametrize("name", ["out.mp4", "out.mkv"])
def test_a_killed_run_leaves_what_plays(tmp_path: Path, name: str) -> None:
    source = write_clip(tmp_path / "in.mp4", count=110, sounds=["aac"])
    target = tmp_path / name
    done = subprocess.run([sys.executable, "-c", _KILLED, str(source), str(target)], capture_output=True, check=False)
    assert done.returncode == 9, done.stderr.decode()
    assert not target.exists()
    assert 10 <= len(times_of(part_of(target))) <= 100


def test_a_failure_leaves_nothing(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "in.mp4")

    def work(pixels: Any, seconds: float) -> Any:
        raise InputError("the network gives up")

    with pytest.raises(InputError, match="gives up"):
        make_clip(open_clip(source), tmp_path / "out.mp4", work, (32, 48), Encoding())
    assert [path.name for path in tmp_path.iterdir()] == ["in.mp4"]
