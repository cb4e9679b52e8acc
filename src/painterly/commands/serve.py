"""`painterly serve`: the HTTP API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from painterly.commands.common import Quiet, Verbose, say
from painterly.commands.options import with_options_of
from painterly.server.settings import ServerSettings

__all__ = ["run", "serve"]


@with_options_of(ServerSettings)
def serve(
    settings: ServerSettings,
    host: Annotated[
        str, typer.Option(help="Where to listen; other than this machine alone only with a token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 for any that is free.")] = 8000,
    page: Annotated[bool, typer.Option("--page/--no-page", help="Serve the studio's page too.")] = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Serve painting, enlarging and learning over HTTP, until Ctrl-C."""
    run(settings.with_environment(), host, port, page=page)


def run(
    settings: ServerSettings,
    host: str,
    port: int,
    *,
    page: bool,
    tries: int = 1,
    ready: Callable[[str], object] = lambda address: None,
) -> None:
    """Serve at an address, once it is sure that this can be done.

    Args:
        settings: The server's.
        host: Where to listen.
        port: The port.
        page: Whether the page is served.
        tries: How many ports are tried, from that one on.
        ready: Called with the address once requests are answered.
    """
    settings.check_host(host)
    from painterly.server.app import create_app
    from painterly.server.running import free_socket
    from painterly.server.running import serve as serve_app

    app = create_app(settings, page=page)
    listening = free_socket(host, port, tries=tries)
    name = f"[{host.strip('[]')}]" if ":" in host else host
    address = f"http://{name}:{listening.getsockname()[1]}/"

    def started() -> None:
        say(f"painterly listens at {address}  (Ctrl-C stops it)")
        ready(address)

    serve_app(app, listening, ready=started)
