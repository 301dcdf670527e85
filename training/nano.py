"""Train the embedded model from scratch: a Llama of about 5 M parameters on our own data.

``python -m training nano`` builds the data set, learns the tokenizer, trains, and
writes the model folder. Every stage is resumable: shards that exist are kept, and
training goes on from the last checkpoint.

Matrices are updated by Muon, the embedding and the norms by AdamW; the learning rate
warms up, stays, and falls linearly to zero over the last part of training. The batches of a
step are shared out among threads as they become free, so a core that others need half of
slows training by that half and no more (see :mod:`training.step`).
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, fields
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from brickgpt_engine.decoding.tokenizer import as_tokenizer
from brickgpt_engine.errors import BrickGPTError, ConfigError
from brickgpt_engine.formats.atomic import write_text
from brickgpt_engine.generation.prompts import NANO_BOS, NANO_EOS, NANO_PAD, normalise
from brickgpt_engine.meaning import vocabulary_of
from training.data.shapes import FAMILIES
from training.memory import keep_freed_memory
from training.muon import make_muon
from training.samples import Row, batches, encode_rows, read_columns
from training.step import Step
from training.tokenizer import train_tokenizer
from training.warm import warm_start

Batch = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Inputs and labels, as :func:`training.samples.batches` gives them."""
EMBEDDED_FOLDER = Path(__file__).parents[1] / "brickgpt_engine" / "models" / "nano"


@dataclass
class NanoConfig:
    """Every setting of a run; each is also a command-line option."""

    out: Path = Path("runs/nano")
    data: Path = Path("data/nano")
    families: str = ",".join(sorted(FAMILIES))
    structures: int = 36_000
    test_structures: int = 2_000
    layouts: int = 2
    data_seed: int = 0
    vocab_size: int = 2560
    hidden_size: int = 256
    layers: int = 6
    heads: int = 4
    intermediate_size: int = 688
    total_tokens: int = 18_500_000
    batch_tokens: int = 2048
    batches: int = 4
    threads: int = 2
    full_every: int = 8
    lr_matrix: float = 5e-3
    lr_other: float = 3e-3
    warmup: float = 0.01
    decay: float = 0.5
    seed: int = 0
    checkpoint_minutes: float = 5.0
    compile: bool = True
    init: str = ""
    export: Path = EMBEDDED_FOLDER


def learning_rate_factor(progress: float, warmup: float, decay: float) -> float:
    """Factor on the learning rate at ``progress`` in 0…1: up, flat, linearly down to zero."""
    if progress < warmup:
        return max(progress / warmup, 0.02)
    if progress > 1 - decay:
        return max((1 - progress) / decay, 0.0)
    return 1.0


def make_tokenizer(config: NanoConfig) -> Any:
    """Load the run's tokenizer, or learn it from the training captions and save it."""
    from tokenizers import Tokenizer

    path = config.out / "tokenizer.json"
    if not path.exists():
        rows = read_columns(config.data, "train", ["captions"])
        texts = (normalise(text) for row in rows for text in row["captions"])
        train_tokenizer(texts, vocab_size=config.vocab_size).save(str(path))
    return Tokenizer.from_file(str(path))


def make_model(config: NanoConfig, tokenizer: Any) -> Any:
    """A freshly initialised ``LlamaForCausalLM`` for the run's tokenizer."""
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(config.seed)
    vocab = -(-tokenizer.get_vocab_size() // 64) * 64
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=vocab,
            hidden_size=config.hidden_size,
            intermediate_size=config.intermediate_size,
            num_hidden_layers=config.layers,
            num_attention_heads=config.heads,
            num_key_value_heads=config.heads,
            max_position_embeddings=2048,
            tie_word_embeddings=True,
            pad_token_id=tokenizer.token_to_id(NANO_PAD),
            bos_token_id=tokenizer.token_to_id(NANO_BOS),
            eos_token_id=tokenizer.token_to_id(NANO_EOS),
        )
    )


