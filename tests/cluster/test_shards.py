from __future__ import annotations

import shutil
import tarfile
from pathlib import Path
from typing import Any

import pytest

from painterly.cluster.shards import members, work_on_shard
from painterly.errors import InputError


def copy_all(source: Path, target: Path, **options: Any) -> list[tuple[str, str]]:
    def work(picture: Path, result: Path) -> None:
        if picture.read_bytes().startswith(b"bad"):
            raise InputError(f"{picture} is damaged")
        shutil.copyfile(picture, result)

    return work_on_shard(source, target, lambda name: name.endswith(".png"), lambda path: ".jpg", work, **options)


@pytest.fixture
def shard(tmp_path: Path, tools: Any) -> Path:
    contents = {"a/0001.png": b"one", "a/0001.json": b"{}", "a/0002.png": b"bad", "a/0003.png": b"three" * 500}
    path: Path = tools.write_tar(tmp_path / "in.tar", contents)
    return path


def test_samples_stay_together_and_bad_ones_are_left_out(shard: Path, tmp_path: Path, tools: Any) -> None:
    aside: list[tuple[str, bytes]] = []
    found = copy_all(shard, tmp_path / "out.tar", failed=lambda name, path: aside.append((name, path.read_bytes())))
    wanted = {"a/0001.jpg": b"one", "a/0001.json": b"{}", "a/0003.jpg": b"three" * 500}
    assert tools.read_tar(tmp_path / "out.tar") == wanted
    assert found == [("a/0001.png", ""), ("a/0002.png", f"{shard}:a/0002.png is damaged"), ("a/0003.png", "")]
    assert aside == [("a/0002.png", b"bad")]
    with tarfile.open(tmp_path / "out.tar") as tar:
        assert {(member.mtime, member.mode) for member in tar} == {(1_700_000_000, 0o640)}


def test_twice_gives_the_same_bytes(shard: Path, tmp_path: Path) -> None:
    for name in ("one.tar", "two.tar"):
        copy_all(shard, tmp_path / name)
    assert (tmp_path / "one.tar").read_bytes() == (tmp_path / "two.tar").read_bytes()


def test_long_names_and_links_come_through(tmp_path: Path, tools: Any) -> None:
    name = "deep/" * 40 + "a.png"
    with tarfile.open(tmp_path / "in.tar", "w", format=tarfile.PAX_FORMAT) as tar:
        (tmp_path / "a").write_bytes(b"one")
        tar.add(tmp_path / "a", name)
        link = tarfile.TarInfo("b.png")
        link.type, link.linkname = tarfile.SYMTYPE, name
        tar.addfile(link)
    copy_all(tmp_path / "in.tar", tmp_path / "out.tar")
    with tarfile.open(tmp_path / "out.tar") as tar:
        found = {member.name: member for member in tar}
    assert set(found) == {name[:-3] + "jpg", "b.png"}
    assert found["b.png"].issym()


@pytest.mark.parametrize("where", ["cut in a header", "cut in a picture", "cut between", "a header", "no tar", "empty"])
def test_a_damaged_tar_is_never_taken_for_a_short_one(where: str, shard: Path) -> None:
    content = bytearray(shard.read_bytes())  # a header, then content in blocks of 512 bytes, four times
    match where:
        case "cut in a header":
            content = content[: 1024 + 100]
        case "cut in a picture":
            content = content[: 3072 + 1024]
        case "cut between":
            content = content[:2048]
        case "a header":
            content[2048 + 10] ^= 0xFF
        case "no tar":
            content = bytearray(b"no tar at all" * 100)
        case "empty":
            content = bytearray()
    shard.write_bytes(content)
    with pytest.raises(InputError, match=r"in\.tar is damaged after [0-3] members"):
        list(members(shard))
