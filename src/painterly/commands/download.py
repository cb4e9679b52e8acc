"""`painterly download`: the published weights of loss networks."""

from __future__ import annotations

from typing import Annotated

import typer

from painterly.commands.common import Json, Quiet, Verbose, print_json, say

__all__ = ["download"]


def download(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME]...", help="Loss networks; the paper's VGG-16 if none is named."),
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Download the weights of a loss network (once; training then finds them)."""
    from painterly.download import download as fetch
    from painterly.encoders.sources import LOSS_NETWORKS
    from painterly.errors import UsageError
    from painterly.folders import cache_folder

    published = {name: source for name, source in LOSS_NETWORKS.items() if all(e.url for e in source.encoders)}
    files = []
    for name in names or ["vgg16"]:
        if name not in published:
            raise UsageError(f"'{name}' cannot be downloaded; there are {', '.join(published)}")
        for encoder in published[name].encoders:
            path = fetch(encoder.url, cache_folder() / encoder.file, sha256=encoder.sha256)
            files.append(str(path))
            say(f"{name}: {path}")
    if json:
        print_json(files)
