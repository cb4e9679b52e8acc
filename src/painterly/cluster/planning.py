"""From what is named to tasks, one after the other, without what is done and what must not be touched."""

from __future__ import annotations

import posixpath
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

from painterly.cluster.listing import SHARD, Source, list_sources
from painterly.cluster.manifest import Manifest
from painterly.cluster.recipe import Recipe
from painterly.cluster.storage import Place
from painterly.cluster.worker import Task
from painterly.errors import InputError

__all__ = ["plan_tasks"]

_AT_ONCE = 64
"""Questions that are put to a store at once."""


def plan_tasks(
    recipe: Recipe,
    inputs: Sequence[str],
    folder: Place,
    manifest: Manifest,
    refuse: Callable[[Place, Place, str], object],
    skip: Callable[[int], object],
    *,
    overwrite: bool,
) -> Iterator[Task]:
    """Find what is to be done.

    Args:
        recipe: What is done.
        inputs: See `painterly.cluster.listing.list_sources`.
        folder: The output.
        manifest: What was done before.
        refuse: Called with source, target and reason for what is not done.
        skip: Called for what was done before, with how many of its pictures failed.
        overwrite: Whether files of others are replaced.

    Yields:
        Tasks whose targets are free, or this work's own.
    """
    found = _new(recipe, list_sources(inputs, recipe.suffixes, folder), folder, manifest, refuse, skip)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        while chunk := list(islice(found, _AT_ONCE)):
            ask = pool.map if folder.protocol else map
            there = ask(lambda pair: pair[1].exists(), chunk)
            for (source, target), exists in zip(chunk, list(there), strict=True):
                own = manifest.begun(str(target))
                if exists and not own and not overwrite:
                    refuse(source.place, target, f"{target} exists; add --overwrite to replace it")
                    continue
                names = (source.place, target, folder, source.relative, source.fingerprint)
                yield Task(*names, shard=source.shard, again=own)


def _new(
    recipe: Recipe,
    sources: Iterator[Source],
    folder: Place,
    manifest: Manifest,
    refuse: Callable[[Place, Place, str], object],
    skip: Callable[[int], object],
) -> Iterator[tuple[Source, Place]]:
    """Sources that are not done yet, with their targets."""
    for source in sources:
        try:
            end = SHARD if source.shard else _ending(recipe, source)
        except InputError as error:
            refuse(source.place, folder.child(source.relative), str(error))
            continue
        target = folder.child(posixpath.splitext(source.relative)[0] + end)
        if not manifest.claim(str(target)):
            refuse(source.place, target, f"{source.place} would be written to {target}, as another is; rename one")
            continue
        failed = manifest.done(str(source.place), source.fingerprint, str(target)) if source.fingerprint else None
        # A store is taken at its word: to ask after every single file would take longer than to list all of them.
        if failed is not None and (folder.protocol or target.exists()):
            skip(failed)
        else:
            yield source, target


def _ending(recipe: Recipe, source: Source) -> str:
    """File name ending of the result; for GIFs, which may be animations or not, the file itself decides."""
    if source.place.local is not None:
        return recipe.ending(source.place.local)
    if not source.relative.lower().endswith(".gif"):
        return recipe.ending(Path(source.relative))
    with tempfile.TemporaryDirectory(prefix="painterly-") as here:
        local = Path(here) / "picture.gif"
        source.place.fetch(local)
        return recipe.ending(local)
