"""The page without a mouse, and without good eyes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

sync = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = sync.expect

NAMELESS = """() => {
    const text = (ids) => ids.split(/\\s+/).map((id) => document.getElementById(id)?.textContent ?? "").join(" ");
    const all = "button, a, input, select, progress, dialog, [role=slider], [role=radiogroup]";
    return [...document.querySelectorAll(all)]
        .filter((one) => one.checkVisibility() && !(one.tagName === "DIALOG" && !one.open))
        .filter((one) => !(one.getAttribute("aria-label") || text(one.getAttribute("aria-labelledby") ?? "").trim()
            || [...(one.labels ?? [])].map((label) => label.textContent).join("").trim() || one.textContent.trim()))
        .map((one) => one.outerHTML.slice(0, 120));
}"""

# Luminance as WCAG defines it; grounds that are see-through are laid over what lies below them.
FAINT = """() => {
    const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const rgba = (color) => {
        context.clearRect(0, 0, 1, 1);
        context.fillStyle = color;
        context.fillRect(0, 0, 1, 1);
        const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data;
        return [r, g, b, a / 255];
    };
    const over = ([r, g, b, a], below) => [r, g, b].map((value, at) => value * a + below[at] * (1 - a));
    const light = (rgb) => {
        const linear = (v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
        return 0.2126 * linear(rgb[0]) + 0.7152 * linear(rgb[1]) + 0.0722 * linear(rgb[2]);
    };
    const ground = (element) => {
        const layers = [];
        for (let at = element; at; at = at.parentElement) {
            layers.push(rgba(getComputedStyle(at).backgroundColor));
            if (layers.at(-1)[3] === 1) break;
        }
        return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255]);
    };
    const faint = [];
    const root = document.querySelector("dialog[open]") ?? document.body;
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const parent = node.parentElement;
        const seen = { opacityProperty: true, visibilityProperty: true };
        if (!node.data.trim() || !parent.checkVisibility(seen)) continue;
        if (parent.closest(":disabled, .visually-hidden")) continue;
        if (parent.closest("label")?.control?.disabled) continue;
        const style = getComputedStyle(parent);
        const below = ground(parent);
        const [a, b] = [light(over(rgba(style.color), below)), light(below)].sort((x, y) => y - x);
        const size = parseFloat(style.fontSize);
        const least = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
        if ((a + 0.05) / (b + 0.05) < least) faint.push(`${node.data.trim()}: ${((a + 0.05) / (b + 0.05)).toFixed(2)}`);
    }
    return faint;
}"""

SMALL = """() => [...document.querySelectorAll("button, a, select, input:not([type=file])")]
    .map((one) => (["radio", "checkbox"].includes(one.type) ? one.closest("label") : one))
    .filter((one) => one.checkVisibility())
    .map((one) => [one, one.getBoundingClientRect()])
    .filter(([, box]) => box.width > 1 && (box.width < 43.5 || box.height < 43.5))
    .filter(([one]) => !one.matches(".skip"))
    .map(([one, box]) => `${one.id || one.textContent.trim()} ${box.width} x ${box.height}`)"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", ["desktop", "phone"])
def test_names_contrast_headings_and_targets(
    visit: Callable[..., Any], photographs: Path, screen: str, scheme: str
) -> None:
    one = visit(screen, color_scheme=scheme)
    page = one.page

    def check(where: str) -> None:
        assert page.evaluate(NAMELESS) == [], where
        assert page.evaluate(FAINT) == [], where
        if screen == "phone":
            assert page.evaluate(SMALL) == [], where

    expect(page.locator("html")).to_have_attribute("data-theme", scheme)
    assert page.get_by_role("banner").count() == page.get_by_role("main").count() == 1
    assert page.get_by_role("navigation").count() == 1
    check("opening")
    one.open_picture(photographs / "cat.jpg")
    assert page.get_by_role("heading", level=1).count() == 1
    check("wall")
    one.choose("udnie")
    assert page.get_by_role("heading", level=1).count() == 1
    check("easel")
    for group in ("mix", "stroke", "size") if screen == "phone" else ():
        page.click(f"#tab-{group}")
        check(group)
    page.click("#open-help")
    check("help")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Learn a style").click()
    check("form")


def test_everything_by_keyboard(visit: Callable[..., Any], photographs: Path, tmp_path: Path) -> None:
    one = visit()
    page = one.page
    page.on("filechooser", lambda chooser: None)  # asked for just before Enter, choosers may open unnoticed
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the pictures")).to_be_focused()
    for _ in range(20):
        page.keyboard.press("Tab")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", page.evaluate("document.activeElement.outerHTML")
        if page.evaluate("document.activeElement.id") == "choose":
            break
    expect(page.locator("#choose")).to_be_focused()
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(photographs / "cat.jpg")
    one.wall_is_painted()

    page.locator(".tile .hang").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator("#plaque-title")).to_have_text("The Scream")
    expect(page.locator("[data-style=the-scream] .hang")).to_be_focused()
    one.is_painted()
    page.keyboard.press("7")
    expect(page.locator("#plaque-title")).to_have_text("Udnie")
    page.keyboard.press("[")
    expect(page.locator("#strength-value")).to_have_text("95 %")
    page.keyboard.press("Shift+?")
    expect(page.get_by_role("dialog", name="Help")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    one.is_painted()
    with page.expect_download() as download:
        page.keyboard.press("d")
    assert download.value.suggested_filename == "cat-udnie.jpg"
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", level=1)).to_have_text("Which one shall it be?")


def test_the_theme_is_remembered(visit: Callable[..., Any]) -> None:
    one = visit(color_scheme="light")
    one.page.get_by_role("button", name="Dark colours").click()
    expect(one.page.locator("html")).to_have_attribute("data-theme", "dark")
    one.page.reload()
    expect(one.page.locator("html")).to_have_attribute("data-theme", "dark")
