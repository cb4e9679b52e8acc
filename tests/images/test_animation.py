"""Moving pictures keep their frames, their pace, and how often they are shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from painterly.errors import InputError, OutputError
from painterly.images import open_strips, read_picture
from painterly.images.animation import ANIMATED, Animation, find_animation, read_frames, save_animation

Frames = list[tuple[Image.Image, float]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("animations")


def draw(count: int, size: tuple[int, int], *, transparent: bool, seed: int = 0) -> list[Image.Image]:
    """Frames of few colours, so that a palette holds them exactly, no two alike."""
    rng = np.random.default_rng(seed)
    frames = []
    for number in range(count):
        values = rng.integers(0, 4, (size[1], size[0], 4), np.uint8) * np.uint8(85)
        values[0, 0, :3] = number * 20
        values[..., 3] = np.where(values[..., 3] > 127, 255, 0) if transparent else 255
        values[0, 0, 3] = 255
        frames.append(Image.fromarray(values * (values[..., 3:] > 0)).convert("RGBA" if transparent else "RGB"))
    return frames


def visible(image: Image.Image) -> np.ndarray[Any, Any]:
    values = np.asarray(image.convert("RGBA"), int)
    return values * (values[..., 3:] > 0)


@given(
    kinds=st.tuples(st.sampled_from(sorted(ANIMATED)), st.sampled_from(sorted(ANIMATED))),
    count=st.integers(2, 5),
    size=st.tuples(st.integers(1, 14), st.integers(1, 14)),
    transparent=st.booleans(),
    plays=st.integers(0, 4),
    durations=st.lists(st.integers(2, 50), min_size=5, max_size=5),
    seed=st.integers(0, 1000),
)
def test_from_format_to_format_nothing_is_lost(
    folder: Path,
    kinds: tuple[str, str],
    count: int,
    size: tuple[int, int],
    transparent: bool,
    plays: int,
    durations: list[int],
    seed: int,
) -> None:
    pictures = draw(count, size, transparent=transparent, seed=seed)
    frames: Frames = [(picture, 10.0 * duration) for picture, duration in zip(pictures, durations, strict=False)]
    for kind in kinds:
        path = folder / f"a{kind}"
        save_animation(frames, path, Animation(count, plays), overwrite=True)
        found = find_animation(path)
        assert found is not None
        assert (found.frames, found.plays) == (count, plays)
        again = list(read_frames(path))
        assert [duration for _, duration in again] == [duration for _, duration in frames]
        for (picture, _), (other, _) in zip(frames, again, strict=True):
            assert other.size == size
            difference = np.abs(visible(other) - visible(picture))
            assert np.array_equal(visible(other)[..., 3], visible(picture)[..., 3])
            if ".webp" not in kinds:  # which is lossy
                # Pillow finds palettes with transparency by an octree, which rounds colours.
                assert difference.max() <= (8 if transparent else 0)
        frames = again


@pytest.mark.parametrize("kind", sorted(ANIMATED))
def test_a_still_picture_is_no_animation(tmp_path: Path, kind: str) -> None:
    draw(1, (8, 8), transparent=False)[0].save(tmp_path / f"a{kind}")
    assert find_animation(tmp_path / f"a{kind}") is None


@pytest.mark.parametrize("kind", sorted(ANIMATED))
def test_of_an_animation_as_a_picture_the_first_frame_counts(tmp_path: Path, kind: str) -> None:
    frames = draw(3, (8, 8), transparent=False)
    save_animation([(frame, 50.0) for frame in frames], tmp_path / f"a{kind}", Animation(3))
    first = next(iter(read_frames(tmp_path / f"a{kind}")))[0]
    assert np.array_equal(visible(read_picture(tmp_path / f"a{kind}")), visible(first))
    with pytest.raises(InputError, match="is an animation of 3 frames"):
        open_strips(tmp_path / f"a{kind}")


@pytest.mark.parametrize("kind", sorted(ANIMATED))
def test_a_cut_animation_is_refused_or_lacks_nothing(tmp_path: Path, kind: str) -> None:
    frames: Frames = [(frame, 50.0) for frame in draw(4, (24, 24), transparent=False)]
    save_animation(frames, tmp_path / f"a{kind}", Animation(4))
    content, whole = (tmp_path / f"a{kind}").read_bytes(), list(read_frames(tmp_path / f"a{kind}"))
    for length in range(0, len(content), max(1, len(content) // 150)):
        cut = tmp_path / f"cut{kind}"
        cut.write_bytes(content[:length])
        try:
            found = list(read_frames(cut)) if find_animation(cut) else [(read_picture(cut), 0.0)]
        except InputError as error:
            message = str(error)
            assert f"cut{kind}" in message
        else:
            assert len(found) == 4
            assert all(np.array_equal(visible(a), visible(b)) for (a, _), (b, _) in zip(found, whole, strict=True))


def test_all_frames_together_count_against_the_limit(tmp_path: Path) -> None:
    frames = draw(4, (10, 10), transparent=False)
    save_animation([(frame, 50.0) for frame in frames], tmp_path / "a.gif", Animation(4))
    assert find_animation(tmp_path / "a.gif", max_pixels=400) is not None
    with pytest.raises(InputError, match=r"a\.gif claims 10x40 pixels, more than 399"):
        find_animation(tmp_path / "a.gif", max_pixels=399)


def test_a_still_for_viewers_that_know_no_animations_is_no_frame(tmp_path: Path) -> None:
    still, *frames = draw(4, (10, 10), transparent=False)
    still.save(tmp_path / "a.png", save_all=True, append_images=frames, default_image=True, duration=40)
    found = find_animation(tmp_path / "a.png")
    assert found is not None
    assert found.frames == 3
    for (frame, duration), wanted in zip(read_frames(tmp_path / "a.png"), frames, strict=True):
        assert np.array_equal(visible(frame), visible(wanted))
        assert duration == 40


def test_nothing_is_replaced_unasked(tmp_path: Path) -> None:
    (tmp_path / "a.gif").write_text("precious")
    frames: Frames = [(frame, 50.0) for frame in draw(2, (8, 8), transparent=False)]
    with pytest.raises(OutputError, match="add --overwrite"):
        save_animation(frames, tmp_path / "a.gif", Animation(2))
    assert (tmp_path / "a.gif").read_text() == "precious"
