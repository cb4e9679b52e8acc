"""The studio's page, and what it loads."""

from __future__ import annotations

from typing import Final

from fastapi import FastAPI
from fastapi.responses import FileResponse
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from painterly.errors import UsageError
from painterly.folders import DEMO_PICTURE
from painterly.studio import page_folder

__all__ = ["add_page"]

_ASK_AGAIN: Final = {"Cache-Control": "no-cache"}
"""Kept by browsers, who ask whether it has changed."""


def add_page(app: FastAPI) -> None:
    """Have an application show the studio's page at `/`.

    Raises:
        UsageError: The page is not installed.
    """
    folder = page_folder()
    index = folder / "index.html"
    if not index.is_file():
        raise UsageError("the studio's page is not installed; leave it out with --no-page")

    @app.get("/", include_in_schema=False)
    async def page() -> FileResponse:
        return FileResponse(index, headers=_ASK_AGAIN)

    @app.get("/static/demo.jpg", include_in_schema=False)
    async def demo() -> FileResponse:
        return FileResponse(DEMO_PICTURE, headers=_ASK_AGAIN)

    app.mount("/static", _Files(directory=folder / "static"), name="static")


class _Files(StaticFiles):
    """Files that browsers may keep, as long as they ask whether they have changed."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.update(_ASK_AGAIN)
        return response
