"""What the page says when something is amiss, and how it goes on."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

sync = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = sync.expect


def test_refusals_are_sentences(visit: Callable[..., Any], tmp_path: Path) -> None:
    one = visit()
    one.forgiven.append("/api/preview")  # a refusal is an error to the console
    text = tmp_path / "letter.jpg"
    text.write_text("Dear Theo, ")
    one.page.set_input_files("#file", text)
    alert = one.page.get_by_role("alert")
    expect(alert).to_contain_text("letter.jpg")
    expect(one.page.locator("#start")).to_be_visible()
    alert.get_by_role("button", name="Put away").click()
    expect(alert).to_have_count(0)

    empty = tmp_path / "nothing.png"
    empty.touch()
    one.page.set_input_files("#file", empty)
    expect(alert).to_contain_text("nothing.png is empty")

    large = tmp_path / "large.png"
    large.write_bytes(os.urandom(3_500_000))
    one.page.set_input_files("#file", large)
    expect(alert.last).to_contain_text("large.png has 3.5\u00a0MB; up to 3.0\u00a0MB are taken here")


def test_a_full_queue_is_waited_for(visit: Callable[..., Any], photographs: Path) -> None:
    one = visit()
    one.forgiven.append("429")
    refused: list[str] = []

    def answer(route: Any) -> None:
        if refused or b'filename="thumbnail"' not in route.request.post_data_buffer:
            route.fallback()
            return
        refused.append(route.request.url)
        problem = '{"title": "Too Many Requests", "status": 429, "detail": "the queue is full"}'
        headers = {"Retry-After": "1", "Content-Type": "application/problem+json"}
        route.fulfill(status=429, body=problem, headers=headers)

    one.page.route("**/api/stylize", answer)
    one.page.set_input_files("#file", photographs / "cat.jpg")
    expect(one.page.locator("#toasts")).to_contain_text("Trying again in 1 s")
    one.wall_is_painted()


def test_a_server_that_is_away_is_waited_for(visit: Callable[..., Any], photographs: Path) -> None:
    one = visit()
    one.forgiven += ["ERR_INTERNET_DISCONNECTED", "/health"]
    one.open_picture(photographs / "cat.jpg")
    one.page.context.set_offline(True)
    one.page.click("[data-style=udnie] .hang")
    expect(one.page.locator("#banner")).to_contain_text("does not answer")
    one.page.context.set_offline(False)
    expect(one.page.locator("#banner")).to_be_hidden()
    one.is_painted()
