"""The command line: one thin file a command, in four groups."""

from __future__ import annotations

import os
import sys

from painterly.errors import Interrupted, PainterlyError, UsageError

__all__ = ["main"]


def main() -> None:
    """Run the `painterly` command and leave with its exit status.

    0 is success; 1, that something could not be done; 2, that it was asked for wrongly; 130, an interruption.
    """
    from painterly.commands.app import app

    try:
        app()
    except UsageError as error:
        status = _say(error, 2)
    except Interrupted as error:
        status = _say(error, 130)
    except PainterlyError as error:
        status = _say(error, 1)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 1
    sys.exit(status)


def _say(error: BaseException, status: int) -> int:
    print(f"painterly: {error}", file=sys.stderr)  # noqa: T201
    return status
