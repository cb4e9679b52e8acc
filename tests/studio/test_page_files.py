"""The page's files: whole, small, and in need of nothing from outside."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from painterly.studio import page_folder

FOLDER = page_folder()
SCRIPTS = sorted((FOLDER / "static" / "js").glob("*.js"))
SHEETS = sorted((FOLDER / "static" / "css").glob("*.css"))
PAGE = (FOLDER / "index.html").read_text(encoding="utf-8")


def test_the_page_loads_all_its_files_and_no_others() -> None:
    named = set(re.findall(r'(?:href|src)="/static/([^"#]+)', PAGE))
    for script in SCRIPTS:
        named |= {f"js/{name}" for name in re.findall(r'from "\./([\w-]+\.js)"', script.read_text(encoding="utf-8"))}
        named |= set(re.findall(r"[\"'`]/static/([\w./-]+)", script.read_text(encoding="utf-8")))
    there = {str(path.relative_to(FOLDER / "static")) for path in (FOLDER / "static").rglob("*") if path.is_file()}
    assert named - there == {"demo.jpg"}  # the server hands out the package's own
    assert there - named == set()


@pytest.mark.parametrize("path", [*SCRIPTS, *SHEETS], ids=lambda path: path.name)
def test_files_are_small_and_local(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("/*")  # says what it is about
    assert text.count("\n") < 300
    addresses = set(re.findall(r"(?:https?:)?//[\w-]+\.[\w./-]+", text))
    assert addresses <= {"http://www.w3.org/2000/svg"}
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|\beval\(", text)


def test_nothing_is_inline() -> None:
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", PAGE)
    assert "//" not in PAGE.replace("<!doctype", "")


def test_every_drawing_and_element_that_is_asked_for_is_there() -> None:
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', (FOLDER / "static" / "icons.svg").read_text(encoding="utf-8")))
    asked = set(re.findall(r"icons\.svg#([\w-]+)", PAGE))
    ids, wanted = set(re.findall(r'\sid="([\w-]+)"', PAGE)), set()
    for script in SCRIPTS:
        text = script.read_text(encoding="utf-8")
        groups = set(re.findall(r'\bgroup\("([\w-]+)"', text))  # settings, each with a drawing on its tab
        asked |= set(re.findall(r'icon\("([\w-]+)"\)', text)) | groups
        ids |= {f"group-{name}" for name in groups}
        ids |= set(re.findall(r'\bid: "([\w-]+)"', text))
        wanted |= set(re.findall(r'\$\("([\w-]+)"\)', text))
    assert asked <= drawn
    assert wanted <= ids


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no node")
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_are_well_formed(script: Path) -> None:
    source = script.read_text(encoding="utf-8")
    checked = subprocess.run(
        ["node", "--check", "--input-type=module"], input=source, capture_output=True, text=True, encoding="utf-8"
    )
    assert checked.returncode == 0, checked.stderr
