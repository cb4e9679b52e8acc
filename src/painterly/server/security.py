"""Who may ask for what: this machine's own names, this site's own pages, and whoever shows the token."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from painterly.server.problems import problem
from painterly.server.settings import LOOPBACK

__all__ = ["Guard"]

_COOKIE: Final = "painterly"
_FREE: Final = ("/health", "/ready")
_SAFE: Final = ("GET", "HEAD", "OPTIONS")

_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob: data:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Guard:
    """Refuses requests before anything else looks at them, and puts security headers on every response.

    - A host that is not this machine's own name is refused, unless a token is set: a page elsewhere whose name was made
      to mean this machine (DNS rebinding) knows no token.
    - What changes something is refused to pages of other sites, by `Sec-Fetch-Site` and `Origin`.
    - With a token set, it must be shown, as `Authorization: Bearer TOKEN` or as the cookie that `/?token=TOKEN` sets.

    Args:
        app: What is guarded.
        token: The token, if there is one.
        hosts: Names that the server may be asked for; by default this machine's own, or any if there is a token.
    """

    def __init__(self, app: ASGIApp, token: str | None = None, hosts: Iterable[str] | None = None) -> None:
        self._app, self._token = app, token
        names = hosts if hosts is not None else None if token else LOOPBACK
        self._hosts = None if names is None else {name.lower() for name in names}
        self._cookie = "" if token is None else hmac.new(token.encode(), b"cookie", hashlib.sha256).hexdigest()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":  # there are no web sockets here
                await self._app(scope, receive, send)
            else:
                await send({"type": "websocket.close", "code": 1008})
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        refusal = self._refusal(scope)
        await (refusal or self._app)(scope, receive, guarded)

    def _refusal(self, scope: Scope) -> Response | None:
        headers, path = Headers(scope=scope), _path(scope)
        host = headers.get("host", "")
        if self._hosts is not None and _name(host) not in self._hosts:
            return problem(403, "this server is not to be asked for under that name; allow it with --allow-host")
        if scope["method"] not in _SAFE:
            if headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
                return problem(403, "pages of other sites may not ask for that")
            origin = headers.get("origin")
            if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
                return problem(403, "pages of other sites may not ask for that")
        if self._token is None or path in _FREE:
            return None
        shown = parse_qs(scope["query_string"].decode("latin-1")).get("token") if path == "/" else None
        if shown is not None and scope["method"] == "GET" and _same(shown[0], self._token):
            response = RedirectResponse(scope.get("root_path", "") + "/", 303)
            secure = scope.get("scheme") == "https"
            response.set_cookie(_COOKIE, self._cookie, httponly=True, samesite="strict", secure=secure)
            return response
        if self._knows(headers):
            return None
        return problem(
            401,
            "a token is needed: Authorization: Bearer TOKEN, or open /?token=TOKEN in a browser",
            {"WWW-Authenticate": "Bearer"},
        )

    def _knows(self, headers: Headers) -> bool:
        kind, _, shown = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and _same(shown.strip(), self._token or ""):
            return True
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(_COOKIE)
        except CookieError:
            return False
        return cookie is not None and _same(cookie.value, self._cookie)


def _same(shown: str, wanted: str) -> bool:
    """Compare in a time that says nothing about where they differ."""
    return hmac.compare_digest(shown.encode("utf-8", "replace"), wanted.encode())


def _name(host: str) -> str:
    """A Host header's name, without the port; "" if it is none."""
    found = re.fullmatch(r"(?:\[([0-9a-f:.]+)\]|([^:\[\]]+))(?::\d*)?", host.lower())
    return (found[1] or found[2]) if found else ""


def _path(scope: Scope) -> str:
    """The path below where the application is mounted."""
    root, path = scope.get("root_path", ""), str(scope["path"])
    return path[len(root) :] or "/" if root and path.startswith(root) else path
