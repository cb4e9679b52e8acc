"""Stands in for `painterly.server.job`, without torch: says how far it is, and does what the style's name says."""

from __future__ import annotations

import os
import time
from pathlib import Path

from PIL import Image

from painterly.server.speech import Speech


def main() -> None:
    speech = Speech()
    setup = next(iter(speech))
    folder = Path(setup["folder"])
    name = setup["settings"]["name"]
    speech.say(step=0, steps=4, message="looking around")
    Image.new("RGB", (8, 8)).save(folder / "preview.jpg")
    speech.say(preview=1, step=1, message="")
    if name.startswith("crash"):
        os._exit(3)
    if name.startswith("wrong"):
        speech.say(error="the painting is all black")
        return
    while name.startswith("long"):
        time.sleep(0.05)
    for step in range(2, 5):
        speech.say(step=step)
    (folder / "result.safetensors").write_bytes(b"style")
    speech.say(done={"result": str(folder / "result.safetensors"), "style": name})


if __name__ == "__main__":
    main()
