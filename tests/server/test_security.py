"""Who may ask for what."""

from __future__ import annotations

from typing import Any

import pytest
from tests.server.conftest import Start

from painterly.errors import UsageError
from painterly.server import ServerSettings

TOKEN = "a long secret"


def test_without_a_token_only_this_machine_is_listened_to() -> None:
    for host in ("127.0.0.1", "localhost", "::1", "[::1]"):
        ServerSettings().check_host(host)
    for host in ("0.0.0.0", "::", "192.168.0.2", "example.org"):
        with pytest.raises(UsageError, match=f"--host {host} can be reached by other machines: set a token"):
            ServerSettings().check_host(host)
        ServerSettings(token=TOKEN).check_host(host)


@pytest.mark.parametrize("token", ["", "short", "not ascii: ü", "line\nbreak"])
def test_tokens_that_are_none(token: str) -> None:
    with pytest.raises(UsageError, match="at least eight characters"):
        ServerSettings(token=token)


def test_the_token_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAINTERLY_TOKEN", TOKEN)
    assert ServerSettings().with_environment().token == TOKEN
    assert ServerSettings(token="another one").with_environment().token == "another one"


@pytest.mark.parametrize("field", [name for name in ServerSettings.least if ServerSettings.least[name] > 0])
def test_limits_that_cannot_be_meant(field: str) -> None:
    wrong: dict[str, Any] = {field: 0}
    with pytest.raises(UsageError, match=f"--{field.replace('_', '-')} must be at least"):
        ServerSettings(**wrong)


def test_the_token_is_needed_for_all_but_health(start: Start) -> None:
    server = start(token=TOKEN, page=True)
    for path in ("/health", "/ready"):
        assert server.client.get(path).status_code in (200, 503)
    for path in ("/", "/api/about", "/api/styles", "/metrics", "/openapi.json", "/api/jobs", "/static/x", "/nothing"):
        answer = server.client.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
        assert answer.headers["www-authenticate"] == "Bearer"
    assert server.stylize().status_code == 401
    for shown in ("Bearer wrong", "Bearer", f"Basic {TOKEN}", "Bearer \xfc".encode("latin-1").decode("latin-1")):
        headers = [(b"authorization", shown.encode("latin-1"))]
        assert server.client.get("/api/about", headers=headers).status_code == 401
    assert server.client.get("/api/about", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200


def test_the_cookie_is_as_good(start: Start) -> None:
    server = start(token=TOKEN, page=True)
    assert server.client.get("/", params={"token": "wrong"}).status_code == 401
    answer = server.client.get("/", params={"token": TOKEN})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert TOKEN not in cookie
    assert server.client.get("/").status_code == 200  # the client keeps it
    assert server.stylize().status_code == 200
    assert server.client.get("/api/about", params={"token": TOKEN}).status_code == 200
    server.client.cookies.clear()
    assert server.client.get("/api/about", params={"token": TOKEN}).status_code == 401  # only / takes it
    server.client.cookies.set("painterly", "0" * 64)
    assert server.client.get("/api/about").status_code == 401


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "[::1].evil", "", "[::2]"]
)
def test_other_names_of_the_host_are_refused(start: Start, host: str) -> None:
    server = start()
    for method in ("GET", "POST"):
        answer = server.client.request(method, "/api/about", headers={"Host": host})
        assert answer.status_code == 403
    assert server.client.get("/health", headers={"Host": host}).status_code == 403


def test_this_machines_names_are_taken(start: Start) -> None:
    server = start()
    for host in ("localhost", "LOCALHOST:1234", "127.0.0.1:99", "[::1]:8000", "[::1]"):
        assert server.client.get("/health", headers={"Host": host}).status_code == 200
    named = start(allow_host=["pictures.example"])
    assert named.client.get("/health", headers={"Host": "pictures.example:443"}).status_code == 200
    assert named.client.get("/health").status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=["other", "null", "port", "cross-site", "same-site"],
)
def test_pages_of_other_sites_may_change_nothing(start: Start, headers: dict[str, str]) -> None:
    server = start()
    for method, path in (("POST", "/api/stylize"), ("POST", "/api/learn"), ("DELETE", "/api/styles/x")):
        answer = server.client.request(method, path, headers=headers)
        assert (answer.status_code, answer.json()["detail"]) == (403, "pages of other sites may not ask for that")


def test_our_own_page_may(start: Start) -> None:
    server = start()
    headers = {"Origin": f"http://127.0.0.1:{server.port}", "Sec-Fetch-Site": "same-origin"}
    assert server.client.delete("/api/styles/nothing", headers=headers).status_code == 404


@pytest.mark.parametrize("path", ["/", "/api/about", "/nothing", "/static/nothing", "/openapi.json"])
def test_every_response_has_the_headers(start: Start, path: str) -> None:
    headers = start(page=True).client.get(path).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'self';")
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "server" not in headers


def test_nothing_outside_static_is_served(start: Start) -> None:
    server = start(page=True)
    for path in ("/static/../index.html", "/static/..%2findex.html", "/static/%2e%2e/%2e%2e/errors.py"):
        with server.connect() as connection:  # httpx would tidy the path
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        assert answer.startswith(b"HTTP/1.1 404")


def test_no_page_unless_asked_for(start: Start) -> None:
    assert start().client.get("/").status_code == 404
