"""Loss networks from files: which is chosen, what is refused."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save_file

from painterly.encoders import LOSS_NETWORKS, VGG, choose_loss_network, load_loss_network
from painterly.encoders.loading import find_weights, read_weights
from painterly.encoders.sources import COMPACT
from painterly.encoders.vgg import Configuration
from painterly.errors import InputError, UsageError
from painterly.images.reading import read_picture
from painterly.images.tensors import to_tensor

PAPER = "vgg16_features-amdegroot-88682ab5.pth"
MIXED = ("vgg19_normalised_relu3_1.safetensors", "vgg19_distilled16x_relu5_1.safetensors")


class Folders:
    """A data folder and a cache of a test's own."""

    def __init__(self, root: Path) -> None:
        self.cache = root / "cache"
        self.weights = root / "data" / "loss_networks"
        self.cache.mkdir()
        self.weights.mkdir(parents=True)


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folders:
    monkeypatch.setenv("PAINTERLY_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("PAINTERLY_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return Folders(tmp_path)


@pytest.fixture(scope="module")
def papers_vgg() -> VGG:
    return VGG("D", until="relu4_3")


@pytest.fixture(scope="module")
def published(papers_vgg: VGG, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cache in which the paper's VGG-16 lies as it is published: torch.save, with a classifier that nobody needs."""
    cache = tmp_path_factory.mktemp("published")
    torch.save({**papers_vgg.state_dict(), "classifier.0.weight": torch.zeros(4, 4)}, cache / PAPER)
    yield cache
    (cache / PAPER).unlink()


def test_the_mixed_network_is_chosen_until_the_papers_is_at_hand(folders: Folders) -> None:
    assert choose_loss_network() == COMPACT  # which ships
    (folders.weights / MIXED[0]).touch()
    assert choose_loss_network() == COMPACT  # half of a mixed network is none
    (folders.cache / MIXED[1]).touch()
    assert choose_loss_network() == "vgg19-mixed"
    (folders.cache / PAPER).touch()
    assert choose_loss_network() == "vgg16"


def test_the_data_folder_is_searched_before_the_cache(folders: Folders) -> None:
    source = LOSS_NETWORKS["vgg16"].encoders[0]
    assert find_weights(source) is None
    (folders.cache / PAPER).touch()
    assert find_weights(source) == folders.cache / PAPER
    (folders.weights / PAPER).touch()
    assert find_weights(source) == folders.weights / PAPER


def test_the_published_file_in_the_cache_is_the_papers_loss_network(
    folders: Folders, published: Path, papers_vgg: VGG, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAINTERLY_CACHE", str(published))
    network = load_loss_network()
    assert network.description["name"] == "vgg16"
    assert network.description["content_layers"] == ["relu3_3"]
    assert network.description["style_layers"] == ["relu1_2", "relu2_2", "relu3_3", "relu4_3"]
    picture = torch.rand(1, 3, 16, 16)
    # The Caffe weights see RGB in 0..255 less the mean, here in torchvision's rounding of it.
    mean = torch.tensor([0.48235, 0.45882, 0.40784]).view(3, 1, 1)
    wanted = papers_vgg(255 * (picture - mean), network.layers)
    torch.testing.assert_close(network(picture, network.layers), wanted, rtol=1e-4, atol=1e-5)


def test_the_papers_network_named_by_its_path_offers_the_papers_layers(published: Path) -> None:
    description = load_loss_network(str(published / PAPER)).description
    assert description["content_layers"] == ["relu3_3"]
    assert description["style_layers"] == ["relu1_2", "relu2_2", "relu3_3", "relu4_3"]


def test_no_more_is_built_than_the_layers_asked_for(
    folders: Folders, published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAINTERLY_CACHE", str(published))
    network = load_loss_network("vgg16", content_layers=("relu2_2",), style_layers=("relu1_2",), pooling="average")
    assert len(list(network.parameters())) == 2 * 4
    assert network.layers == ("relu2_2", "relu1_2")
    extractor = network.get_submodule("encoders.0.extractor")
    assert isinstance(extractor, VGG)
    assert extractor.pooling == network.description["pooling"] == "average"


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
@pytest.mark.parametrize(
    ("configuration", "until", "content", "style"),
    [
        ("D", "relu2_2", "relu2_2", ["relu1_2", "relu2_2"]),
        ("D", "relu3_3", "relu3_3", ["relu1_2", "relu2_2", "relu3_3"]),
        ("E", "relu3_4", "relu3_3", ["relu1_2", "relu2_2", "relu3_3"]),
        ("D", "relu1_1", "relu1_1", ["relu1_1"]),
        ("A", "relu2_1", "relu2_1", ["relu2_1"]),
    ],
)
def test_a_file_of_ones_own_offers_what_its_shapes_show(
    configuration: Configuration, until: str, content: str, style: list[str], suffix: str, tmp_path: Path
) -> None:
    vgg, path = VGG(configuration, until=until), tmp_path / f"mine{suffix}"
    write = save_file if suffix == ".safetensors" else torch.save
    write(vgg.state_dict(), path)
    network = load_loss_network(str(path))
    assert network.description["content_layers"] == [content]
    assert network.description["style_layers"] == style
    assert network.description["encoders"][0]["architecture"] == configuration

    picture, layers = torch.rand(1, 3, 16, 16), ("conv1_1", until)
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    found = load_loss_network(str(path), content_layers=layers)(picture, layers)
    torch.testing.assert_close(found, vgg((picture - mean) / std, layers))
    with pytest.raises(UsageError, match="has no relu5_1"):
        load_loss_network(str(path), content_layers=("relu5_1",))


def test_a_name_that_is_neither_network_nor_file_is_refused_with_those_there_are(folders: Folders) -> None:
    with pytest.raises(UsageError, match=r"'vgg17' is neither .* there are vgg16, "):
        load_loss_network("vgg17")


def test_a_layer_that_a_named_network_lacks_is_refused_before_any_file_is_looked_for(folders: Folders) -> None:
    with pytest.raises(UsageError, match="vgg16-relu2_2 has no relu3_3, nonsense"):
        load_loss_network("vgg16-relu2_2", content_layers=("relu2_2", "relu3_3"), style_layers=("nonsense",))


def test_a_network_that_is_published_nowhere_says_where_to_put_its_file(folders: Folders) -> None:
    with pytest.raises(InputError, match=r"vgg16_caffe_relu2_2\.safetensors is not at hand.*PAINTERLY_DATA"):
        load_loss_network("vgg16-relu2_2")


def test_weights_of_another_shape_are_refused(folders: Folders) -> None:
    weights = VGG("D", until="relu2_2").state_dict()
    weights["features.5.weight"] = weights["features.5.weight"][:, :32].contiguous()
    save_file(weights, folders.weights / "vgg16_caffe_relu2_2.safetensors")
    with pytest.raises(InputError, match=r"features\.5\.weight is missing"):
        load_loss_network("vgg16-relu2_2")


class Trap:
    """Unpickling this creates a file."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return (open, (str(self.mark), "w"))


@pytest.mark.parametrize("suffix", [".pth", ".safetensors", ".bin"])
@pytest.mark.parametrize("write", [torch.save, lambda value, path: path.write_bytes(pickle.dumps(value, 2))])
def test_a_pickle_is_refused_and_not_run(write: Any, suffix: str, tmp_path: Path) -> None:
    mark, path = tmp_path / "sprung", tmp_path / f"evil{suffix}"
    pickle.loads(pickle.dumps(Trap(mark))).close()
    assert mark.exists()  # it would have
    mark.unlink()
    write({"features.0.weight": Trap(mark)}, path)
    with pytest.raises(InputError, match=r"evil.* read safely"):
        load_loss_network(str(path))
    assert not mark.exists()


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
@pytest.mark.parametrize(
    "content", [b"", b"version https://git-lfs.github.com/spec/v1\n", b"\x80\x02}q\x00.", b"PK\x03\x04"]
)
def test_a_file_that_is_none_of_weights_is_refused(content: bytes, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"broken{suffix}"
    path.write_bytes(content)
    with pytest.raises(InputError, match="broken"):
        load_loss_network(str(path))


@pytest.mark.parametrize("value", [[1, 2], {"epoch": 3}, {0: torch.zeros(1)}, {"nested": {"weight": torch.zeros(1)}}])
def test_a_file_of_something_else_than_named_weights_is_refused(value: Any, tmp_path: Path) -> None:
    torch.save(value, tmp_path / "other.pth")
    with pytest.raises(InputError, match="other than named weights"):
        load_loss_network(str(tmp_path / "other.pth"))


def test_weights_that_are_no_vggs_are_refused(tmp_path: Path) -> None:
    torch.save({"conv1.weight": torch.zeros(1)}, tmp_path / "resnet.pth")
    with pytest.raises(InputError, match=r"resnet\.pth holds no VGG's weights"):
        load_loss_network(str(tmp_path / "resnet.pth"))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.pth is not a file"):
        read_weights(tmp_path / "gone.pth")


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same weights in each of the three kinds of file."""
    weights = {"features.0.weight": torch.rand(2, 3, 3, 3), "features.0.bias": torch.rand(2)}
    folder = tmp_path_factory.mktemp("healthy")
    paths = {kind: folder / kind for kind in ("zip.pth", "legacy.pth", "plain.safetensors")}
    torch.save(weights, paths["zip.pth"])
    torch.save(weights, paths["legacy.pth"], _use_new_zipfile_serialization=False)
    save_file(weights, paths["plain.safetensors"])
    return paths


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("kind", ["zip.pth", "legacy.pth", "plain.safetensors"])
@given(st.data())
def test_damage_is_refused_or_harmless_but_never_anything_else(
    kind: str, healthy: dict[str, Path], data: st.DataObject
) -> None:
    content = bytearray(healthy[kind].read_bytes())
    if data.draw(st.booleans(), label="cut off"):
        del content[data.draw(st.integers(0, len(content) - 1), label="length") :]
    else:
        for _ in range(data.draw(st.integers(1, 4), label="bytes")):
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    damaged = healthy[kind].with_name("damaged" + healthy[kind].suffix)
    damaged.write_bytes(content)
    try:
        weights = read_weights(damaged)
    except InputError:
        return
    assert all(isinstance(value, torch.Tensor) for value in weights.values())


@pytest.mark.parametrize(
    ("name", "layers", "channels"),
    [
        ("vgg16-relu2_2", ("relu1_2", "relu2_2"), (64, 128)),
        ("vgg19-mixed", ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"), (64, 128, 256, 512, 512)),
        ("vgg19-distilled", ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"), (64, 128, 256, 512, 512)),
        ("vgg16_ssdvoc_relu3_3.safetensors", ("relu1_2", "relu2_2", "relu3_3"), (64, 128, 256)),
    ],
)
def test_the_real_files_load(data: Path, name: str, layers: tuple[str, ...], channels: tuple[int, ...]) -> None:
    path = data / "loss_networks" / name
    network = load_loss_network(str(path) if path.exists() else name, style_layers=layers)
    found = network(torch.rand(1, 3, 32, 32), layers)
    for index, (layer, activation) in enumerate(found.items()):
        side = 32 >> (int(layer[4]) - 1)
        assert activation.shape == (1, channels[index], side, side)
        assert activation.min() >= 0
        assert activation.mean() > 0


def test_the_normalised_networks_mean_activation_in_photographs_is_one(data: Path) -> None:
    layers = ("relu1_1", "relu1_2", "relu2_1", "relu2_2", "relu3_1")
    network = load_loss_network("vgg19-mixed", style_layers=layers)
    pictures = [read_picture(path).resize((96, 96)) for path in sorted((data / "content").iterdir())]
    found = network(torch.cat([to_tensor(picture) for picture in pictures]), layers)
    for name, activation in found.items():
        assert 0.8 < activation.mean() < 1.25, name
