"""Running the server until it is told to stop."""

from __future__ import annotations

import contextlib
import signal
import socket
import threading
from collections.abc import Callable, Iterator

import uvicorn
from fastapi import FastAPI

from painterly.errors import OutputError
from painterly.server.protocol import patient_protocol
from painterly.server.service import Service

__all__ = ["free_socket", "make_server", "serve"]


def free_socket(host: str, port: int, *, tries: int = 1) -> socket.socket:
    """A socket that listens at an address.

    Args:
        host: A name or an address.
        port: The port; 0 for any.
        tries: How many ports are tried, from that one on.

    Raises:
        OutputError: They are in use, or not ours to take.
    """
    for number in range(port, port + tries):
        try:
            family, kind, _, _, address = socket.getaddrinfo(host.strip("[]"), number, type=socket.SOCK_STREAM)[0]
            found = socket.socket(family, kind)
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            found.bind(address)
            found.listen(256)
            return found
        except OSError as error:
            reason = error.strerror or str(error)
            with contextlib.suppress(NameError):
                found.close()
    which = f"port {port} of {host}" if tries == 1 else f"ports {port} to {port + tries - 1} of {host}"
    raise OutputError(f"cannot listen at {which} ({reason.lower()}); name another with --port")


def serve(
    app: FastAPI,
    listening: socket.socket,
    *,
    ready: Callable[[], object] = lambda: None,
) -> None:
    """Serve an application until SIGINT or SIGTERM; what has begun is finished first, within the grace period.

    Args:
        app: Made by `painterly.server.create_app`.
        listening: Where; see `free_socket`.
        ready: Called once requests are answered.
    """
    make_server(app, ready=ready).run([listening])


def make_server(app: FastAPI, *, ready: Callable[[], object] = lambda: None) -> uvicorn.Server:
    """What serves an application: `run([socket])` does, until `should_exit` is set or a signal comes.

    Args:
        app: Made by `painterly.server.create_app`.
        ready: Called once requests are answered.
    """
    settings = app.state.service.settings
    config = uvicorn.Config(
        app,
        http=patient_protocol(settings.upload_seconds),
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=round(settings.grace_seconds) + 10,
        timeout_keep_alive=30,
    )
    return _Server(config, app.state.service, ready)


class _Server(uvicorn.Server):
    """As uvicorn's, which in the end raises the signal again that stopped it: stopping is no failure."""

    def __init__(self, config: uvicorn.Config, service: Service, ready: Callable[[], object]) -> None:
        super().__init__(config)
        self._service, self._ready = service, ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._service.stop()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
