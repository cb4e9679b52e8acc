"""What a run needs before it writes anything."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from PIL import Image

from painterly.cluster.engine import work_on_cluster
from painterly.cluster.recipe import Recipe
from painterly.errors import MissingExtraError


def test_without_ray_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.new("RGB", (20, 20)).save(tmp_path / "a.png")
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == "ray" else find(name, *rest))
    with pytest.raises(MissingExtraError, match=r"painterly\[cluster\]"):
        work_on_cluster(Recipe("stylize"), [str(tmp_path / "a.png")], str(tmp_path / "out"))
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
