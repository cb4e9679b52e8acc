"""Pictures and shards small enough to be worked on by a cluster in seconds, and a network that paints them."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec  # type: ignore[import-untyped]
import numpy as np
import pytest
from PIL import Image


class Tools:
    """What several tests make and look into."""

    @staticmethod
    def picture(seed: int, width: int = 48, height: int = 40) -> Image.Image:
        coarse = np.random.default_rng(seed).integers(0, 256, (5, 6, 3), dtype=np.uint8)
        return Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)

    @classmethod
    def encoded(cls, seed: int, kind: str = "PNG") -> bytes:
        content = io.BytesIO()
        cls.picture(seed).save(content, kind)
        return content.getvalue()

    @staticmethod
    def write_tar(path: Path, contents: dict[str, bytes]) -> Path:
        with tarfile.open(path, "w") as tar:
            for name, content in contents.items():
                member = tarfile.TarInfo(name)
                member.size, member.mtime, member.mode = len(content), 1_700_000_000, 0o640
                tar.addfile(member, io.BytesIO(content))
        return path

    @staticmethod
    def read_tar(path: Path) -> dict[str, bytes]:
        with tarfile.open(path) as tar:
            found = {member.name: tar.extractfile(member) for member in tar}
            return {name: content.read() for name, content in found.items() if content is not None}

    @staticmethod
    def entries(manifest: Path, status: str) -> list[dict[str, Any]]:
        """The lines of a manifest that say so."""
        return [entry for line in manifest.read_text().splitlines() if (entry := json.loads(line))["status"] == status]


@pytest.fixture(scope="session")
def tools() -> type[Tools]:
    return Tools


@pytest.fixture
def folder(tmp_path: Path, tools: type[Tools]) -> Path:
    """`a.png`, `b.jpg` with a description, `sub/c.png`, `sub/deep/d.webp`, and a file that is no picture."""
    found = tmp_path / "in"
    (found / "sub" / "deep").mkdir(parents=True)
    exif = Image.Exif()
    exif[0x010E] = "a dozen colours"
    tools.picture(0).save(found / "a.png")
    tools.picture(1).save(found / "b.jpg", exif=exif)
    tools.picture(2).save(found / "sub" / "c.png")
    tools.picture(3).save(found / "sub" / "deep" / "d.webp", lossless=True)
    (found / "notes.txt").write_text("no picture")
    return found


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A style network with four channels."""
    import torch

    from painterly.models.card import ModelCard
    from painterly.models.file import save_network
    from painterly.networks import StyleDescription, StyleNetwork

    torch.manual_seed(3)
    description = StyleDescription(width=4, blocks=1)
    network = StyleNetwork(description)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.normal_(0, 0.2)
    path = tmp_path_factory.mktemp("model") / "tiny.safetensors"
    save_network(path, network, ModelCard("style", description.to_dict(), title="Tiny"))
    return path


@pytest.fixture
def memory() -> Iterator[fsspec.AbstractFileSystem]:
    """fsspec's store in memory, empty before and after."""
    store = fsspec.filesystem("memory")
    store.store.clear()
    store.pseudo_dirs[:] = [""]
    yield store
    store.store.clear()
    store.pseudo_dirs[:] = [""]
