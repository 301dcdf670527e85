"""The optimizer and its schedule."""

from __future__ import annotations

import math
from typing import Any

import torch

from training.grpo.config import GRPOConfig
from training.optimizers import make_optimizers


class Optimizers:
    """One or two optimizers that step together, with one schedule.

    Which, :func:`training.optimizers.make_optimizers` says.

    Args:
        model: the policy.
        config: of the run.
        steps: updates that the schedule is for.
    """

    def __init__(self, model: Any, config: GRPOConfig, steps: int) -> None:
        self.each = make_optimizers(model, config.optimizer, config.learning_rate, config.weight_decay)

        def factor(step: int) -> float:
            return rate_factor(step, steps, config.warmup_steps, config.lr_scheduler_type)

        self.schedules = [torch.optim.lr_scheduler.LambdaLR(each, factor) for each in self.each]

    @property
    def rate(self) -> float:
        """The learning rate of the next update."""
        return float(self.schedules[-1].get_last_lr()[0])

    def step(self, scaler: Any) -> None:
        """Update the weights, forget the gradients, and go on in the schedule."""
        for each in self.each:
            scaler.step(each)
        scaler.update()
        for each, schedule in zip(self.each, self.schedules, strict=True):
            each.zero_grad(set_to_none=True)
            schedule.step()

    def state(self) -> dict[str, Any]:
        """All that a checkpoint needs."""
        return {
            "optimizers": [each.state_dict() for each in self.each],
            "schedulers": [each.state_dict() for each in self.schedules],
        }

    def load(self, state: dict[str, Any]) -> None:
        """Go on from what :meth:`state` gave."""
        for each, saved in zip(self.each, state["optimizers"], strict=True):
            each.load_state_dict(saved)
        for schedule, saved in zip(self.schedules, state["schedulers"], strict=True):
            schedule.load_state_dict(saved)


def rate_factor(step: int, steps: int, warmup: int, kind: str) -> float:
    """Factor on the learning rate of update ``step`` (from 0) of ``steps``.

    It rises linearly over ``warmup`` updates, then stays, or falls to zero linearly or along a cosine.
    """
    if step < warmup:
        return (step + 1) / warmup
    if kind == "constant":
        return 1.0
    progress = min((step - warmup) / max(steps - warmup, 1), 1.0)
    return 1 - progress if kind == "linear" else 0.5 * (1 + math.cos(math.pi * progress))
