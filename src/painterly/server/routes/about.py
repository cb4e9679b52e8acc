"""What the server is and what it can do; its health; its styles."""

from __future__ import annotations

import asyncio
import importlib.util
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, Field

from painterly import __version__
from painterly.models.treatment import COLORS, STROKES
from painterly.server.kinds import SENT
from painterly.server.problems import problem, responses
from painterly.server.service import service_of
from painterly.server.styles import forget_style, known_styles, upscalers
from painterly.training.learn_settings import LearnSettings

__all__ = ["router"]

router = APIRouter()


class Health(BaseModel):
    """That the server answers."""

    status: Literal["ok"]
    version: str


class Ready(BaseModel):
    """That pictures can be painted."""

    status: Literal["ready"]
    device: str = Field(description="cpu, cuda or mps.")
    backend: str = Field(description="What runs the networks, and in which precision.")


class Limits(BaseModel):
    """How much is taken."""

    bytes: int = Field(description="Of a request.")
    pixels: int = Field(description="Of a picture, given or made.")
    seconds: float = Field(description="That a picture may take.")
    clip_seconds: float = Field(description="Of a clip.")


class Can(BaseModel):
    """What is installed."""

    learn: bool
    video: bool


class Learning(BaseModel):
    """How styles are learnt."""

    steps: int = Field(description="Unless another number is asked for.")


class About(BaseModel):
    """What the server is and what it can do."""

    version: str
    limits: Limits
    formats: list[str]
    colors: list[str]
    strokes: list[str]
    factors: list[int]
    upscalers: dict[str, int] = Field(description="Networks that enlarge: how many times, by name.")
    can: Can
    learn: Learning


class Style(BaseModel):
    """A style that can be asked for."""

    name: str
    title: str
    painter: str
    licence: str
    learnt: bool = Field(description="Whether it was learnt on this machine.")


class Styles(BaseModel):
    """All styles, the gallery's first."""

    styles: list[Style]


@router.get("/health", tags=["server"])
async def health() -> Health:
    """Whether the server answers."""
    return Health(status="ok", version=__version__)


@router.get("/ready", tags=["server"], response_model=Ready, responses=responses(503))
async def ready(request: Request) -> Any:
    """Whether pictures can be painted now."""
    pool = service_of(request).pool
    if service_of(request).stopping.is_set():
        return problem(503, "the server is stopping", {"Retry-After": "5"})
    if not pool.ready:
        return problem(503, pool.trouble or "the networks are being loaded", {"Retry-After": "1"})
    return Ready(status="ready", device=pool.device, backend=pool.choice)


@router.get(
    "/metrics",
    tags=["server"],
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **responses()},
)
async def metrics(request: Request) -> Response:
    """Counters for Prometheus."""
    from prometheus_client import CONTENT_TYPE_LATEST

    service = service_of(request)
    return Response(service.metrics.text(service), media_type=CONTENT_TYPE_LATEST)


@router.get("/api/about", tags=["server"], responses=responses())
async def about(request: Request) -> About:
    """What the server is and what it can do."""
    settings = service_of(request).settings
    names = ("bytes", "pixels", "seconds", "clip_seconds")
    enlargers = await asyncio.to_thread(upscalers)
    return About(
        version=__version__,
        limits=Limits(**{name: getattr(settings, name) for name in names}),
        formats=list(SENT),
        colors=list(COLORS),
        strokes=list(STROKES),
        factors=sorted(set(enlargers.values())),
        upscalers=enlargers,
        can=Can(learn=_installed("lightning_fabric", "tensorboard"), video=_installed("av")),
        learn=Learning(steps=LearnSettings().steps),
    )


@router.get("/api/styles", tags=["styles"], responses=responses())
async def styles(request: Request) -> Styles:
    """The styles that can be asked for."""
    found = await asyncio.to_thread(known_styles, service_of(request).pool.digest)
    return Styles(styles=[Style(**entry) for entry in found])


@router.delete("/api/styles/{name}", tags=["styles"], status_code=204, responses=responses(404, 409, 422))
async def forget(name: Annotated[str, Path(min_length=1, description="The style's name.")]) -> Response:
    """Forget a style that was learnt on this machine."""
    await asyncio.to_thread(forget_style, name)
    return Response(status_code=204)


def _installed(*modules: str) -> bool:
    return all(importlib.util.find_spec(module) is not None for module in modules)
