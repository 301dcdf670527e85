"""What a fall costs: rollbacks and processor time a model, ours beside the published rule.

    python benchmarks/rollback.py [--quick] [--json] [--model FOLDER]

Prompts are for families whose models fall most often, so the numbers are far above those of everyday prompts.
Both rules see the same prompts and seeds, up to 100 rollbacks a model; where nothing falls they draw the same
bricks. The rows go by when it is looked at whether the model stands (`--check`).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks._report import Row, options, publish

if TYPE_CHECKING:
    from brickgpt_engine.generation import BrickGenerator

PROMPTS = (
    "a grand piano with three legs",
    "an airplane with two swept wings and jet engines",
    "a sailing boat with one mast and two sails",
    "a cargo ship with a chimney and a pointed hull",
    "an acoustic guitar with a slim neck",
    "a round basket with an open top",
    "a mug with one handle",
    "a sectional sofa with two armrests",
    "an elephant with a trunk and four straight legs",
    "a camera with a lens in the middle",
)
CHECKS = ("end", "every-layer", "every-brick")


@dataclass(frozen=True, slots=True)
class Cost:
    """Of several runs: mean and most rollbacks, mean processor time in seconds, and how many models stand."""

    mean: float
    most: int
    seconds: float
    stand: float


def cost(generator: BrickGenerator, check: str, rollback: str, seeds: int) -> Cost:
    """All prompts with ``seeds`` seeds each."""
    from brickgpt_engine.generation import GenerationConfig

    rollbacks, stand = list[int](), 0
    began = time.process_time()
    for prompt in PROMPTS:
        for seed in range(seeds):
            result = generator.run(
                prompt, GenerationConfig(seed=seed, check=check, rollback=rollback, max_attempts=1)
            )
            rollbacks.append(result.regenerations)
            stand += result.stable
    count = len(rollbacks)
    elapsed = time.process_time() - began
    return Cost(sum(rollbacks) / count, max(rollbacks), elapsed / count, stand / count)


def rows(model: str, seeds: int) -> Iterator[Row]:
    """Each check's rollbacks, the most of one model, its time, and how many models stand."""
    from brickgpt_engine.decoding import load_model
    from brickgpt_engine.generation import BrickGenerator

    generator = BrickGenerator(load_model(model))
    rival = "rollback as published"
    for check in CHECKS:
        ours, published = (cost(generator, check, rule, seeds) for rule in ("escalating", "published"))
        name = f"check {check}"
        yield Row.compare(f"{name}, rollbacks", ours.mean, "a model", published.mean, rival_name=rival)
        yield Row.compare(
            f"{name}, most rollbacks", ours.most, "of one model", published.most, rival_name=rival
        )
        yield Row.compare(
            f"{name}, processor time", ours.seconds, "s a model", published.seconds, rival_name=rival
        )
        yield Row.compare(
            f"{name}, models that stand",
            ours.stand,
            f"share of {seeds * len(PROMPTS)}",
            published.stand,
            goal=">= 0.998",
            rival_name=rival,
            more_is_better=True,
        )


def main() -> None:
    """Measure and print."""
    wanted = options(
        __doc__,
        "one seed a prompt",
        model={"default": "nano", "help": "a model folder (default: the embedded model)"},
    )
    publish(rows(wanted.model, 1 if wanted.quick else 10), wanted)


if __name__ == "__main__":
    main()
