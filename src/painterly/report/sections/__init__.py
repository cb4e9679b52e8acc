"""The parts of a report, a file each: a function `draw(context)` that works a part out."""
