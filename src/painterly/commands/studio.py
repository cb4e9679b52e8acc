"""`painterly studio`: the page in a browser."""

from __future__ import annotations

import threading
from typing import Annotated
from urllib.parse import quote

import typer

from painterly.commands.common import Quiet, Verbose
from painterly.commands.options import with_options_of
from painterly.commands.serve import run
from painterly.server.settings import ServerSettings

__all__ = ["studio"]

_TRIES = 20


@with_options_of(ServerSettings)
def studio(
    settings: ServerSettings,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="By default the first free one from 7860 on.")
    ] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page.")] = True,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Open the studio, a page of this machine's own, in the browser; Ctrl-C ends it."""
    settings = settings.with_environment()

    def opened(address: str) -> None:
        if browser:
            import webbrowser

            page = address + (f"?token={quote(settings.token)}" if settings.token else "")
            threading.Thread(target=webbrowser.open, args=(page,), daemon=True).start()  # some take as long as they run

    first, tries = (7860, _TRIES) if port is None else (port, 1)
    run(settings, "127.0.0.1", first, page=True, tries=tries, ready=opened)
