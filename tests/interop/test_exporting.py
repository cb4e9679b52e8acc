"""Exports do what torch does, for sizes that exporting did not try, in runtimes that know nothing of painterly."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import openvino
import pytest
import torch
from torch import Tensor, nn

import painterly
from painterly.commands import main
from painterly.errors import InputError, MissingExtraError, OutputError, UsageError
from painterly.interop import exporting
from painterly.interop.exporting import export_model, export_network
from painterly.models.card import ModelCard
from painterly.networks import (
    SRCNN,
    SRCNNDescription,
    StyleDescription,
    StyleNetwork,
    SuperResolutionDescription,
    SuperResolutionNetwork,
)
from painterly.networks.build import Network
from painterly.networks.mixing import norm_layers

Array = npt.NDArray[np.float32]
Run = Callable[..., Array]

STYLES: dict[str, StyleDescription] = {
    "modern": StyleDescription(4, 2),
    "paper": StyleDescription(4, 1, "batch", "transposed", "reflect-start", "vgg"),
    "lengstrom": StyleDescription(4, 1, "instance", "transposed4", "zero", "tanh", down_kernel=4, last_norm=True),
    "carry": StyleDescription(4, 1, carry=0.4),
    "gallery": StyleDescription(4, 1, styles=3, identity=True),
}
LARGER: dict[str, SuperResolutionDescription | SRCNNDescription] = {
    "x4": SuperResolutionDescription(4, 8, 4, 2),
    "x8": SuperResolutionDescription(8, 8, 4, 1),
    "x3": SuperResolutionDescription(3, 8, 4, 1),
    "paper-x4": SuperResolutionDescription(4, 8, 8, 1, "batch", "transposed", "zero", "vgg", residual=False),
    "srcnn": SRCNNDescription(4, (9, 5, 5), (8, 4)),
}


def lively(name: str) -> Network:
    """A network whose normalisations are not those of its start."""
    torch.manual_seed(1)
    network: Network
    if name in STYLES:
        network = StyleNetwork(STYLES[name])
    else:
        description = LARGER[name]
        network = (
            SRCNN(description) if isinstance(description, SRCNNDescription) else SuperResolutionNetwork(description)
        )
    with torch.no_grad():
        for _, norm in norm_layers(network):
            norm.weight.uniform_(0.5, 1.5)
            norm.bias.normal_(0, 0.3)
        for module in network.modules():
            if (
                isinstance(module, nn.BatchNorm2d)
                and module.running_mean is not None
                and module.running_var is not None
            ):
                module.running_mean.normal_(0, 0.3)
                module.running_var.uniform_(0.5, 1.5)
    return network.eval()


def card_of(network: Network) -> ModelCard:
    task = "style" if isinstance(network, StyleNetwork) else "super-resolution"
    styles = [{"name": "ochre"}, {"name": "umber"}] if getattr(network.description, "styles", 1) > 1 else []
    return ModelCard(task, network.description.to_dict(), title="Test", styles=styles)


def runner(path: Path) -> Run:
    """What another program would run the file with."""
    if path.suffix == ".onnx":
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        names = [entry.name for entry in session.get_inputs()]
        return lambda *inputs: np.asarray(session.run(None, dict(zip(names, inputs, strict=True)))[0])
    if path.suffix == ".xml":
        core = openvino.Core()
        model = core.compile_model(core.read_model(path), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
        return lambda *inputs: np.array(model(list(inputs))[0])
    module = torch.export.load(path).module()
    return lambda *inputs: module(*map(torch.from_numpy, inputs)).numpy()


# torch.export takes seconds for each: one network of each kind
ALL = [(name, suffix) for name in (*STYLES, *LARGER) for suffix in (".onnx", ".xml")]
ALL += [(name, ".pt2") for name in ("paper", "x4", "srcnn")]


@pytest.mark.parametrize(("name", "suffix"), ALL)
def test_an_export_does_what_torch_does(tmp_path: Path, name: str, suffix: str) -> None:
    network = lively(name)
    done = export_network(network, card_of(network), tmp_path / f"a{suffix}")
    assert set(tmp_path.iterdir()) == {done.file, *([done.file.with_suffix(".bin")] if suffix == ".xml" else [])}
    assert len(done.differences) == 3
    assert max(done.differences.values()) <= done.tolerance

    run = runner(done.file)
    for batch, height, width in ((3, 50, 69), (1, done.minimum, 83)):
        inputs = [torch.rand(batch, 3, height, width)]
        if name == "gallery":
            inputs.append(torch.tensor([0.2, 0.5, 0.3]))
        with torch.inference_mode():
            wanted = network(*inputs).clamp(0, 1).numpy()
        found = run(*(value.numpy() for value in inputs))
        assert found.shape == wanted.shape
        np.testing.assert_allclose(found, wanted, atol=2e-4)


@pytest.mark.parametrize("suffix", [".onnx", ".xml"])
def test_the_gallery_takes_the_weights_of_its_styles(tmp_path: Path, suffix: str) -> None:
    done = export_model("gallery", tmp_path / f"g{suffix}", precision="float16")
    picture = torch.rand(1, 3, 45, 50)
    weights = np.zeros(len(done.styles), np.float32)
    weights[done.styles.index("udnie")], weights[done.styles.index("great-wave")] = 0.45, 0.15
    weights[done.styles.index("photograph")] = 0.4
    painter = painterly.load(
        "gallery", style="udnie:3,great-wave:1", strength=0.6, backend="torch", precision="float32"
    )
    found = runner(done.file)(picture.numpy(), weights)
    np.testing.assert_allclose(found, painter.paint(picture).numpy(), atol=0.004)


@pytest.mark.parametrize(("style", "strength"), [("udnie", 1.0), ("udnie:1,the-scream:1", 0.7)])
def test_a_look_is_a_network_of_its_own(tmp_path: Path, style: str, strength: float) -> None:
    done = export_model("gallery", tmp_path / "u.onnx", style=style, strength=strength)
    assert done.styles == []
    picture = torch.rand(1, 3, 32, 37)
    painter = painterly.load(style=style, strength=strength, backend="torch", precision="float32")
    np.testing.assert_allclose(runner(done.file)(picture.numpy()), painter.paint(picture).numpy(), atol=5e-4)


def test_plain_torch_runs_an_export(tmp_path: Path) -> None:
    network = lively("gallery")
    export_network(network, card_of(network), tmp_path / "a.pt2")
    picture, weights = torch.rand(2, 3, 33, 40), torch.tensor([0.5, 0.25, 0.25])
    np.savez(tmp_path / "in.npz", picture=picture.numpy(), weights=weights.numpy())
    program = (
        "import sys; sys.modules['painterly'] = None\n"
        "import numpy as np, torch\n"
        "given = np.load('in.npz'); about = {'painterly.json': ''}\n"
        "module = torch.export.load('a.pt2', extra_files=about).module()\n"
        "np.save('out.npy', module(*(torch.from_numpy(given[k]) for k in ('picture', 'weights'))).detach().numpy())\n"
        "print(about['painterly.json'])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    with torch.inference_mode():
        wanted = network(picture, weights).clamp(0, 1)
    np.testing.assert_allclose(np.load(tmp_path / "out.npy"), wanted.numpy(), atol=2e-4)
    assert json.loads(done.stdout)["title"] == "Test"


def test_the_card_is_in_the_file(tmp_path: Path) -> None:
    network = lively("gallery")
    card = card_of(network)
    export_network(network, card, tmp_path / "a.onnx")
    facts = {entry.key: entry.value for entry in onnx.load(tmp_path / "a.onnx").metadata_props}
    assert ModelCard.from_json(facts["painterly"], "a.onnx") == card
    assert facts["minimum_side"] == "16"
    assert json.loads(facts["styles"]) == ["ochre", "umber", "photograph"]
    export_network(network, card, tmp_path / "a.xml")
    told = openvino.Core().read_model(tmp_path / "a.xml").get_rt_info(["painterly", "painterly"])
    assert ModelCard.from_json(told.astype(str), "a.xml") == card


def test_half_precision_halves_the_file(tmp_path: Path) -> None:
    whole = export_model("starry-night-small", tmp_path / "a.onnx")
    half = export_model("starry-night-small", tmp_path / "b.onnx", precision="float16")
    assert half.bytes < 0.6 * whole.bytes
    picture = torch.rand(1, 3, 48, 50).numpy()
    np.testing.assert_allclose(runner(half.file)(picture), runner(whole.file)(picture), atol=0.004)


@pytest.mark.parametrize("suffix", [".onnx", ".xml"])
def test_what_differs_from_torch_is_not_written(tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write = exporting._write

    def worse(*args: Any, **options: Any) -> Callable[..., Tensor]:
        run = write(*args, **options)
        return lambda *inputs: run(*inputs) + 0.01

    monkeypatch.setattr(exporting, "_write", worse)
    network = lively("modern")
    with pytest.raises(OutputError, match=r"was not written: it differs from torch by up to 0\.01, and 0\.0005"):
        export_network(network, card_of(network), tmp_path / f"a{suffix}")
    assert list(tmp_path.iterdir()) == []


def test_wishes_that_cannot_be_met(tmp_path: Path) -> None:
    for options, message in (
        ({"output": "a.zip"}, r"a\.zip: an export's name ends in \.onnx or \.xml or \.pt2"),
        ({"output": "a.onnx", "format": "torch"}, r"the name of an export to torch ends in \.pt2"),
        ({"output": "a.onnx", "format": "coreml"}, "--format must be onnx, openvino or torch, not coreml"),
        ({"output": "a.onnx", "precision": "int8"}, "--precision must be float32 or float16"),
        ({"output": "a.onnx", "style": "udnie"}, "has one style only"),
        ({"output": "a.onnx", "model": "vgg19-compact"}, "is not exported"),
        ({"output": "a.onnx", "model": "nothing"}, "there is no model"),
    ):
        settings: dict[str, Any] = {"model": "starry-night-small", **options}
        settings["output"] = tmp_path / settings["output"]
        with pytest.raises(UsageError, match=message):
            export_model(settings.pop("model"), settings.pop("output"), **settings)
    (tmp_path / "a.onnx").write_bytes(b"mine")
    with pytest.raises(OutputError, match="--overwrite"):
        export_model("starry-night-small", tmp_path / "a.onnx")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a.onnx", b"mine")]


def test_an_export_is_no_model(tmp_path: Path) -> None:
    export_network(lively("modern"), card_of(lively("modern")), tmp_path / "a.onnx")
    with pytest.raises(InputError, match=r"a\.onnx was exported by painterly for other programs"):
        painterly.load(tmp_path / "a.onnx")


@pytest.mark.parametrize(("library", "suffix", "extra"), [("onnx", ".onnx", "onnx"), ("openvino", ".xml", "openvino")])
def test_a_missing_library_is_named(
    tmp_path: Path, library: str, suffix: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(MissingExtraError, match=rf"painterly\[{extra}\]"):
        export_model("starry-night-small", tmp_path / f"a{suffix}")
    assert list(tmp_path.iterdir()) == []


def test_the_command_prints_what_was_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    arguments = ["painterly", "export", "starry-night-small", "-o", str(tmp_path / "a.onnx"), "--json"]
    monkeypatch.setattr(sys, "argv", arguments)
    with pytest.raises(SystemExit) as leaving:
        main()
    printed = capfd.readouterr()
    done = json.loads(printed.out)
    assert leaving.value.code in (0, None)
    assert done["format"] == "onnx"
    assert done["bytes"] == (tmp_path / "a.onnx").stat().st_size
    for size, difference in done["differences"].items():
        assert f"{size}: differs from torch by {difference:.2g} at most (0.0005 allowed" in printed.err
