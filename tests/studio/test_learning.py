"""Learning a style, and forgetting it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

sync = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = sync.expect


def begin(page: Any, painting: Path, name: str, steps: int) -> None:
    page.get_by_role("button", name="Learn a style").first.click()
    page.set_input_files("#learn-file", painting)
    page.get_by_label("Name of the style").fill(name)
    page.get_by_text("More", exact=True).click()
    page.get_by_label("Steps").fill(str(steps))
    page.get_by_role("button", name="Start learning").click()


def test_a_style_is_learnt_chosen_and_deleted(visit: Callable[..., Any], photographs: Path) -> None:
    one = visit()
    page = one.page
    one.open_picture(photographs / "cat.jpg")
    begin(page, photographs / "coffee.jpg", "Morning Coffee", 2)
    dialog = page.get_by_role("dialog", name="Morning Coffee")
    expect(dialog.get_by_alt_text("The painting")).to_be_visible()
    expect(dialog.get_by_role("progressbar")).to_be_visible()
    expect(dialog.get_by_role("status")).to_have_text("It hangs on the wall now.", timeout=240_000)
    expect(dialog.get_by_alt_text("A photograph, painted after")).to_be_visible()
    expect(page.locator("[data-style=morning-coffee] .hang")).to_have_attribute("aria-pressed", "true")
    dialog.get_by_role("button", name="Paint with it").click()
    one.is_painted()
    expect(page.locator("#plaque-title")).to_have_text("Morning Coffee")

    page.get_by_role("button", name="Back to all styles").click()
    page.get_by_role("button", name="Delete Morning Coffee").click()
    page.get_by_role("dialog").get_by_role("button", name="Keep it").click()
    expect(page.locator("[data-style=morning-coffee]")).to_have_count(1)
    page.get_by_role("button", name="Delete Morning Coffee").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.locator("[data-style=morning-coffee]")).to_have_count(0)
    assert "morning-coffee" not in page.request.get(one.address + "api/styles").text()


def test_a_lesson_is_found_again_and_cancelled(visit: Callable[..., Any], photographs: Path) -> None:
    one = visit("phone")
    page = one.page
    begin(page, photographs / "coffee.jpg", "Endless", 5000)
    expect(page.get_by_role("dialog", name="Endless")).to_be_visible()
    page.reload()
    card = page.get_by_role("article", name="Learning Endless")
    expect(card).to_be_visible()
    assert one.fits()
    card.get_by_role("button", name="Show").click()
    expect(page.get_by_role("dialog", name="Endless").get_by_alt_text("The painting")).to_be_visible()
    page.keyboard.press("Escape")
    card.get_by_role("button", name="Cancel").click()
    expect(card).to_contain_text("Cancelled")
    card.get_by_role("button", name="Put").click()
    expect(card).to_have_count(0)


def test_the_form_says_what_it_lacks(visit: Callable[..., Any], photographs: Path) -> None:
    one = visit()
    page = one.page
    page.keyboard.press("l")
    start = page.get_by_role("button", name="Start learning")
    alert = page.get_by_role("dialog").get_by_role("alert")
    start.click()
    expect(alert).to_have_text("Choose a painting first.")
    page.set_input_files("#learn-file", photographs / "coffee.jpg")
    expect(page.get_by_label("Name of the style")).to_have_value("Coffee")
    page.get_by_label("Name of the style").fill("!?")
    start.click()
    expect(alert).to_contain_text("letters or digits")
    one.forgiven.append("/api/learn")
    page.get_by_label("Name of the style").fill("Udnie")  # ships already
    start.click()
    expect(alert).to_contain_text("udnie")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
