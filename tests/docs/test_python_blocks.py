"""Python in what people read compiles, and what it takes from painterly exists."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest
from tests.docs.conftest import blocks, names, pages

import painterly

PAGES = [page for page in pages() if any(blocks(page, "python"))]


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_blocks_compile_and_import(page: Path) -> None:
    for block in blocks(page, "python"):
        tree = ast.parse(block)
        compile(tree, str(page), "exec")
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "painterly":
                module = importlib.import_module(str(node.module))
                missing = [alias.name for alias in node.names if not hasattr(module, alias.name)]
                assert not missing, f"{node.module} has no {', '.join(missing)}"
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "painterly":
                assert node.attr in dir(painterly), f"there is no painterly.{node.attr}"


def test_there_are_blocks() -> None:
    assert {"README.md", "docs/library.md"} <= set(names(PAGES))
