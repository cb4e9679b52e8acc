"""New styles and clips: begun here, followed, fetched and cancelled."""

from __future__ import annotations

import asyncio
import importlib.util
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, File, Form, Request, Response, UploadFile
from fastapi import Path as InPath
from fastapi.responses import FileResponse, StreamingResponse
from pydantic import BaseModel, Field

from painterly.errors import MissingExtraError
from painterly.server.jobs import FINAL, Job
from painterly.server.kinds import clip_kind
from painterly.server.measuring import measure
from painterly.server.problems import responses
from painterly.server.refusal import RefusedError
from painterly.server.sending import binary
from painterly.server.service import Service, service_of
from painterly.server.styles import check_new_style, check_style
from painterly.server.uploads import UploadRoute, plain_name, save_upload
from painterly.training.learn_settings import LearnSettings

__all__ = ["router"]


class JobRoute(UploadRoute):
    """A route that begins jobs."""

    @staticmethod
    def check_room(service: Service) -> None:
        """Refuse a job that there is no room for."""
        service.jobs.check()


begin = APIRouter(tags=["jobs"], route_class=JobRoute)
router = APIRouter(tags=["jobs"])

_WRONG: Final = responses(400, 408, 409, 413, 415, 422, 429, 499, 501, 503)
_EVENT_SECONDS: Final = 0.2
_SILENCE: Final = 10.0
_TYPES: Final = {".mp4": "video/mp4", ".webm": "video/webm", ".safetensors": "application/octet-stream"}

Text = Annotated[str, Form(max_length=200)]
Id = Annotated[str, InPath(min_length=1, max_length=64, description="The job's.")]


class JobState(BaseModel):
    """How far a job is."""

    id: str
    kind: Literal["learn", "video"]
    name: str = Field(description="For people.")
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    step: int = Field(description="Steps, or frames, that are done.")
    steps: int = Field(description="How many there are; 0 if that is not known.")
    message: str = Field(description="A sentence, or nothing.")
    seconds_left: float | None = Field(description="If that is known.")
    preview: str | None = Field(description="Where the newest intermediate picture is.")
    result: str | None = Field(description="Where the result is.")
    style: str | None = Field(description="The style that was learnt.")


class JobList(BaseModel):
    """The newest jobs first."""

    jobs: list[JobState]


@begin.post(
    "/api/learn",
    status_code=202,
    response_model=JobState,
    responses={202: {"headers": {"Location": {"description": "The job.", "schema": {"type": "string"}}}}, **_WRONG},
)
async def learn(
    request: Request,
    response: Response,
    painting: Annotated[UploadFile, File(description="The painting to learn; a picture.")],
    name: Annotated[str, Form(min_length=1, max_length=64, description="What to call the style.")],
    title: Text = "",
    painter: Text = "",
    steps: Annotated[
        int, Form(ge=1, le=5000, description="More bring it closer and take longer.")
    ] = LearnSettings().steps,
    deep: Annotated[bool, Form(description="Go on with all weights of the network, for most of an hour.")] = False,
) -> Any:
    """Learn a new style from a painting."""
    service = service_of(request)
    if not all(importlib.util.find_spec(module) for module in ("lightning_fabric", "tensorboard")):
        raise MissingExtraError("learning a style", "train")
    style = await asyncio.to_thread(check_new_style, name)
    service.jobs.check_name(style)
    folder = service.jobs.new_folder()
    try:
        source = await save_upload(painting, folder, "painting")
        await asyncio.to_thread(measure, source, service.settings.pixels)
        settings = {
            "name": style,
            "title": title,
            "painter": painter,
            "steps": steps,
            "deep": deep,
            "device": service.settings.device,
        }
        job = Job("learn", title or name, {"source": str(source), "settings": settings}, folder, style)
        service.jobs.add(job)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return _begun(job, request, response)


