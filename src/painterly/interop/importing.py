"""Other people's networks as model files with cards."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import torch

from painterly.atomic import check_writable
from painterly.errors import InputError, UsageError
from painterly.interop.authors import load_authors_network, load_authors_torch7
from painterly.interop.recognition import recognise
from painterly.interop.tensors import read_foreign_tensors
from painterly.models.card import ModelCard
from painterly.models.file import save_network
from painterly.networks.style import StyleNetwork

__all__ = ["import_network", "read_foreign"]


def import_network(
    source: str | Path,
    output: str | Path,
    *,
    title: str = "",
    licence: str = "",
    half: bool = False,
    overwrite: bool = False,
) -> ModelCard:
    """Read somebody else's style network and write it as a model file.

    The kind of network is recognised by the names and shapes of its tensors; pixel ranges, orders of channels and
    epsilons are folded into its convolutions. So it paints what it painted, for pictures whose sides are multiples of
    four; others keep their size, where most originals round it up.

    Args:
        source: A checkpoint of pytorch/examples' fast_neural_style, or in the layout of another repository that
            `painterly.interop.layouts` knows (.pth, .pt, .model, .safetensors, .npz, TensorFlow's .ckpt); or one of
            the authors' released networks (.onnx, .t7). Nothing in it is evaluated.
        output: The model file to write.
        title: For the card; by default the file's name.
        licence: Under which its maker released it, for the card.
        half: Whether weights are stored in half precision.
        overwrite: Whether an existing file is replaced.

    Returns:
        The card: whose layout it was, and the file's name and digest, stand under `training.imported`.

    Raises:
        UsageError: The output's name does not end in .safetensors.
        InputError: The file cannot be read, or is not a network that is known.
        OutputError: The output exists or cannot be written.
        MissingExtraError: The file is ONNX, and `onnx` is not installed.
    """
    path, target = Path(source).expanduser(), Path(output).expanduser()
    if target.suffix != ".safetensors":
        raise UsageError(f"--output {target}: a model file's name ends in .safetensors")
    check_writable(target, overwrite=overwrite)
    network, card = read_foreign(path)
    card = replace(card, title=title or card.title, style={**card.style, **({"licence": licence} if licence else {})})
    save_network(target, network, card, dtype=torch.float16 if half else torch.float32)
    return card


def read_foreign(path: Path) -> tuple[StyleNetwork, ModelCard]:
    """Network and card of somebody else's file; see `import_network`.

    Raises:
        InputError: The file cannot be read, or is not a network that is known.
        MissingExtraError: The file is ONNX, and `onnx` is not installed.
    """
    suffix = path.suffix.lower()
    if suffix in (".onnx", ".t7"):
        network, card = (load_authors_network if suffix == ".onnx" else load_authors_torch7)(path)
        layout = "jcjohnson/fast-neural-style"
    else:
        tensors = read_foreign_tensors(path)
        try:
            network, known = recognise(tensors)
        except InputError as error:
            raise InputError(f"{path} is not a network that can be imported: {error}") from error
        layout = known.name
        title = path.name.split(".")[0].replace("_", " ").replace("-", " ").strip().title()
        card = ModelCard("style", network.description.to_dict(), title=title, notes=f"Imported from {layout}.")
    if not all(bool(value.isfinite().all()) for value in network.state_dict().values()):
        raise InputError(f"{path} is damaged: some of its weights are not finite")
    imported = {"layout": layout, "file": path.name}
    if path.is_file():
        imported["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    return network, replace(card, training={"imported": imported})
