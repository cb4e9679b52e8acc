"""Run your own network on a picture of any size: exactly, by tiles, in flat memory.

    python examples/tile_your_network.py                  # the same picture whole and by tiles, and their memory
    python examples/tile_your_network.py --size 4096

The network below knows nothing of painterly: strided convolutions, group and instance normalisation (which look at the
whole picture), a skip connection, up-sampling. Cut into tiles naively, it would show seams. `apply_tiled` follows its
`forward`, works out what each tile needs, and normalises by the statistics of the whole.
"""

from __future__ import annotations

import argparse
import multiprocessing
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from painterly.tiling import apply_tiled


class YourNetwork(nn.Module):
    """Any `forward` will do that is made of what `painterly.tiling.trace_network` lists."""

    def __init__(self, width: int = 24) -> None:
        super().__init__()
        self.enter = nn.Sequential(nn.ReflectionPad2d(3), nn.Conv2d(3, width, 7), nn.InstanceNorm2d(width), nn.SiLU())
        self.down = nn.Conv2d(width, 2 * width, 3, stride=2, padding=1)
        self.block = nn.Sequential(
            nn.GroupNorm(4, 2 * width), nn.GELU(), nn.Conv2d(2 * width, 2 * width, 3, padding=2, dilation=2)
        )
        self.leave = nn.Conv2d(3 * width, 3, 3, padding=1, padding_mode="reflect")

    def forward(self, x: Tensor) -> Tensor:
        high = self.enter(x)
        low = self.down(high)
        low = low + self.block(low)
        return torch.sigmoid(self.leave(torch.cat([F.interpolate(low, scale_factor=2), high], dim=1)))


def peak_of(how: str, size: int, tile: int, answer: multiprocessing.connection.Connection) -> None:
    """Run the network in a process of its own; sends the result, megabytes and seconds."""
    torch.manual_seed(0)
    network, picture = YourNetwork().eval(), torch.rand(1, 3, size, size)
    apply_tiled(network, picture[..., :64, :64], tile=32)  # libraries are loaded now
    before, start = high_water(), time.perf_counter()
    with torch.inference_mode():
        result = network(picture) if how == "whole" else apply_tiled(network, picture, tile=tile, memory="1GB")
    answer.send((result.numpy(), (high_water() - before) / 1e6, time.perf_counter() - start))


def high_water() -> int:
    """Bytes that this process has held at most."""
    status = Path("/proc/self/status")
    if status.exists():  # on Linux, what getrusage says includes the parent's
        return int(status.read_text().split("VmHWM:")[1].split()[0]) * 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # bytes on macOS


def main() -> None:
    """Whole and tiled, one after the other, each in a fresh process, and how far they differ."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=2048, help="sides of the largest picture in pixels; even")
    parser.add_argument("--tile", type=int, default=256, help="sides of the tiles in pixels")
    options = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    for size in (options.size // 4 * 2, options.size):
        found = {}
        for how in ("whole", "tiled"):
            ours, theirs = context.Pipe()
            process = context.Process(target=peak_of, args=(how, size, options.tile, theirs))
            process.start()
            found[how], megabytes, seconds = ours.recv()
            process.join()
            print(f"{size} x {size}, {how}: {megabytes:.0f} MB, {seconds:.1f} s")
        difference = abs(torch.from_numpy(found["whole"]) - torch.from_numpy(found["tiled"])).max().item()
        print(f"largest difference: {difference:.1e}, of results from 0 to 1")


if __name__ == "__main__":
    main()
