"""Rewards of written structures: pure parts, their weights, the physics behind them, scoring in parallel.

A *part* (:mod:`.parts`) measures one thing about one sample. :class:`Weights` adds the parts up. A
:class:`Judge` does both for a sample, and a :class:`Scorer` for many. A bad sample is data: it gets a
reward and a reason, never an exception.
"""

from training.rewards.attempt import Attempt, Fault, absolute_lines, read_attempt
from training.rewards.parts import PARTS, Case, Task
from training.rewards.physics import CRITERIA, Physics, StabilityConfig, choose_physics
from training.rewards.scoring import Judge, Sample, Scorer
from training.rewards.weights import Score, Weights, parts_of, score, total

__all__ = [
    "CRITERIA",
    "PARTS",
    "Attempt",
    "Case",
    "Fault",
    "Judge",
    "Physics",
    "Sample",
    "Score",
    "Scorer",
    "StabilityConfig",
    "Task",
    "Weights",
    "absolute_lines",
    "choose_physics",
    "parts_of",
    "read_attempt",
    "score",
    "total",
]
