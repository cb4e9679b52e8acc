"""The page of every style on six photographs, without painting them."""

from __future__ import annotations

import importlib.util
import io
import re
from types import ModuleType

import numpy as np
import pytest
from PIL import Image
from tests.docs.conftest import DOCS

from painterly.models.header import read_card
from painterly.models.resolve import resolve

STYLES = read_card(resolve("gallery")[0]).styles


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("painterly_drawing_paintings", DOCS / "drawing" / "paintings.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_style_is_shown_on_every_photograph(script: ModuleType) -> None:
    page = script.page(STYLES)
    shown = re.findall(r'<a href="images/gallery/([^"]+)\.jpg"><img src="images/gallery/([^"]+)\.jpg"', page)
    assert all(link == picture for link, picture in shown)
    wanted = {f"{photo}-{style['name']}" for photo in script.PHOTOGRAPHS for style in STYLES}
    assert {link for link, _ in shown} == wanted | set(script.PHOTOGRAPHS)
    assert len(script.PHOTOGRAPHS) == 6
    for style in STYLES:
        year = re.escape(script._YEARS[style["name"]])
        assert re.search(f"^## {style['title']}$\n\n{style['painter']}, {year}: ", page, re.MULTILINE)


def test_the_page_is_the_one_that_the_script_writes(script: ModuleType) -> None:
    assert (DOCS / "gallery-pictures.md").read_text(encoding="utf-8") == script.page(STYLES)


def test_a_title_is_text(script: ModuleType) -> None:
    page = script.page([{"name": "x", "title": 'A "<b>"', "painter": ""}])
    assert 'like A &quot;&lt;b&gt;&quot;"' in page


def test_photographs_are_whole_and_in_colour_where_they_are(script: ModuleType) -> None:
    pytest.importorskip("skimage", reason="scikit-image is not installed (extra: evaluate)")
    found = script.photographs()
    assert list(found) == list(script.PHOTOGRAPHS)
    assert found["astronaut"].size == (512, 512)
    assert max(found["hubble"].size) == 640
    assert {picture.mode for picture in found.values()} == {"RGB"}


def test_files_keep_within_the_budget(script: ModuleType) -> None:
    noise = np.random.default_rng(0)
    pictures = {str(n): Image.fromarray(noise.integers(0, 256, (64, 64, 3), np.uint8)) for n in range(3)}
    best = script.encoded(pictures, 10**9)
    whole = sum(map(len, best.values()))
    less = script.encoded(pictures, whole * 3 // 4)
    assert sum(map(len, less.values())) <= whole * 3 // 4
    with Image.open(io.BytesIO(less["0"])) as picture:
        assert (picture.format, picture.size) == ("JPEG", (64, 64))
    with pytest.raises(SystemExit, match="3 pictures do not fit"):
        script.encoded(pictures, 100)