@begin.post(
    "/api/video",
    status_code=202,
    response_model=JobState,
    responses={202: {"headers": {"Location": {"description": "The job.", "schema": {"type": "string"}}}}, **_WRONG},
)
async def video(
    request: Request,
    response: Response,
    clip: Annotated[UploadFile, File(description="A clip: MP4, MOV, Matroska, WebM, AVI and others.")],
    style: Annotated[str | None, Form(max_length=1000, description="A style, or a mixture.")] = None,
    strength: Annotated[float, Form(ge=0, le=1, description="From 0, the clip, to 1, the style.")] = 1.0,
    color: Annotated[Literal["style", "content", "luminance"], Form(description="Whose colours.")] = "style",
    stroke: Annotated[Literal["small", "medium", "large"], Form(description="How large strokes are.")] = "medium",
    size: Annotated[int | None, Form(ge=16, le=8192, description="Longest side of the result in pixels.")] = None,
    smooth: Annotated[
        float, Form(ge=0, lt=1, description="How much of the past remains where nothing moves, against flicker.")
    ] = 0.8,
) -> Any:
    """Paint a clip, with its sound."""
    service = service_of(request)
    if importlib.util.find_spec("av") is None:
        raise MissingExtraError("painting clips", "video")
    chosen = await asyncio.to_thread(check_style, style, strength)
    folder = service.jobs.new_folder()
    try:
        source = await save_upload(clip, folder, "clip")
        if await asyncio.to_thread(clip_kind, source) is None:
            raise RefusedError(415, f"{source.name} is not a clip in a format that is taken here; MP4 and WebM are")
        how = {"style": chosen, "strength": strength, "color": color, "stroke": stroke, "size": size, "smooth": smooth}
        where = {name: getattr(service.settings, name) for name in ("device", "backend", "precision")}
        limits = {"clip_seconds": service.settings.clip_seconds, "pixels": service.settings.pixels}
        setup = {"source": str(source), "settings": {**how, **where}, **limits}
        job = Job("video", source.name, setup, folder)
        service.jobs.add(job)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return _begun(job, request, response)


@router.get("/api/jobs", responses=responses())
async def jobs(request: Request) -> JobList:
    """The newest jobs."""
    return JobList(jobs=[_state(job, request) for job in reversed(list(service_of(request).jobs))])


@router.get("/api/jobs/{id}", responses=responses(404, 422))
async def job(request: Request, id: Id) -> JobState:
    """How far a job is."""
    return _state(service_of(request).jobs.find(id), request)


@router.get(
    "/api/jobs/{id}/events",
    response_class=Response,
    responses={
        200: {
            "description": "A `job` event at every change.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
        **responses(404, 422),
    },
)
async def events(request: Request, id: Id) -> Response:
    """How far a job is, as Server-Sent Events until it has ended."""
    service = service_of(request)
    found = service.jobs.find(id)

    async def stream() -> AsyncIterator[str]:
        while True:
            version, state = found.version, _state(found, request)
            yield f"event: job\ndata: {state.model_dump_json()}\n\n"
            if state.state in FINAL:
                return
            await asyncio.sleep(_EVENT_SECONDS)
            while not await found.changed(version, _SILENCE):
                yield ": still there\n\n"

    return StreamingResponse(stream(), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


@router.get(
    "/api/jobs/{id}/preview",
    response_class=Response,
    responses={**binary("The newest intermediate picture.", "image/jpeg"), **responses(404, 422)},
)
async def job_preview(request: Request, id: Id) -> Response:
    """The newest intermediate picture of a job."""
    found = service_of(request).jobs.find(id)
    try:
        content = await asyncio.to_thread(found.picture.read_bytes)
    except OSError as error:
        raise RefusedError(404, "there is no picture of it yet") from error
    return Response(content, media_type="image/jpeg")


@router.get(
    "/api/jobs/{id}/result",
    response_class=Response,
    responses={**binary("The clip, or the style's file.", *_TYPES.values()), **responses(404, 422)},
)
async def result(request: Request, id: Id) -> Response:
    """What a job made."""
    found = service_of(request).jobs.find(id)
    if found.result is None or not found.result.is_file():
        raise RefusedError(404, "there is no result")
    kind = found.result.suffix
    stem = found.style or f"{Path(found.name).stem}-painted"
    return FileResponse(found.result, media_type=_TYPES[kind], filename=plain_name(stem, "result") + kind)


@router.delete("/api/jobs/{id}", status_code=204, responses=responses(404, 422))
async def cancel(request: Request, id: Id) -> Response:
    """Cancel a job, or forget one that has ended."""
    service = service_of(request)
    service.jobs.cancel(service.jobs.find(id))
    return Response(status_code=204)


def _state(job: Job, request: Request) -> JobState:
    place = f"{request.scope.get('root_path', '')}/api/jobs/{job.id}"
    return JobState(
        id=job.id,
        kind=job.kind,
        name=job.name,
        state=job.state,
        step=job.step,
        steps=job.steps,
        message=job.message,
        seconds_left=job.seconds_left,
        preview=None if job.preview is None else f"{place}/preview?step={job.preview}",
        result=f"{place}/result" if job.state == "done" else None,
        style=job.style,
    )


def _begun(job: Job, request: Request, response: Response) -> JobState:
    state = _state(job, request)
    response.headers["Location"] = f"{request.scope.get('root_path', '')}/api/jobs/{job.id}"
    return state
