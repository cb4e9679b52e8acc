"""Train a small denoiser by how pictures look: a perceptual loss of painterly's in a plain PyTorch loop.

    python examples/denoise.py                      # two minutes on one CPU core, offline
    python examples/denoise.py --photos DIR --steps 5000 --device cuda

Everything but two lines, marked (1) and (2), is what such a loop looks like without painterly.
"""

from __future__ import annotations

import argparse
from importlib.resources import files
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from painterly.losses import PerceptualLoss, pixel_loss

PHOTOGRAPHS = Path(str(files("painterly") / "assets" / "photographs"))
"""Five photographs that come with painterly. Yours will do better: a denoiser wants thousands."""


class Denoiser(nn.Module):
    """Predicts the noise and takes it away (Zhang et al. 2017), in a few layers."""

    def __init__(self, width: int = 32, depth: int = 6) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(3, width, 3, padding=1), nn.ReLU()]
        for _ in range(depth - 2):
            layers += [nn.Conv2d(width, width, 3, padding=1), nn.ReLU()]
        self.layers = nn.Sequential(*layers, nn.Conv2d(width, 3, 3, padding=1))

    def forward(self, noisy: Tensor) -> Tensor:
        clean: Tensor = noisy - self.layers(noisy)
        return clean


class Crops(Dataset[Tensor]):
    """Random squares of photographs, RGB in [0, 1]."""

    def __init__(self, photographs: list[Tensor], count: int, size: int) -> None:
        self.photographs, self.count, self.size = photographs, count, size

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Tensor:
        draw = torch.Generator().manual_seed(index)
        photograph = self.photographs[index % len(self.photographs)]
        height, width = photograph.shape[1:]
        top = int(torch.randint(height - self.size + 1, (), generator=draw))
        left = int(torch.randint(width - self.size + 1, (), generator=draw))
        return photograph[:, top : top + self.size, left : left + self.size]


def read(path: Path) -> Tensor:
    """A photograph as a tensor (3, H, W)."""
    pixels = np.asarray(Image.open(path).convert("RGB"), np.float32) / 255
    return torch.from_numpy(pixels).permute(2, 0, 1)


def psnr(output: Tensor, target: Tensor) -> float:
    """Peak signal-to-noise ratio in decibels."""
    return -10 * (output - target).square().mean().log10().item()


def main() -> None:
    """Train, measure on a photograph that was kept out, and draw it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=Path, default=PHOTOGRAPHS, help="a folder of JPEGs; the last one is kept out")
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--size", type=int, default=64, help="side of the crops in pixels")
    parser.add_argument("--noise", type=float, default=25 / 255, help="standard deviation, of 1")
    parser.add_argument("--weight", type=float, default=0.02, help="of the perceptual loss, beside the pixel loss")
    parser.add_argument("--loss-network", default="vgg19-compact", help="this one ships; vgg16 is downloaded")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("-o", "--output", type=Path, default=Path("denoised.png"))
    options = parser.parse_args()
    torch.manual_seed(0)

    *paths, kept_out = sorted(options.photos.glob("*.jpg"))
    crops = Crops([read(path) for path in paths], 8 * options.steps, options.size)
    denoiser = Denoiser().to(options.device)
    optimizer = torch.optim.Adam(denoiser.parameters(), 1e-3)
    perceptual = PerceptualLoss(options.loss_network).to(options.device)  # (1) frozen; nothing else to set up

    for step, batch in enumerate(DataLoader(crops, batch_size=8), 1):
        clean = batch.to(options.device)
        restored = denoiser(clean + options.noise * torch.randn_like(clean))
        loss = pixel_loss(restored, clean) + options.weight * perceptual(restored, clean)  # (2) pictures in [0, 1]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 50 == 0 or step == options.steps:
            print(f"step {step}: loss {loss.item():.4f}")

    clean = read(kept_out).unsqueeze(0).to(options.device)
    noisy = clean + options.noise * torch.randn_like(clean)
    with torch.no_grad():
        restored = denoiser(noisy)
        print(f"{kept_out.name}, which was not trained on:")
        for name, picture in (("noisy", noisy), ("restored", restored)):
            print(f"{name:>9}: {psnr(picture, clean):.1f} dB, perceptual {perceptual(picture, clean):.3f}")
    strip = torch.cat([noisy, restored, clean], 3)[0].clamp(0, 1).mul(255).round().byte()
    Image.fromarray(strip.permute(1, 2, 0).cpu().numpy()).save(options.output)
    print(f"wrote {options.output}: noisy, restored, original")


if __name__ == "__main__":
    main()
