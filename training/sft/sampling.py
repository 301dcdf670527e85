"""What a model writes while it is being trained: validity and stability of raw samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from training.actions import ActionSpace
from training.grpo.decoder import decoder_for
from training.grpo.report import facts, means
from training.grpo.sampling import Rollout, Sampler, SamplingConfig
from training.policies import Policy
from training.rewards import Judge, Physics, Sample, Scorer, Task, Weights
from training.sft.config import SFTSettings

_BATCH = 32
_JUDGE = Judge(Weights(statements=1.0), Physics(solver="highs"))


class SampleMeasure:
    """Samples structures for held-out captions and judges them.

    Args:
        policy: how captions are put to the model.
        space: how its lines are read.
        tasks: the captions.
        settings: of the run.
    """

    def __init__(
        self, policy: Policy, space: ActionSpace, tasks: Sequence[Task], settings: SFTSettings
    ) -> None:
        config = SamplingConfig(
            temperature=settings.temperature,
            max_bricks=settings.max_bricks,
            max_tokens=settings.max_bricks * space.line_tokens() + 1,
        )
        self._policy, self._tasks, self._seed = policy, tasks, settings.seed
        self._sampler = Sampler(policy.tokenizer, space, config)

    def measure(self, model: Any, autocast: torch.dtype | None = None) -> dict[str, float]:
        """Means over the captions: ``valid``, ``stable``, ``bricks``, ``tokens``, ``statements``."""
        was_training = model.training
        model.eval()
        rollouts: list[Rollout] = []
        for start in range(0, len(self._tasks), _BATCH):
            part = self._tasks[start : start + _BATCH]
            prompts = [self._policy.prompt(task.caption) for task in part]
            seeds = [[(self._seed, start + place)] for place in range(len(part))]
            groups = self._sampler.sample(
                lambda columns: decoder_for(model, columns, autocast), prompts, seeds
            )
            rollouts += [group[0] for group in groups]
        model.train(was_training)
        samples = [
            Sample(rollout.lines, rollout.ended, task)
            for rollout, task in zip(rollouts, self._tasks, strict=True)
        ]
        found = means(facts(rollouts, Scorer(_JUDGE).score(samples)))
        wanted = ("valid", "stable", "ended", "bricks", "tokens", "min_stability")
        return {name: found[name] for name in wanted if name in found} | {
            "statements": found.get("reward/statements", 0.0)
        }
