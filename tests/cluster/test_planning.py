from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest

from painterly.cluster.manifest import Manifest
from painterly.cluster.planning import plan_tasks
from painterly.cluster.recipe import Recipe
from painterly.cluster.storage import Place
from painterly.cluster.worker import Task


class Plan:
    """One run's plan: what is to be done, what is refused, and how much was done before."""

    def __init__(self, *inputs: str | Path, output: str | Path, manifest: Path, **options: Any) -> None:
        self.refused: list[str] = []
        self.skipped: list[int] = []
        recipe = Recipe("stylize", format=options.pop("format", None))
        with contextlib.closing(Manifest(Place.parse(manifest), options.pop("work", "work"))) as notes:
            refuse = lambda source, target, reason: self.refused.append(reason)  # noqa: E731
            folder, names = Place.parse(output), [str(one) for one in inputs]
            tasks = plan_tasks(
                recipe, names, folder, notes, refuse, self.skipped.append, **{"overwrite": False, **options}
            )
            self.tasks: list[Task] = []
            for task in tasks:
                self.tasks.append(task)
                notes.begin([str(task.target)])
            self.notes = notes

    @property
    def targets(self) -> list[str]:
        return sorted(str(task.target) for task in self.tasks)


def finish(plan: Plan, manifest: Path, work: str = "work") -> None:
    with contextlib.closing(Manifest(Place.parse(manifest), work)) as notes:
        for task in plan.tasks:
            done = {"source": str(task.source), "target": str(task.target), "fingerprint": task.fingerprint}
            notes.add([{"status": "done", **done, "failed": 0}])
            if task.target.local is not None:
                task.target.local.parent.mkdir(parents=True, exist_ok=True)
                task.target.local.write_text("made")


@pytest.fixture
def places(folder: Path, tmp_path: Path) -> dict[str, Any]:
    return {"output": tmp_path / "out", "manifest": tmp_path / "m.jsonl"}


def test_folders_keep_their_shape(folder: Path, tmp_path: Path, places: dict[str, Any]) -> None:
    names = ["a.png", "b.jpg", "sub/c.png", "sub/deep/d.webp"]
    assert Plan(folder, **places).targets == [str(tmp_path / "out" / name) for name in names]


def test_what_is_done_is_skipped_until_it_changes(folder: Path, tmp_path: Path, places: dict[str, Any]) -> None:
    finish(Plan(folder, **places), places["manifest"])
    (folder / "a.png").write_bytes((folder / "sub" / "c.png").read_bytes())
    (tmp_path / "out" / "sub" / "c.png").unlink()
    plan = Plan(folder, **places)
    assert plan.targets == [str(tmp_path / "out" / name) for name in ("a.png", "sub/c.png")]
    assert plan.skipped == [0, 0]
    assert not plan.refused


def test_what_was_begun_and_not_done_is_done_again(folder: Path, tmp_path: Path, places: dict[str, Any]) -> None:
    first = Plan(folder, **places)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.png").write_text("written, and then the power went")
    second = Plan(folder, **places)
    assert second.targets == first.targets
    assert all(task.again for task in second.tasks)
    assert not any(task.again for task in first.tasks)


def test_files_of_others_are_left_alone(folder: Path, tmp_path: Path, places: dict[str, Any]) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.png").write_text("precious")
    plan = Plan(folder, **places)
    assert plan.refused == [f"{tmp_path}/out/a.png exists; add --overwrite to replace it"]
    assert len(plan.tasks) == 3
    assert len(Plan(folder, **places, overwrite=True).tasks) == 4


def test_other_work_does_not_replace_what_this_one_made(folder: Path, places: dict[str, Any]) -> None:
    finish(Plan(folder, **places), places["manifest"])
    other = Plan(folder, **places, work="other")
    assert not other.tasks
    assert len(other.refused) == 4


def test_two_sources_never_share_a_target(folder: Path, places: dict[str, Any]) -> None:
    plan = Plan(folder, folder / "sub" / "deep" / ".." / "c.png", folder / "a.png", **places)
    assert len(plan.tasks) == len(set(plan.targets)) == 5
    (reason,) = plan.refused
    assert reason.endswith("/out/a.png, as another is; rename one")


def test_a_store_is_asked_what_is_there(folder: Path, tmp_path: Path, memory: Any) -> None:
    memory.pipe_file("/shelf/out/a.png", b"precious")
    plan = Plan(folder, output="memory://shelf/out", manifest=tmp_path / "m.jsonl")
    assert plan.refused == ["memory://shelf/out/a.png exists; add --overwrite to replace it"]
    assert plan.targets == [f"memory://shelf/out/{name}" for name in ("b.jpg", "sub/c.png", "sub/deep/d.webp")]


def test_gifs_in_stores_are_looked_into(tmp_path: Path, memory: Any, tools: Any) -> None:
    memory.pipe_file("/shelf/still.gif", tools.encoded(1, "GIF"))
    frames = [tools.picture(seed) for seed in range(3)]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:], duration=40)
    memory.pipe_file("/shelf/moving.gif", (tmp_path / "moving.gif").read_bytes())
    plan = Plan("memory://shelf", output=tmp_path / "out", manifest=tmp_path / "m.jsonl")
    assert plan.targets == [str(tmp_path / "out" / name) for name in ("moving.gif", "still.png")]
