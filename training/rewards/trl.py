"""Our rewards as TRL takes them, for its own GRPO trainer: with vLLM, the way for large models.

A data set for it has the columns ``prompt`` and, where they are known, ``caption``, ``category_id`` and
``bricks``; TRL hands every column on to the reward function.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from training.rewards.attempt import Written, absolute_lines
from training.rewards.parts import Task
from training.rewards.scoring import Judge, Sample, Scorer

Read = Callable[[str], Sequence[Written]]


def reward_function(
    judge: Judge, workers: int = 0, read: Read = absolute_lines
) -> Callable[..., list[float]]:
    """A function with TRL's signature: completions and columns go in, rewards come out.

    Args:
        judge: how structures are scored.
        workers: processes that score.
        read: reads a text into lines; that of an action space for another than the absolute one.
    """
    scorer = Scorer(judge, workers)

    def bricks_reward(completions: Sequence[Any], **columns: Any) -> list[float]:
        tasks = _tasks(len(completions), columns)
        samples = [
            Sample(tuple(read(_text(completion))), True, task)
            for completion, task in zip(completions, tasks, strict=True)
        ]
        return [score.total for score in scorer.score(samples)]

    return bricks_reward


def _text(completion: Any) -> str:
    """The text of a completion, which for chat data is a list of messages."""
    if isinstance(completion, str):
        return completion
    return str(completion[-1]["content"])


def _tasks(count: int, columns: dict[str, Any]) -> list[Task]:
    blank = [""] * count
    named = (columns.get(name) or blank for name in ("caption", "category_id", "bricks"))
    return [Task(*values) for values in zip(*named, strict=True)]
