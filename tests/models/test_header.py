"""What is read without torch, whose import takes longer than a picture."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from painterly.errors import InputError
from painterly.models.card import ModelCard
from painterly.models.header import opened, read_card

Learn = Callable[..., Path]


def heavy_after(code: str) -> set[str]:
    """The heavy modules that are there after some Python, in a fresh interpreter."""
    tell = "\nimport sys\nprint(*({'torch', 'openvino', 'onnxruntime', 'onnx', 'matplotlib'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code + tell], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_reading_a_card_or_resolving_a_style_needs_no_torch(gallery_file: Path, learn: Learn) -> None:
    learn("azure")
    code = f"""
from pathlib import Path
import painterly.inference.light, painterly.batch.stylize
from painterly.models.header import read_card
from painterly.models.resolve import card_for, resolve
from painterly.models.style_book import StyleBook

card = read_card(Path({str(gallery_file)!r}))
assert card.title == "Tiny"
path, look = resolve({str(gallery_file)!r}, "ochre:1,azure:3", 0.5)
assert path == Path({str(gallery_file)!r}) and look is not None and look.title == "azure-ochre"
assert StyleBook(card).key(look)
card_for(card, look)
assert resolve(None, "great-wave")[1].title == "great-wave"
resolve()
"""
    assert heavy_after(code) == set()


def test_the_card_of_several_styles_comes_back(gallery_file: Path, card: ModelCard) -> None:
    assert read_card(gallery_file) == card
    assert [style["painter"] for style in read_card(gallery_file).styles] == ["A. Painter", "B. Painter", "C. Painter"]


@pytest.mark.parametrize("styles", ["3", "{}", '"ochre"', "[3]", '["ochre"]', '[{"name": "a"}, []]'])
def test_a_card_whose_styles_are_no_list_of_entries_is_damaged(tmp_path: Path, styles: str) -> None:
    path = tmp_path / "odd.safetensors"
    card = f'{{"format": 1, "task": "style", "network": {{}}, "styles": {styles}}}'
    save_file({"a": torch.zeros(1)}, path, {"painterly": card})
    with pytest.raises(InputError, match=f"^{re.escape(str(path))} has a damaged model card"):
        read_card(path)


def test_a_card_without_styles_says_nothing_of_them(plain_file: Path) -> None:
    assert read_card(plain_file).styles == []
    assert "styles" not in read_card(plain_file).to_dict()


@pytest.mark.parametrize("framework", ["np", "pt"])
def test_tensors_can_be_had_in_numpy_and_torch(gallery_file: Path, framework: str) -> None:
    with opened(gallery_file, framework) as file:
        names = list(file.keys())
        shapes = [tuple(file.get_tensor(name).shape) for name in names]
    assert names
    assert all(shapes)


@pytest.mark.parametrize(
    ("content", "said"), [(None, "does not exist"), (b"garbage", "is not a model file"), (b"", "is not a model file")]
)
def test_what_is_no_model_is_refused(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tmp_path / "odd.safetensors"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=f"^{re.escape(str(path))} {said}"):
        read_card(path)
