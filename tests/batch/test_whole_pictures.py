"""From file to file: depth, metadata, animations, links, and what goes wrong."""

from __future__ import annotations

import errno
import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

import painterly.images.writing
from painterly.batch import Outcome, plan_jobs, run_jobs, work_on_files
from painterly.batch.make import Files
from painterly.commands.app import app
from painterly.commands.outcomes import conclude
from painterly.errors import MissingExtraError, UsageError
from painterly.images import SaveOptions, open_strips
from painterly.images.animation import Animation, find_animation, read_frames, save_animation

NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (24, 30, 3), np.uint8))


def same(picture: Any) -> Any:
    return picture


def make(source: Path | str, target: Path | str | None, **options: Any) -> list[Outcome]:
    files = Files(
        options.pop("overwrite", False), options.pop("options", SaveOptions()), options.pop("max_pixels", None)
    )
    work = options.pop("work", same)
    return work_on_files(
        source, target, work, suffix="s", format=options.pop("format", None), files=files, report=lambda outcome: None
    )


def animate(path: Path, count: int = 3) -> Path:
    frames = [(NOISE.rotate(90 * n).quantize(64).convert("RGB"), 40.0) for n in range(count)]
    save_animation(frames, path, Animation(count, plays=0))
    return path


class TestDepth:
    """Sixteen bits in, sixteen bits out."""

    @pytest.fixture(autouse=True)
    def _vips(self) -> None:
        pytest.importorskip("pyvips")

    @pytest.mark.parametrize("ending", [".png", ".tif"])
    @pytest.mark.parametrize("channels", [3, 4])
    def test_all_bits_go_through(self, tmp_path: Path, ending: str, channels: int) -> None:
        import pyvips

        values = np.random.default_rng(0).integers(0, 65536, (24, 30, channels), np.uint16)
        pyvips.Image.new_from_array(values, interpretation="rgb16").write_to_file(str(tmp_path / f"a{ending}"))
        kinds: list[Any] = []

        def look(picture: Any) -> Any:
            kinds.append((type(picture), picture.dtype))
            return picture

        (outcome,) = make(
            tmp_path / f"a{ending}",
            tmp_path / f"b{ending}",
            options=SaveOptions(depth=16),
            work=look,
        )
        assert not outcome.error
        assert outcome.size == (30, 24)
        assert kinds == [(np.ndarray, np.uint16)]
        (found,) = open_strips(tmp_path / f"b{ending}").strips(24)
        assert np.array_equal(found, values)
        assert not make(tmp_path / f"a{ending}", tmp_path / "c.png")[0].error  # eight bits, unless asked
        assert open_strips(tmp_path / "c.png").dtype == np.uint8

    def test_eight_bits_are_spread(self, tmp_path: Path) -> None:
        NOISE.save(tmp_path / "a.png")
        make(tmp_path / "a.png", tmp_path / "b.png", options=SaveOptions(depth=16))
        (found,) = open_strips(tmp_path / "b.png").strips(24)
        assert np.array_equal(found, np.asarray(NOISE, np.uint16) * 257)

    def test_floats_stay_floats_for_the_network(self, tmp_path: Path) -> None:
        values = np.random.default_rng(0).random((24, 30), np.float32)
        Image.fromarray(values).save(tmp_path / "a.tif")
        make(tmp_path / "a.tif", tmp_path / "b.tif", options=SaveOptions(depth=16))
        (found,) = open_strips(tmp_path / "b.tif").strips(24)
        assert np.abs(found[..., 0] / 65535 - values).max() < 1e-5

    def test_what_has_no_sixteen_bits_becomes_png_or_is_refused(self, tmp_path: Path) -> None:
        NOISE.save(tmp_path / "a.jpg")
        (outcome,) = make(tmp_path / "a.jpg", tmp_path / "out", options=SaveOptions(depth=16))
        assert outcome.target == tmp_path / "out" / "a.png"
        for more in ({"target": tmp_path / "b.jpg"}, {"target": None, "format": "webp"}):
            with pytest.raises(UsageError, match=r"--depth 16 goes with \.png and \.tif only"):
                make(tmp_path / "a.jpg", options=SaveOptions(depth=16), **more)

    def test_without_its_library(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(__import__("sys").modules, "pyvips", None)
        NOISE.save(tmp_path / "a.png")
        with pytest.raises(MissingExtraError, match=r"sixteen bits a channel needs .*painterly\[vips\]"):
            make(tmp_path / "a.png", tmp_path / "b.png", options=SaveOptions(depth=16))


class TestAnimations:
    """Frame by frame, or a sentence."""

    @pytest.mark.parametrize("ending", [".gif", ".webp", ".png"])
    def test_every_frame_is_worked_on(self, tmp_path: Path, ending: str) -> None:
        animate(tmp_path / "a.gif")
        (outcome,) = make(tmp_path / "a.gif", tmp_path / f"b{ending}", work=lambda p: p.resize((60, 48), 0))
        assert not outcome.error
        assert outcome.size == (60, 48)
        found = find_animation(tmp_path / f"b{ending}")
        assert found is not None
        assert (found.frames, found.plays) == (3, 0)
        assert [(frame.size, duration) for frame, duration in read_frames(tmp_path / f"b{ending}")] == [
            ((60, 48), 40.0)
        ] * 3

    def test_in_a_folder_it_keeps_its_format_and_a_still_becomes_png(self, tmp_path: Path) -> None:
        (tmp_path / "in").mkdir()
        animate(tmp_path / "in" / "a.gif")
        NOISE.save(tmp_path / "in" / "b.gif")
        outcomes = make(tmp_path / "in", tmp_path / "out")
        assert [outcome.target.name for outcome in outcomes] == ["a.gif", "b.png"]
        assert not any(outcome.error for outcome in outcomes)

    @pytest.mark.parametrize("ending", [".jpg", ".tif", ".avif"])
    def test_where_it_cannot_go(self, tmp_path: Path, ending: str) -> None:
        animate(tmp_path / "a.gif")
        (outcome,) = make(tmp_path / "a.gif", tmp_path / f"b{ending}")
        assert "a.gif is an animation of 3 frames, which goes to .gif, .webp, .png" in outcome.error
        assert os.listdir(tmp_path) == ["a.gif"]  # noqa: PTH208

    def test_a_still_is_no_gif(self, tmp_path: Path) -> None:
        NOISE.save(tmp_path / "a.png")
        with pytest.raises(UsageError, match=r"cannot write '\.gif' files but of animations"):
            make(tmp_path / "a.png", tmp_path / "b.gif")


class TestMetadata:
    """Carried along unless stripped."""

    @pytest.mark.parametrize("strip", [False, True])
    def test_dates_and_places(self, tmp_path: Path, strip: bool) -> None:
        exif = Image.Exif()
        exif[0x0132], exif[0x8825] = "2021:05:06 07:08:09", {1: "N", 2: (48.0, 51.0, 29.0)}
        NOISE.save(tmp_path / "a.jpg", exif=exif)
        make(tmp_path / "a.jpg", tmp_path / "b.jpg", options=SaveOptions(strip=strip))
        with Image.open(tmp_path / "b.jpg") as image:
            assert (0x0132 in image.getexif()) is not strip
            assert bool(image.getexif().get_ifd(0x8825)) is not strip


class TestLinks:
    """Nothing is written where it was not asked for."""

    def test_a_folder_that_leads_out(self, tmp_path: Path) -> None:
        for name in ("in/sub", "out", "elsewhere"):
            (tmp_path / name).mkdir(parents=True)
        NOISE.save(tmp_path / "in" / "sub" / "a.png")
        NOISE.save(tmp_path / "in" / "b.png")
        (tmp_path / "out" / "sub").symlink_to(tmp_path / "elsewhere")
        outcomes = make(tmp_path / "in", tmp_path / "out")
        assert [bool(outcome.error) for outcome in outcomes] == [False, True]
        assert "is a link that leaves" in outcomes[1].error
        assert not list((tmp_path / "elsewhere").iterdir())

    def test_the_output_folder_itself_may_be_one(self, tmp_path: Path) -> None:
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / "out").symlink_to(tmp_path / "elsewhere")
        NOISE.save(tmp_path / "a.png")
        assert not make(tmp_path / "a.png", tmp_path / "out")[0].error
        assert (tmp_path / "elsewhere" / "a.png").is_file()

    @pytest.mark.parametrize("dangling", [False, True])
    def test_a_link_is_replaced_not_followed(self, tmp_path: Path, dangling: bool) -> None:
        NOISE.save(tmp_path / "a.png")
        if not dangling:
            (tmp_path / "precious").write_text("precious")
        (tmp_path / "b.png").symlink_to(tmp_path / "precious")
        assert "add --overwrite" in make(tmp_path / "a.png", tmp_path / "b.png")[0].error
        assert not make(tmp_path / "a.png", tmp_path / "b.png", overwrite=True)[0].error
        assert not (tmp_path / "b.png").is_symlink()
        assert (tmp_path / "precious").exists() is not dangling
        assert dangling or (tmp_path / "precious").read_text() == "precious"


