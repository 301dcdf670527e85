"""Every setting of a fine-tuning run; the defaults are those that the published weights were made with."""

from __future__ import annotations

from dataclasses import dataclass

from brickgpt_engine.errors import ConfigError
from training.actions import NAMES as ACTION_SPACES
from training.options import nearest

_CHOICES: dict[str, tuple[str, ...]] = {
    "action_space": ACTION_SPACES,
    "device": ("auto", "cuda", "mps", "cpu"),
    "best_metric": ("stable", "valid", "loss"),
    "instruction_format": ("brickgpt", "zero_shot", "few_shot"),
    "lr_scheduler_type": ("constant_with_warmup", "linear", "cosine"),
    "mixed_precision": ("auto", "no", "bf16", "fp16"),
}
_TRACKERS = ("tensorboard", "wandb")
_LEAST: dict[str, float] = {
    "batch_size": 1, "per_device_batch_size": 1, "max_length": 8, "max_sample_length": 8, "lora_rank": 0,
    "lora_alpha": 1, "lora_dropout": 0, "learning_rate": 0, "warmup_steps": 0, "num_epochs": 0,
    "max_steps": 0, "max_structures": 0, "save_steps": 1, "eval_steps": 0, "eval_rows": 1, "eval_prompts": 0,
    "logging_steps": 1, "save_total_limit": 1, "seed": 0, "weight_decay": 0, "max_offset_distance": 1,
    "max_bricks": 1,
}  # fmt: skip


@dataclass
class SFTSettings:
    """Settings of a run; each is a key of the YAML file and a flag.

    Attributes:
        model_name_or_path: model to fine-tune: ``nano``, a folder, or a Hugging Face hub id.
        from_scratch: take only its architecture and tokenizer, with fresh weights.
        data: data set: a folder, a Parquet file or a hub id, with columns ``captions`` and ``bricks``.
        split, eval_split: of the data set, to train and to evaluate on.
        out: folder of checkpoints, logs and the tuned model.
        max_structures: most structures of the data set; 0 takes all. Every caption is an example.
        learning_rate, lr_scheduler_type, warmup_steps, weight_decay: of AdamW.
        num_epochs: passes over the data.
        max_steps: most updates; 0 for no limit but ``num_epochs``.
        batch_size: examples of an update, over all processes.
        per_device_batch_size: examples of one pass on one device.
        max_length: positions of a packed row.
        max_sample_length: examples with more tokens are left out.
        packing: put several examples into a row of ``max_length`` positions.
        lora_rank, lora_alpha, lora_dropout, lora_targets: of the adapters; rank 0 trains all weights.
        mixed_precision: ``bf16``, ``fp16`` (CUDA), ``no``, or ``auto``: bf16 on GPUs that have it.
        gradient_checkpointing: compute activations twice instead of keeping them.
        action_space: ``absolute`` or ``pivot``: how bricks are written.
        max_offset_distance, max_bricks: reach of pivots, and how far back they may lie; larger structures
            are left out in the pivot space, and samples end there in both.
        instruction_format: how chat models are asked.
        logging_steps, save_steps: updates between lines of the log, and between checkpoints.
        eval_steps: updates between evaluations; 0 for none.
        eval_rows: held-out examples whose loss is taken.
        eval_prompts: held-out captions for which structures are sampled and judged, raw.
        temperature: of these samples.
        best_metric: which checkpoint is best: ``stable``, ``valid`` or ``loss``.
        save_total_limit: checkpoints kept, the best one besides.
        resume: go on from the last whole checkpoint in ``out``.
        report_to: ``tensorboard`` and ``wandb``; a log in JSON lines is always written.
        push_to_hub: hub id to upload the tuned model to; empty for none.
        device: ``auto``, ``cuda``, ``mps`` or ``cpu``.
        seed: of everything that is drawn.

    Raises:
        ConfigError: a value that cannot work.
    """

    model_name_or_path: str = "meta-llama/Llama-3.2-1B-Instruct"
    from_scratch: bool = False
    data: str = "AvaLovelace/StableText2Brick"
    split: str = "train"
    eval_split: str = "test"
    out: str = "runs/sft"
    max_structures: int = 0
    learning_rate: float = 2e-3
    lr_scheduler_type: str = "cosine"
    warmup_steps: int = 100
    weight_decay: float = 0.0
    num_epochs: float = 3.0
    max_steps: int = 0
    batch_size: int = 64
    per_device_batch_size: int = 4
    max_length: int = 8192
    max_sample_length: int = 4096
    packing: bool = False
    lora_rank: int = 32
    lora_alpha: int = 16
    lora_dropout: float = 0.05
    lora_targets: tuple[str, ...] = ("q_proj", "v_proj")
    mixed_precision: str = "auto"
    gradient_checkpointing: bool = False
    action_space: str = "absolute"
    max_offset_distance: int = 5
    max_bricks: int = 200
    instruction_format: str = "brickgpt"
    logging_steps: int = 10
    save_steps: int = 500
    eval_steps: int = 500
    eval_rows: int = 512
    eval_prompts: int = 32
    temperature: float = 0.6
    best_metric: str = "stable"
    save_total_limit: int = 3
    resume: bool = True
    report_to: tuple[str, ...] = ()
    push_to_hub: str = ""
    device: str = "auto"
    seed: int = 0

    def __post_init__(self) -> None:
        for name, choices in _CHOICES.items():
            value = getattr(self, name)
            if value not in choices:
                wanted = ", ".join(choices)
                raise ConfigError(f"{name} is {value!r}; it must be one of {wanted}{nearest(value, choices)}")
        for name, least in _LEAST.items():
            if not getattr(self, name) >= least:
                raise ConfigError(f"{name} is {getattr(self, name)}; it must be at least {least:g}")
        for tracker in self.report_to:
            if tracker not in _TRACKERS:
                known = ", ".join(_TRACKERS)
                raise ConfigError(f"report_to names {tracker!r}; known: {known}{nearest(tracker, _TRACKERS)}")
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
