"""A process that paints: `python -m painterly.server.worker`, started by `painterly.server.pool`."""

from __future__ import annotations

import logging
import sys

from painterly.server.speech import Speech


def main() -> None:
    """Load what paints, say so, and do what is asked until nobody asks any more."""
    speech = Speech()
    asked = iter(speech)
    setup = next(asked)
    logging.basicConfig(format="painterly: %(message)s", level=logging.WARNING, stream=sys.stderr)

    from painterly.errors import PainterlyError

    try:
        import torch

        from painterly.server.painting import Failure, Networks

        networks = Networks(setup["where"])
    except PainterlyError as error:
        speech.say(error=str(error))
        return
    gallery = networks.gallery.gallery
    cuda = networks.gallery.device.type == "cuda"
    speech.say(
        ready=True,
        device=networks.gallery.device.type,
        devices=torch.cuda.device_count() if cuda else 1,
        digest=gallery.digest if gallery is not None else "",
        choice=f"{networks.gallery.choice.backend}, {networks.gallery.choice.precision}",
    )
    for task in asked:
        done = networks.do(task["kind"], task["items"])
        speech.say(results=[vars(one) if isinstance(one, Failure) else {"size": one} for one in done])
        if cuda and any(isinstance(one, Failure) and one.status == 500 for one in done):
            return  # after some errors nothing works on a GPU any more; another process takes over


if __name__ == "__main__":
    main()
