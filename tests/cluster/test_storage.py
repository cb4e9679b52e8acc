from __future__ import annotations

from pathlib import Path

import fsspec  # type: ignore[import-untyped]
import pytest
from fsspec.implementations.memory import MemoryFileSystem  # type: ignore[import-untyped]

from painterly.cluster.storage import Place
from painterly.errors import InputError, OutputError, UsageError


class Slow(MemoryFileSystem):
    """A store in which a file is there before all of it is."""

    protocol = "slow"
    store: dict[str, object] = {}
    pseudo_dirs = [""]
    seen: list[str] = []

    def put_file(self, lpath: str, rpath: str, **options: object) -> None:
        self.seen.append(rpath)
        super().put_file(lpath, rpath, **options)


@pytest.fixture
def slow() -> Slow:
    fsspec.register_implementation("slow", Slow, clobber=True)
    Slow.store.clear()
    Slow.seen.clear()
    found = fsspec.filesystem("slow")
    assert isinstance(found, Slow)
    return found


def test_names() -> None:
    assert Place.parse("s3://bucket/a/") == Place("bucket/a", "s3")
    assert str(Place.parse("s3://bucket/a").child("b/c.png")) == "s3://bucket/a/b/c.png"
    assert Place.parse("file:///tmp/x.png") == Place("/tmp/x.png") == Place.parse("local:///tmp/x.png")
    assert Place.parse("x.png").local == Path("x.png").absolute()
    assert Place.parse("~/x").local == Path.home() / "x"
    assert Place.parse("gs://b/a/c").inside(Place.parse("gs://b/a"))
    assert not Place.parse("gs://b/ab").inside(Place.parse("gs://b/a"))
    assert not Place.parse("/b/a").inside(Place.parse("gs://b"))


def test_a_file_goes_to_a_store_and_back(tmp_path: Path, memory: object) -> None:
    (tmp_path / "a").write_bytes(b"all of it")
    place = Place.parse("memory://shelf/deep/a")
    assert not place.exists()
    place.put(tmp_path / "a")
    place.fetch(tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == b"all of it" == place.read()
    assert place.exists()
    assert place.child("..").inside(Place.parse("memory://shelf"))
    assert Place.parse("memory://shelf").is_folder()
    assert [str(found) for found, _ in Place.parse("memory://shelf").walk()] == [str(place)]


@pytest.mark.parametrize("name", ["{}/a", "memory://shelf/a"])
def test_the_fingerprint_tells_when_a_file_has_changed(name: str, tmp_path: Path, memory: object) -> None:
    place = Place.parse(name.format(tmp_path))
    assert place.fingerprint() == ""
    found = []
    for content in (b"one", b"other"):
        (tmp_path / "source").write_bytes(content)
        place.put(tmp_path / "source")
        found += [place.fingerprint(), place.fingerprint()]
    assert found[0] == found[1] != found[2] == found[3]


def test_where_files_grow_slowly_they_get_their_name_last(tmp_path: Path, slow: Slow) -> None:
    place = Place.parse("slow://shelf/a.png")
    for content in (b"one", b"two"):
        (tmp_path / "a").write_bytes(content)
        place.put(tmp_path / "a")
        assert place.read() == content
    assert Slow.seen == ["shelf/.a.png.part"] * 2
    assert [found.name for found, _ in Place.parse("slow://shelf").walk()] == ["a.png"]


def test_what_cannot_be_read_or_written_is_named(tmp_path: Path, memory: object) -> None:
    with pytest.raises(InputError, match=r"cannot read memory://none/a \(it does not exist\)"):
        Place.parse("memory://none/a").fetch(tmp_path / "a")
    with pytest.raises(InputError, match=r"cannot read .*/none \(it does not exist\)"):
        Place.parse(tmp_path / "none").fetch(tmp_path / "a")
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"cannot write .*file/a"):
        Place.parse(tmp_path / "file" / "a").put(tmp_path / "file")
    with pytest.raises(UsageError, match="nowhere:// is no store that fsspec knows"):
        Place.parse("nowhere://a").exists()
