"""A fine-tuning run from settings to a model folder with a card."""

from __future__ import annotations

import json
import logging
import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch

from brickgpt_engine.decoding.torch_llama import pick_device
from brickgpt_engine.errors import ConfigError, OutputError
from brickgpt_engine.formats.atomic import write_text
from training.actions import AbsoluteSpace, ActionSpace, PivotSpace, mark
from training.environment import environment
from training.grpo.tasks import read_entries
from training.memory import keep_freed_memory, memory_for
from training.options import dumped
from training.policies import Policy, load_policy
from training.sft.card import card
from training.sft.config import SFTSettings
from training.sft.examples import encoded, set_pad
from training.sft.sampling import SampleMeasure
from training.sft.saved import newest_whole, sharding
from training.sft.sizes import sized
from training.sft.trainer import JsonLines, make_trainer
from training.trackers import SFT_PROJECT, wandb_environment

_LOG = logging.getLogger(__name__)


def train(settings: SFTSettings) -> Path:
    """Fine-tune as ``settings`` say; answers the folder of the tuned model.

    Raises:
        BrickGPTError: settings, data or model that cannot be used, or memory that ran out; the message says
            what to change.
    """
    accumulation = settings.accumulation(int(os.environ.get("WORLD_SIZE", "1")))
    _check_trackers(settings)
    with environment(_tracked_to(Path(settings.out), settings)):
        return _train(settings, accumulation)


def _train(settings: SFTSettings, accumulation: int) -> Path:
    device, sharded = pick_device(settings.device), sharding()
    _check_launch(settings, device, sharded)
    out = Path(settings.out)
    _check_folder(out, settings)
    if device == "cpu":
        keep_freed_memory()
    if device == "cuda":
        # Each process its own GPU: without this all would load the model onto the first.
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    policy = _load(settings, "cpu" if sharded else device)
    space = _space(policy, settings)
    tokenizer = _library_tokenizer(policy)
    set_pad(tokenizer, policy.model)
    trainer = make_trainer(
        settings,
        accumulation,
        device=device,
        model=policy.model,
        tokenizer=tokenizer,
        train_rows=_rows(policy, space, settings, settings.split, settings.max_structures),
        eval_rows=_held_out(policy, space, settings),
        measure=_measure(policy, space, settings),
    )
    trainer.add_callback(JsonLines(out))
    write_text(out / "settings.json", json.dumps(dumped(settings), indent=2) + "\n")
    _fit(trainer, settings, out)
    return _finish(trainer, policy, tokenizer, settings, space)


def _check_launch(settings: SFTSettings, device: str, sharded: str) -> None:
    """Refuse a measure of the best checkpoint that a sharded model is not sampled for, and shards on CPUs."""
    if sharded and device == "cpu":
        raise ConfigError(
            f"{sharded} shards a model over GPUs, and this run is on CPUs; launch it without --config_file"
        )
    if sharded and settings.optimizer == "muon":
        raise ConfigError(
            f"optimizer is muon, which needs whole matrices, and {sharded} cuts them; set adamw"
        )
    if sharded and settings.eval_steps and settings.best_metric != "loss":
        raise ConfigError(
            f"best_metric is {settings.best_metric}, and under {sharded} nothing is sampled; set it to loss"
        )


def _check_folder(out: Path, settings: SFTSettings) -> None:
    """Make the folder, and refuse to go on with a run of another model, data set or action space there."""
    note = out / "settings.json"
    mine = dumped(settings)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make the folder {out}: {error.strerror}; choose another out") from error
    if note.exists() and settings.resume:
        there = json.loads(note.read_text(encoding="utf-8"))
        for name in (
            "model_name_or_path",
            "from_scratch",
            "hidden_size",
            "num_hidden_layers",
            "optimizer",
            "data",
            "split",
            "action_space",
            "lora_rank",
            "seed",
        ):
            held = there.get(name, getattr(SFTSettings, name))
            if held != mine[name]:
                raise ConfigError(
                    f"{out} holds a run with {name} {held}, not {mine[name]}; give the same "
                    "settings, another out, or resume: false"
                )


def _check_trackers(settings: SFTSettings) -> None:
    """Refuse a tracker whose package is missing."""
    for name in settings.report_to:
        if find_spec(name) is None:
            raise ConfigError(f"report_to {name} needs a package; pip install {name}, or leave it out")


def _tracked_to(out: Path, settings: SFTSettings) -> dict[str, str]:
    """Where the library's trackers shall write, as variables of the environment, from which they read it."""
    told = wandb_environment(out, settings.wandb_project, settings.wandb_mode, SFT_PROJECT)
    return told | {"TENSORBOARD_LOGGING_DIR": str(out / "tensorboard")}


