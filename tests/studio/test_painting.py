"""From a picture to a painting that is saved."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageChops, ImageStat

sync = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = sync.expect


def fields(request: Any) -> dict[str, str]:
    """The text fields of a form that was sent."""
    found = {}
    boundary = request.headers["content-type"].split("boundary=")[1].encode()
    for part in request.post_data_buffer.split(b"--" + boundary):
        head, _, body = part.partition(b"\r\n\r\n")
        if b"name=" in head and b"filename=" not in head:
            found[head.split(b'name="')[1].split(b'"')[0].decode()] = body.removesuffix(b"\r\n").decode()
    return found


def is_preview(request: Any) -> bool:
    return request.url.endswith("/api/stylize") and b'filename="preview"' in (request.post_data_buffer or b"")


def see_bodies(page: Any) -> None:
    """Chromium tells what a request carries only while requests are intercepted."""
    page.route("**/api/stylize", lambda route: route.fallback())


def size_of(path: Path) -> tuple[int, int]:
    with Image.open(path) as picture:
        return picture.size


def save(one: Any, folder: Path) -> tuple[str, Path]:
    with one.page.expect_download() as download:
        one.page.click("#download")
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return download.value.suggested_filename, path


@pytest.mark.parametrize("screen", ["desktop", "phone"])
def test_three_presses_from_the_opening_to_a_painting(
    visit: Callable[..., Any], photographs: Path, tmp_path: Path, screen: str
) -> None:
    one = visit(screen)
    page = one.page
    expect(page.get_by_role("heading", level=1)).to_contain_text("Your photograph")
    assert one.fits()

    with page.expect_file_chooser() as chooser:
        page.click("#choose")  # the first
    chooser.value.set_files(photographs / "cat.jpg")
    expect(page.get_by_role("heading", level=1)).to_have_text("Which one shall it be?")
    one.wall_is_painted()
    assert page.locator(".tile[data-style]").count() >= 8
    assert one.fits()

    one.choose("udnie")  # the second
    assert one.fits()
    expect(page.locator("#plaque")).to_contain_text("Francis Picabia")
    expect(page.locator("[data-style=udnie] .hang")).to_have_attribute("aria-pressed", "true")

    name, path = save(one, tmp_path)  # the third
    assert name == "cat-udnie.jpg"
    expect(page.locator("#toasts")).to_contain_text("cat-udnie.jpg is saved")
    with Image.open(photographs / "cat.jpg") as photograph, Image.open(path) as painting:
        assert painting.size == photograph.size
        assert ImageStat.Stat(ImageChops.difference(photograph, painting)).mean[0] > 10

    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Which one shall it be?")


def show_clips(one: Any, count: int) -> None:
    """Load the page again, on a server that has painted clips: their notices stay, and take room."""
    clip = {
        "kind": "video",
        "name": "a.mp4",
        "state": "done",
        "step": 9,
        "steps": 9,
        "message": "",
        "seconds_left": None,
    }
    clips = [clip | {"id": f"clip{n}", "preview": None, "result": f"/{n}", "style": None} for n in range(count)]
    one.page.route("**/api/jobs", lambda route: route.fulfill(json={"jobs": clips}))
    one.page.reload()
    expect(one.page.locator(".tray .card")).to_have_count(count)


def test_notices_leave_the_picture_free(visit: Callable[..., Any], photographs: Path) -> None:
    one = visit()
    page = one.page
    show_clips(one, 4)
    one.open_picture(photographs / "coffee.jpg")
    one.choose("the-scream")
    tray, bar = page.locator("#tray").bounding_box(), page.locator(".top").bounding_box()
    assert tray["y"] + tray["height"] <= bar["y"] + bar["height"]
    last = page.locator(".tray .card").nth(3).get_by_role("button", name="Play")
    expect(last).not_to_be_in_viewport()
    last.focus()
    expect(last).to_be_in_viewport(ratio=1)


def test_a_narrow_phone(visit: Callable[..., Any], photographs: Path) -> None:
    one = visit("phone", viewport={"width": 360, "height": 640})
    page = one.page
    show_clips(one, 2)
    assert one.fits()
    one.open_picture(photographs / "cat.jpg")
    assert one.fits()
    one.choose("the-scream")
    assert page.locator("#frame").bounding_box()["height"] > 110
    for group in ("strength", "mix", "stroke", "size"):
        if page.get_attribute(f"#tab-{group}", "aria-expanded") == "false":
            page.click(f"#tab-{group}")
        expect(page.locator(f"#group-{group}")).to_be_visible()
        assert one.fits()
        expect(page.locator("#download")).to_be_in_viewport(ratio=1)
        expect(page.locator("#frame")).to_have_css("height", re.compile(r"^(11\d|1[2-9]\d|[2-9]\d\d)"))
    page.click("#tab-size")  # a second press closes it, for the picture's sake
    expect(page.locator("#group-size")).to_be_hidden()


def test_the_seam_follows_keys_and_pointers(visit: Callable[..., Any], photographs: Path) -> None:
    one = visit()
    page = one.page
    one.open_picture(photographs / "cat.jpg")
    one.choose("udnie")
    seam = page.get_by_role("slider", name="Compare")
    before = int(seam.get_attribute("aria-valuenow"))
    seam.focus()
    page.keyboard.press("ArrowRight")
    expect(seam).to_have_attribute("aria-valuenow", str(before + 2))
    page.keyboard.press("Shift+ArrowLeft")
    expect(seam).to_have_attribute("aria-valuenow", str(before - 8))
    page.keyboard.press("Home")
    expect(seam).to_have_attribute("aria-valuetext", "Photograph 0 %, painting 100 %")
    page.keyboard.press("End")
    expect(seam).to_have_attribute("aria-valuenow", "100")

    frame = page.locator("#frame")
    width = frame.bounding_box()["width"]
    frame.hover(position={"x": 0.9 * width, "y": 50})  # waits until nothing lies over it and it stands still
    page.mouse.down()
    expect(seam).to_have_attribute("aria-valuenow", "90")
    frame.hover(position={"x": 0.25 * width, "y": 80})
    page.mouse.up()
    expect(seam).to_have_attribute("aria-valuenow", "25")
    expect(page.locator("#after-layer")).to_have_css("clip-path", re.compile(r"^inset\(0px 0px 0px (24.99|25)"))


def test_a_hand_ends_the_sweep_over_a_new_painting(visit: Callable[..., Any], photographs: Path) -> None:
    one = visit(reduced_motion="no-preference")
    page = one.page
    one.open_picture(photographs / "cat.jpg")
    page.clock.install()  # the sweep stands still until the clock is moved
    page.click("[data-style=udnie] .hang")
    seam = page.get_by_role("slider", name="Compare")
    page.clock.run_for(100)
    swept = int(seam.get_attribute("aria-valuenow"))
    assert 34 < swept < 100
    seam.focus()
    page.keyboard.press("Home")
    page.clock.run_for(2000)
    expect(seam).to_have_attribute("aria-valuenow", "0")


def test_settings_reach_the_server_and_are_reset(visit: Callable[..., Any], photographs: Path) -> None:
    one = visit()
    page = one.page
    see_bodies(page)
    one.open_picture(photographs / "coffee.jpg")
    one.choose("starry-night")
    for press, expected in (
        ("Fine", {"stroke": "small"}),
        ("Smooth", {"canvas": "0", "stroke": "small"}),
        ("Photo", {"color": "content", "canvas": "0", "stroke": "small"}),
    ):
        with page.expect_request(is_preview) as sent:
            page.get_by_role("radio", name=press, exact=True).check()
        assert expected.items() <= fields(sent.value).items()
        one.is_painted()
    with page.expect_request(is_preview) as sent:
        page.locator("#strength").fill("40")
    assert float(fields(sent.value)["strength"]) == 0.4
    expect(page.locator("#strength")).to_have_attribute("aria-valuetext", "40 %")
    with page.expect_request(is_preview) as sent:
        page.click("#reset")
    back = fields(sent.value)
    plain = {"style": "starry-night", "strength": "1", "stroke": "medium", "canvas": "4", "color": "style"}
    assert plain.items() <= back.items()


def test_a_mixture(visit: Callable[..., Any], photographs: Path, tmp_path: Path) -> None:
    one = visit()
    page = one.page
    see_bodies(page)
    one.open_picture(photographs / "cat.jpg")
    one.choose("udnie")
    page.click("#add-mix")
    with page.expect_request(is_preview) as sent:
        page.get_by_role("button", name="Add The Scream").click()
    assert fields(sent.value)["style"] == "udnie:50,the-scream:50"
    expect(page.get_by_label("Share of The Scream")).to_be_focused()
    with page.expect_request(is_preview) as sent:
        page.keyboard.press("End")
    assert fields(sent.value)["style"] == "udnie:50,the-scream:100"
    expect(page.locator("#share-1-value")).to_have_text("67 %")
    one.is_painted()
    assert save(one, tmp_path)[0] == "cat-udnie-the-scream.jpg"
    page.get_by_role("button", name="Take The Scream out").click()
    expect(page.locator("#plaque-title")).to_have_text("Udnie")


def test_what_was_asked_for_last_is_what_is_seen(visit: Callable[..., Any], photographs: Path) -> None:
    """Answers of a server that is slow with the first ones: every strength has a colour of its own."""
    one = visit()
    page = one.page
    one.open_picture(photographs / "cat.jpg")
    one.choose("udnie")
    held: list[Any] = []

    def shade(strength: float) -> bytes:
        picture = io.BytesIO()
        Image.new("RGB", (60, 40), (round(255 * strength), 0, 0)).save(picture, "PNG")
        return picture.getvalue()

    def answer(route: Any) -> None:
        if not is_preview(route.request):
            route.fallback()
        elif len(held) < 2:
            held.append(route)
        else:
            route.fulfill(body=shade(float(fields(route.request)["strength"])), content_type="image/png")

    page.route("**/api/stylize", answer)
    slider = page.locator("#strength")
    slider.focus()
    for _ in range(60):
        page.keyboard.press("ArrowLeft")
    expect(page.locator("#strength-value")).to_have_text("40 %")
    one.is_painted()
    seen = "(() => { const c = document.createElement('canvas').getContext('2d'); "
    seen += "c.drawImage(document.getElementById('after'), 0, 0); return c.getImageData(5, 5, 1, 1).data[0] })()"
    assert page.evaluate(seen) == 102
    for route in held:  # they come far too late, and were given up
        route.fulfill(body=shade(float(fields(route.request)["strength"])), content_type="image/png")
    page.evaluate("new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))")
    assert page.evaluate(seen) == 102


def test_full_size_is_looked_at_pixel_by_pixel_and_painted_once(
    visit: Callable[..., Any], photographs: Path, tmp_path: Path
) -> None:
    one = visit()
    page = one.page
    one.open_picture(photographs / "coffee.jpg")
    one.choose("udnie")
    page.click("#zoom-full")
    expect(page.locator("#zoom-full")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#frame")).to_have_class("frame zoomed")
    assert page.locator("#after").bounding_box()["width"] == 600
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    assert size_of(save(one, tmp_path)[1]) == (600, 400)
    assert not [url for url in asked if "/api/" in url]
    page.click("#zoom-full")
    expect(page.locator("#frame")).to_have_class("frame")


def test_size_format_and_enlarging(visit: Callable[..., Any], photographs: Path, tmp_path: Path) -> None:
    one = visit()
    page = one.page
    one.open_picture(photographs / "coffee.jpg")
    one.choose("udnie")
    page.select_option("#size", "512")
    page.get_by_role("radio", name="WebP", exact=True).check()
    expect(page.locator("#download-hint")).to_have_text("WebP, 512 \u00d7 341 pixels")
    name, path = save(one, tmp_path)
    with Image.open(path) as painting:
        assert (name, painting.format, painting.size) == ("coffee-udnie.webp", "WEBP", (512, 341))

    one.page.set_input_files("#file", small(tmp_path / "little.png"))
    one.is_painted()
    page.get_by_role("radio", name="\u00d7 4", exact=True).check()
    page.get_by_role("radio", name="The photograph", exact=True).check()
    expect(page.locator("#download-hint")).to_contain_text("160 \u00d7 96 pixels")
    name, path = save(one, tmp_path)
    with Image.open(path) as picture:
        assert (name, picture.size) == ("little-x4.webp", (160, 96))


def small(path: Path, mode: str = "RGB") -> Path:
    ramp = np.linspace(0, 255, 24 * 40).reshape(24, 40).astype(np.uint8)
    Image.fromarray(np.stack([ramp] * len(mode), -1)).save(path)
    return path


def test_upright_clear_and_unusual_pictures(visit: Callable[..., Any], photographs: Path, tmp_path: Path) -> None:
    one = visit()
    page = one.page
    turned = tmp_path / "turned.jpg"
    with Image.open(photographs / "cat.jpg") as file:
        photograph = file.copy()
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    photograph.save(turned, exif=exif)
    one.open_picture(turned)
    one.choose("udnie")
    box = page.locator("#frame").bounding_box()
    assert abs(box["width"] / box["height"] - 150 / 226) < 0.01
    assert size_of(save(one, tmp_path)[1]) == (150, 226)

    clear = tmp_path / "clear.png"
    see_through = photograph.convert("RGBA")
    see_through.putalpha(Image.linear_gradient("L").resize(photograph.size))
    see_through.save(clear)
    page.set_input_files("#file", clear)
    expect(page.locator("#frame.clear")).to_be_visible()
    one.is_painted()
    name, path = save(one, tmp_path)
    assert name == "clear-udnie.png"
    with Image.open(path) as painting:
        assert painting.getchannel("A").getextrema() == (0, 255)

    scan = tmp_path / "scan.tif"
    photograph.save(scan)
    with page.expect_response("**/api/preview") as shown:
        page.set_input_files("#file", scan)
    assert shown.value.headers["x-picture-size"] == "226x150"
    expect(page).to_have_title("scan.tif · painterly studio")
    one.is_painted()
    assert size_of(save(one, tmp_path)[1]) == (226, 150)


def test_the_demo_picture(visit: Callable[..., Any]) -> None:
    one = visit()
    one.page.get_by_role("button", name="Try the demo picture").click()
    one.wall_is_painted()
    expect(one.page).to_have_title("rocket.jpg · painterly studio")


def test_dropped_and_pasted_pictures(visit: Callable[..., Any], photographs: Path) -> None:
    one = visit()
    page = one.page
    for event, name in (("drop", "cat.jpg"), ("paste", "coffee.jpg")):
        page.evaluate(
            """async ([event, name, bytes]) => {
                const transfer = new DataTransfer();
                transfer.items.add(new File([new Uint8Array(bytes)], name, { type: "image/jpeg" }));
                const options = { bubbles: true, dataTransfer: transfer, clipboardData: transfer };
                const sent = event === "drop" ? new DragEvent(event, options) : new ClipboardEvent(event, options);
                document.body.dispatchEvent(sent);
            }""",
            [event, name, list((photographs / name).read_bytes())],
        )
        expect(page).to_have_title(f"{name} · painterly studio")
        one.wall_is_painted()
