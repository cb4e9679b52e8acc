"""Pictures in, pictures out."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, File, Form, Request, Response, UploadFile

from painterly.models.card import CANVAS_MOST
from painterly.server.kinds import SENT
from painterly.server.measuring import check_made, measure
from painterly.server.problems import responses
from painterly.server.queueing import Task
from painterly.server.refusal import RefusedError
from painterly.server.sending import SentPicture, binary
from painterly.server.service import Service, service_of
from painterly.server.styles import check_style, upscalers
from painterly.server.uploads import UploadRoute, save_upload, while_listening

__all__ = ["router"]

router = APIRouter(tags=["pictures"], route_class=UploadRoute)

_WRONG: Final = responses(400, 408, 413, 415, 422, 429, 499, 501, 503, 504)
_TIMES: Final = {"Server-Timing": "Milliseconds that it waited and took.", "Content-Disposition": "A name for it."}
_SENT: Final = tuple(SENT.values())

Picture = Annotated[UploadFile, File(description="JPEG, PNG, WebP, GIF, TIFF, BMP, JPEG 2000, AVIF; HEIC (extra).")]
Size = Annotated[int | None, Form(ge=16, le=32768, description="Longest side of the result in pixels.")]
Format = Annotated[
    Literal["jpg", "png", "webp"] | None,
    Form(description="By default that of the picture, or PNG where it is none of these."),
]
Quality = Annotated[int | None, Form(ge=1, le=100, description="Of JPEG and WebP.")]


@router.post(
    "/api/stylize",
    response_class=Response,
    responses={**binary("The painting.", *_SENT, headers=_TIMES), **_WRONG},
)
async def stylize(
    request: Request,
    picture: Picture,
    style: Annotated[
        str | None,
        Form(max_length=1000, description="A style, or a mixture: starry-night:0.6,the-scream:0.4. The first if none."),
    ] = None,
    strength: Annotated[float, Form(ge=0, le=1, description="From 0, the photograph, to 1, the style.")] = 1.0,
    color: Annotated[
        Literal["style", "content", "luminance"],
        Form(description="The painting's colours; the picture's; or the picture's with its brightness too."),
    ] = "style",
    stroke: Annotated[Literal["small", "medium", "large"], Form(description="How large strokes are.")] = "medium",
    canvas: Annotated[
        float | None,
        Form(ge=0, le=CANVAS_MOST, description="How uneven the canvas is, in grey levels of 255; 4 for the gallery."),
    ] = None,
    size: Size = None,
    format: Format = None,
    quality: Quality = None,
) -> Response:
    """Paint a picture in the style of a painting, or of several."""
    service = service_of(request)
    chosen = await asyncio.to_thread(check_style, style, strength)
    with service.files() as folder:
        source = await save_upload(picture, folder, "picture")
        kind, given = await asyncio.to_thread(measure, source, service.settings.pixels)
        made = None if given is None else check_made(source.name, given, size, service.settings.pixels)
        target = _target(folder, kind, format)
        item: dict[str, Any] = {
            "source": str(source),
            "target": str(target),
            "pixels": service.settings.pixels,
            "style": chosen,
            "strength": strength,
            "color": color,
            "stroke": stroke,
            "canvas": canvas,
            "size": size,
            "quality": quality,
        }
        alike = None if given is None else ("paint", chosen, strength, color, stroke, canvas, size, given, made)
        return await _made(request, service, Task("paint", item, alike), target, f"{source.stem}-{_title(chosen)}")


@router.post(
    "/api/upscale",
    response_class=Response,
    responses={**binary("The enlarged picture.", *_SENT, headers=_TIMES), **_WRONG},
)
async def upscale(
    request: Request,
    picture: Picture,
    factor: Annotated[Literal["4", "8"], Form(description="How many times as wide and high.")] = "4",
    model: Annotated[
        str | None, Form(max_length=100, description="A network that enlarges; /api/about lists them.")
    ] = None,
    format: Format = None,
    quality: Quality = None,
) -> Response:
    """Make a picture four or eight times as wide and high, and sharp."""
    service = service_of(request)
    known = await asyncio.to_thread(upscalers)
    if model is not None and known.get(model) != int(factor):
        names = " or ".join(name for name, scale in known.items() if scale == int(factor))
        raise RefusedError(422, f"no network called '{model}' enlarges {factor} times; {names} does")
    with service.files() as folder:
        source = await save_upload(picture, folder, "picture")
        kind, given = await asyncio.to_thread(measure, source, service.settings.pixels)
        if given is not None:
            check_made(source.name, given, None, service.settings.pixels, int(factor))
        target = _target(folder, kind, format)
        item = {
            "source": str(source),
            "target": str(target),
            "pixels": service.settings.pixels,
            "factor": int(factor),
            "model": model,
            "quality": quality,
        }
        return await _made(request, service, Task("upscale", item), target, f"{source.stem}-x{factor}")


@router.post(
    "/api/preview",
    response_class=Response,
    responses={
        **binary(
            "The picture, upright, as JPEG.",
            "image/jpeg",
            headers={**_TIMES, "X-Picture-Size": "Width and height of the picture itself, upright, such as 4000x3000."},
        ),
        **_WRONG,
    },
)
async def preview(
    request: Request,
    picture: Picture,
    size: Annotated[int, Form(ge=16, le=8192, description="Longest side in pixels, at most.")] = 1024,
) -> Response:
    """A picture as every browser can show it."""
    service = service_of(request)
    with service.files() as folder:
        source = await save_upload(picture, folder, "picture")
        await asyncio.to_thread(measure, source, service.settings.pixels)
        target = folder / "result.jpg"
        item = {"source": str(source), "target": str(target), "pixels": service.settings.pixels, "size": size}
        task = Task("preview", item, urgent=True)
        return await _made(request, service, task, target, f"{source.stem}-preview")


async def _made(request: Request, service: Service, task: Task, target: Path, name: str) -> Response:
    """Have a task done for as long as the caller waits, and send what came of it."""
    began = time.monotonic()
    result = await while_listening(request, service.pool.do(task))
    queued, worked = 1000 * task.waited, 1000 * task.worked
    headers = {"Server-Timing": f"queue;dur={queued:.1f}, work;dur={worked:.1f}, total;dur={_since(began):.1f}"}
    if task.kind == "preview":
        headers["X-Picture-Size"] = "{}x{}".format(*result["size"])
    return SentPicture(target, name + target.suffix, headers)


def _target(folder: Path, kind: str, format: str | None) -> Path:
    """Where a result goes."""
    return folder / f"result.{format or (kind if kind in SENT else 'png')}"


def _since(began: float) -> float:
    return 1000 * (time.monotonic() - began)


def _title(style: str) -> str:
    """A style or a mixture, for a file's name."""
    from painterly.models.look import parse_look

    return parse_look(style).title