def _load(settings: SFTSettings, device: str) -> Policy:
    policy = load_policy(settings.model_name_or_path, device=device, style=settings.instruction_format)
    if settings.from_scratch:
        torch.manual_seed(settings.seed)
        policy.model = type(policy.model)(sized(policy.model.config, settings)).to(policy.device)
    policy.model.config.use_cache = False
    return policy


def _space(policy: Policy, settings: SFTSettings) -> ActionSpace:
    if settings.action_space == "pivot":
        return PivotSpace(
            policy.tokenizer, max_offset=settings.max_offset_distance, max_bricks=settings.max_bricks
        )
    return AbsoluteSpace(policy.tokenizer)


def _library_tokenizer(policy: Policy) -> Any:
    """The tokenizer as ``transformers`` has it, which is what gets saved."""
    from transformers import AutoTokenizer, PreTrainedTokenizerFast

    if (Path(policy.source) / "tokenizer_config.json").is_file() or not Path(policy.source).is_dir():
        return AutoTokenizer.from_pretrained(policy.source)
    name = policy.tokenizer.token(policy.tokenizer.eos_id)
    return PreTrainedTokenizerFast(tokenizer_object=policy.tokenizer.backend, eos_token=name)


def _rows(policy: Policy, space: ActionSpace, settings: SFTSettings, split: str, limit: int) -> Any:
    from datasets import Dataset, disable_progress_bars

    disable_progress_bars()
    entries = read_entries(settings.data, split, limit)
    if settings.action_space == "pivot":
        entries = [entry for entry in entries if entry.bricks.count("\n") <= settings.max_bricks]
    return Dataset.from_list(encoded(policy, space, entries, settings.max_sample_length))


def _held_out(policy: Policy, space: ActionSpace, settings: SFTSettings) -> Any:
    if not settings.eval_steps:
        return None
    rows = _rows(policy, space, settings, settings.eval_split, settings.eval_rows)
    return rows.select(range(min(settings.eval_rows, len(rows))))


def _measure(policy: Policy, space: ActionSpace, settings: SFTSettings) -> SampleMeasure | None:
    if not settings.eval_steps or not settings.eval_prompts:
        return None
    entries = read_entries(settings.data, settings.eval_split, settings.eval_prompts)
    return SampleMeasure(policy, space, [entry.task(0) for entry in entries], settings)


def _fit(trainer: Any, settings: SFTSettings, out: Path) -> None:
    start = newest_whole(out, _LOG.info) if settings.resume else None
    advice = (
        f"lower per_device_batch_size ({settings.per_device_batch_size}; batch_size may stay), set "
        "gradient_checkpointing, lower max_length, or train adapters with lora_rank. The last checkpoint is "
        "whole"
    )
    try:
        with memory_for("training", advice):
            trainer.train(resume_from_checkpoint=str(start) if start else None)
    except OSError as error:
        raise OutputError(
            f"a checkpoint cannot be written: {error}; free some space in {out} and run again"
        ) from error


def _finish(trainer: Any, policy: Policy, tokenizer: Any, settings: SFTSettings, space: ActionSpace) -> Path:
    """Write the best model with its tokenizer, marker and card; upload it where that is asked for."""
    target = Path(settings.out) / "model"
    bare = trainer.accelerator.unwrap_model(trainer.model)
    bare.config.use_cache = True
    trainer.save_model(str(target))
    if not trainer.is_world_process_zero():
        return target
    tokenizer.save_pretrained(target)
    policy.save_tokenizer(target)
    _mark(target, policy, space)
    best = trainer.state.best_model_checkpoint
    write_text(
        target / "README.md", card(settings, trainer.state.log_history, Path(best).name if best else None)
    )
    if settings.push_to_hub:
        _upload(target, settings.push_to_hub)
    return target


def _mark(target: Path, policy: Policy, space: ActionSpace) -> None:
    """Note in ``brickgpt.json`` how the model is asked and how it writes."""
    path = target / "brickgpt.json"
    marker = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"format_version": 1}
    marker.setdefault("prompt_style", "nano" if policy.style == "nano" else "chat")
    write_text(path, json.dumps(marker, indent=1) + "\n")
    mark(target, space)


def _upload(folder: Path, name: str) -> None:
    from huggingface_hub import HfApi

    try:
        api = HfApi()
        api.create_repo(name, exist_ok=True)
        api.upload_folder(folder_path=str(folder), repo_id=name)
    except Exception as error:  # offline, no token, no right: each with an exception of its own
        raise OutputError(
            f"{folder} is written, but cannot be uploaded to {name}: {' '.join(str(error).split())[:200]}; "
            "set HF_TOKEN and upload the folder with: hf upload"
        ) from error
