"""Bounds, batches, callers that go, and processes that are lost: every request gets an answer, or nobody wants one."""

from __future__ import annotations

import os
import signal
import socket
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from tests.server.conftest import Running, Start, encoded, noise, until

PICTURE = encoded(noise(40, 32))


def ask(server: Running, name: str) -> socket.socket:
    """A request whose answer nobody has read yet."""
    request = httpx.Request("POST", f"http://127.0.0.1:{server.port}/api/stylize", files={"picture": (name, PICTURE)})
    head = "".join(f"{key}: {value}\r\n" for key, value in request.headers.items())
    connection = server.connect()
    connection.sendall(f"POST /api/stylize HTTP/1.1\r\n{head}\r\n".encode() + request.read())
    return connection


def busy(server: Running) -> Running:
    """Once the one process has work for a minute."""
    ask(server, "slow.png")
    until(lambda: (server.seen / "slow").exists())
    return server


def test_past_the_bound_callers_are_told_when_to_come_again(start: Start) -> None:
    server = busy(start(queue=2))
    waiting = [ask(server, f"{name}.png") for name in "ab"]
    until(lambda: len(server.service.pool.queue) == 2)
    answer = server.stylize("c.png")
    assert answer.status_code == 429
    assert answer.headers["content-type"] == "application/problem+json"
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert answer.json()["detail"] == f"2 pictures are waiting already; try again in {answer.headers['retry-after']} s"
    assert server.client.get("/health").status_code == 200  # whatever there is to do
    assert "painterly_queue_pictures 2.0" in server.client.get("/metrics").text
    for connection in waiting:
        connection.close()
    until(lambda: len(server.service.pool.queue) == 0)
    assert not {"a", "b", "c"} & {path.name for path in server.seen.iterdir()}  # nobody wanted them any more


def test_retry_after_follows_what_work_takes(start: Start) -> None:
    queue = start().service.pool.queue
    queue.mean_seconds, queue.running = 0.1, 1
    assert queue.seconds_until_room() == 1
    queue.took(40.1)
    assert queue.mean_seconds == pytest.approx(8.1)
    assert queue.seconds_until_room() == 9
    queue.workers = 3
    assert queue.seconds_until_room() == 3


def test_what_is_alike_is_painted_together(start: Start) -> None:
    server = start(batch=3)
    ask(server, "short.png")
    until(lambda: (server.seen / "short").exists())
    other = encoded(noise(24, 24))
    with ThreadPoolExecutor(8) as pool:
        same = [pool.submit(server.stylize, f"same{place}.png", PICTURE) for place in range(3)]
        style = pool.submit(server.stylize, "style.png", PICTURE, style="udnie")
        size = pool.submit(server.stylize, "size.png", other)
        assert {future.result().status_code for future in (*same, style, size)} == {200}
    batches = {path.name: path.read_text().split() for path in server.seen.iterdir()}
    assert batches["style"] == batches["size"] == ["1"]
    assert max(batches[f"same{place}"] for place in range(3)) > ["1"]
    assert server.metric("painterly_batch_pictures_count") >= 3


