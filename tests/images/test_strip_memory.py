"""A picture that is read and written strip by strip is never in memory as a whole."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from painterly.images.limits import no_pillow_limit

SIDE = 8000
WHOLE = SIDE * SIDE * 3 / 2**20
"""Mebibytes: 183."""

READ_AND_WRITE = """
import sys
from pathlib import Path
from painterly.images import open_strips, write_strips

def peak():
    return int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]) / 1024

source, target = map(Path, sys.argv[1:])
reader = open_strips(source)
before = peak()
write_strips(target, reader.width, reader.height, reader.channels, reader.dtype, reader.strips(256))
print(peak() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="this system does not tell the peak of a process")
@pytest.mark.parametrize("orientation", [1, 6])
def test_memory_does_not_grow_with_the_picture(tmp_path: Path, orientation: int) -> None:
    pytest.importorskip("pyvips")
    exif = Image.Exif()
    exif[0x0112] = orientation
    with no_pillow_limit():
        Image.linear_gradient("L").resize((SIDE, SIDE)).convert("RGB").save(tmp_path / "a.jpg", exif=exif)
    command = [sys.executable, "-c", READ_AND_WRITE, str(tmp_path / "a.jpg"), str(tmp_path / "b.tif")]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    assert float(found.stdout) < 0.8 * WHOLE
    with no_pillow_limit(), Image.open(tmp_path / "b.tif") as image:
        assert image.size == (SIDE, SIDE)
