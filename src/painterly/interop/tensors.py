"""Other people's files of weights, as tensors by name. Nothing is unpickled but tensors, and nothing is evaluated."""

from __future__ import annotations

import pickle
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from painterly.errors import InputError
from painterly.interop.tensorflow import is_tensorflow, read_tensorflow

__all__ = ["read_foreign_tensors"]

_WRAPPERS: Final = ("state_dict", "model_state_dict", "params_ema", "params", "model", "net", "network", "generator")
"""Names under which training scripts keep a network among other things."""

_PREFIXES: Final = ("module.", "_orig_mod.", "model.module.")
"""What `DataParallel` and `torch.compile` put before every name."""


def read_foreign_tensors(path: Path) -> dict[str, Tensor]:
    """The tensors of a file that another program wrote.

    Args:
        path: A checkpoint of torch's (.pth, .pt, .model, ...: a `state_dict`, bare or among a training script's other
            things), of safetensors, numpy (.npz) or TensorFlow (.ckpt, in one file or as .index and .data).

    Returns:
        Tensors by name, on the CPU, without the prefixes that wrappers leave.

    Raises:
        InputError: The file is missing, damaged, or holds objects other than tensors and plain values.
    """
    if is_tensorflow(path):
        return {name: torch.from_numpy(value) for name, value in read_tensorflow(path).items()}
    if not path.exists():
        raise InputError(f"{path} does not exist")
    if not path.is_file():
        raise InputError(f"{path} is not a file")
    try:
        if path.suffix.lower() == ".safetensors":
            return load_file(path)
        if path.suffix.lower() == ".npz":
            with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                return {name: torch.from_numpy(np.asarray(arrays[name])) for name in arrays.files}
        with warnings.catch_warnings(action="ignore"):  # of unusual pickles, which are refused or read as others are
            content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise InputError(
            f"{path} is not a file of tensors alone, and objects are not unpickled: load it where it was made, and "
            "save what its state_dict() returns"
        ) from error
    except (SafetensorError, RuntimeError, OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} cannot be read as a file of tensors") from error
    except (AttributeError, IndexError, ImportError, zipfile.BadZipFile) as error:  # torch's, for damaged files
        raise InputError(f"{path} cannot be read as a file of tensors") from error
    tensors = _unwrapped(content)
    if not tensors:
        raise InputError(f"{path} holds no tensors by name")
    return tensors


def _unwrapped(content: Any) -> dict[str, Tensor]:
    """The tensors of a checkpoint, wherever a training script has put them."""
    if not isinstance(content, Mapping):
        return {}
    for name in _WRAPPERS:
        if isinstance(content.get(name), Mapping) and (inner := _unwrapped(content[name])):
            return inner
    tensors = {name: value for name, value in content.items() if isinstance(name, str) and isinstance(value, Tensor)}
    for prefix in _PREFIXES:
        if tensors and all(name.startswith(prefix) for name in tensors):
            tensors = {name.removeprefix(prefix): value for name, value in tensors.items()}
    return tensors
