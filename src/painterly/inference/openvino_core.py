"""The one entry to OpenVINO."""

from __future__ import annotations

from functools import cache
from typing import Any

from painterly.errors import MissingExtraError

__all__ = ["openvino_core"]


@cache
def openvino_core() -> Any:
    """OpenVINO's core, made once and never given up.

    On processors with AMX its CPU plug-in gives the thread a stack for signals, and frees it with the plug-in while the
    system goes on using it: the next signal, such as a child process's end, would kill the program. (Version 2026.4)

    Raises:
        MissingExtraError: OpenVINO is not installed.
    """
    try:
        import openvino
    except ImportError as error:
        raise MissingExtraError("the back end openvino", "openvino") from error
    core = openvino.Core()
    core.get_property("CPU", "FULL_DEVICE_NAME")  # loads the plug-in, which the core then holds
    return core
