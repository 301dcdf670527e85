"""The part of a reward that only a group can earn: how different its structures are from each other.

Every other part looks at one sample. Rewarded by them alone, a policy ends up writing the one structure
of a caption that it is surest of; this part pays for the others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from training.data.shapes.base import SIDE, Voxels
from training.evaluation.likeness import pairwise_iou
from training.rewards.attempt import Written, read_attempt
from training.rewards.parts import Task
from training.rewards.weights import Score


def diversity(grids: Sequence[Voxels]) -> list[float]:
    """0…1 for each grid (20, 20, 20): 1 − its mean intersection over union with the others; 0 without any.

    Both are centred first, as in the evaluation's measure of the same name.
    """
    if len(grids) < 2:
        return [0.0] * len(grids)
    alike = pairwise_iou(np.stack(list(grids)))
    others = (alike.sum(axis=1) - 1.0) / (len(grids) - 1)
    return [float(value) for value in 1.0 - others]


def with_diversity(
    scores: Sequence[Score], written: Sequence[Sequence[Written]], tasks: Sequence[Task], weight: float
) -> list[Score]:
    """The scores with the part ``diversity``: among those structures of one task that stand; 0 for others.

    Args:
        scores: of the samples.
        written: their lines.
        tasks: what each was asked for; samples of the same task are a group.
        weight: of the part.
    """
    groups: dict[Task, list[int]] = defaultdict(list)
    for place, (score, task) in enumerate(zip(scores, tasks, strict=True)):
        if score.stable:
            groups[task].append(place)
    found = [0.0] * len(scores)
    for places in groups.values():
        grids = [read_attempt(written[place], world_dim=SIDE).structure.occupancy for place in places]
        for place, value in zip(places, diversity(grids), strict=True):
            found[place] = value
    return [
        replace(score, total=score.total + weight * value, parts={**score.parts, "diversity": value})
        for score, value in zip(scores, found, strict=True)
    ]
