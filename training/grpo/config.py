"""Every setting of a GRPO run. Names and defaults are the published trainer's where it has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from brickgpt_engine.bricks import FOOTPRINTS
from brickgpt_engine.errors import ConfigError
from training.rewards import CRITERIA, Weights
from training.settings import Choices, RunSettings


@dataclass
class GRPOConfig(RunSettings):
    """Settings of a run: those of :class:`~training.settings.RunSettings`, and these.

    A batch is of captions. Adapters that the model has are merged before training.

    Attributes:
        world_dim: cells of a side of the world.
        max_brick_rejections: how often a brick that cannot be placed is drawn again while a rollout is
            written; 0 takes what the model says (raw sampling).
        group_size: structures written for each caption; their mean reward is the baseline.
        beta: weight of the KL penalty to the model that the run began with; 0 keeps no copy of it.
        gamma: discount of credit for each brick between it and where the structure was decided: its first
            line that could not be placed, else its first brick that fails, else its end.
        clip_ratio: how far the probability ratio may move, 1 ± clip_ratio.
        num_epochs: how often each caption's structure is asked for.
        gradient_accumulation_steps: batches of one update.
        use_gurobi: judge stability by Gurobi; without it, or without a licence, by HiGHS.
        stability_weight: of the stability score.
        connectivity_weight: of the share of bricks joined to the ground, where stability gives no verdict.
        num_brick_types: oriented footprints that may be used, smallest first; 14 are all.
        length_weight, quality_weight: of the published bonuses: bricks placed, and lines gone wrong.
        standing_weight, validity_weight, interlocking_weight, likeness_weight, statements_weight: of the
            other parts, see :mod:`training.rewards.parts`.
        diversity_weight: of how different the structures of a caption that stand are from each other.
        length_target: bricks that earn the whole length bonus; 0 takes as many as the data's structure has.
        criterion: ``paper``, ``equilibrium``, ``both``, or ``connectivity`` for no physics.
        top_k, top_p: of rollouts.
        use_logit_masking: let rollouts take only tokens that the grammar allows.
        max_completion_length: most tokens of a rollout; 0 takes what ``max_bricks`` lines need.
        num_iterations: updates made with each batch of rollouts.
        loss_type: ``grpo`` averages over each structure's tokens and then over structures, ``dapo`` over all
            tokens alike.
        scale_rewards: divide advantages by the group's standard deviation.
        skip_even_groups: leave groups whose rewards are all the same out of the update.
        max_grad_norm: gradients are clipped to this norm; 0 leaves them.
        micro_batch_tokens: most positions of one pass forward and back; lower it when memory runs out.
        focus: share of each update's captions that is drawn by how often structures of their category fall;
            the others come in turn. Needs data with categories.
        max_prompts: most structures of the data set; 0 takes all.
        reward_workers: processes that score; 0 or 1 scores in this one.
        wandb_project: project name for W&B; none takes ``WANDB_PROJECT``, else ``brickgpt-grpo``.
        wandb_mode: ``online`` or ``offline``; none takes ``WANDB_MODE``, else what W&B itself does.
        threads: of PyTorch on the CPU; 0 leaves them as they are.

    Raises:
        ConfigError: a value that cannot work.
    """

    choices: ClassVar[Choices] = RunSettings.choices | {
        "criterion": CRITERIA,
        "loss_type": ("grpo", "dapo"),
        "lr_scheduler_type": ("constant", "linear", "cosine"),
        "wandb_mode": ("online", "offline"),
    }
    least: ClassVar[dict[str, float]] = RunSettings.least | {
        "world_dim": 1, "max_brick_rejections": 0, "group_size": 2, "num_epochs": 1,
        "gradient_accumulation_steps": 1, "num_iterations": 1, "max_prompts": 0, "top_k": 0,
        "max_completion_length": 0, "micro_batch_tokens": 1, "reward_workers": 0, "length_target": 0,
        "beta": 0, "clip_ratio": 0, "max_grad_norm": 0,
    }  # fmt: skip

    model_name_or_path: str = "AvaLovelace/BrickGPT"
    world_dim: int = 20
    max_brick_rejections: int = 50
    group_size: int = 8
    learning_rate: float = 1e-5
    beta: float = 0.1
    gamma: float = 0.99
    clip_ratio: float = 0.2
    num_epochs: int = 10
    gradient_accumulation_steps: int = 4
    logging_steps: int = 50
    use_gurobi: bool = True
    stability_weight: float = 1.0
    connectivity_weight: float = 0.5
    num_brick_types: int = 14
    out: str = "runs/grpo"
    length_weight: float = 0.1
    quality_weight: float = 0.5
    standing_weight: float = 0.0
    validity_weight: float = 0.0
    interlocking_weight: float = 0.0
    likeness_weight: float = 0.0
    statements_weight: float = 0.0
    diversity_weight: float = 0.0
    length_target: int = 0
    criterion: str = "paper"
    top_k: int = 0
    top_p: float = 1.0
    use_logit_masking: bool = False
    max_completion_length: int = 0
    num_iterations: int = 1
    loss_type: str = "grpo"
    scale_rewards: bool = True
    skip_even_groups: bool = False
    max_grad_norm: float = 1.0
    micro_batch_tokens: int = 16_384
    focus: float = 0.0
    max_prompts: int = 0
    reward_workers: int = 0
    wandb_project: str | None = None
    wandb_mode: str | None = None
    threads: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("gamma", "top_p"):
            if not 0 < getattr(self, name) <= 1:
                raise ConfigError(f"{name} is {getattr(self, name)}; it must be above 0 and at most 1")
        if not 0 <= self.focus < 1:
            raise ConfigError(f"focus is {self.focus}; it must be at least 0 and below 1")
        if not 1 <= self.num_brick_types <= len(FOOTPRINTS):
            raise ConfigError(
                f"num_brick_types is {self.num_brick_types}; it must be between 1 and {len(FOOTPRINTS)}"
            )

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
            diversity=self.diversity_weight,
        )

    @property
    def step_prompts(self) -> int:
        """Captions of one update, over all processes."""
        return self.batch_size * self.gradient_accumulation_steps
