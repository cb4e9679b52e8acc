from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from painterly.batch.stylize import stylize
from painterly.cluster.recipe import Recipe
from painterly.cluster.storage import Place
from painterly.cluster.worker import Task, Worker


@pytest.fixture
def worker(model: Path) -> Worker:
    found = Worker(Recipe("stylize", {"model": str(model), "backend": "torch", "precision": "float32"}))
    assert found.prepare() == ""
    return found


def task(source: str | Path, target: str | Path, **more: Any) -> Task:
    place, folder = Place.parse(source), Place.parse(Path(target).parent if "://" not in str(target) else str(target))
    return Task(place, Place.parse(target), folder, place.name, "", shard=place.name.endswith(".tar"), **more)


def test_from_store_to_store_it_is_what_the_command_makes(
    worker: Worker, model: Path, folder: Path, tmp_path: Path, memory: Any
) -> None:
    options = {"model": model, "backend": "torch", "precision": "float32"}
    stylize(str(folder / "b.jpg"), tmp_path / "wanted.jpg", **options)  # type: ignore[arg-type]
    memory.pipe_file("/in/b.jpg", (folder / "b.jpg").read_bytes())
    report = worker.work(task("memory://in/b.jpg", "memory://out/sub/b.jpg"))
    assert report.outcome.error == ""
    assert report.outcome.size == (48, 40)
    assert memory.cat_file("/out/sub/b.jpg") == (tmp_path / "wanted.jpg").read_bytes()


def test_shards_have_the_same_pictures(worker: Worker, folder: Path, tmp_path: Path, tools: Any) -> None:
    worker.work(task(folder / "a.png", tmp_path / "a.png"))
    contents = {"x.png": (folder / "a.png").read_bytes(), "x.txt": b"a label", "y.jpg": b"no picture"}
    tools.write_tar(tmp_path / "in.tar", contents)
    report = worker.work(task(tmp_path / "in.tar", tmp_path / "out.tar"))
    assert tools.read_tar(tmp_path / "out.tar") == {"x.png": (tmp_path / "a.png").read_bytes(), "x.txt": b"a label"}
    assert report.pictures == 1
    ((name, why),) = report.failures
    assert name == "y.jpg"
    assert why.startswith(f"{tmp_path}/in.tar:y.jpg is not a picture")


@pytest.mark.parametrize("where", ["local", "memory"])
def test_what_is_bad_is_named_as_it_was_called_and_put_aside(
    where: str, worker: Worker, tmp_path: Path, memory: Any
) -> None:
    worker.quarantine = Place.parse(tmp_path / "aside")
    source = "memory://in/bad.png" if where == "memory" else str(tmp_path / "bad.png")
    (tmp_path / "bad.png").write_bytes(b"no picture")
    memory.pipe_file("/in/bad.png", b"no picture")
    report = worker.work(task(source, tmp_path / "out" / "bad.png"))
    assert report.outcome.error == f"{source} is not a picture in a format that can be read"
    assert (tmp_path / "aside" / "bad.png").read_bytes() == b"no picture"
    assert not (tmp_path / "out").exists()


def test_a_damaged_shard_leaves_nothing(worker: Worker, tmp_path: Path, tools: Any) -> None:
    path = tools.write_tar(tmp_path / "in.tar", {"x.png": tools.encoded(1), "y.png": tools.encoded(2)})
    path.write_bytes(path.read_bytes()[:-10240])
    report = worker.work(task(path, tmp_path / "out" / "in.tar"))
    assert "in.tar is damaged after" in report.outcome.error
    assert not list((tmp_path / "out").glob("*"))


def test_nothing_is_written_through_a_link_that_leaves_the_output(worker: Worker, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out" / "sub").symlink_to(tmp_path / "elsewhere")
    place = Place.parse(tmp_path / "out")
    report = worker.work(Task(Place.parse(folder / "a.png"), place.child("sub/a.png"), place, "sub/a.png", ""))
    assert "is a link that leaves" in report.outcome.error
    assert not list((tmp_path / "elsewhere").iterdir())


def test_what_a_killed_worker_left_behind_is_removed(worker: Worker, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    left, other = tmp_path / "out" / ".a.0123abcd.tmp.png", tmp_path / "out" / ".b.0123abcd.tmp.png"
    left.write_bytes(b"half")
    other.write_bytes(b"half, and somebody may still be at it")
    worker.work(task(folder / "a.png", tmp_path / "out" / "a.png", again=True))
    assert not left.exists()
    assert other.exists()
    assert (tmp_path / "out" / "a.png").is_file()


def test_a_model_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    worker = Worker(Recipe("stylize", {"model": str(tmp_path / "none.safetensors")}))
    assert "none.safetensors does not exist" in worker.prepare()


def test_workers_of_one_machine_share_its_memory(monkeypatch: pytest.MonkeyPatch, model: Path) -> None:
    monkeypatch.setattr("painterly.cluster.worker.available_memory", lambda: 12_000_000_000)
    options = {"model": str(model)}
    assert Worker(Recipe("stylize", options), neighbours=4).recipe.options["memory"] == 2_000_000_000
    assert "memory" not in Worker(Recipe("stylize", options), neighbours=1).recipe.options
    given = Worker(Recipe("stylize", {**options, "memory": "1GB"}), neighbours=4)
    assert given.recipe.options["memory"] == "1GB"


def test_the_digest_tells_work_apart(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    found = []
    for content in (b"one", b"other"):
        path.write_bytes(content)
        found.append(Recipe("stylize", {"model": str(path)}).digest())
    recipe = Recipe("stylize", {"model": str(path), "device": "cuda", "memory": "2GB"})
    assert recipe.digest() == found[1] != found[0]
    others = [Recipe("upscale"), Recipe("stylize"), Recipe("stylize", {"size": 64}), Recipe("stylize", format="png")]
    assert len({one.digest() for one in others}) == 4


def test_pixels_arrive_unchanged_by_the_engine(worker: Worker, model: Path, folder: Path, tmp_path: Path) -> None:
    from painterly.models.painter import load

    worker.work(task(folder / "a.png", tmp_path / "a.png"))
    with Image.open(folder / "a.png") as photograph:
        wanted = load(model, backend="torch", precision="float32")(photograph)
    with Image.open(tmp_path / "a.png") as painting:
        assert np.array_equal(np.array(painting), np.array(wanted))
