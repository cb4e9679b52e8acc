"""How a cluster is used. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

from painterly.errors import UsageError

__all__ = ["ClusterSettings"]


@dataclass(frozen=True, kw_only=True)
class ClusterSettings:
    """Who works, and what is kept of it.

    Attributes:
        workers: Processes that hold the network; by default one for each GPU of the cluster, or for each of its cores.
        address: Of an existing Ray cluster ("auto" for the one of this machine); by default one is started here and
            ended with the run.
        manifest: Where the list of what was begun, done and failed is: a file, or a URL of a folder; by default
            `painterly-manifest.jsonl` in the output, or `painterly-manifest/` if that is a URL.
        quarantine: A folder, or a URL of one, into which pictures that cannot be read are copied.
        attempts: How often a picture may take its worker down before it is given up.
    """

    workers: int | None = None
    address: str | None = None
    manifest: str | None = None
    quarantine: str | None = None
    attempts: int = 3

    def __post_init__(self) -> None:
        if self.workers is not None and self.workers < 1:
            raise UsageError(f"--workers must be at least 1, not {self.workers}")
        if self.attempts < 1:
            raise UsageError(f"a picture needs at least 1 attempt, not {self.attempts}")
