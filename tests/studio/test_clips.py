"""A clip is painted and played."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

av = pytest.importorskip("av", reason="the extra video is not installed")
sync = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = sync.expect


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "waves.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        across = np.broadcast_to(np.arange(96, dtype=np.uint8) * 2, (64, 96))
        for index in range(6):
            picture = np.stack([np.roll(across, 8 * index, 1), across, across[:, ::-1]], -1)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")))
        container.mux(stream.encode())
    return path


def test_a_clip_is_painted_and_played(visit: Callable[..., Any], clip: Path, tmp_path: Path) -> None:
    one = visit()
    page = one.page
    one.open_picture(clip)
    one.choose("udnie")
    expect(page.locator("#canvas-part")).to_be_hidden()  # its dabs would stand still while the picture moves
    page.get_by_role("button", name="Paint the clip").click()
    card = page.get_by_role("article", name="waves.mp4")
    expect(card).to_contain_text("Done", timeout=240_000)
    card.get_by_role("button", name="Play").click()
    dialog = page.get_by_role("dialog", name="The painted clip")
    with page.expect_download() as download:
        dialog.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "waves-painted.mp4"
    download.value.save_as(tmp_path / "painted.mp4")
    with av.open(str(tmp_path / "painted.mp4")) as painted:
        frames = [frame.to_ndarray(format="rgb24") for frame in painted.decode(video=0)]
    assert [frame.shape for frame in frames] == [(64, 96, 3)] * 6
