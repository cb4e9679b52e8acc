"""Stands in for `painterly.server.worker`, without torch: does what the names of the files say.

`slow` takes a minute, `crash` ends the process, `once` does so the first time; all else is copied as it is.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from PIL import Image

from painterly.server.speech import Speech


def work(item: dict[str, Any], batch: int) -> dict[str, Any]:
    source, target = Path(item["source"]), Path(item["target"])
    seen = Path(os.environ["FAKE_FOLDER"]) / source.stem
    first = not seen.exists()
    with seen.open("a") as file:
        file.write(f"{batch}\n")
    if source.stem.startswith("slow"):
        time.sleep(60)
    if source.stem.startswith("short"):
        time.sleep(0.3)
    if source.stem.startswith("crash") or (source.stem.startswith("once") and first):
        os._exit(3)
    try:
        with Image.open(source) as image:
            image.convert("RGB").save(target)
            return {"size": image.size}
    except OSError as error:
        return {"error": f"{source.name} is damaged ({error})", "status": 400}


def main() -> None:
    speech = Speech()
    asked = iter(speech)
    next(asked)
    speech.say(ready=True, device=os.environ.get("FAKE_DEVICE", "cpu"), devices=1, digest="", choice="nothing")
    for task in asked:
        speech.say(results=[work(item, len(task["items"])) for item in task["items"]])


if __name__ == "__main__":
    main()
