"""What goes wrong, as RFC 9457 has it: a JSON document whose `detail` is one sentence for people."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from painterly.errors import PainterlyError
from painterly.server.refusal import RefusedError, status_of

__all__ = ["PROBLEM", "Problem", "add_handlers", "problem", "responses"]

PROBLEM: Final = "application/problem+json"
"""The media type."""

log = logging.getLogger(__name__)

_MEANINGS: Final = {
    400: "The request, or a file in it, cannot be read.",
    401: "The token is missing or another.",
    403: "The request comes from another site, or for another host.",
    404: "There is no such thing.",
    408: "The request came too slowly.",
    409: "It cannot be done as things are.",
    413: "There are too many bytes, pixels or seconds.",
    415: "The file is of no kind that is known here.",
    422: "A field is missing or has a value that cannot be meant.",
    429: "As much is waiting as may wait; come again after the seconds in Retry-After.",
    499: "The request was taken back.",
    501: "Something that it takes is not installed here.",
    503: "The server is about to stop, or what worked on the request was lost.",
    504: "It took too long.",
}


class Problem(BaseModel):
    """Something that went wrong."""

    title: str = Field(description="What kind of problem it is.")
    status: int = Field(description="The response's status.", ge=400, le=599)
    detail: str = Field(description="One sentence for people.")


def problem(status: int, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """A response that says what went wrong."""
    known = {one.value: one.phrase for one in HTTPStatus}
    content = {"title": known.get(status, "Client Closed Request"), "status": status, "detail": detail}
    return JSONResponse(content, status, headers, media_type=PROBLEM)


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """For the API's description: what a route may answer when it does not answer well."""
    schema = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    every: dict[int | str, dict[str, Any]] = {}
    for status in sorted({401, 403, *statuses}):
        every[status] = {"description": _MEANINGS[status], "content": schema}
        if status in (429, 503):
            seconds = {"description": "Seconds.", "schema": {"type": "integer"}}
            every[status]["headers"] = {"Retry-After": seconds}
    return every


def add_handlers(app: FastAPI) -> None:
    """Have an application answer with problems, whatever goes wrong."""

    async def on_http(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        return problem(error.status_code, _sentence(str(error.detail)), dict(error.headers or {}))

    async def on_wrong_field(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        return problem(422, "; ".join(_wrong(one) for one in error.errors()[:3]))

    async def on_painterly(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, PainterlyError)
        headers = error.headers if isinstance(error, RefusedError) else None
        return problem(status_of(error), _sentence(str(error)), headers)

    async def on_bug(request: Request, error: Exception) -> JSONResponse:
        log.error("an error that should not have been", exc_info=error)
        return problem(500, "Something went wrong on the server that should not have; its log says more.")

    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(RequestValidationError, on_wrong_field)
    app.add_exception_handler(PainterlyError, on_painterly)
    app.add_exception_handler(Exception, on_bug)


def _wrong(one: dict[str, Any]) -> str:
    place = ".".join(str(part) for part in one["loc"][1:]) or "the request"
    return f"{place}: {one['msg'][:1].lower()}{one['msg'][1:]}"


def _sentence(text: str) -> str:
    line = " ".join(text.split())
    return line[:500]
