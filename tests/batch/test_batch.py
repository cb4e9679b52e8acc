from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from painterly.batch import plan_jobs, run_jobs
from painterly.errors import InputError, UsageError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.jpg", "a.png", "sub/a.png", "sub/deep/c.webp", "notes.txt"):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".txt":
            path.write_text("no picture")
        else:
            Image.new("RGB", (20, 18), "red").save(path)
    return tmp_path / "in"


def targets(inputs: list[str], output: Path | None, **options: Any) -> list[str]:
    return [str(job.target) for job in plan_jobs(inputs, output, suffix="style", **options)]


def test_folders_keep_their_shape(folder: Path) -> None:
    assert targets([str(folder)], Path("out")) == ["out/a.png", "out/b.jpg", "out/sub/a.png", "out/sub/deep/c.webp"]


def test_files_globs_and_folders_mix_and_nothing_comes_twice(folder: Path) -> None:
    names = [str(folder / "b.jpg"), str(folder / "*.png"), str(folder / "**" / "*.webp"), str(folder / "b.jpg")]
    assert targets(names, Path("out")) == ["out/b.jpg", "out/a.png", "out/c.webp"]


def test_one_picture_may_name_its_file(folder: Path) -> None:
    assert targets([str(folder / "b.jpg")], Path("x/y.png")) == ["x/y.png"]


def test_an_existing_folder_is_a_folder_whatever_its_name(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "out.png").mkdir()
    assert targets([str(folder / "b.jpg")], tmp_path / "out.png") == [str(tmp_path / "out.png" / "b.jpg")]


def test_without_an_output_paintings_lie_beside_their_photographs(folder: Path) -> None:
    assert targets([str(folder / "b.jpg")], None) == [str(folder / "b-style.jpg")]


def test_a_format_may_be_chosen_and_odd_ones_become_png(folder: Path) -> None:
    Image.new("RGB", (20, 20)).save(folder / "d.gif")
    assert targets([str(folder / "d.gif")], Path("out")) == ["out/d.png"]
    assert targets([str(folder / "b.jpg")], Path("out"), format="webp") == ["out/b.webp"]


def test_two_pictures_never_share_an_output(folder: Path) -> None:
    first, second = plan_jobs([str(folder / "a.png"), str(folder / "sub" / "a.png")], Path("out"), suffix="s")
    assert not first.problem
    assert "would be written to out/a.png" in second.problem


@pytest.mark.parametrize("output", ["o.png", "o.gif"])
def test_one_file_for_several_pictures_is_refused(folder: Path, output: str) -> None:
    with pytest.raises(UsageError, match=r"is one file, but there are 4 pictures"):
        plan_jobs([str(folder)], Path(output), suffix="s")


def test_formats_that_cannot_be_written_are_refused(folder: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot write '\.gif'"):
        plan_jobs([str(folder / "b.jpg")], Path("o.gif"), suffix="s")
    with pytest.raises(UsageError, match="--format gif"):
        plan_jobs([str(folder)], None, suffix="s", format="gif")


def test_nothing_to_do_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no pictures"):
        plan_jobs([str(tmp_path)], None, suffix="s")
    with pytest.raises(InputError, match="nothing matches"):
        plan_jobs([str(tmp_path / "*.jpg")], None, suffix="s")


def test_a_bad_picture_does_not_stop_the_others(folder: Path, tmp_path: Path) -> None:
    (folder / "b.jpg").write_bytes(b"broken")
    outcomes = list(run_jobs(plan_jobs([str(folder)], tmp_path / "out", suffix="s"), lambda picture: picture))
    assert [bool(outcome.error) for outcome in outcomes] == [False, True, False, False]
    assert outcomes[1].to_dict().keys() == {"input", "error"}
    assert outcomes[0].to_dict().keys() == {"input", "output", "width", "height", "seconds"}
    written = sorted(str(p.relative_to(tmp_path / "out")) for p in (tmp_path / "out").rglob("*") if p.is_file())
    assert written == ["a.png", "sub/a.png", "sub/deep/c.webp"]


def test_a_second_run_replaces_nothing_unasked(folder: Path, tmp_path: Path) -> None:
    jobs = plan_jobs([str(folder)], tmp_path / "out", suffix="s")
    assert not any(outcome.error for outcome in run_jobs(jobs, lambda picture: picture))
    assert all("add --overwrite" in outcome.error for outcome in run_jobs(jobs, lambda picture: picture))
    assert not any(outcome.error for outcome in run_jobs(jobs, lambda picture: picture, overwrite=True))


def test_running_out_of_memory_is_a_sentence(folder: Path, tmp_path: Path) -> None:
    def work(picture: Image.Image) -> Image.Image:
        raise MemoryError

    jobs = plan_jobs([str(folder / "b.jpg")], tmp_path / "o.png", suffix="s")
    (outcome,) = run_jobs(jobs, work)
    assert "is too large for the memory that is free; make it smaller first" in outcome.error


def test_a_bug_is_not_hidden(folder: Path, tmp_path: Path) -> None:
    def work(picture: Image.Image) -> Image.Image:
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        list(run_jobs(plan_jobs([str(folder / "b.jpg")], tmp_path / "o.png", suffix="s"), work))
