"""Requests with files in them: read as far as they may be, as fast as they must be, and put where only we look."""

from __future__ import annotations

import asyncio
import contextlib
import re
import shutil
import time
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final

from fastapi import HTTPException, Request, Response, UploadFile
from fastapi.routing import APIRoute
from starlette.datastructures import FormData
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive

from painterly.server.refusal import RefusedError
from painterly.server.service import Service, service_of

__all__ = ["UploadRoute", "plain_name", "save_upload", "while_listening"]

_FILES: Final = 1
_FIELDS: Final = 24
_FIELD_BYTES: Final = 16_384

_SLOWEST: Final = 8_000
"""Bytes a second, on average, after the silence that is allowed."""

_DRAIN_SECONDS: Final = 3.0
"""How long what is refused is read on, so that the caller, who is still sending, hears why."""


class UploadRoute(APIRoute):
    """A route whose requests are limited while they are read, in bytes, in time, and in how many there are at once."""

    @staticmethod
    def check_room(service: Service) -> None:
        """Refuse, before it is read, what there is no room for.

        Raises:
            RefusedError: There is none.
        """
        service.pool.queue.check()

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle, check_room = super().get_route_handler(), self.check_room

        async def limited(request: Request) -> Response:
            service = service_of(request)
            body = _Body(request.receive, service.settings.bytes, service.settings.upload_seconds)
            try:
                service.check_open()
                check_room(service)
                body.check(request.headers)
                async with service.uploading():
                    return await handle(_UploadRequest(request.scope, body))
            except (RefusedError, HTTPException):
                await body.drain()
                raise
            except ClientDisconnect:
                return Response(status_code=499)

        return limited


class _UploadRequest(Request):
    """A request that takes one file and few fields, none of them long."""

    async def _get_form(self, **limits: Any) -> FormData:
        if self._form is None and self.headers.get("content-type", "").lower().startswith("multipart/form-data"):
            parser = _Parser(
                self.headers, self.stream(), max_files=_FILES, max_fields=_FIELDS, max_part_size=_FIELD_BYTES
            )
            try:
                self._form = await parser.parse()
            except MultiPartException as error:
                raise HTTPException(400, f"the form cannot be read: {error.message}") from error
        return await super()._get_form(max_fields=_FIELDS, max_part_size=_FIELD_BYTES)


class _Parser(MultiPartParser):
    """Refuses a form that ends in the middle, which Starlette takes as one without the last file."""

    _ended = False

    def on_end(self) -> None:
        self._ended = True

    async def parse(self) -> FormData:
        form = await super().parse()
        if not self._ended:
            for file in self._files_to_close_on_error:
                file.close()
            raise MultiPartException("it ends in the middle.")
        return form


class _Body:
    """What a request's body is received through; HTTPException goes through FastAPI as it is.

    Args:
        receive: Where it comes from.
        most: Bytes.
        patience: Seconds of silence.
    """

    def __init__(self, receive: Receive, most: int, patience: float) -> None:
        self._receive, self._most, self._patience = receive, most, patience
        self._bytes, self._whole, self._began = 0, False, time.monotonic()

    async def __call__(self) -> Message:
        if self._whole:  # only the caller's leaving can come
            return await self._receive()
        try:
            message = await asyncio.wait_for(self._receive(), self._patience)
        except TimeoutError:
            self._whole = True
            sentence = f"nothing came for {self._patience:g} s in the middle of the request"
            raise HTTPException(408, sentence, {"Connection": "close"}) from None
        self._whole = not message.get("more_body", False)
        self._bytes += len(message.get("body", b""))
        if self._bytes > self._most:
            raise self._too_large()
        if time.monotonic() - self._began > self._patience + self._bytes / _SLOWEST:
            raise HTTPException(408, "the request comes too slowly", {"Connection": "close"})
        return message

    def check(self, headers: Mapping[str, str]) -> None:
        """Refuse a request that says itself that it is too large."""
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length) > self._most:
            raise self._too_large()

    async def drain(self) -> None:
        """Read on what is refused, for a while."""
        with contextlib.suppress(asyncio.TimeoutError):
            async with asyncio.timeout(_DRAIN_SECONDS):
                while not self._whole:
                    self._whole = not (await self._receive()).get("more_body", False)

    def _too_large(self) -> HTTPException:
        sentence = f"the request has more than {self._most / 1e6:g} million bytes, the most that are taken here"
        return HTTPException(413, sentence, {"Connection": "close"})


async def save_upload(upload: UploadFile, folder: Path, otherwise: str) -> Path:
    """Put a file that came with a request into a folder, under a name that means no other place.

    Args:
        upload: The file.
        folder: Where it goes.
        otherwise: What to call it if nothing is left of its name.
    """
    path = folder / plain_name(upload.filename or "", otherwise)
    await asyncio.to_thread(_copy, upload.file, path)
    return path


def plain_name(name: str, otherwise: str) -> str:
    r"""A file's name without folders and signs that mean something somewhere.

    Example:
        >>> plain_name("../../etc/pass\nwd;.png", "picture")
        'pass wd .png'
    """
    last = re.split(r"[/\\]", name)[-1]
    plain = re.sub(r'[^\w .()\[\]@+=,\'-]|[\x00-\x1f"]', " ", last).strip(" .")
    stem, dot, ending = plain.rpartition(".")
    return (f"{stem[:80]}{dot}{ending[:12]}" if dot else plain[:80]) or otherwise


async def while_listening(request: Request, work: Coroutine[Any, Any, Any]) -> Any:
    """Do some work for as long as the caller waits for it.

    Args:
        request: The caller's, whose body has been read.
        work: Cancelled if the caller goes.

    Raises:
        ClientDisconnect: The caller has gone.
    """
    working, leaving = asyncio.create_task(work), asyncio.create_task(_left(request))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientDisconnect
        return working.result()
    finally:
        leaving.cancel()
        working.cancel()


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _copy(file: BinaryIO, path: Path) -> None:
    file.seek(0)
    with path.open("wb") as target:
        shutil.copyfileobj(file, target, 1 << 20)
