"""`painterly demo`: the picture that ships, painted by the network that ships."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from painterly.commands.common import Device, Json, Overwrite, Quiet, Verbose
from painterly.commands.stylize import stylize
from painterly.folders import DEMO_PICTURE

__all__ = ["demo"]


def demo(
    output: Annotated[Path, typer.Option("--output", "-o", help="Where the painting goes.")] = Path("painting.jpg"),
    device: Device = "auto",
    overwrite: Overwrite = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Paint the photograph that comes with painterly; works offline."""
    where = str(output)
    stylize([str(DEMO_PICTURE)], where, device=device, overwrite=overwrite, json=json, quiet=quiet, verbose=verbose)
