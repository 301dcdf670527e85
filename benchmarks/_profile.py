"""Where the time of a brick goes, by function, from Python's own profiler."""

from __future__ import annotations

import cProfile
import pstats
import time
from collections.abc import Callable, Iterator, Mapping

from benchmarks._report import Row

Place = tuple[str, str]
"""End of a file's name, and a function in it."""

OURS: dict[str, tuple[Place, ...]] = {
    "model's passes": (("numpy_llama.py", "extend_each"),),
    "drafts": (("drafts.py", "follow"), ("drafts.py", "draft")),
    "what is legal": (("legality.py", "follow"), ("legality.py", "feasible")),
    "probabilities and draws": (("sampling.py", "softmax"), ("sampling.py", "draw")),
}
THEIRS: dict[str, tuple[Place, ...]] = {
    "model's passes": (("modeling_llama.py", "forward"),),
    "copies of the cache": (("copy.py", "deepcopy"),),
    "mask over the vocabulary": (("logits_process.py", "__call__"),),
}


def rows(
    name: str,
    draw: Callable[[str, int], int],
    prompts: tuple[str, ...],
    limit: int,
    parts: Mapping[str, tuple[Place, ...]],
) -> Iterator[Row]:
    """Milliseconds a brick of each part, and of all the rest.

    The profiler makes Python's calls dearer than they are, and the work inside NumPy and PyTorch hardly.
    """
    draw(prompts[0], 2)
    profile = cProfile.Profile(time.process_time)
    profile.enable()
    bricks = sum(draw(prompt, limit) for prompt in prompts)
    profile.disable()
    stats = pstats.Stats(profile)
    total = stats.total_tt
    known = 0.0
    for part, places in parts.items():
        seconds = sum(_seconds(stats, *place) for place in places)
        known += seconds
        yield Row.compare(f"{name}: {part}", 1e3 * seconds / bricks, "ms a brick")
    yield Row.compare(f"{name}: the rest", 1e3 * (total - known) / bricks, "ms a brick")


def _seconds(stats: pstats.Stats, file: str, function: str) -> float:
    """Time inside the outermost calls of ``function``, what it calls included."""
    found = [
        entry[3]
        for (path, _, called), entry in stats.stats.items()  # type: ignore[attr-defined]
        if path.endswith(file) and called == function
    ]
    return max(found, default=0.0)
