"""Everything that decides how the server works. Imports nothing heavy."""

from __future__ import annotations

import dataclasses
import os
from dataclasses import dataclass
from typing import ClassVar, Final

from painterly.errors import UsageError
from painterly.training.settings import option

__all__ = ["LOOPBACK", "TOKEN_VARIABLE", "ServerSettings"]

LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
"""Names under which a machine speaks to itself."""

TOKEN_VARIABLE: Final = "PAINTERLY_TOKEN"
"""The environment variable that may hold the token, which a command line would show to everybody on the machine."""


@dataclass(frozen=True, kw_only=True)
class ServerSettings:
    """Settings of `painterly serve` and `painterly studio`."""

    least: ClassVar[dict[str, float]] = {
        "workers": 0,
        "batch": 0,
        "queue": 1,
        "bytes": 1024,
        "pixels": 256,
        "seconds": 1.0,
        "upload_seconds": 1.0,
        "clip_seconds": 1.0,
        "jobs": 1,
        "jobs_waiting": 0,
        "job_seconds": 1.0,
        "keep_seconds": 1.0,
        "grace_seconds": 0.0,
    }
    """Smallest values, by field."""

    token: str | None = option(
        f"What callers have to show: Authorization: Bearer TOKEN. {TOKEN_VARIABLE} in the environment does the same, "
        "unseen by other users of the machine.",
        None,
    )
    allow_host: list[str] | None = option(
        "A name under which the server may be asked for; by default this machine's own, or any once a token is set.",
        None,
    )
    workers: int = option("Processes that paint; 0 is one on the CPU with all its threads, or one for each GPU.", 0)
    batch: int = option("Pictures of one size and style that are painted at once; 0 is 1 on the CPU and 8 on a GPU.", 0)
    queue: int = option("Requests that may wait; further ones are told when to come again (429).", 64)
    bytes: int = option("Largest request in bytes.", 256_000_000)
    pixels: int = option("Most pixels of a picture, given or made.", 50_000_000)
    seconds: float = option("Longest that a picture may take, from when it is begun.", 120.0)
    upload_seconds: float = option("Longest silence in the middle of a request.", 20.0)
    clip_seconds: float = option("Longest clip.", 120.0)
    jobs: int = option("Clips and new styles that are worked on at once.", 1)
    jobs_waiting: int = option("Clips and new styles that may wait.", 8)
    job_seconds: float = option("Longest that one of these may take.", 6 * 3600.0)
    keep_seconds: float = option("How long their results are kept.", 24 * 3600.0)
    grace_seconds: float = option("How long what has begun may go on once the server is told to stop.", 20.0)
    device: str = option("auto, cpu, cuda or mps.", "auto")
    backend: str = option("auto, torch, compile, openvino or onnxruntime; the last two are extras.", "auto")
    precision: str = option("auto, float32, bfloat16, or int8 (extra: int8); auto takes what is fast here.", "auto")

    def __post_init__(self) -> None:
        for name, low in self.least.items():
            if not getattr(self, name) >= low:
                flag = name.replace("_", "-")
                raise UsageError(f"--{flag} must be at least {low:g}, not {getattr(self, name)}")
        if self.token is not None and (len(self.token) < 8 or not self.token.isascii() or not self.token.isprintable()):
            raise UsageError("a token has at least eight characters, letters, digits and signs of ASCII")

    def with_environment(self) -> ServerSettings:
        """The same, with the token of the environment if none is set."""
        found = os.environ.get(TOKEN_VARIABLE)
        return dataclasses.replace(self, token=found) if found and self.token is None else self

    def check_host(self, host: str) -> None:
        """Refuse to be seen by other machines without a token.

        Args:
            host: Where the server is to listen.

        Raises:
            UsageError: It is not this machine alone, and no token is set.
        """
        if self.token is None and host.strip("[]").lower() not in LOOPBACK:
            raise UsageError(
                f"--host {host} can be reached by other machines: set a token, in {TOKEN_VARIABLE} or with --token"
            )
