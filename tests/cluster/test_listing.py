from __future__ import annotations

import itertools
import os
from pathlib import Path
from typing import Any

import pytest

from painterly.cluster.listing import check_inputs, list_sources
from painterly.cluster.storage import Place
from painterly.errors import InputError

PICTURES = frozenset({".png", ".jpg", ".webp"})


def names(*inputs: str | Path, leave_out: Place | None = None) -> list[str]:
    return sorted(found.relative for found in list_sources([str(one) for one in inputs], PICTURES, leave_out))


def test_a_folder_is_searched_to_the_bottom(folder: Path) -> None:
    (folder / "shard.TAR").write_text("")
    assert names(folder) == ["a.png", "b.jpg", "shard.TAR", "sub/c.png", "sub/deep/d.webp"]


def test_results_are_not_read_again(folder: Path) -> None:
    assert names(folder, leave_out=Place.parse(folder / "sub")) == ["a.png", "b.jpg"]


def test_globs_and_files(folder: Path) -> None:
    assert names(f"{folder}/**/*.png", folder / "b.jpg") == ["a.png", "b.jpg", "c.png"]


def test_a_file_that_is_not_there_is_left_to_who_reads_it(tmp_path: Path) -> None:
    (found,) = list_sources([str(tmp_path / "none.png")], PICTURES)
    assert found.fingerprint == ""


def test_stores(memory: Any) -> None:
    for name in ("a.png", "sub/b.jpg", "sub/c.txt", "sub/deep/d.tar", "out/a.png"):
        memory.pipe_file(f"/shelf/{name}", b"x")
    everything = ["a.png", "out/a.png", "sub/b.jpg", "sub/deep/d.tar"]
    assert names("memory://shelf") == names("memory://shelf/") == everything
    assert names("memory://shelf", leave_out=Place.parse("memory://shelf/out")) == [everything[0], *everything[2:]]
    assert names("memory://shelf/sub/*.jpg") == ["b.jpg"]
    assert names("memory://shelf/sub/b.jpg") == ["b.jpg"]
    (found,) = list_sources(["memory://shelf/sub/b.jpg"], PICTURES)
    (same,) = list_sources(["memory://shelf/sub/*.jpg"], PICTURES)
    assert str(found.place) == "memory://shelf/sub/b.jpg"
    assert found == same


def test_nothing_to_do_is_told(tmp_path: Path, memory: Any) -> None:
    (tmp_path / "notes.txt").write_text("")
    for name, words in ((str(tmp_path), "holds nothing"), (f"{tmp_path}/*.png", "matches nothing")):
        with pytest.raises(InputError, match=words):
            check_inputs([name], PICTURES)
    memory.pipe_file("/shelf/a.txt", b"x")
    with pytest.raises(InputError, match="memory://shelf holds nothing to work on"):
        check_inputs(["memory://shelf"], PICTURES)


def test_a_folder_is_read_no_further_than_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(50):
        (tmp_path / f"{number}.png").write_text("")
    read: list[str] = []
    scandir = os.scandir

    class Counting:
        def __init__(self, path: str) -> None:
            self.entries = scandir(path)

        def __iter__(self) -> Any:
            for entry in self.entries:
                read.append(entry.name)
                yield entry

        def __enter__(self) -> Counting:
            return self

        def __exit__(self, *exception: object) -> None:
            self.entries.close()

    monkeypatch.setattr("painterly.cluster.listing.os.scandir", Counting)
    assert len(list(itertools.islice(list_sources([str(tmp_path)], PICTURES), 5))) == 5
    assert len(read) == 5