def test_a_result_is_not_written_over_what_is_still_to_be_read(tmp_path: Path) -> None:
    for name in ("a.png", "a-s.png"):
        NOISE.save(tmp_path / name)
    outcomes = make([tmp_path / "a.png", tmp_path / "a-s.png"], None, overwrite=True)  # type: ignore[arg-type]
    assert "which is itself to be read" in outcomes[0].error
    assert not outcomes[1].error


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize("ending", [".png", ".jpg", ".webp", ".tif"])
def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, ending: str) -> None:
    def full(*args: object, **options: object) -> None:
        raise OSError(code, os.strerror(code))

    NOISE.save(tmp_path / "a.png")
    monkeypatch.setattr(painterly.images.writing, "encode", full)
    (outcome,) = make(tmp_path / "a.png", tmp_path / f"b{ending}")
    assert outcome.error == f"cannot write {tmp_path / f'b{ending}'} (the disk is full; make room and try again)"
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
@pytest.mark.parametrize("ending", [".png", ".tif"])
def test_a_full_disk_as_libvips_meets_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str) -> None:
    pytest.importorskip("pyvips")
    NOISE.resize((600, 600)).save(tmp_path / "a.png")
    monkeypatch.setattr("painterly.atomic.secrets.token_hex", lambda count: "x")
    (tmp_path / f".b.x.tmp{ending}").symlink_to("/dev/full")
    (outcome,) = make(tmp_path / "a.png", tmp_path / f"b{ending}", options=SaveOptions(depth=16))
    assert "cannot write" in outcome.error
    if ending == ".png":
        assert "the disk is full" in outcome.error
    assert not (tmp_path / f"b{ending}").exists()


