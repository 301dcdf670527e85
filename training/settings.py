"""What every training run is told, whichever way it trains; and the checks of such values."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any, ClassVar

from brickgpt_engine.errors import ConfigError
from training.actions import NAMES as ACTION_SPACES
from training.options import nearest

Choices = dict[str, tuple[str, ...]]
_TRACKERS = ("tensorboard", "wandb")


@dataclass
class RunSettings:
    """Settings that runs have in common; each is a key of the YAML file and a flag.

    Attributes:
        model_name_or_path: model to train: ``nano``, a folder, or a Hugging Face hub id.
        data: data set: a folder, a Parquet file or a hub id, with columns ``captions`` and ``bricks``.
        split, eval_split: of the data set, to train and to evaluate on.
        out: folder of checkpoints, logs and the tuned model.
        learning_rate: the highest.
        lr_scheduler_type: how it goes on after the warm-up.
        warmup_steps: updates over which the learning rate rises.
        optimizer: ``adamw``, or ``muon`` for the matrices with AdamW for the rest.
        weight_decay: of the optimizer.
        max_steps: most updates; 0 for no limit but the passes over the data.
        batch_size: of an update, over all processes together.
        lora_rank: rank of adapters that are trained instead of all weights; 0 trains all.
        mixed_precision: ``bf16``, ``fp16`` (CUDA), ``no``, or ``auto``: bf16 on GPUs and processors that
            calculate in it.
        gradient_checkpointing: compute activations twice instead of keeping them.
        action_space: ``absolute`` or ``pivot``: how bricks are written.
        max_offset_distance: farthest that a brick's corner may be from its pivot's, along each axis.
        max_bricks: most bricks of a structure; a sample is cut off there. Also how far back pivots may lie.
        instruction_format: how chat models are asked.
        temperature: of samples.
        logging_steps, save_steps: updates between lines of the log, and between checkpoints.
        eval_steps: updates between evaluations on held-out captions; 0 for none.
        eval_prompts: captions of an evaluation.
        save_total_limit: checkpoints kept.
        resume: go on from the last whole checkpoint in ``out``.
        report_to: ``tensorboard`` and ``wandb``; a log in JSON lines is always written.
        device: ``auto``, ``cuda``, ``mps`` or ``cpu``.
        seed: of everything that is drawn.

    Raises:
        ConfigError: a value that cannot work.
    """

    choices: ClassVar[Choices] = {
        "action_space": ACTION_SPACES,
        "device": ("auto", "cuda", "mps", "cpu"),
        "instruction_format": ("brickgpt", "zero_shot", "few_shot"),
        "mixed_precision": ("auto", "no", "bf16", "fp16"),
        "optimizer": ("adamw", "muon"),
    }
    """The settings that are chosen from a few."""
    least: ClassVar[dict[str, float]] = {
        "batch_size": 1, "learning_rate": 0, "warmup_steps": 0, "weight_decay": 0, "max_steps": 0,
        "lora_rank": 0, "max_offset_distance": 1, "max_bricks": 1, "logging_steps": 1, "save_steps": 1,
        "eval_steps": 0, "eval_prompts": 1, "save_total_limit": 1, "seed": 0,
    }  # fmt: skip
    """The least that a number may be."""

    model_name_or_path: str = "nano"
    data: str = "AvaLovelace/StableText2Brick"
    split: str = "train"
    eval_split: str = "test"
    out: str = "runs/training"
    learning_rate: float = 1e-4
    lr_scheduler_type: str = "linear"
    warmup_steps: int = 100
    optimizer: str = "adamw"
    weight_decay: float = 0.0
    max_steps: int = 0
    batch_size: int = 4
    lora_rank: int = 0
    mixed_precision: str = "auto"
    gradient_checkpointing: bool = False
    action_space: str = "absolute"
    max_offset_distance: int = 5
    max_bricks: int = 100
    instruction_format: str = "brickgpt"
    temperature: float = 1.0
    logging_steps: int = 10
    save_steps: int = 500
    eval_steps: int = 0
    eval_prompts: int = 64
    save_total_limit: int = 3
    resume: bool = True
    report_to: tuple[str, ...] = ()
    device: str = "auto"
    seed: int = 0

    def __post_init__(self) -> None:
        for name, choices in self.choices.items():
            if getattr(self, name) != getattr(type(self), name):  # a default may be None, for unset
                _check_choice(name, getattr(self, name), choices)
        for name, least in self.least.items():
            _check_number(name, getattr(self, name), least)
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, float) and not math.isfinite(value):
                raise ConfigError(f"{item.name} is {value}; it must be a number")
        if not self.temperature > 0:
            raise ConfigError(f"temperature is {self.temperature}; it must be above 0")
        for tracker in self.report_to:
            if tracker not in _TRACKERS:
                known = ", ".join(_TRACKERS)
                raise ConfigError(f"report_to names {tracker!r}; known: {known}{nearest(tracker, _TRACKERS)}")


def _check_choice(name: str, value: Any, choices: tuple[str, ...]) -> None:
    if value not in choices:
        wanted = ", ".join(choices)
        raise ConfigError(f"{name} is {value!r}; it must be one of {wanted}{nearest(str(value), choices)}")


def _check_number(name: str, value: Any, least: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= least:
        raise ConfigError(f"{name} is {value!r}; it must be a number of at least {least:g}")
