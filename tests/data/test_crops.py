"""The stream of crops: what sample number k is, whatever happens around it."""

from __future__ import annotations

import contextlib
import tarfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, features
from torch import Tensor

from painterly.data import CropDataset, Photos, SampleOrder, centre_crop, crop_loader, find_photos
from painterly.data.crops import Cropping
from painterly.errors import InputError

COLOURS = [(30 * number, 255 - 30 * number, 100) for number in range(7)]


@pytest.fixture
def colours(tmp_path: Path) -> Photos:
    """Seven photographs, each of one colour, so that a crop tells which it is from."""
    for number, colour in enumerate(COLOURS):
        Image.new("RGB", (12 + number, 20 - number), colour).save(tmp_path / f"{number}.png")
    return find_photos(tmp_path)


@pytest.fixture
def ruler(tmp_path: Path) -> Photos:
    """One photograph of 200x100 pixels whose red tells the column and whose green tells the row."""
    x, y = np.meshgrid(np.arange(200), np.arange(100))
    Image.fromarray(np.stack([x, y, 0 * x], axis=2).astype(np.uint8)).save(tmp_path / "ruler.png")
    return find_photos(tmp_path)


def noise(width: int, height: int) -> Image.Image:
    """The same noise every time."""
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8))


def number_of(pixels: Tensor) -> int:
    """Which of the seven photographs a crop is from."""
    colour = pixels.flatten(1)
    assert torch.equal(colour, colour[:, :1].expand_as(colour))
    red, green, blue = (int(value) for value in colour[:, 0])
    return COLOURS.index((red, green, blue))


def numbers(dataset: CropDataset, samples: Iterable[int]) -> list[int]:
    return [number_of(dataset[sample].pixels) for sample in samples]


def test_a_crop_is_a_square_of_bytes(colours: Photos) -> None:
    pixels = CropDataset(colours, range(7), 8)[0].pixels
    assert pixels.dtype == torch.uint8
    assert pixels.shape == (3, 8, 8)


def test_sample_k_follows_from_seed_and_k_alone(ruler: Photos) -> None:
    def crops(seed: int, samples: Iterable[int]) -> dict[int, Tensor]:
        dataset = CropDataset(ruler, [0], 8, seed=seed)
        return {k: dataset[k].pixels for k in samples}

    forwards, backwards = crops(1, range(6)), crops(1, [5, 3, 3, 0, 4, 1, 2])
    assert all(torch.equal(forwards[k], backwards[k]) for k in range(6))
    assert not torch.equal(forwards[0], forwards[1])
    assert not torch.equal(forwards[0], crops(2, [0])[0])


