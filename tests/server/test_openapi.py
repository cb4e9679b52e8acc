"""The API's description against the server itself: schemathesis makes up requests, and checks every answer by it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.server.conftest import Running, encoded, noise, run

from painterly.server import ServerSettings

schemathesis: Any = pytest.importorskip("schemathesis")

SOUND = [encoded(noise(40, 32), kind) for kind in ("PNG", "JPEG", "WEBP", "GIF")]

ROUTES = [
    *("GET /health", "GET /ready", "GET /metrics", "GET /api/about", "GET /api/styles", "DELETE /api/styles/{name}"),
    *("POST /api/stylize", "POST /api/upscale", "POST /api/preview", "POST /api/learn", "POST /api/video"),
    *("GET /api/jobs", "GET /api/jobs/{id}", "DELETE /api/jobs/{id}", "GET /api/jobs/{id}/events"),
    *("GET /api/jobs/{id}/preview", "GET /api/jobs/{id}/result"),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("openapi")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("painterly.server.pool.WORKER", "fake_worker")
        patch.setattr("painterly.server.jobs.JOB", "fake_job")
        patch.setenv("PYTHONPATH", str(Path(__file__).parent))
        patch.setenv("FAKE_FOLDER", str(folder))
        patch.setenv("PAINTERLY_STYLES", str(folder / "styles"))
        running = run(ServerSettings(grace_seconds=1.0, jobs_waiting=2, pixels=10_000_000), folder)
        yield running
        running.stop()


@pytest.fixture(scope="module")
def described(server: Running) -> Any:
    """The description, told what makes a picture."""
    document = server.client.get("/openapi.json").json()
    bodies = {name: schema for name, schema in document["components"]["schemas"].items() if name.startswith("Body")}
    for schema in bodies.values():
        for name, one in schema.get("properties", {}).items():
            if one.pop("contentMediaType", None):
                one["format"] = "binary"
            if name == "style":
                one["anyOf"][0] = {"enum": ["udnie", "udnie:2,the-scream:1", "nobody"]}
    schemathesis.openapi.format("binary", st.sampled_from([*SOUND, b"", b"nothing", SOUND[0][:50]]))
    return schemathesis.openapi.from_dict(document)


@pytest.mark.parametrize(
    ("route", "mode"),
    [*((route, "positive") for route in ROUTES), *((route, "negative") for route in ROUTES if "POST" in route)],
)
def test_every_answer_is_as_described(described: Any, server: Running, route: str, mode: str) -> None:
    method, path = route.split()
    operation = described[path][method]
    # What is valid by its type may still be no picture, or the name of no style; in a form all is text, so that what
    # is made up as a number is a good name.
    names = ("positive_data_acceptance", "negative_data_rejection")
    excluded = [schemathesis.checks.CHECKS.get_one(name) for name in names]

    @given(case=operation.as_strategy(generation_mode=schemathesis.GenerationMode(mode)))
    @settings(
        max_examples=20,
        phases=[Phase.explicit, Phase.generate],
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    def check(case: Any) -> None:
        answer = case.call_and_validate(base_url=str(server.client.base_url), excluded_checks=excluded)
        statuses.add(answer.status_code)

    statuses: set[int] = set()
    check()
    pictures = path in ("/api/stylize", "/api/upscale", "/api/preview")
    assert not pictures or mode == "negative" or 200 in statuses, statuses


def test_everything_is_described(server: Running) -> None:
    paths = server.client.get("/openapi.json").json()["paths"]
    assert {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods} == set(ROUTES)
    for methods in paths.values():
        for about in methods.values():
            assert about["description"]
            for status, response in about["responses"].items():
                if int(status) >= 400:
                    assert list(response["content"]) == ["application/problem+json"]
