"""`painterly serve` and `painterly studio`, as somebody types them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.server.conftest import DEADLINE, until

PAINTERLY = (sys.executable, "-m", "painterly")


def outcome(*arguments: str) -> tuple[int, str]:
    done = subprocess.run([*PAINTERLY, *arguments], capture_output=True, text=True, timeout=DEADLINE)
    return done.returncode, done.stderr


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as held:
        yield held.getsockname()[1]


def test_other_machines_need_a_token() -> None:
    status, said = outcome("serve", "--host", "0.0.0.0")
    assert status == 2
    assert said == (
        "painterly: --host 0.0.0.0 can be reached by other machines: set a token, in PAINTERLY_TOKEN or with --token\n"
    )


def test_a_port_in_use(taken: int) -> None:
    for command in ("serve", "studio"):
        status, said = outcome(command, "--port", str(taken))
        assert status == 1
        why = f"cannot listen at port {taken} of 127.0.0.1 (address already in use); name another with --port"
        assert said == f"painterly: {why}\n"


def test_limits_are_options() -> None:
    status, said = outcome("serve", "--queue", "0")
    assert (status, said) == (2, "painterly: --queue must be at least 1, not 0\n")


@pytest.mark.parametrize(("command", "number"), [("serve", signal.SIGTERM), ("studio", signal.SIGINT)])
def test_from_its_start_to_its_end(tmp_path: Path, command: str, number: signal.Signals) -> None:
    arguments = [command, "--port", "0", *(["--no-browser"] if command == "studio" else [])]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    pipes: dict[str, Any] = {"stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([*PAINTERLY, *arguments], env=environment, **pipes) as process:
        assert process.stderr is not None
        said = process.stderr.readline()
        address = said.split()[3]
        assert said == f"painterly listens at {address}  (Ctrl-C stops it)\n"
        client = httpx.Client(base_url=address, trust_env=False)
        assert client.get("/").status_code == (200 if command == "studio" else 404)
        if command == "serve":  # the other is stopped in the middle of its start
            until(lambda: client.get("/ready").status_code == 200)
        client.close()
        (folder,) = tmp_path.glob("painterly-server-*")
        assert folder.stat().st_mode & 0o777 == 0o700
        process.send_signal(number)
        assert process.wait(DEADLINE) == 0
        assert process.stderr.read() == ""
    assert list(tmp_path.iterdir()) == []


def test_the_next_free_port(taken: int) -> None:
    from painterly.server.running import free_socket

    with free_socket("127.0.0.1", taken, tries=20) as found:
        assert taken < found.getsockname()[1] < taken + 20
