"""Imported networks paint what the originals paint, whose architecture is written again in conftest.py."""

from __future__ import annotations

import json
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor, nn

import painterly
from painterly.commands import main
from painterly.errors import InputError, OutputError, UsageError
from painterly.interop.importing import import_network, read_foreign

Make = Callable[..., nn.Module]

EXAMPLES = "pytorch/examples fast_neural_style"
SAME = 2e-4  # of pictures in [0, 1]: a twentieth of a grey level


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    return tmp_path / "their_mosaic.pth"


def imported(path: Path) -> Callable[[Tensor], Tensor]:
    """Import a file, write it, and load what was written."""
    target = path.with_suffix(".safetensors")
    import_network(path, target, overwrite=True)
    return painterly.load(target, device="cpu", backend="torch", precision="float32").paint


@pytest.mark.parametrize("size", [(1, 64, 48), (2, 40, 72)], ids=["one", "batch"])
def test_an_imported_network_paints_as_theirs(
    make_foreign: Make, layout: str, size: tuple[int, int, int], checkpoint: Path
) -> None:
    theirs = make_foreign(layout)
    torch.save(theirs.state_dict(), checkpoint)
    batch, height, width = size
    picture = torch.rand(batch, 3, height, width)

    ours = imported(checkpoint)(picture)

    with torch.inference_mode():
        wanted = theirs(picture).clamp(0, 1)
    assert wanted.std() > 0.05  # neither black nor white throughout
    assert (ours - wanted).abs().max() < SAME


def test_odd_sizes_stay_as_they_are(make_foreign: Make, layout: str, checkpoint: Path) -> None:
    """Theirs rounds up; ours is theirs of the picture that is mirrored to the next multiple of four, and cropped."""
    theirs = make_foreign(layout)
    torch.save(theirs.state_dict(), checkpoint)
    picture = torch.rand(1, 3, 61, 47)

    ours = imported(checkpoint)(picture)

    with torch.inference_mode():
        assert theirs(picture).shape == (1, 3, 64, 48)
        wanted = theirs(F.pad(picture, (0, 1, 0, 3), mode="reflect"))[..., :61, :47].clamp(0, 1)
    assert ours.shape == picture.shape
    assert (ours - wanted).abs().max() < SAME


def test_width_and_depth_are_read_off_the_file(make_foreign: Make, layout: str, checkpoint: Path) -> None:
    torch.save(make_foreign(layout, width=4, blocks=2).state_dict(), checkpoint)
    card = import_network(checkpoint, checkpoint.with_suffix(".safetensors"), title="Mosaic", licence="BSD-3")
    assert (card.network["width"], card.network["blocks"]) == (4, 2)
    assert card.training["imported"]["layout"] == layout
    assert card.training["imported"]["file"] == "their_mosaic.pth"
    read = painterly.info(checkpoint.with_suffix(".safetensors"))
    assert (read.title, read.style["licence"]) == ("Mosaic", "BSD-3")


def test_running_statistics_of_old_checkpoints_mean_nothing(make_foreign: Make, checkpoint: Path) -> None:
    theirs = make_foreign()
    state = dict(theirs.state_dict())
    for name in [name for name in state if name.endswith(".weight") and ".in" in f".{name}"]:
        stem = name.removesuffix("weight")
        state |= {f"{stem}running_mean": torch.randn(8), f"{stem}running_var": torch.rand(8)}
        state[f"{stem}num_batches_tracked"] = torch.tensor(3)
    assert "in1.running_mean" in state
    assert "res1.in2.running_var" in state
    torch.save(state, checkpoint)
    picture = torch.rand(1, 3, 32, 32)
    with torch.inference_mode():
        wanted = theirs(picture).clamp(0, 1)
    assert (imported(checkpoint)(picture) - wanted).abs().max() < SAME


@pytest.mark.parametrize("how", ["state_dict", "module", "compiled", "legacy", "safetensors", "npz", "half"])
def test_wherever_the_tensors_are(make_foreign: Make, how: str, checkpoint: Path) -> None:
    theirs = make_foreign(width=4, blocks=1)
    state: dict[str, Any] = dict(theirs.state_dict())
    if how == "safetensors":
        checkpoint = checkpoint.with_name("theirs.safetensors")
        save_file(state, checkpoint)
    elif how == "npz":
        checkpoint = checkpoint.with_suffix(".npz")
        np.savez(checkpoint, **{name: value.numpy() for name, value in state.items()})
    elif how == "half":
        theirs = theirs.half().float()
        torch.save({name: value.half() for name, value in state.items()}, checkpoint)
    else:
        prefix = {"module": "module.", "compiled": "_orig_mod."}.get(how, "")
        state = {prefix + name: value for name, value in state.items()}
        whole: Any = {"epoch": 2, "state_dict": state, "lr": 0.1} if how == "state_dict" else state
        torch.save(whole, checkpoint, _use_new_zipfile_serialization=how != "legacy")
    picture = torch.rand(1, 3, 32, 32)
    with torch.inference_mode():
        wanted = theirs(picture).clamp(0, 1)
    ours = read_foreign(checkpoint)[0]
    with torch.inference_mode():
        assert (ours(picture) - wanted).abs().max() < SAME


def test_normalisation_without_scales(make_foreign: Make, checkpoint: Path) -> None:
    theirs = make_foreign(width=4, blocks=1)
    for name, module in list(theirs.named_modules()):
        if isinstance(module, nn.InstanceNorm2d):
            theirs.set_submodule(name, nn.InstanceNorm2d(module.num_features))
    torch.save(theirs.state_dict(), checkpoint)
    picture = torch.rand(1, 3, 32, 32)
    with torch.inference_mode():
        wanted = theirs(picture).clamp(0, 1)
    assert (imported(checkpoint)(picture) - wanted).abs().max() < SAME


