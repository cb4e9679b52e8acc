from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest

from painterly.cluster.manifest import Manifest
from painterly.cluster.storage import Place
from painterly.errors import InputError


def done(source: str, fingerprint: str, target: str, failed: int = 0) -> dict[str, Any]:
    return {"status": "done", "source": source, "fingerprint": fingerprint, "target": target, "failed": failed}


@pytest.fixture(params=["file", "store"])
def place(request: pytest.FixtureRequest, tmp_path: Path, memory: object) -> Place:
    return Place.parse(tmp_path / "deep" / "m.jsonl" if request.param == "file" else "memory://shelf/manifest")


def test_a_second_run_knows_what_the_first_did(place: Place) -> None:
    with contextlib.closing(Manifest(place, "work")) as first:
        assert first.done("a", "1", "A") is None
        first.begin(["A", "B"])
        assert first.begun("B")
        first.add([done("a", "1", "A", failed=2)])
    with contextlib.closing(Manifest(place, "work")) as second:
        assert second.done("a", "1", "A") == 2
        assert second.done("a", "2", "A") is None  # the picture has changed
        assert second.done("b", "1", "A") is None  # another picture of the same name
        assert second.done("b", "1", "B") is None
        assert second.begun("A")
        assert second.begun("B")
        assert not second.begun("C")


def test_other_work_takes_a_target_away(place: Place) -> None:
    for work in ("one", "two"):
        with contextlib.closing(Manifest(place, work)) as manifest:
            assert not manifest.begun("A")
            manifest.begin(["A"])
            manifest.add([done("a", "1", "A")])
    with contextlib.closing(Manifest(place, "one")) as third:
        assert third.done("a", "1", "A") is None
        assert not third.begun("A")
    with contextlib.closing(Manifest(place, "two")) as fourth:
        assert fourth.done("a", "1", "A") == 0


def test_a_target_is_claimed_once_a_run(place: Place) -> None:
    with contextlib.closing(Manifest(place, "work")) as manifest:
        assert [manifest.claim(name) for name in ("A", "B", "A")] == [True, True, False]
    with contextlib.closing(Manifest(place, "work")) as manifest:
        assert manifest.claim("A")


def test_a_line_that_a_crash_cut_short_costs_no_other(tmp_path: Path) -> None:
    place = Place.parse(tmp_path / "m.jsonl")
    with contextlib.closing(Manifest(place, "work")) as manifest:
        manifest.begin(["A"])
        manifest.add([done("a", "1", "A")])
    path = tmp_path / "m.jsonl"
    path.write_bytes(path.read_bytes() + b'{"status": "done", "sour')
    for number in range(2):
        with contextlib.closing(Manifest(place, "work")) as manifest:
            assert manifest.done("a", "1", "A") == 0
            assert manifest.begun("B") == (number == 1)
            manifest.begin(["B"])


def test_lines_are_only_added(tmp_path: Path) -> None:
    place, before = Place.parse(tmp_path / "m.jsonl"), b""
    for number in range(3):
        with contextlib.closing(Manifest(place, f"work {number}")) as manifest:
            manifest.begin(["A"])
            manifest.add([{"status": "failed", "source": "ä", "reason": "line\nbreak"}])
        now = (tmp_path / "m.jsonl").read_bytes()
        assert now.startswith(before)
        assert len(now) > len(before)
        before = now
    assert [json.loads(line)["status"] for line in before.splitlines()] == ["begun", "failed"] * 3


def test_another_file_is_not_written_into(tmp_path: Path) -> None:
    text = tmp_path / "letters.txt"
    text.write_text("dear reader\n" * 200)
    with pytest.raises(InputError, match=r"letters\.txt is not a manifest of painterly's"):
        Manifest(Place.parse(text), "work")
    assert text.read_text() == "dear reader\n" * 200
    with pytest.raises(InputError, match="is a folder; name a file"):
        Manifest(Place.parse(tmp_path), "work")