class Trainer:
    """One training run: model, two optimizers, progress, and checkpoints on disk."""

    def __init__(
        self, config: NanoConfig, model: Any, rows: list[Row], held_out: list[Row], pad: int
    ) -> None:
        self.config, self.model, self.rows, self.held_out, self.pad = config, model, rows, held_out, pad
        matrices = [p for n, p in model.named_parameters() if p.ndim == 2 and "embed" not in n]
        others = [p for n, p in model.named_parameters() if p.ndim != 2 or "embed" in n]
        self.optimizers = [(self._muon(half), config.lr_matrix) for half in (matrices[::2], matrices[1::2])]
        self.optimizers.append(
            (
                torch.optim.AdamW(others, lr=config.lr_other, betas=(0.9, 0.97), weight_decay=0.0),
                config.lr_other,
            )
        )
        answers = np.unique(np.concatenate([row.bricks for row in rows]))
        self.maths = Step(model, torch.from_numpy(answers.astype(np.int64)), compiled=config.compile)
        self.pool = ThreadPoolExecutor(config.threads)
        self.tokens = self.step = self.epoch = 0
        self.log: list[dict[str, float]] = []

    def _muon(self, matrices: list[Any]) -> Any:
        return make_muon(matrices, self.config.lr_matrix, decay=0.05)

    @property
    def checkpoint(self) -> Path:
        """The file that a stopped run goes on from."""
        return self.config.out / "checkpoint.pt"

    def update(self, group: Sequence[Batch]) -> float:
        """One optimizer step on the batches of ``group``; answers the loss before it, in nats a token."""
        factor = learning_rate_factor(
            self.tokens / self.config.total_tokens, self.config.warmup, self.config.decay
        )
        full = self.step % self.config.full_every == 0
        parts = list(self.pool.map(lambda batch: self.maths.part(*batch, full=full), group))
        scored = sum(part.scored for part in parts)
        for index, master in enumerate(self.maths.masters):
            master.grad = sum(part.gradients[index].float() for part in parts) / scored
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimizer, rate in self.optimizers:
            for settings in optimizer.param_groups:
                settings["lr"] = rate * factor
        list(self.pool.map(lambda pair: pair[0].step(), self.optimizers))
        self.model.zero_grad(set_to_none=True)
        self.tokens += sum(inputs.size for inputs, _ in group)
        self.step += 1
        return sum(part.loss for part in parts) / scored

    @torch.no_grad()
    def held_out_loss(self) -> float:
        """Mean loss over the tokens of the held-out rows, each with a fixed caption, against all tokens."""
        rng = np.random.default_rng(0)
        weights = {name: weight.to(self.maths.kind) for name, weight in self.model.named_parameters()}
        sums = [
            (loss.item(), scored)
            for inputs, labels in batches(
                self.held_out, tokens=self.config.batch_tokens, rng=rng, pad=self.pad
            )
            for loss, scored in [self.maths.loss(weights, inputs, labels, full=True)]
        ]
        return sum(loss for loss, _ in sums) / sum(scored for _, scored in sums)

    def save(self) -> None:
        """Write the checkpoint atomically."""
        partial = self.checkpoint.with_suffix(".partial")
        state = {
            "model": self.model.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer, _ in self.optimizers],
            "progress": {"tokens": self.tokens, "step": self.step, "epoch": self.epoch, "log": self.log},
        }
        torch.save(state, partial)
        partial.replace(self.checkpoint)

    def resume(self) -> None:
        """Go on from the checkpoint, if there is one; an epoch that was cut is begun anew."""
        if not self.checkpoint.exists():
            return
        state = torch.load(self.checkpoint, weights_only=False)
        self.model.load_state_dict(state["model"])
        for (optimizer, _), saved in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        for name, value in state["progress"].items():
            setattr(self, name, value)
        self.epoch += 1  # other shuffles than those already seen
        print(f"resumed at step {self.step}, {self.tokens / 1e6:.1f} M tokens", flush=True)

    def run(self) -> None:
        """Train until ``total_tokens`` positions have been seen."""
        started = saved = time.perf_counter()
        first, recent = self.tokens, math.nan
        while self.tokens < self.config.total_tokens:
            rng = np.random.default_rng([self.config.seed, self.epoch])
            stream = batches(self.rows, tokens=self.config.batch_tokens, rng=rng, pad=self.pad)
            while group := list(islice(stream, self.config.batches)):
                loss = self.update(group)
                recent = loss if math.isnan(recent) else 0.95 * recent + 0.05 * loss
                now = time.perf_counter()
                if self.step % 20 == 0:
                    rate = (self.tokens - first) / (now - started)
                    left = (self.config.total_tokens - self.tokens) / rate / 60
                    seen = f"step {self.step} epoch {self.epoch} tokens {self.tokens / 1e6:.2f}M"
                    print(f"{seen} loss {recent:.4f} {rate:.0f} tok/s {left:.0f} min left", flush=True)
                if now - saved > self.config.checkpoint_minutes * 60:
                    self.note(recent)
                    saved = time.perf_counter()
                if self.tokens >= self.config.total_tokens:
                    break
            self.epoch += 1
        self.note(recent)

    def note(self, recent: float) -> None:
        """Measure the held-out loss, log it, and write a checkpoint."""
        held_out = self.held_out_loss()
        self.log.append(
            {"step": self.step, "tokens": self.tokens, "train_loss": recent, "held_out_loss": held_out}
        )
        self.save()
        print(f"held-out loss {held_out:.4f} at step {self.step}; checkpoint written", flush=True)


