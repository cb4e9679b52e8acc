"""Requests that are too large, too slow, cut off or not what they say."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator

import pytest
from tests.server.conftest import Running, Start, encoded, noise, until

from painterly.server.uploads import plain_name

PICTURE = encoded(noise(40, 32))
BOUNDARY = "b0undary"
END = f"--{BOUNDARY}--\r\n".encode()


def part(name: str, content: bytes, filename: str = "") -> bytes:
    file = f'; filename="{filename}"' if filename else ""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'
    return head.encode() + content + b"\r\n"


def head(path: str, *lines: str) -> bytes:
    kind = f"Content-Type: multipart/form-data; boundary={BOUNDARY}"
    return "\r\n".join([f"POST {path} HTTP/1.1", "Host: localhost", kind, *lines, "", ""]).encode()


def answer(connection: socket.socket) -> bytes:
    """All that comes until the connection is closed, or a response is whole."""
    connection.settimeout(30)
    found = b""
    while piece := connection.recv(65536):
        found += piece
        if b"\r\n\r\n" in found and b'"detail"' in found:
            break
    return found


def test_a_request_that_says_that_it_is_too_large(start: Start) -> None:
    server = start(bytes=10_000)
    response = server.stylize("a.png", bytes(20_000))
    assert response.status_code == 413
    assert "more than 0.01 million bytes" in response.json()["detail"]
    assert server.stylize().status_code == 200


def test_one_that_does_not_say_so(start: Start) -> None:
    def pieces() -> Iterator[bytes]:
        yield part("picture", b"", "a.png")[:-2]
        for _ in range(100):
            yield bytes(1000)

    server = start(bytes=10_000)
    response = server.client.post(
        "/api/stylize", content=pieces(), headers={"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    )
    assert response.status_code == 413
    assert list((server.service.folder).glob("requests/*")) == []


def test_a_length_that_is_a_lie(start: Start) -> None:
    server = start(bytes=10_000)
    connection = server.connect()
    connection.sendall(head("/api/stylize", "Content-Length: 1000000000000000"))
    assert b"413" in answer(connection).split(b"\r\n")[0]


@pytest.mark.parametrize("sent", [b"", part("picture", PICTURE, "a.png")[:200]], ids=["nothing", "half"])
def test_a_request_that_stops_in_the_middle(start: Start, sent: bytes) -> None:
    server = start(upload_seconds=1.0)
    connection = server.connect()
    connection.sendall(head("/api/stylize", "Content-Length: 5000") + sent)
    assert b"408" in answer(connection).split(b"\r\n")[0]
    until(lambda: server.service.uploads == 0)


def test_a_connection_without_a_request_is_closed(start: Start) -> None:
    server = start(upload_seconds=1.0)
    silent, half = server.connect(), server.connect()
    half.sendall(b"GET /health HT")
    for connection in (silent, half):
        connection.settimeout(20)
        assert connection.recv(10) == b""
    assert server.client.get("/health").status_code == 200


def test_a_request_that_drips(start: Start) -> None:
    server = start(upload_seconds=1.0)
    connection = server.connect()
    connection.sendall(head("/api/stylize", "Content-Length: 5000") + part("picture", PICTURE, "a.png")[:100])
    connection.settimeout(0.2)
    found, end = b"", time.monotonic() + 20
    while not found and time.monotonic() < end:
        connection.sendall(b"x")
        with contextlib.suppress(TimeoutError):
            found = connection.recv(100)
    assert b"408" in found


def test_who_goes_in_the_middle_leaves_nothing(start: Start) -> None:
    server = start()
    connection = server.connect()
    connection.sendall(head("/api/stylize", "Content-Length: 5000") + part("picture", PICTURE, "a.png")[:200])
    until(lambda: server.service.uploads == 1)
    connection.close()
    until(lambda: server.service.uploads == 0)
    assert list((server.service.folder).glob("requests/*")) == []


def test_only_so_many_are_read_at_once(start: Start) -> None:
    server = start(queue=1)
    for _ in range(4):
        server.connect().sendall(head("/api/stylize", "Content-Length: 5000") + b"--")
    until(lambda: server.service.uploads == 4)
    response = server.stylize()
    assert response.status_code == 429
    assert int(response.headers["retry-after"]) >= 1


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        (f"multipart/form-data; boundary={BOUNDARY}", b"nothing of the kind", 400),
        (f"multipart/form-data; boundary={BOUNDARY}", part("picture", PICTURE, "a.png")[:-40], 400),
        (f"multipart/form-data; boundary={BOUNDARY}", part("other", PICTURE, "a.png") + END, 422),
        (f"multipart/form-data; boundary={BOUNDARY}", part("picture", b"text") + END, 422),
        (f"multipart/form-data; boundary={BOUNDARY}", 2 * part("picture", PICTURE, "a.png"), 400),
        (f"multipart/form-data; boundary={BOUNDARY}", 30 * part("style", b"udnie"), 400),
        (f"multipart/form-data; boundary={BOUNDARY}", part("style", bytes(40_000)), 400),
        ("multipart/form-data", part("picture", PICTURE, "a.png"), 400),
        ("application/json", b'{"picture": "a"}', 422),
        ("image/png", PICTURE, 422),
        ("", b"", 422),
    ],
    ids=["garbage", "cut", "no-picture", "text", "two", "fields", "long-field", "no-boundary", "json", "bare", "empty"],
)
def test_bodies_that_are_not_what_they_should_be(start: Start, kind: str, body: bytes, status: int) -> None:
    response = start().client.post("/api/stylize", content=body, headers={"Content-Type": kind} if kind else {})
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    assert response.json()["detail"]


def test_what_is_refused_is_read_to_its_end_so_that_the_caller_hears_of_it(start: Start) -> None:
    server: Running = start(bytes=5_000_000)
    server.service.stopping.set()
    response = server.stylize("a.png", bytes(4_000_000))
    assert response.status_code == 503


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("a.png", "a.png"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\Bild.JPG", "Bild.JPG"),
        ("..", "otherwise"),
        ("", "otherwise"),
        (".hidden.", "hidden"),
        ("a\r\nSet-Cookie: x=1.png", "a  Set-Cookie  x=1.png"),
        ("кот 猫.webp", "кот 猫.webp"),
        ("x" * 300 + ".jpeg", "x" * 80 + ".jpeg"),
        ("nul\0byte.png", "nul byte.png"),
    ],
)
def test_plain_names(name: str, plain: str) -> None:
    assert plain_name(name, "otherwise") == plain
