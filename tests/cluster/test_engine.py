"""A cluster of two worker processes on this machine: nothing is lost, nothing comes twice."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from painterly.batch.run import Outcome
from painterly.batch.stylize import stylize
from painterly.cluster.engine import work_on_cluster
from painterly.cluster.recipe import Maker, Recipe
from painterly.cluster.session import session
from painterly.cluster.settings import ClusterSettings
from painterly.errors import InputError, Interrupted, UsageError

WORKERS = 2


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """One for all tests, since it takes longer to start than any of them."""
    with session("local", WORKERS) as ray:
        ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])  # workers do not know where the tests are
        yield ray


@dataclass(frozen=True)
class Fragile(Recipe):
    """Copies pictures; a worker dies of those beside which there is a file that says so.

    `x.once` is removed by the worker that it kills, `x.always` is not; `x.error` is a mistake in the program.
    """

    def maker(self) -> Maker:
        def one(source: Path, target: Path, folder: Path) -> tuple[int, int]:
            if source.with_suffix(".error").exists():
                raise ZeroDivisionError("a bug")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)  # so that the result is there, and nobody was told
            with (folder / "made.txt").open("a") as file:
                file.write(f"{source.name}\n")
            for ending in (".once", ".always"):
                mark = source.with_suffix(ending)
                if mark.exists():
                    if ending == ".once":
                        mark.unlink()
                    os.kill(os.getpid(), signal.SIGKILL)
            return 1, 1

        return one


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """Forty files that are called pictures."""
    found = tmp_path / "in"
    for number in range(40):
        path = found / f"{number % 4}" / f"{number:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"picture {number}")
    return found


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.png")}


@pytest.fixture
def run(tmp_path: Path, cluster: Any) -> Callable[..., Any]:
    def run(source: Path, recipe: Recipe | None = None, **more: Any) -> Any:
        report = more.pop("report", lambda outcome: None)
        overwrite = more.pop("overwrite", False)
        settings = ClusterSettings(workers=WORKERS, **more)
        return work_on_cluster(
            recipe or Fragile("stylize"),
            [str(source)],
            str(tmp_path / "out"),
            settings,
            overwrite=overwrite,
            report=report,
        )

    return run


def test_a_folder_becomes_what_it_becomes_without_a_cluster(
    run: Callable[..., Any], folder: Path, model: Path, tmp_path: Path, tools: Any
) -> None:
    options: dict[str, Any] = {"model": str(model), "backend": "torch", "precision": "float32", "quality": 80}
    (folder / "bad.jpg").write_bytes(b"no picture")
    tools.write_tar(folder / "shard.tar", {"x.png": (folder / "a.png").read_bytes(), "x.cls": b"7"})
    wanted = stylize(str(folder), tmp_path / "wanted", **options)

    outcomes: list[Outcome] = []
    summary = run(folder, Recipe("stylize", options), quarantine=str(tmp_path / "aside"), report=outcomes.append)
    out = tmp_path / "out"
    for outcome in wanted:
        relative = outcome.target.relative_to(tmp_path / "wanted")
        assert (out / relative).exists() == (not outcome.error)
        if not outcome.error:
            assert (out / relative).read_bytes() == outcome.target.read_bytes(), relative
    assert tools.read_tar(out / "shard.tar") == {"x.png": (out / "a.png").read_bytes(), "x.cls": b"7"}
    assert (summary.made, summary.skipped, summary.failed, summary.lost) == (5, 0, 1, 0)
    assert {one.error for one in outcomes if one.error} == {one.error for one in wanted if one.error}
    assert [path.name for path in (tmp_path / "aside").iterdir()] == ["bad.jpg"]
    (failed,) = tools.entries(out / "painterly-manifest.jsonl", "failed")
    assert failed["reason"] == f"{folder}/bad.jpg is not a picture in a format that can be read"

    (folder / "bad.jpg").unlink()  # which would be tried again
    again = run(folder, Recipe("stylize", options))
    assert (again.made, again.skipped, again.failed, again.workers) == (0, 5, 0, 0)
    other = run(folder, Recipe("stylize", {**options, "quality": 90}))
    assert (other.made, other.skipped, other.failed, other.workers) == (0, 0, 5, 0)
    assert (out / "b.jpg").read_bytes() == (tmp_path / "wanted" / "b.jpg").read_bytes()


def test_killed_workers_lose_nothing_and_nothing_is_twice(
    run: Callable[..., Any], many: Path, tmp_path: Path, tools: Any
) -> None:
    for name in ("1/13.png", "2/30.png"):
        (many / name).with_suffix(".once").write_text("")
    summary = run(many)
    assert (summary.made, summary.failed) == (40, 0)
    assert summary.lost >= 2
    assert contents(tmp_path / "out") == contents(many)
    done = tools.entries(tmp_path / "out" / "painterly-manifest.jsonl", "done")
    assert len(done) == len({entry["target"] for entry in done}) == 40
    assert not list((tmp_path / "out").rglob(".*"))


def test_a_picture_that_kills_every_worker_is_given_up_and_the_others_are_made(
    run: Callable[..., Any], many: Path, tmp_path: Path
) -> None:
    (many / "0" / "20.always").write_text("")
    (many / "1" / "21.error").write_text("")
    outcomes: list[Outcome] = []
    summary = run(many, attempts=2, quarantine=str(tmp_path / "aside"), report=outcomes.append)
    assert (summary.made, summary.failed) == (38, 2)
    errors = {one.source.name: one.error for one in outcomes if one.error}
    assert "20.png: 2 workers died of it, or beside it" in errors["20.png"]
    assert errors["21.png"] == "an unexpected error (ZeroDivisionError: a bug)"
    assert [path.name for path in (tmp_path / "aside").rglob("*.png")] == ["20.png"]


def test_a_run_that_is_stopped_goes_on(run: Callable[..., Any], many: Path, tmp_path: Path) -> None:
    seen: list[Outcome] = []

    def stop(outcome: Outcome) -> None:
        seen.append(outcome)
        if len(seen) == 5:
            signal.raise_signal(signal.SIGTERM)

    with pytest.raises(Interrupted, match=r"stopped after \d+ pictures; the same command goes on from there"):
        run(many, report=stop)
    assert 5 <= len(seen) < 40
    summary = run(many)
    assert summary.made == 40 - len(seen)
    assert summary.skipped == len(seen)
    assert contents(tmp_path / "out") == contents(many)
    made = (path for path in (tmp_path / "out").rglob("made.txt"))
    assert sorted(name for path in made for name in path.read_text().split()) == [f"{n:02}.png" for n in range(40)]


def test_a_network_that_is_not_there_ends_the_run_in_a_sentence(run: Callable[..., Any], many: Path) -> None:
    from painterly.errors import PainterlyError

    with pytest.raises(PainterlyError, match=r"none\.safetensors does not exist"):
        run(many, Recipe("stylize", {"model": str(many / "none.safetensors")}))


class TestRefusals:
    """What is wrong is told before any cluster is started."""

    def test_nothing_to_do(self, tmp_path: Path) -> None:
        (tmp_path / "in").mkdir()
        with pytest.raises(InputError, match="holds nothing to work on"):
            work_on_cluster(Recipe("stylize"), [str(tmp_path / "in")], str(tmp_path / "out"))

    @pytest.mark.parametrize(
        ("inputs", "output", "words"),
        [
            (["-"], "out", "not on standard input"),
            (["in"], "-", "not on standard input or output"),
            (["in"], "out.png", r"out\.png is a file; with --engine ray, -o names a folder"),
            (["in"], "in", "is read and written"),
        ],
    )
    def test_what_cannot_be_meant(
        self, inputs: list[str], output: str, words: str, many: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(many.parent)
        with pytest.raises(UsageError, match=words):
            work_on_cluster(Recipe("stylize"), inputs, output)

    def test_a_format_that_cannot_be_written(self, many: Path, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="--format gif"):
            work_on_cluster(Recipe("stylize", format="gif"), [str(many)], str(tmp_path / "out"))
        assert not (tmp_path / "out").exists()

    @pytest.mark.parametrize("wrong", [{"workers": 0}, {"attempts": 0}])
    def test_settings(self, wrong: dict[str, Any]) -> None:
        with pytest.raises(UsageError, match="at least 1"):
            ClusterSettings(**wrong)