def test_hundreds_of_files_bad_ones_among_them(tmp_path: Path) -> None:
    content = io.BytesIO()
    NOISE.resize((16, 16)).save(content, "PNG")
    (tmp_path / "in").mkdir()
    for number in range(300):
        (tmp_path / "in" / f"{number:04}.png").write_bytes(content.getvalue() if number % 50 else b"bad")
    jobs = plan_jobs([str(tmp_path / "in")], tmp_path / "out", suffix="s")
    outcomes = list(run_jobs(jobs, same))
    assert [outcome.source.name for outcome in outcomes if outcome.error] == [f"{n:04}.png" for n in range(0, 300, 50)]
    assert len(list((tmp_path / "out").iterdir())) == 294


def test_a_limit_is_the_callers(tmp_path: Path) -> None:
    NOISE.save(tmp_path / "a.png")
    assert "claims 30x24 pixels, more than 719" in make(tmp_path / "a.png", tmp_path / "b.png", max_pixels=719)[0].error
    assert not make(tmp_path / "a.png", tmp_path / "b.png", max_pixels=720)[0].error


class TestCommands:
    """Both commands have the same options for files."""

    @pytest.mark.parametrize("command", ["stylize", "upscale"])
    def test_options_say_what_is_wrong_with_them(self, tmp_path: Path, command: str) -> None:
        NOISE.save(tmp_path / "a.png")
        source = str(tmp_path / "a.png")
        for options, words in (
            (["--quality", "0"], "--quality must be from 1 to 100"),
            (["--png-level", "10"], "--png-level must be from 0 to 9"),
            (["--depth", "12"], "--depth must be 8 or 16"),
            (["--depth", "16", "-o", "b.jpg"], "--depth 16 goes with .png and .tif only"),
            (["-o", "-", "--json"], "--json and the picture cannot both go to standard output"),
        ):
            result = CliRunner().invoke(app, [command, source, *options])
            assert isinstance(result.exception, UsageError), result.output
            assert words in str(result.exception)

    @pytest.mark.parametrize("count", [10, 12])
    def test_failures_are_named_again_where_they_have_scrolled_away(
        self, capsys: pytest.CaptureFixture[str], count: int
    ) -> None:
        outcomes = [Outcome(Path(f"{n}.jpg"), Path("o"), (1, 1), 0.0, "bad" if n == 3 else "") for n in range(count)]
        with pytest.raises(typer.Exit):
            conclude(outcomes, {}, json=False)
        said = capsys.readouterr().err
        assert f"1 of {count} pictures failed" in said
        assert ("failed: 3.jpg" in said) is (count > 10)
