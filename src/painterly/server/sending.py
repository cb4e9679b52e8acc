"""Pictures and clips as responses."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from fastapi.responses import FileResponse
from starlette.types import Receive, Scope, Send

from painterly.server.kinds import SENT

__all__ = ["SentPicture", "binary"]


class SentPicture(FileResponse):
    """A picture in a folder of its own, which is removed once it was sent, or could not be.

    Args:
        path: The file.
        name: What it is to be called.
        headers: Further headers.
    """

    def __init__(self, path: Path, name: str, headers: dict[str, str] | None = None) -> None:
        media_type = SENT[path.suffix.removeprefix(".")]
        super().__init__(path, 200, headers, media_type, filename=name, content_disposition_type="inline")
        self._folder = path.parent

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)


def binary(description: str, *media_types: str, headers: dict[str, str] | None = None) -> dict[int | str, Any]:
    """For the API's description: a response that is a file.

    Args:
        description: What is in it.
        media_types: Of which kind.
        headers: Their descriptions, by name.
    """
    schema = {"schema": {"type": "string", "format": "binary"}}
    described = {name: {"description": text, "schema": {"type": "string"}} for name, text in (headers or {}).items()}
    return {200: {"description": description, "content": dict.fromkeys(media_types, schema), "headers": described}}
