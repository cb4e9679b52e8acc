"""Which style each photograph of a run is painted in."""

from __future__ import annotations

import random
from collections.abc import Sequence

__all__ = ["dealt"]


def dealt(samples: Sequence[int], styles: int, seed: int, last_times: int = 1) -> list[int]:
    """A style for each sample: the styles are shuffled and dealt like a pack of cards, then shuffled again.

    Like the crops, they follow from the seed and the sample's number alone.

    Args:
        samples: Their numbers.
        styles: How many styles there are.
        seed: Of the run.
        last_times: How many times the last style is in the pack.
    """
    found, cards = [], [*range(styles), *[styles - 1] * (last_times - 1)]
    for sample in samples:
        pack, place = divmod(sample, len(cards))
        order = list(cards)
        random.Random(f"{seed}/styles/{pack}").shuffle(order)
        found.append(order[place])
    return found
