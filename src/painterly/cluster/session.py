"""A Ray cluster: one that is there, or a small one started on this machine and ended with the run."""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import os
import warnings
from collections.abc import Iterator
from typing import Any

from painterly.errors import InputError, MissingExtraError

__all__ = ["check_ray", "session", "worker_count"]

_STORE = 80 << 20
"""Bytes of shared memory: pictures go from file to file, and only their names through Ray."""


def check_ray() -> None:
    """Make sure that Ray is there, before anything is written.

    Raises:
        MissingExtraError: It is not installed.
    """
    if importlib.util.find_spec("ray") is None:
        raise MissingExtraError("--engine ray", "cluster")


@contextlib.contextmanager
def session(address: str | None, workers: int | None) -> Iterator[Any]:
    """Connect to a cluster, or start one; yields the module `ray`.

    Args:
        address: Of the cluster; by default that of `RAY_ADDRESS`, which a Ray job finds in its environment, else none.
        workers: Processes that one started here has room for; by default one a core.

    Raises:
        MissingExtraError: Ray is not installed.
        InputError: There is no cluster at the address.
    """
    for name, value in (
        ("RAY_USAGE_STATS_ENABLED", "0"),
        ("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0"),
        ("RAY_enable_metrics_collection", "0"),
    ):
        os.environ.setdefault(name, value)
    check_ray()
    import ray

    if ray.is_initialized():
        yield ray
        return
    where = address or os.environ.get("RAY_ADDRESS") or "local"
    options: dict[str, Any] = {}
    if where == "local":
        options = {
            "num_cpus": workers or len(os.sched_getaffinity(0)),
            "object_store_memory": _STORE,
            "include_dashboard": False,
        }
    logging.getLogger("ray").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Ray's about itself
        try:
            ray.init(where, logging_level=logging.ERROR, log_to_driver=False, configure_logging=False, **options)
        except (ConnectionError, ValueError, RuntimeError, OSError, TimeoutError) as error:
            raise InputError(f"no Ray cluster at {where} ({str(error).strip().splitlines()[0]})") from error
    try:
        yield ray
    finally:
        ray.shutdown()


def worker_count(ray: Any, wanted: int | None, device: str) -> tuple[int, dict[str, int]]:
    """How many workers there are to be, and what each takes of a machine: a core, and a GPU where there are some.

    Args:
        ray: The module.
        wanted: How many were asked for.
        device: "auto", "cpu", "cuda" or "mps".
    """
    found = ray.cluster_resources()
    gpus, cores = int(found.get("GPU", 0)), int(found.get("CPU", 1))
    if gpus and device in ("auto", "cuda"):
        return wanted or gpus, {"num_cpus": 1, "num_gpus": 1}
    return wanted or max(1, cores), {"num_cpus": 1}
