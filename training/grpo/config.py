"""Every setting of a GRPO run. Names and defaults are the published trainer's where it has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from brickgpt_engine.bricks import FOOTPRINTS
from brickgpt_engine.errors import ConfigError
from training.actions import NAMES as ACTION_SPACES
from training.options import nearest
from training.rewards import CRITERIA, Weights

_CHOICES: dict[str, tuple[str, ...]] = {
    "action_space": ACTION_SPACES,
    "criterion": CRITERIA,
    "device": ("auto", "cuda", "mps", "cpu"),
    "instruction_format": ("brickgpt", "zero_shot", "few_shot"),
    "loss_type": ("grpo", "dapo"),
    "lr_scheduler_type": ("constant", "linear", "cosine"),
    "mixed_precision": ("auto", "no", "bf16", "fp16"),
    "optimizer": ("adamw", "muon"),
    "wandb_mode": ("online", "offline"),
}
_TRACKERS = ("tensorboard", "wandb")
_LEAST: dict[str, float] = {
    "world_dim": 1, "max_bricks": 1, "max_brick_rejections": 0, "group_size": 2, "num_epochs": 1,
    "batch_size": 1, "gradient_accumulation_steps": 1, "warmup_steps": 0, "save_steps": 1,
    "logging_steps": 1, "num_iterations": 1, "max_steps": 0, "max_prompts": 0, "top_k": 0,
    "max_completion_length": 0, "micro_batch_tokens": 1, "eval_steps": 0, "eval_prompts": 1,
    "save_total_limit": 1, "reward_workers": 0, "max_offset_distance": 1, "length_target": 0,
    "lora_rank": 0, "seed": 0, "learning_rate": 0.0, "beta": 0.0, "clip_ratio": 0.0, "weight_decay": 0.0,
    "max_grad_norm": 0.0,
}  # fmt: skip


@dataclass
class GRPOConfig:
    """Settings of a run; each is a key of the YAML file and a flag.

    Attributes:
        model_name_or_path: model to tune: ``nano``, a folder, or a Hugging Face hub id. Adapters are merged.
        world_dim: cells of a side of the world.
        max_bricks: most bricks of a structure; a text is cut off there.
        max_brick_rejections: how often a brick that cannot be placed is drawn again while a rollout is
            written; 0 takes what the model says (raw sampling).
        group_size: structures written for each caption; their mean reward is the baseline.
        learning_rate: highest learning rate of AdamW.
        beta: weight of the KL penalty to the model that the run began with; 0 keeps no copy of it.
        gamma: discount of credit for each brick between it and where the structure was decided: its first
            line that could not be placed, else its end.
        clip_ratio: how far the probability ratio may move, 1 ± clip_ratio.
        num_epochs: how often each caption's structure is asked for.
        batch_size: captions of one batch, over all processes together.
        gradient_accumulation_steps: batches of one update.
        warmup_steps: updates over which the learning rate rises.
        save_steps: updates between checkpoints.
        logging_steps: updates between lines of the log.
        use_gurobi: judge stability by Gurobi; without it, or without a licence, by HiGHS.
        stability_weight: of the stability score.
        connectivity_weight: of the share of bricks joined to the ground, where stability gives no verdict.
        max_offset_distance: farthest that a brick's corner may be from its pivot's, along each axis.
        num_brick_types: oriented footprints that may be used, smallest first; 14 are all.
        data: data set: a folder, a Parquet file or a hub id, with columns ``captions`` and ``bricks``.
        split: of the data set, to train on.
        out: folder of checkpoints, logs and the tuned model.
        action_space: ``absolute`` or ``pivot``.
        instruction_format: how chat models are asked.
        length_weight, quality_weight: of the published bonuses: bricks placed, and lines gone wrong.
        standing_weight, validity_weight, interlocking_weight, likeness_weight, statements_weight: of the
            other parts, see :mod:`training.rewards.parts`.
        length_target: bricks that earn the whole length bonus; 0 takes as many as the data's structure has.
        criterion: ``paper``, ``equilibrium``, ``both``, or ``connectivity`` for no physics.
        temperature, top_k, top_p: of rollouts.
        use_logit_masking: let rollouts take only tokens that the grammar allows.
        max_completion_length: most tokens of a rollout; 0 takes what ``max_bricks`` lines need.
        num_iterations: updates made with each batch of rollouts.
        loss_type: ``grpo`` averages over each structure's tokens and then over structures, ``dapo`` over all
            tokens alike.
        scale_rewards: divide advantages by the group's standard deviation.
        skip_even_groups: leave groups whose rewards are all the same out of the update.
        lr_scheduler_type: ``constant``, ``linear`` or ``cosine``, after the warm-up.
        optimizer: ``adamw``, or ``muon`` for the matrices with AdamW for the rest.
        weight_decay: of AdamW.
        max_grad_norm: gradients are clipped to this norm; 0 leaves them.
        mixed_precision: ``bf16``, ``fp16`` (CUDA), ``no``, or ``auto``: bf16 on GPUs that have it.
        gradient_checkpointing: compute activations twice instead of keeping them.
        micro_batch_tokens: most positions of one pass forward and back; lower it when memory runs out.
        lora_rank: train adapters of this rank instead of all weights; 0 trains all.
        max_steps: most updates; 0 for no limit but ``num_epochs``.
        max_prompts: most structures of the data set; 0 takes all.
        eval_steps: updates between evaluations on held-out captions; 0 for none.
        eval_prompts: captions of an evaluation.
        eval_split: of the data set, to evaluate on.
        save_total_limit: checkpoints kept.
        reward_workers: processes that score; 0 or 1 scores in this one.
        report_to: ``tensorboard`` and ``wandb``; a log in JSON lines is always written.
        wandb_project: project name for W&B.
        wandb_mode: ``online`` or ``offline``.
        resume: go on from the last whole checkpoint in ``out``.
        device: ``auto``, ``cuda``, ``mps`` or ``cpu``.
        threads: of PyTorch on the CPU; 0 leaves them as they are.
        seed: of everything that is drawn.

    Raises:
        ConfigError: a value that cannot work.
    """

    model_name_or_path: str = "AvaLovelace/BrickGPT"
    world_dim: int = 20
    max_bricks: int = 100
    max_brick_rejections: int = 50
    group_size: int = 8
    learning_rate: float = 1e-5
    beta: float = 0.1
    gamma: float = 0.99
    clip_ratio: float = 0.2
    num_epochs: int = 10
    batch_size: int = 4
    gradient_accumulation_steps: int = 4
    warmup_steps: int = 100
    save_steps: int = 500
    logging_steps: int = 50
    use_gurobi: bool = True
    stability_weight: float = 1.0
    connectivity_weight: float = 0.5
    max_offset_distance: int = 5
    num_brick_types: int = 14
    data: str = "AvaLovelace/StableText2Brick"
    split: str = "train"
    out: str = "runs/grpo"
    action_space: str = "absolute"
    instruction_format: str = "brickgpt"
    length_weight: float = 0.1
    quality_weight: float = 0.5
    standing_weight: float = 0.0
    validity_weight: float = 0.0
    interlocking_weight: float = 0.0
    likeness_weight: float = 0.0
    statements_weight: float = 0.0
    length_target: int = 0
    criterion: str = "paper"
    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    use_logit_masking: bool = False
    max_completion_length: int = 0
    num_iterations: int = 1
    loss_type: str = "grpo"
    scale_rewards: bool = True
    skip_even_groups: bool = False
    lr_scheduler_type: str = "linear"
    optimizer: str = "adamw"
    weight_decay: float = 0.0
    max_grad_norm: float = 1.0
    mixed_precision: str = "auto"
    gradient_checkpointing: bool = False
    micro_batch_tokens: int = 16_384
    lora_rank: int = 0
    max_steps: int = 0
    max_prompts: int = 0
    eval_steps: int = 0
    eval_prompts: int = 64
    eval_split: str = "test"
    save_total_limit: int = 3
    reward_workers: int = 0
    report_to: tuple[str, ...] = ()
    wandb_project: str = "brickgpt-grpo"
    wandb_mode: str = "online"
    resume: bool = True
    device: str = "auto"
    threads: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        for name, choices in _CHOICES.items():
            value = getattr(self, name)
            if value not in choices:
                wanted = ", ".join(choices)
                raise ConfigError(
                    f"{name} is {value!r}; it must be one of {wanted}{nearest(str(value), choices)}"
                )
        for name, least in _LEAST.items():
            _check_number(name, getattr(self, name), least)
        for name in ("gamma", "top_p"):
            if not 0 < getattr(self, name) <= 1:
                raise ConfigError(f"{name} is {getattr(self, name)}; it must be above 0 and at most 1")
        if not self.temperature > 0:
            raise ConfigError(f"temperature is {self.temperature}; it must be above 0")
        if not 1 <= self.num_brick_types <= len(FOOTPRINTS):
            raise ConfigError(
                f"num_brick_types is {self.num_brick_types}; it must be between 1 and {len(FOOTPRINTS)}"
            )
        for tracker in self.report_to:
            if tracker not in _TRACKERS:
                known = ", ".join(_TRACKERS)
                raise ConfigError(f"report_to names {tracker!r}; known: {known}{nearest(tracker, _TRACKERS)}")

    @property
    def weights(self) -> Weights:
        """The weight of each part of the reward."""
        return Weights(
            stability=self.stability_weight,
            connectivity=self.connectivity_weight,
            length=self.length_weight,
            quality=self.quality_weight,
            standing=self.standing_weight,
            validity=self.validity_weight,
            interlocking=self.interlocking_weight,
            likeness=self.likeness_weight,
            statements=self.statements_weight,
        )

    @property
    def step_prompts(self) -> int:
        """Captions of one update, over all processes."""
        return self.batch_size * self.gradient_accumulation_steps


def _check_number(name: str, value: Any, least: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= least:
        raise ConfigError(f"{name} is {value!r}; it must be a number of at least {least:g}")
