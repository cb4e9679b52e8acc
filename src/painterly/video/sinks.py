"""Where live frames go: a window, or a camera that other programs see. What opens them is an extra."""

from __future__ import annotations

import os
import sys
from typing import Any

import numpy as np
import numpy.typing as npt

from painterly.errors import MissingExtraError, OutputError, UsageError

__all__ = ["VirtualCamera", "Window", "has_display"]

Pixels = npt.NDArray[Any]


def has_display() -> bool:
    """Whether windows can be shown here."""
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


class Window:
    """A window that shows frames until it is closed, or Escape or Q is pressed.

    Args:
        width: Of the frames.
        height: Likewise.

    Raises:
        UsageError: There is no display.
        MissingExtraError: What shows windows is not installed.
    """

    def __init__(self, width: int, height: int) -> None:
        if not has_display():
            raise UsageError("there is no display here; name a file with -o, or a camera with --virtual")
        os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
        try:
            import pygame
        except ImportError as error:
            raise MissingExtraError("a window", "camera") from error
        self._pygame: Any = pygame
        pygame.display.init()
        pygame.display.set_caption("painterly")
        self._screen = pygame.display.set_mode((width, height))

    def show(self, pixels: Pixels) -> bool:
        """Show a frame, shape (H, W, 3), uint8; returns whether the window is still open."""
        pygame = self._pygame
        pygame.surfarray.blit_array(self._screen, pixels.swapaxes(0, 1))
        pygame.display.flip()
        keys = (pygame.K_ESCAPE, pygame.K_q)
        events = pygame.event.get()
        return not any(e.type == pygame.QUIT or (e.type == pygame.KEYDOWN and e.key in keys) for e in events)

    def close(self) -> None:
        """Close it."""
        self._pygame.display.quit()


class VirtualCamera:
    """A camera that other programs can choose.

    Args:
        width: Of the frames.
        height: Likewise.
        rate: Frames a second, which programs are told.

    Raises:
        MissingExtraError: What makes one is not installed.
        OutputError: The system has none.
    """

    def __init__(self, width: int, height: int, rate: float) -> None:
        try:
            import pyvirtualcam
        except ImportError as error:
            raise MissingExtraError("a virtual camera", "camera") from error
        try:
            self._camera: Any = pyvirtualcam.Camera(width, height, rate)
        except RuntimeError as error:
            raise OutputError(
                f"there is no virtual camera to write to ({error}); on Linux, load v4l2loopback"
            ) from error

    def show(self, pixels: Pixels) -> bool:
        """Send a frame, shape (H, W, 3), uint8."""
        self._camera.send(np.ascontiguousarray(pixels))
        return True

    def close(self) -> None:
        """Close it."""
        self._camera.close()
