"""The part of a reward that only a group can earn: how different its structures are from each other.

Every other part looks at one sample. Rewarded by them alone, a policy ends up writing the one structure
of a caption that it is surest of; this part pays for the others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from training.data.shapes.base import SIDE
from training.evaluation.likeness import apart
from training.rewards.attempt import Written, read_attempt
from training.rewards.parts import Task
from training.rewards.weights import Score


def with_diversity(
    scores: Sequence[Score], written: Sequence[Sequence[Written]], tasks: Sequence[Task], weight: float
) -> list[Score]:
    """The scores with the part ``diversity``: 1 - mean overlap with the others of its task that stand.

    0…1, as the evaluation measures it (intersection over union, each centred first). What does not stand,
    or stands alone, earns 0.

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
        if len(places) > 1:
            grids = [read_attempt(written[place], world_dim=SIDE).structure.occupancy for place in places]
            for place, value in zip(places, apart(grids).tolist(), strict=True):
                found[place] = value
    return [
        replace(score, total=score.total + weight * value, parts={**score.parts, "diversity": value})
        for score, value in zip(scores, found, strict=True)
    ]