def test_by_default_a_gpu_has_batches_and_a_processor_none(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    on_processor = start()
    until(lambda: on_processor.service.pool.ready)
    assert on_processor.service.pool.batch == 1
    monkeypatch.setenv("FAKE_DEVICE", "cuda")
    on_gpu = start()
    until(lambda: on_gpu.service.pool.ready)
    assert on_gpu.service.pool.batch == 8


def test_a_killed_process_is_replaced_and_its_work_done_once_more(start: Start) -> None:
    server = start()
    assert server.stylize("once.png").status_code == 200
    assert (server.seen / "once").read_text().split() == ["1", "1"]
    assert server.metric("painterly_worker_restarts_total") == 1
    (before,) = server.service.pool.pids
    os.kill(before, signal.SIGKILL)  # while it has nothing to do
    assert server.stylize("next.png").status_code == 200
    (after,) = server.service.pool.pids
    assert after != before
    assert server.metric("painterly_worker_restarts_total") == 2


def test_a_process_that_is_killed_at_work(start: Start) -> None:
    server = start()
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(server.stylize, "short.png")
        until(lambda: (server.seen / "short").exists())
        os.kill(server.service.pool.pids[0], signal.SIGKILL)
        assert future.result().status_code == 200
    assert (server.seen / "short").read_text().split() == ["1", "1"]


def test_what_kills_every_process_is_given_up(start: Start) -> None:
    server = start()
    answer = server.stylize("crash.png")
    assert answer.status_code == 503
    assert "was lost" in answer.json()["detail"]
    assert (server.seen / "crash").read_text().split() == ["1", "1"]
    assert server.stylize("other.png").status_code == 200


def test_what_takes_too_long_is_ended_and_not_tried_again(start: Start) -> None:
    server = start(seconds=1.0)
    answer = server.stylize("slow.png")
    assert answer.status_code == 504
    assert "longer than 1 s" in answer.json()["detail"]
    assert (server.seen / "slow").read_text().split() == ["1"]
    assert server.stylize("other.png").status_code == 200


def test_work_that_nobody_waits_for_is_ended_once_that_is_cheaper(start: Start) -> None:
    server = busy(start())
    pid = server.service.pool.pids[0]
    server.connections[0].close()
    assert server.stylize("next.png").status_code == 200
    assert server.service.pool.pids[0] != pid
    assert server.metric("painterly_requests_total", method="POST", route="/api/stylize", status="499") == 1


def test_short_work_that_nobody_waits_for_goes_on(start: Start) -> None:
    server = start()
    until(lambda: server.service.pool.ready)
    server.service.pool.restart_seconds = 30.0
    pid = server.service.pool.pids[0]
    connection = ask(server, "short.png")
    until(lambda: (server.seen / "short").exists())
    connection.close()
    assert server.stylize("next.png").status_code == 200
    assert server.service.pool.pids == [pid]
    until(lambda: list((server.service.folder / "requests").iterdir()) == [])


def test_previews_go_first(start: Start) -> None:
    server = start()
    ask(server, "short.png")
    until(lambda: (server.seen / "short").exists())
    waiting = ask(server, "picture.png")
    until(lambda: len(server.service.pool.queue) == 1)
    server.client.post("/api/preview", files={"picture": ("seen.png", PICTURE)})
    waiting.recv(10)
    order = sorted(server.seen.iterdir(), key=lambda path: path.stat().st_mtime_ns)
    assert [path.name for path in order] == ["short", "seen", "picture"]


def test_several_processes_share_the_work(start: Start) -> None:
    server = start(workers=2)
    until(lambda: len(server.service.pool.pids) == 2)
    busy(server)
    assert server.stylize("other.png").status_code == 200


def test_not_ready_until_something_paints(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("painterly.server.pool.WORKER", "nowhere")
    server = start()
    answer = server.client.get("/ready")
    assert answer.status_code == 503
    assert server.stylize().status_code == 503  # after a few attempts to start one
    assert "ended while it started" in server.client.get("/ready").json()["detail"]
    monkeypatch.setattr("painterly.server.pool.WORKER", "fake_worker")
    until(lambda: server.client.get("/ready").status_code == 200)


def test_stopping_finishes_what_has_begun_and_refuses_the_rest(start: Start) -> None:
    server = start(grace_seconds=20.0)
    until(lambda: server.service.pool.ready)
    with ThreadPoolExecutor(2) as pool:
        begun = pool.submit(server.stylize, "short.png")
        until(lambda: (server.seen / "short").exists())
        server.service.stopping.set()
        late = pool.submit(server.stylize, "late.png")
        assert late.result().status_code == 503
        assert begun.result().status_code == 200
    assert server.client.get("/ready").status_code == 503
    folder, pids = server.service.folder, server.service.pool.pids
    server.stop()
    assert not folder.exists()
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_what_does_not_end_within_the_grace_period_is_told(start: Start) -> None:
    server = start(grace_seconds=0.5)
    with ThreadPoolExecutor(2) as pool:
        begun = pool.submit(server.stylize, "slow.png")
        until(lambda: (server.seen / "slow").exists())
        waiting = pool.submit(server.stylize, "waiting.png")
        until(lambda: len(server.service.pool.queue) == 1)
        server.service.stopping.set()
        for future in (begun, waiting):
            assert future.result().status_code == 503
            assert "the server is stopping" in future.result().json()["detail"]


def test_what_comes_whole_only_after_all_has_ended_is_told(start: Start) -> None:
    server = start(grace_seconds=0.0)
    request = httpx.Request("POST", "http://localhost/api/stylize", files={"picture": ("a.png", PICTURE)})
    content, kind = request.read(), request.headers["content-type"]
    connection = server.connect()
    head = f"POST /api/stylize HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\n"
    connection.sendall(f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content[:100])
    until(lambda: server.service.uploads == 1)
    server.service.stopping.set()
    until(lambda: not server.service.pool.ready)
    connection.sendall(content[100:])
    assert connection.recv(4096).startswith(b"HTTP/1.1 503")
