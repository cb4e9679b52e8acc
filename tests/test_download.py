"""Downloads from a server of the test's own, with everything that can go wrong on the way."""

from __future__ import annotations

import hashlib
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from painterly.download import download
from painterly.errors import InputError, OutputError

CONTENT = bytes(range(256)) * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Server(ThreadingHTTPServer):
    """Serves `CONTENT` under every path.

    Attributes:
        ranges: Whether it goes on from where the client left off.
        breaks_after: Bytes after which it hangs up, if any.
        status: What it answers instead, if anything.
        length: Whether it says how much is to come.
        asked: The Range of every request, in order.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.ranges = True
        self.breaks_after: int | None = None
        self.status = 0
        self.length = True
        self.asked: list[str | None] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/weights.pth"


class Handler(BaseHTTPRequestHandler):
    """Answers as its `Server` says."""

    server: Server

    def do_GET(self) -> None:
        wanted = self.headers.get("Range")
        self.server.asked.append(wanted)
        if self.server.status:
            self.send_error(self.server.status)
            return
        first = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and self.server.ranges else 0
        if first >= len(CONTENT):
            self.send_error(416)
            return
        self.send_response(206 if first else 200)
        if first:
            self.send_header("Content-Range", f"bytes {first}-{len(CONTENT) - 1}/{len(CONTENT)}")
        if self.server.length:
            self.send_header("Content-Length", str(len(CONTENT) - first))
        self.end_headers()
        self.wfile.write(CONTENT[first:][: self.server.breaks_after])

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "*")
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the file shall be, in a folder that is still to be made."""
    return tmp_path / "cache" / "deep" / "weights.pth"


@pytest.fixture
def part(path: Path) -> Path:
    """The first thousand bytes of it, left by an earlier attempt."""
    part = path.with_name("weights.pth.part")
    part.parent.mkdir(parents=True)
    part.write_bytes(CONTENT[:1000])
    return part


def files(path: Path) -> list[str]:
    return sorted(file.name for file in path.parent.iterdir())


@pytest.mark.parametrize("length", [True, False], ids=["length-announced", "length-unknown"])
@pytest.mark.parametrize("sha256", ["", SHA256[:8], SHA256.upper()], ids=["unchecked", "first-digits", "all-digits"])
def test_a_file_is_fetched_whole_and_nothing_else_is_left(
    server: Server, path: Path, sha256: str, length: bool
) -> None:
    server.length = length
    assert download(server.url, path, sha256=sha256) == path
    assert path.read_bytes() == CONTENT
    assert files(path) == ["weights.pth"]
    assert server.asked == [None]


def test_a_file_that_is_there_is_not_asked_for(server: Server, path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(b"mine")
    assert download(server.url, path, sha256=SHA256) == path
    assert path.read_bytes() == b"mine"
    assert not server.asked


def test_an_attempt_goes_on_where_the_last_one_ended(server: Server, path: Path, part: Path) -> None:
    download(server.url, path, sha256=SHA256)
    assert path.read_bytes() == CONTENT
    assert files(path) == ["weights.pth"]
    assert server.asked == ["bytes=1000-"]


def test_a_server_that_cannot_resume_starts_again(server: Server, path: Path, part: Path) -> None:
    server.ranges = False
    part.write_bytes(b"x" * 1000)
    download(server.url, path, sha256=SHA256)
    assert path.read_bytes() == CONTENT


def test_a_part_that_is_complete_is_taken_as_it_is(server: Server, path: Path, part: Path) -> None:
    part.write_bytes(CONTENT)
    download(server.url, path, sha256=SHA256)
    assert path.read_bytes() == CONTENT
    assert server.asked == [f"bytes={len(CONTENT)}-"]


def test_a_part_that_is_longer_than_the_file_is_thrown_away(server: Server, path: Path, part: Path) -> None:
    part.write_bytes(CONTENT + b"more")
    with pytest.raises(InputError, match="thrown away"):
        download(server.url, path, sha256=SHA256)
    assert not files(path)
    download(server.url, path, sha256=SHA256)
    assert path.read_bytes() == CONTENT


def test_a_wrong_checksum_is_refused_and_nothing_is_left(server: Server, path: Path) -> None:
    with pytest.raises(InputError, match=r"weights\.pth .*does not begin with deadbeef"):
        download(server.url, path, sha256="deadbeef")
    assert not files(path)


@pytest.mark.parametrize("status", [403, 404, 500])
def test_an_error_of_the_server_is_told_with_the_remedy(server: Server, path: Path, status: int) -> None:
    server.status = status
    with pytest.raises(InputError, match=r"cannot download http://.*; put the file at .*weights\.pth yourself"):
        download(server.url, path)
    assert not files(path)


def test_an_error_of_the_server_leaves_what_was_there(server: Server, path: Path, part: Path) -> None:
    server.status = 503
    with pytest.raises(InputError, match="cannot download"):
        download(server.url, path)
    assert part.read_bytes() == CONTENT[:1000]


def test_a_download_that_breaks_off_is_finished_by_the_next(server: Server, path: Path) -> None:
    server.breaks_after = 150_000
    with pytest.raises(InputError, match="cannot download"):
        download(server.url, path, sha256=SHA256)
    assert files(path) == ["weights.pth.part"]
    server.breaks_after = 50_000
    with pytest.raises(InputError, match="cannot download"):
        download(server.url, path, sha256=SHA256)
    server.breaks_after = None
    download(server.url, path, sha256=SHA256)
    assert path.read_bytes() == CONTENT
    assert files(path) == ["weights.pth"]
    assert server.asked == [None, "bytes=150000-", "bytes=200000-"]


def test_a_server_that_nobody_runs_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound but not listening: refused
        with pytest.raises(InputError, match="refused"):
            download(f"http://127.0.0.1:{unused.getsockname()[1]}/weights.pth", path)


def test_a_server_that_never_answers_is_given_up(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(InputError, match="timed out"):
        download(f"http://127.0.0.1:{silent.getsockname()[1]}/weights.pth", path, timeout=0.01)


def test_a_folder_that_cannot_be_made_is_an_error_of_output(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot write"):
        download(server.url, tmp_path / "file" / "weights.pth")


def test_a_part_that_cannot_be_written_is_an_error_of_output(server: Server, path: Path) -> None:
    path.with_name("weights.pth.part").mkdir(parents=True)
    with pytest.raises(OutputError, match="cannot write"):
        download(server.url, path)
