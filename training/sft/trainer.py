"""TRL's trainer with our evaluation and our log."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import torch
from transformers import TrainerCallback
from trl import SFTConfig, SFTTrainer

from training.optimizers import Together, make_optimizers
from training.precision import autocast_type
from training.sft.config import SFTSettings
from training.sft.sampling import SampleMeasure
from training.trackers import LOG


class BrickTrainer(SFTTrainer):
    """TRL's trainer, whose evaluations also sample structures and judge them.

    Args:
        measure: what samples and judges; None for the loss alone.
        precision: type that samples are computed in.
        optimizer: ``adamw`` as TRL's trainer has it, or ``muon``.
        options: those of TRL's trainer.
    """

    def __init__(
        self,
        *,
        measure: SampleMeasure | None,
        precision: torch.dtype | None,
        optimizer: str,
        **options: Any,
    ) -> None:
        self._measure, self._precision, self._optimizer = measure, precision, optimizer
        super().__init__(**options)

    def create_optimizer(self, model: Any = None) -> Any:
        """As TRL's, or Muon with AdamW."""
        if self._optimizer == "adamw" or self.optimizer is not None:
            return super().create_optimizer(model)
        rate, decay = self.args.learning_rate, self.args.weight_decay
        self.optimizer = Together(make_optimizers(model or self.model, self._optimizer, rate, decay))
        return self.optimizer

    def evaluate(self, *arguments: Any, **options: Any) -> dict[str, float]:
        """Loss, and means over the samples under names such as ``eval_stable``."""
        metrics: dict[str, float] = super().evaluate(*arguments, **options)
        if self._measure is None or self.is_fsdp_enabled or self.is_deepspeed_enabled:
            return metrics
        found = self._measure.measure(self.accelerator.unwrap_model(self.model), self._precision)
        named = {f"eval_{name}": value for name, value in found.items()}
        self.log(named)
        return metrics | named

    def _save(self, output_dir: str | None = None, state_dict: dict[str, Any] | None = None) -> None:
        """As TRL's, but tied weights once: FSDP gathers the output's as though they were others."""
        model = self.accelerator.unwrap_model(self.model)
        if state_dict is not None and model.config.tie_word_embeddings:
            for name in getattr(model, "_tied_weights_keys", None) or ():
                state_dict.pop(name, None)
        super()._save(output_dir, state_dict)


def make_trainer(
    settings: SFTSettings,
    accumulation: int,
    *,
    device: str,
    model: Any,
    tokenizer: Any,
    train_rows: Any,
    eval_rows: Any,
    measure: SampleMeasure | None,
) -> BrickTrainer:
    """A trainer for rows of ``input_ids`` and ``completion_mask``.

    Args:
        settings: of the run.
        accumulation: passes of one update.
        device: where it trains; a model that is to be sharded is not there yet.
        model: what is trained.
        tokenizer: the tokenizer of ``transformers``.
        train_rows: the examples.
        eval_rows: held-out ones, or None.
        measure: what samples and judges; None for the loss alone.
    """
    precision = autocast_type(settings.mixed_precision, device)
    evaluating = eval_rows is not None
    metric = settings.best_metric if measure is not None else "loss"
    arguments = SFTConfig(
        output_dir=settings.out,
        learning_rate=settings.learning_rate,
        lr_scheduler_type=settings.lr_scheduler_type,
        warmup_steps=settings.warmup_steps,
        weight_decay=settings.weight_decay,
        num_train_epochs=settings.num_epochs,
        max_steps=settings.max_steps or -1,
        per_device_train_batch_size=settings.per_device_batch_size,
        per_device_eval_batch_size=settings.per_device_batch_size,
        gradient_accumulation_steps=accumulation,
        max_length=settings.max_length,
        packing=settings.packing,
        completion_only_loss=True,
        bf16=precision is torch.bfloat16,
        fp16=precision is torch.float16,
        use_cpu=device == "cpu",
        gradient_checkpointing=settings.gradient_checkpointing,
        logging_steps=settings.logging_steps,
        save_steps=settings.save_steps,
        save_total_limit=settings.save_total_limit,
        eval_strategy="steps" if evaluating else "no",
        eval_steps=settings.eval_steps or None,
        eval_packing=False,
        load_best_model_at_end=evaluating,
        metric_for_best_model=f"eval_{metric}" if evaluating else None,
        greater_is_better=metric != "loss" if evaluating else None,
        report_to=list(settings.report_to) or "none",
        seed=settings.seed,
        data_seed=settings.seed,
        dataloader_pin_memory=False,
    )
    return BrickTrainer(
        measure=measure,
        precision=precision,
        optimizer=settings.optimizer,
        model=model,
        args=arguments,
        train_dataset=train_rows,
        eval_dataset=eval_rows,
        processing_class=tokenizer,
        peft_config=_adapters(settings),
    )


def _adapters(settings: SFTSettings) -> Any:
    if not settings.lora_rank:
        return None
    from peft import LoraConfig

    return LoraConfig(
        r=settings.lora_rank,
        lora_alpha=settings.lora_alpha,
        lora_dropout=settings.lora_dropout,
        target_modules=list(settings.lora_targets),
        task_type="CAUSAL_LM",
    )


class JsonLines(TrainerCallback):
    """Writes what the trainer logs to ``log.jsonl``, one object a line with ``step``."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / LOG

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        """Append a line."""
        if not state.is_world_process_zero or not logs:
            return
        plain = {
            name: value if not isinstance(value, float) or math.isfinite(value) else None
            for name, value in logs.items()
        }
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"step": state.global_step, **plain}) + "\n")
