"""What a batch of scored rollouts says about the policy, as numbers and as a picture."""

from __future__ import annotations

import math
from collections.abc import Sequence

from brickgpt_engine.rendering import contact_sheet, png_bytes, render_isometric
from training.grpo.sampling import Rollout
from training.rewards import Score, Task, read_attempt

_SHOWN = 8


def facts(rollouts: Sequence[Rollout], scores: Sequence[Score]) -> dict[str, list[float]]:
    """Each measure as a list over samples, so that means over processes can be formed."""
    found: dict[str, list[float]] = {
        "reward": [score.total for score in scores],
        "valid": [float(score.valid) for score in scores],
        "stable": [float(score.stable) for score in scores],
        "bricks": [float(score.bricks) for score in scores],
        "ended": [float(rollout.ended) for rollout in rollouts],
        "tokens": [float(len(rollout.tokens)) for rollout in rollouts],
        "rejections": [float(rollout.rejections) for rollout in rollouts],
        "min_stability": [score.min_score for score in scores if math.isfinite(score.min_score)],
    }
    for name in scores[0].parts if scores else ():
        found[f"reward/{name}"] = [score.parts[name] for score in scores if name in score.parts]
    for reason in sorted({reason for score in scores for reason in score.faults}):
        found[f"faults/{reason}"] = [float(score.faults.get(reason, 0)) for score in scores]
    return found


def merged(parts: Sequence[dict[str, list[float]]]) -> dict[str, list[float]]:
    """Measures of several processes as one; a fault that one does not know did not happen there."""
    names = {name for part in parts for name in part}
    found = {}
    for name in sorted(names):
        absent: list[list[float]] = [
            part.get(name, [0.0] * len(part["reward"]) if name.startswith("faults/") else [])
            for part in parts
        ]
        found[name] = [value for values in absent for value in values]
    return found


def means(measures: dict[str, list[float]]) -> dict[str, float]:
    """The mean of each measure that has values."""
    return {name: math.fsum(values) / len(values) for name, values in measures.items() if values}


def sheet(
    tasks: Sequence[Task], rollouts: Sequence[Rollout], scores: Sequence[Score], world_dim: int = 20
) -> bytes:
    """A PNG with a few of the models, each over its caption and what was wrong with it."""
    pictures = []
    for task, rollout, score in list(zip(tasks, rollouts, scores, strict=True))[:_SHOWN]:
        structure = read_attempt(rollout.lines, world_dim=world_dim).structure
        verdict = "stands" if score.stable else (score.reason[:40] or "unjudged")
        pictures.append((render_isometric(structure), f"{task.caption[:50]} ({verdict})"))
    return png_bytes(contact_sheet(pictures, cell=240, font_size=13))
