"""The preset `authors` against networks that the paper's authors released, run by another engine."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from painterly.networks import StyleNetwork

onnx = pytest.importorskip("onnx", reason="onnx is not installed")
onnxruntime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")


def test_the_authors_candy_is_painted_alike(data: Path) -> None:
    path = data / "reference" / "authors_nets" / "candy.onnx"
    network = StyleNetwork("authors").eval()
    weights = [onnx.numpy_helper.to_array(w) for w in onnx.load(path).graph.initializer if len(w.dims) in (1, 4)]
    wanted = network.state_dict()
    for key, values in zip(wanted, weights, strict=False):
        wanted[key] = torch.from_numpy(values.copy())
    network.load_state_dict(wanted)

    with Image.open(data / "content" / "chicago.jpg") as image:
        rgb = np.asarray(image.convert("RGB").resize((720, 720)), dtype=np.float32)
    bgr = np.ascontiguousarray(rgb[None, :, :, ::-1].transpose(0, 3, 1, 2))
    theirs = onnxruntime.InferenceSession(path).run(None, {"inputImage": bgr})[0]

    with torch.no_grad():
        ours = network(torch.from_numpy(rgb / 255).permute(2, 0, 1)[None]).mul(255).flip(1).numpy()
    difference = np.abs(ours - theirs)
    assert theirs.std() > 20
    assert difference.max() < 1
