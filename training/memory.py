"""Memory that ran out, said in one line with what to change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from brickgpt_engine.errors import ModelError

_WORDS = ("out of memory", "can't allocate memory", "DefaultCPUAllocator", "ALLOC_FAILED")
"""What PyTorch says where memory ran out: on GPUs, on CPUs, and in CUDA's own libraries."""


@contextmanager
def memory_for(work: str, advice: str) -> Iterator[None]:
    """Turn memory that runs out inside the block into one line.

    Args:
        work: what it ran out in.
        advice: what to change.

    Raises:
        ModelError: it ran out.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not isinstance(error, MemoryError) and not any(words in str(error) for words in _WORDS):
            raise
        raise ModelError(f"out of memory in {work}; {advice}") from error


_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3
"""Options of the C library's ``mallopt``."""
_LARGE = 2**31 - 2**20


def keep_freed_memory() -> bool:
    """Keep memory that is freed for what is allocated next, instead of giving it back to the system.

    Training on a CPU frees and allocates the same large arrays at every step. Left alone, glibc asks the
    system for each, which fills its pages with zeros anew: a fifth of the time of fine-tuning on two free
    cores (``benchmarks/training.py``), and two thirds of it where other work had the cores as well. The
    process stays as large as it was at its largest. Answers whether it was done: only glibc can.
    """
    import ctypes

    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # another C library, another system
        return False
    options = ((_MMAP_THRESHOLD, _LARGE), (_TRIM_THRESHOLD, _LARGE), (_TOP_PAD, 64 * 2**20))
    return sum(mallopt(option, value) for option, value in options) == len(options)
