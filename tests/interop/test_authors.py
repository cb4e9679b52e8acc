"""The authors' released networks as a golden reference: theirs under onnxruntime, ours, and the published pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper
from PIL import Image

import painterly
from painterly.errors import InputError
from painterly.interop.authors import load_authors_network
from painterly.networks import STYLE_PRESETS


@pytest.mark.parametrize("name", ["candy", "la_muse", "mosaic", "udnie"])
def test_our_network_with_their_weights_equals_theirs(data: Path, name: str) -> None:
    path = data / "reference" / "authors_nets" / f"{name}.onnx"
    network, card = load_authors_network(path)
    with Image.open(data / "content" / "amber.jpg") as image:
        rgb = np.asarray(image.convert("RGB").resize((720, 720)), np.float32)
    bgr = np.ascontiguousarray(rgb[None, :, :, ::-1].transpose(0, 3, 1, 2))
    theirs = onnxruntime.InferenceSession(path).run(None, {"inputImage": bgr})[0]
    with torch.inference_mode():
        ours = network(torch.from_numpy(rgb / 255).permute(2, 0, 1)[None]).mul(255).flip(1).numpy()

    assert network.description == STYLE_PRESETS["authors"]
    assert "Johnson" in card.notes
    assert theirs.std() > 20
    assert np.abs(ours - theirs).max() < 0.05


@pytest.mark.parametrize(("name", "published"), [("candy", "chicago_candy"), ("mosaic", "chicago_mosaic")])
def test_chicago_comes_out_as_the_authors_published_it(data: Path, name: str, published: str) -> None:
    painter = painterly.load(data / "reference" / "authors_nets" / f"{name}.onnx")
    ours = median3x3(np.asarray(painter(data / "content" / "chicago.jpg", size=1024), np.float32))
    with Image.open(data / "reference" / "authors_outputs" / f"{published}.jpg") as image:
        theirs = np.asarray(image.convert("RGB"), np.float32)[: ours.shape[0], : ours.shape[1]]
    ours = ours[: theirs.shape[0], : theirs.shape[1]]

    # Another resampling kernel and another JPEG of the photograph: stroke for stroke, but not bit for bit.
    error = np.square(ours - theirs).mean()
    assert 10 * np.log10(255**2 / error) > 17
    other = np.square(ours[:, ::-1] - theirs).mean()
    assert other > 4 * error


def median3x3(picture: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The filter of the authors' script: 3x3 median without padding, so two pixels smaller."""
    windows = np.lib.stride_tricks.sliding_window_view(picture, (3, 3), axis=(0, 1))
    return np.median(windows, axis=(-2, -1)).astype(np.float32)


def test_another_network_is_refused(tmp_path: Path) -> None:
    weight = helper.make_tensor("w", TensorProto.FLOAT, [16, 3, 9, 9], np.zeros(16 * 3 * 81, np.float32))
    graph = helper.make_graph(
        [helper.make_node("Conv", ["x", "w"], ["y"])],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 32, 32])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 16, 24, 24])],
        [weight],
    )
    onnx.save(helper.make_model(graph), tmp_path / "other.onnx")
    with pytest.raises(InputError, match="not one of the authors' instance-norm networks"):
        load_authors_network(tmp_path / "other.onnx")


@pytest.mark.parametrize("content", [b"", b"garbage", b"\x08\x07"])
def test_garbage_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.onnx").write_bytes(content)
    with pytest.raises(InputError, match=r"a\.onnx is not (an ONNX file|one of the authors)"):
        load_authors_network(tmp_path / "a.onnx")
