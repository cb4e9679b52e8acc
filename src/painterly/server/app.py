"""The application: routes, guard, counters and processes put together."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from painterly import __version__
from painterly.errors import MissingExtraError

try:
    from fastapi import FastAPI
except ImportError as error:
    raise MissingExtraError("the server", "studio") from error

from painterly.server.counting import Counting
from painterly.server.pages import add_page
from painterly.server.problems import Problem, add_handlers
from painterly.server.routes import about, jobs, pictures
from painterly.server.security import Guard
from painterly.server.service import Service
from painterly.server.settings import ServerSettings

__all__ = ["create_app"]


def create_app(settings: ServerSettings | None = None, *, page: bool = False) -> FastAPI:
    """The HTTP API of painterly, as an ASGI application.

    Run it by itself, or mount it in another application: `outer.mount("/painterly", create_app())`. Processes that
    paint are started with it, or where it is mounted with the first request, and end with it.

    Args:
        settings: Limits, token and the like.
        page: Whether the studio's page is served at `/`.

    Returns:
        The application; `app.state.service` is its `painterly.server.service.Service`.

    Raises:
        MissingExtraError: The extra `studio` is not installed.
        UsageError: The page is not installed.
    """
    settings = settings or ServerSettings()
    service = Service(settings)

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        service.start()
        try:
            yield
        finally:
            await service.close()

    app = FastAPI(
        title="painterly",
        version=__version__,
        summary="Photographs painted in the style of paintings; small pictures made large.",
        lifespan=lifespan,
        docs_url=None,  # whose page comes from another server
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.service = service
    for router in (about.router, pictures.router, jobs.begin, jobs.router):
        app.include_router(router)
    add_handlers(app)
    if page:
        add_page(app)
    app.add_middleware(Guard, token=settings.token, hosts=settings.allow_host)
    app.add_middleware(Counting, metrics=service.metrics)
    _describe(app, token=settings.token is not None)
    return app


def _describe(app: FastAPI, *, token: bool) -> None:
    """Have the API's description know problems, and the token if there is one."""
    plain = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = plain()
            components = schema.setdefault("components", {})
            components.setdefault("schemas", {})["Problem"] = Problem.model_json_schema()
            if token:
                components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
                schema["security"] = [{"token": []}]
        return app.openapi_schema or {}

    app.openapi = described  # type: ignore[method-assign]
