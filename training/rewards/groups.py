"""The part of a reward that only a group can earn: how different its structures are from each other.

Every other part looks at one sample. Rewarded by them alone, a policy ends up writing the one structure
of a caption that it is surest of; this part pays for the others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from brickgpt_engine.statements.spans import Voxels
from training.data.shapes.base import SIDE
from training.evaluation.likeness import apart
from training.rewards.parts import Task
from training.rewards.weights import Score


def with_diversity(scores: Sequence[Score], tasks: Sequence[Task], weight: float) -> list[Score]:
    """The scores with the part ``diversity``: 1 - mean overlap with the others of its task that stand.

    0…1, as the evaluation measures it (intersection over union, each centred first). What does not stand,
    or stands alone, earns 0.

    Args:
        scores: of the samples, in worlds of 20³ cells; those that stand with their cells.
        tasks: what each was asked for; samples of the same task are a group.
        weight: of the part.
    """
    groups: dict[Task, list[int]] = defaultdict(list)
    for place, (score, task) in enumerate(zip(scores, tasks, strict=True)):
        if score.stable:
            groups[task].append(place)
    found = [0.0] * len(scores)
    for places in groups.values():
        if len(places) > 1:
            for place, value in zip(places, apart(list(_grids(scores, places))).tolist(), strict=True):
                found[place] = value
    return [
        replace(score, total=score.total + weight * value, parts={**score.parts, "diversity": value})
        for score, value in zip(scores, found, strict=True)
    ]


def _grids(scores: Sequence[Score], places: Sequence[int]) -> Voxels:
    """The cells of the scores at ``places``, shape (n, 20, 20, 20)."""
    packed = np.frombuffer(b"".join(scores[place].cells for place in places), dtype=np.uint8)
    return np.unpackbits(packed).reshape(-1, SIDE, SIDE, SIDE).astype(np.bool_)
