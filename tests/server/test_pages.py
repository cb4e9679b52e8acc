"""The studio's page, as it is served."""

from __future__ import annotations

from tests.server.conftest import Start

from painterly.folders import DEMO_PICTURE


def test_the_page_and_what_it_loads(start: Start) -> None:
    server = start(page=True)
    page = server.client.get("/")
    assert page.headers["content-type"].startswith("text/html")
    for path in ("/", "/static/demo.jpg", "/static/favicon.svg"):
        answer = server.client.get(path)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-cache"  # else browsers show the page of another version
        again = server.client.get(path, headers={"if-none-match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"") if path.startswith("/static/f") else again.is_success
    assert server.client.get("/static/demo.jpg").content == DEMO_PICTURE.read_bytes()
    assert start().client.get("/").status_code == 404