def test_a_checkpoint_is_also_read_where_it_is(make_foreign: Make, checkpoint: Path) -> None:
    torch.save(make_foreign(width=4, blocks=1).state_dict(), checkpoint)
    assert painterly.load(checkpoint)(np.zeros((20, 30, 3), np.uint8)).shape == (20, 30, 3)
    assert painterly.info(checkpoint).title == "Their Mosaic"


def test_what_is_missing_or_unknown_is_named(make_foreign: Make, checkpoint: Path) -> None:
    state = dict(make_foreign(width=4, blocks=1).state_dict())
    del state["in4.bias"]
    state["attention.weight"] = torch.zeros(3)
    torch.save(state, checkpoint)
    with pytest.raises(InputError) as caught:
        read_foreign(checkpoint)
    message = str(caught.value)
    assert "their_mosaic.pth" in message
    assert f"nearest to {EXAMPLES}, but lacks in4.bias and holds attention.weight, which is unknown there" in message


def test_a_wrong_shape_is_named(make_foreign: Make, checkpoint: Path) -> None:
    state = dict(make_foreign(width=4, blocks=1).state_dict())
    state["conv2.conv2d.weight"] = torch.zeros(8, 4, 5, 5)
    torch.save(state, checkpoint)
    with pytest.raises(InputError, match=r"conv2\.conv2d\.weight has the shape \(8, 4, 5, 5\), which does not fit"):
        read_foreign(checkpoint)


def test_weights_that_are_not_finite_are_refused(make_foreign: Make, checkpoint: Path) -> None:
    state = dict(make_foreign(width=4, blocks=1).state_dict())
    state["in1.weight"][0] = torch.nan
    torch.save(state, checkpoint)
    with pytest.raises(InputError, match="not finite"):
        read_foreign(checkpoint)


def test_another_kind_of_network_is_refused(checkpoint: Path) -> None:
    torch.save({f"layer{n}.weight": torch.zeros(2) for n in range(9)}, checkpoint)
    with pytest.raises(InputError, match=r"holds layer0\.weight, .* and 3 more, which no known layout does") as caught:
        read_foreign(checkpoint)
    assert EXAMPLES in str(caught.value)


class Bomb:
    """Would leave a file behind if it were unpickled."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.place,)


@pytest.mark.parametrize("how", ["whole network", "bomb", "bare pickle"])
def test_objects_are_not_unpickled(make_foreign: Make, how: str, checkpoint: Path) -> None:
    sign = checkpoint.with_name("it-went-off")
    if how == "bare pickle":
        checkpoint.write_bytes(pickle.dumps(Bomb(sign)))
    else:
        torch.save(nn.Linear(2, 2) if how == "whole network" else {"model": Bomb(sign)}, checkpoint)
    with pytest.raises(InputError, match=r"objects are not unpickled.*state_dict"):
        read_foreign(checkpoint)
    assert not sign.exists()


@pytest.mark.parametrize("content", [b"", b"garbage" * 99, b"PK\x03\x04 no archive"])
@pytest.mark.parametrize("name", ["a.pth", "a.npz", "a.safetensors", "a.t7", "a.ckpt"])
def test_garbage_is_refused_by_name(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=name.replace(".", r"\.")):
        read_foreign(tmp_path / name)


def test_nothing_is_replaced_unasked_and_nothing_half_written(make_foreign: Make, checkpoint: Path) -> None:
    torch.save(make_foreign(width=4, blocks=1).state_dict(), checkpoint)
    target = checkpoint.with_suffix(".safetensors")
    target.write_bytes(b"mine")
    with pytest.raises(OutputError, match="--overwrite"):
        import_network(checkpoint, target)
    with pytest.raises(UsageError, match=r"ends in \.safetensors"):
        import_network(checkpoint, checkpoint.with_suffix(".bin"))
    with pytest.raises(InputError, match="does not exist"):
        import_network(checkpoint.with_name("none.pth"), target, overwrite=True)
    assert target.read_bytes() == b"mine"
    assert len(list(checkpoint.parent.iterdir())) == 2


def test_the_command(
    make_foreign: Make, checkpoint: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    torch.save(make_foreign(width=4, blocks=1).state_dict(), checkpoint)
    target = checkpoint.with_suffix(".safetensors")
    for status, file in ((0, checkpoint), (1, checkpoint.with_name("none.pth"))):
        arguments = ["painterly", "import", str(file), "-o", str(target), "--json", "--overwrite"]
        monkeypatch.setattr(sys, "argv", arguments)
        with pytest.raises(SystemExit) as leaving:
            main()
        printed = capfd.readouterr()
        assert (leaving.value.code or 0) == status
        if status:
            assert printed.err.strip() == f"painterly: {file} does not exist"
        else:
            assert json.loads(printed.out)["title"] == "Their Mosaic"
            assert f"{EXAMPLES}, 4 channels, 1 block" in printed.err


def test_the_authors_networks_as_model_files(data: Path, tmp_path: Path) -> None:
    source = data / "reference" / "authors_nets" / "candy.onnx"
    import_network(source, tmp_path / "candy.safetensors", half=True)
    card = painterly.info(tmp_path / "candy.safetensors")
    assert "Johnson" in card.notes
    assert json.loads(card.to_json())["training"]["imported"]["layout"] == "jcjohnson/fast-neural-style"
    picture = torch.rand(1, 3, 64, 80)
    both = [
        painterly.load(path, precision="float32").paint(picture) for path in (source, tmp_path / "candy.safetensors")
    ]
    assert (both[0] - both[1]).abs().max() < 0.05
