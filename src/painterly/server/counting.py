"""Counts responses by route and status, and logs them without what stands behind the path, which may be a token."""

from __future__ import annotations

import logging

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from painterly.server.metrics import Metrics

__all__ = ["Counting"]

log = logging.getLogger(__name__)


class Counting:
    """Tells the metrics of every response.

    Args:
        app: What responds.
        metrics: Where it is counted.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 499  # nobody was there any more to be answered

        async def counted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, counted)
        except BaseException:
            status = 500 if status == 499 else status
            raise
        finally:
            route = getattr(scope.get("route"), "path", None) or ("static" if status == 200 else "none")
            method = scope["method"] if scope["method"] in ("GET", "HEAD", "POST", "DELETE", "OPTIONS") else "other"
            self._metrics.requests.labels(method, route, str(status)).inc()
            log.info("%s %s %d", scope["method"], scope["path"], status)
