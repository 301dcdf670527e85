"""From a prompt to a structure that stands: options, prompts, events, and the paper's Algorithm 1."""

from brickgpt_engine.generation.config import GenerationConfig
from brickgpt_engine.generation.events import (
    BrickPlaced,
    BrickRejected,
    Event,
    Failed,
    Finished,
    GenerationResult,
    RolledBack,
    StabilityChecked,
    Started,
    StartedOver,
)
from brickgpt_engine.generation.generator import BrickGenerator
from brickgpt_engine.generation.variants import pick, score

__all__ = [
    "BrickGenerator",
    "BrickPlaced",
    "BrickRejected",
    "Event",
    "Failed",
    "Finished",
    "GenerationConfig",
    "GenerationResult",
    "RolledBack",
    "StabilityChecked",
    "Started",
    "StartedOver",
    "pick",
    "score",
]
