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