def export_folder(
    model: Any, tokenizer: Any, target: Path, families: list[str], captions: Iterable[str] = ()
) -> None:
    """Write a Hugging Face model folder in 16 bits, with the tokenizer and our own marker file.

    The marker says which families the model knows and which words it has read in ``captions``;
    prompts are fitted to both (see :mod:`brickgpt_engine.meaning`).
    """
    target.mkdir(parents=True, exist_ok=True)
    model.to(torch.float16).save_pretrained(target)
    model.to(torch.float32)
    (target / "model.safetensors").chmod(0o644)
    tokenizer.save(str(target / "tokenizer.json"))
    marker: dict[str, Any] = {
        "format_version": 1,
        "prompt_style": "nano",
        "world_dim": 20,
        "families": families,
    }
    if words := vocabulary_of(captions):
        marker["vocabulary"] = words
    (target / "brickgpt.json").write_text(json.dumps(marker, indent=1) + "\n")
    special = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": NANO_BOS,
        "eos_token": NANO_EOS,
        "pad_token": NANO_PAD,
    }
    (target / "tokenizer_config.json").write_text(json.dumps(special, indent=2) + "\n")


def claim_run(config: NanoConfig) -> None:
    """Note the run's settings in its folder, and refuse to go on with a run that had others.

    Raises:
        ConfigError: a run with another model, data set or tokenizer was begun in that folder.
    """
    note = config.out / "config.json"
    wanted = json.loads(json.dumps(asdict(config), default=str))
    there = json.loads(note.read_text()) if note.exists() else wanted
    for key in ("data", "families", "structures", "test_structures", "layouts", "data_seed", "vocab_size",
                "hidden_size", "layers", "heads", "intermediate_size", "seed"):  # fmt: skip
        if there.get(key) != wanted[key]:
            raise ConfigError(
                f"{config.out} holds a run with {key} {there.get(key)}, not {wanted[key]}; "
                "give the same settings or another --out"
            )
    write_text(note, json.dumps(wanted, indent=2) + "\n")


def train(config: NanoConfig) -> None:
    """Run all stages: data (unless the folder holds a finished build), tokenizer, training, export."""
    from training.data.build import build
    from training.data.folder import is_complete

    config.out.mkdir(parents=True, exist_ok=True)
    if not is_complete(config.data):
        build(
            config.structures,
            config.data,
            test_size=config.test_structures,
            seed=config.data_seed,
            families=config.families.split(","),
            layouts=config.layouts,
        )
    claim_run(config)
    tokenizer = make_tokenizer(config)
    columns = read_columns(config.data, "train", ["captions", "bricks"])
    rows = encode_rows(columns, tokenizer)
    held_out = encode_rows(read_columns(config.data, "test", ["captions", "bricks"], limit=256), tokenizer)
    model = make_model(config, tokenizer)
    if config.init:
        warm_start(model, as_tokenizer(tokenizer), Path(config.init))
    parameters = sum(p.numel() for p in model.parameters())
    mean = np.mean([len(row.bricks) for row in rows])
    print(f"{parameters / 1e6:.2f} M parameters; {len(rows)} structures of {mean:.0f} tokens", flush=True)
    keep_freed_memory()
    torch.set_num_threads(1)  # the threads of a step share out its batches instead
    trainer = Trainer(config, model, rows, held_out, tokenizer.token_to_id(NANO_PAD))
    trainer.resume()
    trainer.run()
    staging = config.out / "model"
    captions = (text for row in columns for text in row["captions"])
    export_folder(model, tokenizer, staging, config.families.split(","), captions)
    (config.out / "log.json").write_text(json.dumps(trainer.log, indent=1) + "\n")
    shutil.copytree(staging, config.export, dirs_exist_ok=True)
    print(f"wrote {config.export}")


def main(arguments: list[str] | None = None) -> None:
    """Command line: one option for each field of :class:`NanoConfig`."""
    parser = argparse.ArgumentParser(
        prog="python -m training nano", description=(__doc__ or "").split("\n")[0]
    )
    for item in fields(NanoConfig):
        kind = type(item.default)
        option = "--" + item.name.replace("_", "-")
        if kind is bool:
            parser.add_argument(option, action=argparse.BooleanOptionalAction, default=item.default)
        else:
            parser.add_argument(option, type=kind, default=item.default)
    try:
        train(NanoConfig(**vars(parser.parse_args(arguments))))
    except BrickGPTError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(int(error.exit_code))


if __name__ == "__main__":
    main()
