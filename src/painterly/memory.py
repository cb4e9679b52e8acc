"""What the machine's memory allows, and an allocator that does not give back what is needed again at once."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys

from painterly.errors import InputError

__all__ = [
    "available_memory",
    "check_memory",
    "keep_freed_memory",
    "out_of_memory",
    "resident_memory",
    "return_freed_memory",
]

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_MAX = -1, -2, -4  # glibc's malloc.h


def keep_freed_memory() -> bool:
    """Tell glibc to reuse large blocks instead of returning them to the system after every layer.

    Otherwise every activation is mapped, zeroed page by page and unmapped again, which takes up to half of the time of
    a large picture on a CPU. Does nothing, and returns False, where the C library is another one.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    settings = ((_M_MMAP_MAX, 0), (_M_TRIM_THRESHOLD, 2**31 - 1), (_M_TOP_PAD, 64 << 20))
    return [mallopt(name, value) for name, value in settings] == [1, 1, 1]


def return_freed_memory() -> None:
    """Give back what `keep_freed_memory` kept, once. Does nothing where the C library is not glibc."""
    if sys.platform.startswith("linux"):
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)


def available_memory() -> int | None:
    """Bytes that can be had without swapping, or None where the system does not say."""
    try:
        with open("/proc/meminfo") as file:
            for line in file:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return None


def resident_memory() -> int | None:
    """Bytes that this process holds now, or None where the system does not say."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError):
        return None


def out_of_memory(error: BaseException) -> bool:
    """Whether this is how Python or torch say that memory has given out."""
    text = str(error)
    return isinstance(error, MemoryError) or "out of memory" in text or "can't allocate memory" in text


def check_memory(width: int, height: int, need: int, remedy: str) -> None:
    """Refuse what would not fit.

    Args:
        width: Of the picture that was given.
        height: Likewise.
        need: Bytes.
        remedy: What to do, with `{}` for the longest side that would fit.

    Raises:
        InputError: Less memory is free.
    """
    free = available_memory()
    if free is None or need <= free:
        return
    longest = int(max(height, width) * (free / need) ** 0.5) // 10 * 10
    raise InputError(
        f"a picture of {width}x{height} pixels needs about {need / 1e9:.1f} GB of memory, "
        f"{free / 1e9:.1f} GB are free; {remedy.format(longest)}"
    )
