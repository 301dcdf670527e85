"""The model card of a fine-tuned model: what it is made from, how, and what its samples were like."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from training.options import dumped
from training.sft.config import SFTSettings

_SHOWN = ("model_name_or_path", "data", "action_space", "lora_rank", "lora_alpha", "learning_rate",
          "lr_scheduler_type", "num_epochs", "batch_size", "packing", "mixed_precision", "seed")  # fmt: skip


def card(settings: SFTSettings, history: Sequence[dict[str, Any]], best: str | None) -> str:
    """Markdown with the header that the hub reads.

    Args:
        settings: of the run.
        history: what the trainer logged, in order.
        best: name of the checkpoint that the weights are from; None for the last state.
    """
    values = dumped(settings)
    base = settings.model_name_or_path
    lines = ["---", "library_name: transformers", "pipeline_tag: text-generation", "tags: [brickgpt, bricks]"]
    if "/" in base and not base.startswith((".", "/")):
        lines += [f"base_model: {base}"]
    lines += ["---", "", "# Brick structures from text", ""]
    begin = "Trained from scratch with the architecture of" if settings.from_scratch else "Fine-tuned from"
    kind = f"LoRA adapters of rank {settings.lora_rank}" if settings.lora_rank else "all weights"
    lines += [f"{begin} `{base}` ({kind}) on `{settings.data}`. It writes one brick a line.", ""]
    lines += ["| setting | value |", "|---|---|", *(f"| {name} | {values[name]} |" for name in _SHOWN), ""]
    lines += _results(history, best)
    lines += ["", 'Use it: `brickgpt generate "a small table" --model FOLDER`.', ""]
    return "\n".join(lines)


def _results(history: Sequence[dict[str, Any]], best: str | None) -> list[str]:
    """A table of the evaluations during training."""
    names = ("eval_loss", "eval_valid", "eval_stable", "eval_statements", "eval_bricks")
    steps: dict[int, dict[str, float]] = {}
    for entry in history:
        found = {name: entry[name] for name in names if name in entry}
        if found:
            steps.setdefault(int(entry["step"]), {}).update(found)
    if not steps:
        return ["It was not evaluated during training."]
    head = " | ".join(name.removeprefix("eval_") for name in names)
    lines = ["Raw samples (no masks, no rejection) of held-out captions during training:", ""]
    lines += [f"| update | {head} |", "|---|" + "---|" * len(names)]
    for step, found in sorted(steps.items()):
        cells = " | ".join(f"{found[name]:.3f}" if name in found else "" for name in names)
        lines.append(f"| {step} | {cells} |")
    return [*lines, "", f"The weights are those of {best}." if best else "The weights are those of the end."]
