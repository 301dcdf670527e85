"""Every setting of a fine-tuning run; the defaults are those that the published weights were made with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from brickgpt_engine.errors import ConfigError
from training.settings import Choices, RunSettings


@dataclass
class SFTSettings(RunSettings):
    """Settings of a run: those of :class:`~training.settings.RunSettings`, and these.

    A batch is of examples; every caption of a structure is one. Structures of more than ``max_bricks`` are
    left out in the pivot space. Evaluations take a loss and judge raw samples.

    Attributes:
        from_scratch: take only the model's architecture and tokenizer, with fresh weights.
        hidden_size, num_hidden_layers: of fresh weights; 0 as the model has. Heads keep their size, and the
            feed-forward layers their ratio to the width.
        max_structures: most structures of the data set; 0 takes all.
        num_epochs: passes over the data.
        per_device_batch_size: examples of one pass on one device.
        max_length: positions of a packed row.
        max_sample_length: examples with more tokens are left out.
        packing: put several examples into a row of ``max_length`` positions.
        lora_alpha, lora_dropout, lora_targets: of the adapters.
        eval_rows: held-out examples whose loss is taken.
        best_metric: which checkpoint is best, and kept besides the last: ``stable``, ``valid`` or ``loss``.
        push_to_hub: hub id to upload the tuned model to; empty for none.
        wandb_project: project name for W&B; none takes ``WANDB_PROJECT``, else ``brickgpt-sft``.
        wandb_mode: ``online`` or ``offline``; none takes ``WANDB_MODE``, else what W&B itself does.

    Raises:
        ConfigError: a value that cannot work.
    """

    choices: ClassVar[Choices] = RunSettings.choices | {
        "best_metric": ("stable", "valid", "loss"),
        "lr_scheduler_type": ("constant_with_warmup", "linear", "cosine"),
        "wandb_mode": ("online", "offline"),
    }
    least: ClassVar[dict[str, float]] = RunSettings.least | {
        "per_device_batch_size": 1, "max_length": 8, "max_sample_length": 8, "lora_alpha": 1,
        "lora_dropout": 0, "num_epochs": 0, "max_structures": 0, "eval_rows": 1, "eval_prompts": 0,
        "hidden_size": 0, "num_hidden_layers": 0,
    }  # fmt: skip

    model_name_or_path: str = "meta-llama/Llama-3.2-1B-Instruct"
    from_scratch: bool = False
    hidden_size: int = 0
    num_hidden_layers: int = 0
    out: str = "runs/sft"
    max_structures: int = 0
    learning_rate: float = 2e-3
    lr_scheduler_type: str = "cosine"
    num_epochs: float = 3.0
    batch_size: int = 64
    per_device_batch_size: int = 4
    max_length: int = 8192
    max_sample_length: int = 4096
    packing: bool = False
    lora_rank: int = 32
    lora_alpha: int = 16
    lora_dropout: float = 0.05
    lora_targets: tuple[str, ...] = ("q_proj", "v_proj")
    max_bricks: int = 200
    eval_steps: int = 500
    eval_rows: int = 512
    eval_prompts: int = 32
    temperature: float = 0.6
    best_metric: str = "stable"
    push_to_hub: str = ""
    wandb_project: str | None = None
    wandb_mode: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.hidden_size or self.num_hidden_layers) and not self.from_scratch:
            raise ConfigError(
                "hidden_size and num_hidden_layers are for fresh weights; set from_scratch, or leave them out"
            )
        if self.eval_steps and self.save_steps % self.eval_steps:
            raise ConfigError(
                f"save_steps {self.save_steps} is no multiple of eval_steps {self.eval_steps}, so the best "
                "checkpoint would not be there; make it one"
            )
        if self.eval_steps and not self.eval_prompts and self.best_metric != "loss":
            raise ConfigError("eval_prompts is 0, so nothing is sampled; set best_metric to loss")

    def accumulation(self, processes: int) -> int:
        """Passes of one update.

        Raises:
            ConfigError: the batch does not divide.
        """
        one = self.per_device_batch_size * processes
        if self.batch_size % one:
            raise ConfigError(
                f"batch_size {self.batch_size} does not divide into per_device_batch_size "
                f"{self.per_device_batch_size} on {processes} process{'es' if processes > 1 else ''}; "
                f"make it a multiple of {one}"
            )
        return self.batch_size // one