@pytest.mark.parametrize("cropping", ["random", "squash", "patch", "reduced"])
def test_every_photograph_comes_once_an_epoch_and_each_epoch_in_another_order(
    colours: Photos, cropping: Cropping
) -> None:
    dataset = CropDataset(colours, range(7), 8, cropping=cropping)
    epochs = [numbers(dataset, range(7 * epoch, 7 * epoch + 7)) for epoch in range(4)]
    assert all(sorted(epoch) == list(range(7)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 4


def test_only_the_photographs_chosen_are_used(colours: Photos) -> None:
    assert sorted(numbers(CropDataset(colours, [5, 1, 3], 8), range(6))) == [1, 1, 3, 3, 5, 5]


def test_random_crops_are_upright_squares_of_many_sizes_anywhere_in_the_photograph(ruler: Photos) -> None:
    dataset, size = CropDataset(ruler, [0], 32), 32
    sides, lefts, rights, mirrored = [], [], [], set()
    for sample in range(48):
        red, green, _ = dataset[sample].pixels.float()
        assert (red.std(0) < 1).all()  # columns are columns and rows are rows
        assert (green.std(1) < 1).all()
        across, down = ((line[-1] - line[0]).item() * size / (size - 1) for line in (red.mean(0), green.mean(1)))
        mirrored.add(across < 0)
        assert down > 0
        assert abs(across) == pytest.approx(down, abs=2)
        sides.append(down)
        lefts.append(red.min().item())
        rights.append(red.max().item())
    assert mirrored == {False, True}
    assert 38 < min(sides) < 50 < 90 < max(sides) < 102  # 0.4 to 1 times the short side
    assert min(lefts) < 20
    assert max(rights) > 180


def test_squashing_uses_the_whole_photograph_unmirrored(ruler: Photos) -> None:
    dataset = CropDataset(ruler, [0], 16, cropping="squash")
    with Image.open(ruler.source / ruler.names[0]) as image:
        whole = np.asarray(image.resize((16, 16), Image.Resampling.BICUBIC))
    for sample in range(8):
        assert np.array_equal(dataset[sample].pixels.permute(1, 2, 0).numpy(), whole)


def test_the_centred_square_is_the_largest(ruler: Photos) -> None:
    red, green, _ = centre_crop(ruler, 0, 20).float()
    # Columns 50 to 150 and rows 0 to 100 in 20 steps of 5, each at its middle.
    torch.testing.assert_close(red.mean(0), 50 + 5 * torch.arange(20.0) + 2, atol=0.6, rtol=0)
    torch.testing.assert_close(green.mean(1), 5 * torch.arange(20.0) + 2, atol=0.6, rtol=0)


def test_a_jpeg_decoded_at_a_fraction_of_its_size_shows_the_same(tmp_path: Path) -> None:
    noise(80, 60).resize((800, 600), Image.Resampling.BICUBIC).save(tmp_path / "a.jpg", quality=95)
    with Image.open(tmp_path / "a.jpg") as image:
        image.save(tmp_path / "b.png")
    photos = find_photos(tmp_path)
    for cropping in ("random", "squash"):
        jpeg, png = (CropDataset(photos, [i], 128, cropping=cropping)[3].pixels.float() for i in (0, 1))
        assert (jpeg - png).abs().mean() < 3
    assert (centre_crop(photos, 0, 128).float() - centre_crop(photos, 1, 128).float()).abs().mean() < 3


def test_a_photograph_smaller_than_the_crop_is_enlarged(tmp_path: Path) -> None:
    Image.new("RGB", (5, 3), (1, 2, 3)).save(tmp_path / "tiny.png")
    photos = find_photos(tmp_path)
    for pixels in (CropDataset(photos, [0], 16)[0].pixels, centre_crop(photos, 0, 16)):
        assert torch.equal(pixels, torch.tensor([1, 2, 3], dtype=torch.uint8).view(3, 1, 1).expand(3, 16, 16))


@pytest.mark.parametrize(
    ("mode", "suffix", "colour", "rgb"),
    [
        ("L", ".png", 77, (77, 77, 77)),
        ("L", ".jpg", 77, (77, 77, 77)),
        ("1", ".png", 1, (255, 255, 255)),
        ("LA", ".png", (77, 128), (77, 77, 77)),
        ("RGBA", ".png", (10, 200, 30, 128), (10, 200, 30)),
        ("P", ".png", (10, 200, 30), (10, 200, 30)),
        ("P", ".gif", (10, 200, 30), (10, 200, 30)),
        ("CMYK", ".jpg", (255, 0, 0, 0), (0, 255, 255)),
        ("RGB", ".webp", (10, 200, 30), (10, 200, 30)),
    ],
)
def test_pictures_of_every_mode_become_rgb(
    mode: str, suffix: str, colour: Any, rgb: tuple[int, int, int], tmp_path: Path
) -> None:
    Image.new(mode, (20, 30), colour).save(tmp_path / f"a{suffix}")
    photos = find_photos(tmp_path)
    for pixels in (CropDataset(photos, [0], 8)[0].pixels, centre_crop(photos, 0, 8)):
        wanted = torch.tensor(rgb).view(3, 1, 1).expand(3, 8, 8)
        torch.testing.assert_close(pixels.int(), wanted.int(), atol=4, rtol=0)  # JPEG and WebP round


class TestPatches:
    """Squares of a photograph's own pixels, whose place the ruler tells."""

    def test_they_are_pieces_of_the_photograph_or_their_mirror_images(self, ruler: Photos) -> None:
        with Image.open(ruler.source / ruler.names[0]) as image:
            whole = torch.from_numpy(np.array(image)).permute(2, 0, 1)
        dataset = CropDataset(ruler, [0], 32, cropping="patch")
        lefts, tops, mirrored = [], [], set()
        for sample in range(64):
            pixels = dataset[sample].pixels
            mirror = bool(pixels[0, 0, 0] > pixels[0, 0, -1])
            left, top = int(pixels[0].min()), int(pixels[1].min())
            piece = whole[:, top : top + 32, left : left + 32]
            assert torch.equal(pixels, piece.flip(2) if mirror else piece)
            lefts.append(left)
            tops.append(top)
            mirrored.add(mirror)
        assert mirrored == {False, True}
        assert min(lefts) < 20 < 148 < max(lefts) <= 168
        assert min(tops) < 10 < 58 < max(tops) <= 68

    def test_sample_k_is_the_same_whoever_draws_it(self, ruler: Photos) -> None:
        one, other = (CropDataset(ruler, [0], 16, seed=3, cropping="patch") for _ in range(2))
        forwards = [one[k].pixels for k in range(5)]
        assert all(torch.equal(other[k].pixels, forwards[k]) for k in (4, 0, 3, 3, 1, 2))
        assert len({tuple(pixels.flatten().tolist()) for pixels in forwards}) == 5
        assert not torch.equal(CropDataset(ruler, [0], 16, seed=4, cropping="patch")[0].pixels, forwards[0])

    @pytest.mark.parametrize(("width", "height"), [(5, 3), (3, 50), (64, 15), (15, 16), (16, 16)])
    def test_a_photograph_smaller_than_the_patch_is_enlarged(self, tmp_path: Path, width: int, height: int) -> None:
        noise(width, height).save(tmp_path / "tiny.png")
        photos = find_photos(tmp_path)
        for pixels in (
            CropDataset(photos, [0], 16, cropping="patch")[0].pixels,
            centre_crop(photos, 0, 16, native=True),
        ):
            assert pixels.shape == (3, 16, 16)
            assert pixels.float().std() > 20

    def test_a_photograph_as_large_as_the_patch_is_the_patch(self, tmp_path: Path) -> None:
        noise(16, 16).save(tmp_path / "same.png")
        photos, whole = find_photos(tmp_path), torch.from_numpy(np.array(noise(16, 16))).permute(2, 0, 1)
        assert torch.equal(centre_crop(photos, 0, 16, native=True), whole)
        pixels = CropDataset(photos, [0], 16, cropping="patch")[0].pixels
        assert torch.equal(pixels, whole) or torch.equal(pixels, whole.flip(2))

    @pytest.mark.parametrize(("size", "left", "top"), [(20, 90, 40), (21, 89, 39), (100, 50, 0), (1, 99, 49)])
    def test_the_native_middle_is_cut_out_untouched(self, ruler: Photos, size: int, left: int, top: int) -> None:
        red, green, _ = centre_crop(ruler, 0, size, native=True).int()
        assert torch.equal(red, (left + torch.arange(size, dtype=torch.int32)).expand(size, -1))
        assert torch.equal(green, (top + torch.arange(size, dtype=torch.int32))[:, None].expand(-1, size))

    def test_a_large_jpeg_is_decoded_at_its_full_size(self, tmp_path: Path) -> None:
        noise(320, 320).save(tmp_path / "a.jpg", quality=95)
        with Image.open(tmp_path / "a.jpg") as image:
            wanted = torch.from_numpy(np.array(image.crop((152, 152, 168, 168)))).permute(2, 0, 1)
        assert torch.equal(centre_crop(find_photos(tmp_path), 0, 16, native=True), wanted)
        pixels = CropDataset(find_photos(tmp_path), [0], 16, cropping="patch")[0].pixels
        assert pixels.float().std() > 30  # noise decoded at an eighth of its size would be nearly flat


def test_reduced_crops_are_up_to_twice_as_small_mirrored_and_turned(ruler: Photos) -> None:
    dataset, size = CropDataset(ruler, [0], 24, cropping="reduced"), 24
    sides, ways = [], set()
    for sample in range(96):
        red, green, _ = dataset[sample].pixels.float()
        turned = bool(red.std(0).mean() > red.std(1).mean())  # the ruler's columns have become rows
        across, down = (green.T, red.T) if turned else (red.T, green.T)
        rises = [((plane[-1] - plane[0]).mean() * size / (size - 1)).item() for plane in (across, down.T)]
        assert abs(rises[0]) == pytest.approx(abs(rises[1]), abs=2)
        sides.append(abs(rises[0]))
        ways.add((turned, rises[0] > 0, rises[1] > 0))
    assert len(ways) == 8
    assert 22.5 < min(sides) < 28 < 44 < max(sides) < 49.5


def test_a_photograph_that_cannot_be_reduced_is_taken_as_it_is(tmp_path: Path) -> None:
    noise(16, 16).save(tmp_path / "same.png")
    whole = np.array(noise(16, 16))
    pixels = CropDataset(find_photos(tmp_path), [0], 16, cropping="reduced")[0].pixels.permute(1, 2, 0).numpy()
    assert any(np.array_equal(pixels, np.rot90(square, k)) for square in (whole, whole[:, ::-1]) for k in range(4))


def truncate(path: Path) -> None:
    noise(64, 64).save(path, "JPEG")
    path.write_bytes(path.read_bytes()[:-500])


@pytest.mark.parametrize(
    "spoil", [lambda path: path.write_bytes(b""), truncate, lambda path: path.write_text("not a picture")]
)
class TestSpoiltPhotographs:
    def test_they_are_named_and_replaced_without_moving_the_others(
        self, colours: Photos, spoil: Callable[[Path], None]
    ) -> None:
        before = numbers(CropDataset(colours, range(7), 8), range(14))
        spoil(colours.source / "4.png")
        dataset = CropDataset(colours, range(7), 8)
        crops = [dataset[k] for k in range(14)]
        after = [number_of(crop.pixels) for crop in crops]
        assert [k for k in range(14) if after[k] != before[k]] == [k for k in range(14) if before[k] == 4]
        assert 4 not in after
        assert [crop.skipped for crop in crops] == [("4.png",) if number == 4 else () for number in before]

    def test_a_folder_of_nothing_else_is_refused(self, colours: Photos, spoil: Callable[[Path], None]) -> None:
        for number in (2, 6):
            spoil(colours.source / f"{number}.png")
        with pytest.raises(InputError, match="none of the 2 photographs"):
            CropDataset(colours, [2, 6], 8)[0]

    def test_one_cannot_be_cropped_at_its_centre(self, colours: Photos, spoil: Callable[[Path], None]) -> None:
        spoil(colours.source / "4.png")
        with pytest.raises(InputError, match=r"4\.png"):
            centre_crop(colours, 4, 8)


@pytest.mark.filterwarnings("ignore")  # Pillow grumbles about damaged TIFFs before it gives up
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".bmp", ".tif", ".gif", ".ppm", ".jp2", ".avif"])
@given(st.data())
def test_damage_never_ends_a_run(suffix: str, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    if suffix in (".jp2", ".avif") and not features.check({".jp2": "jpg_2000", ".avif": "avif"}[suffix]):
        pytest.skip(f"this Pillow writes no {suffix}")
    folder = tmp_path_factory.mktemp("damaged")
    path = folder / f"a{suffix}"
    noise(24, 16).save(path)
    content = bytearray(path.read_bytes())
    if data.draw(st.booleans(), label="cut off"):
        del content[data.draw(st.integers(0, len(content) - 1), label="length") :]
    else:
        for _ in range(data.draw(st.integers(1, 4), label="bytes")):
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    Image.new("RGB", (8, 8)).save(folder / "healthy.png")
    photos = find_photos(folder)
    dataset = CropDataset(photos, [0, 1], 8)
    for sample in range(2):
        assert dataset[sample].pixels.shape == (3, 8, 8)
    with contextlib.suppress(InputError):
        assert centre_crop(photos, 0, 8).shape == (3, 8, 8)


batches = st.integers(1, 5)


def drawn(order: SampleOrder) -> list[list[int]]:
    """Sample numbers, batch by batch."""
    samples = list(order)
    assert len(samples) == len(order)
    return [samples[first : first + order.batch_size] for first in range(0, len(samples), order.batch_size)]


@given(st.integers(0, 50), st.integers(0, 6), batches, st.integers(1, 4))
def test_processes_share_the_stream_of_one_batch_by_batch(start: int, steps: int, batch: int, processes: int) -> None:
    stop = start + steps * batch * processes
    shares = [drawn(SampleOrder(start, stop, batch, rank, processes)) for rank in range(processes)]
    side_by_side = [[k for share in step for k in share] for step in zip(*shares, strict=True)]
    assert side_by_side == drawn(SampleOrder(start, stop, batch * processes))
    assert [k for step in side_by_side for k in step] == list(range(start, stop))


@given(st.integers(0, 6), st.integers(0, 6), batches, st.integers(1, 4), st.data())
def test_a_stream_that_is_resumed_goes_on_where_it_stopped(
    done: int, left: int, batch: int, processes: int, data: st.DataObject
) -> None:
    rank = data.draw(st.integers(0, processes - 1))
    whole = batch * processes
    everything = drawn(SampleOrder(0, (done + left) * whole, batch, rank, processes))
    assert drawn(SampleOrder(done * whole, (done + left) * whole, batch, rank, processes)) == everything[done:]


@pytest.mark.parametrize("cropping", ["random", "squash", "patch", "reduced"])
def test_a_crop_knows_its_number(colours: Photos, cropping: Cropping) -> None:
    (colours.source / "4.png").write_bytes(b"")  # another photograph in its place, under the same number
    dataset = CropDataset(colours, range(7), 8, cropping=cropping)
    assert [dataset[sample].number for sample in (0, 13, 5, 7, 700)] == [0, 13, 5, 7, 700]


@pytest.fixture(scope="module")
def grey(tmp_path_factory: pytest.TempPathFactory) -> CropDataset:
    """Crops of three photographs."""
    folder = tmp_path_factory.mktemp("grey")
    for number in range(3):
        noise(20 + number, 20).save(folder / f"{number}.png")
    return CropDataset(find_photos(folder), range(3), 8)


@given(st.integers(0, 40), st.integers(1, 3), batches, st.integers(1, 4))
def test_batches_know_their_numbers_however_they_are_shared_out(
    grey: CropDataset, start: int, steps: int, batch: int, processes: int
) -> None:
    stop = start + steps * batch * processes
    shares: list[list[Any]] = [
        list(crop_loader(grey, SampleOrder(start, stop, batch, rank, processes), workers=0))
        for rank in range(processes)
    ]
    alone: list[Any] = list(crop_loader(grey, SampleOrder(start, stop, batch * processes), workers=0))
    for step, whole in zip(zip(*shares, strict=True), alone, strict=True):
        assert sum((part.numbers for part in step), ()) == whole.numbers
        assert torch.equal(torch.cat([part.pixels for part in step]), whole.pixels)
    assert [number for whole in alone for number in whole.numbers] == list(range(start, stop))
    assert all(len(part.numbers) == len(part.pixels) == batch for share in shares for part in share)
    first = shares[-1][-1]
    assert all(
        torch.equal(grey[number].pixels, pixels) for number, pixels in zip(first.numbers, first.pixels, strict=True)
    )


@pytest.mark.parametrize("workers", [0, 1])
def test_a_loader_gives_the_samples_of_its_order_and_the_names_of_those_skipped(colours: Photos, workers: int) -> None:
    (colours.source / "4.png").write_bytes(b"")
    with tarfile.open(colours.source / "all.tar", "w") as tar:
        for name in colours.names:
            tar.add(colours.source / name, name)
    dataset = CropDataset(find_photos(colours.source / "all.tar"), range(7), 8)
    crops = [dataset[k] for k in range(2, 16)]
    loaded: list[Any] = list(crop_loader(dataset, SampleOrder(2, 16, 7), workers=workers))
    assert [batch.pixels.shape for batch in loaded] == [(7, 3, 8, 8)] * 2
    assert [batch.numbers for batch in loaded] == [tuple(range(2, 9)), tuple(range(9, 16))]
    assert torch.equal(torch.cat([batch.pixels for batch in loaded]), torch.stack([crop.pixels for crop in crops]))
    assert [name for batch in loaded for name in batch.skipped] == [name for crop in crops for name in crop.skipped]
    assert any(crop.skipped for crop in (*crops[1:7], *crops[8:]))  # not only by the first of a batch
