"""``python -m training spaces``: the same small model trained in both action spaces, compared in a table.

Both runs begin with the same fresh weights and see the same structures with the same captions in the same
order, equally often. A brick is four tokens in one space and five in the other, each a whole field. The
trainer is that of the embedded model (:mod:`training.nano`). Held-out captions are then sampled raw: no
masks, nothing rejected.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from brickgpt_engine.decoding.tokenizer import TextTokenizer, as_tokenizer
from brickgpt_engine.errors import BrickGPTError, ConfigError
from brickgpt_engine.formats.atomic import write_text
from training.actions import NAMES, AbsoluteSpace, ActionSpace, PivotSpace, mark, pivot_tokens
from training.grpo.tasks import Entry, read_entries
from training.nano import NanoConfig, Trainer, export_folder, make_model
from training.samples import WIDTHS, Row, batches, encode_rows

_HELD_OUT = 256
_MOST_BRICKS = (WIDTHS[-1] - 100) // 5
"""With more, a pivot text and its caption may be longer than the trainer takes."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How large the comparison is.

    Attributes:
        structures: how many are trained on, at most.
        passes: how often each of them is seen, each time with another of its captions where it has as many.
        prompts: held-out captions that are sampled, at most.
        max_bricks: larger structures are left out; also how far back a pivot may lie.
        families: categories that are kept; none keeps all.

    Raises:
        ConfigError: a number is below 1, or ``max_bricks`` above what the trainer takes.
    """

    structures: int = 12_000
    passes: int = 2
    prompts: int = 400
    max_bricks: int = 100
    families: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("structures", "passes", "prompts", "max_bricks"):
            if getattr(self, name) < 1:
                option = "--" + name.replace("_", "-")
                raise ConfigError(f"{option} is {getattr(self, name)}; it must be at least 1")
        if self.max_bricks > _MOST_BRICKS:
            raise ConfigError(f"--max-bricks is {self.max_bricks}; it must be at most {_MOST_BRICKS}")


def compare(data: str, out: Path, plan: Plan, sizes: NanoConfig) -> str:
    """Train in each space, sample, and answer with a Markdown table.

    Args:
        data: data set.
        out: folder for both runs and ``spaces.md``. What is finished there is
            kept, and what was begun goes on.
        plan: how many structures and samples.
        sizes: of the network and of the updates.

    Raises:
        ConfigError: no structure is small enough.
    """
    entries = _small(data, "train", plan)[: plan.structures]
    held_out = _small(data, "test", plan)[: max(plan.prompts, _HELD_OUT)]
    found = {}
    for name in NAMES:
        note = out / name / "result.json"
        if not note.exists():
            write_text(note, json.dumps(_run(name, out / name, entries, held_out, plan, sizes)))
        found[name] = json.loads(note.read_text(encoding="utf-8"))
    text = table(found)
    write_text(out / "spaces.md", text)
    return text


def tokenizer_for_both(max_back: int) -> Any:
    """The embedded model's tokenizer with tokens for pivots: each field of both spaces is one token."""
    from tokenizers import AddedToken

    from brickgpt_engine.decoding.loader import embedded_folder
    from brickgpt_engine.decoding.tokenizer import load_tokenizer

    tokenizer = load_tokenizer(embedded_folder()).backend
    tokenizer.add_tokens([AddedToken(text, normalized=False) for text in pivot_tokens(max_back)])
    return tokenizer


def _small(data: str, split: str, plan: Plan) -> list[Entry]:
    """The structures of a split that ``plan`` admits, each with as many captions as it is seen."""
    kept = [
        replace(entry, captions=entry.captions[: plan.passes])
        for entry in read_entries(data, split)
        if entry.bricks.count("\n") <= plan.max_bricks
        and (not plan.families or entry.category in plan.families)
    ]
    if not kept:
        raise ConfigError(
            f"no structure of {data}, {split}, has at most {plan.max_bricks} bricks, of these families; "
            "raise --max-bricks, or name others with --families"
        )
    return kept


def _space(name: str, tokenizer: TextTokenizer, plan: Plan) -> ActionSpace:
    return PivotSpace(tokenizer, max_bricks=plan.max_bricks) if name == "pivot" else AbsoluteSpace(tokenizer)


def _encoded(entries: Sequence[Entry], space: ActionSpace, tokenizer: Any) -> list[Row]:
    plain = AbsoluteSpace(as_tokenizer(tokenizer))
    lines = (plain.read(entry.bricks) for entry in entries)
    texts = (space.write(brick for brick in said if not isinstance(brick, str)) for said in lines)
    return encode_rows(
        [{"captions": entry.captions, "bricks": text} for entry, text in zip(entries, texts, strict=True)],
        tokenizer,
    )


def _run(
    name: str, out: Path, entries: Sequence[Entry], held_out: Sequence[Entry], plan: Plan, sizes: NanoConfig
) -> dict[str, Any]:
    """One space's numbers; the trained model is left in ``out / "model"``."""
    import torch

    tokenizer = tokenizer_for_both(plan.max_bricks)
    space = _space(name, as_tokenizer(tokenizer), plan)
    rows = _encoded(entries, space, tokenizer)
    last = _encoded(held_out[:_HELD_OUT], space, tokenizer)
    pad = tokenizer.token_to_id("<pad>")
    positions = sum(
        inputs.size
        for epoch in range(plan.passes)
        for inputs, _ in batches(
            rows, tokens=sizes.batch_tokens, rng=np.random.default_rng([sizes.seed, epoch]), pad=pad
        )
    )
    config = NanoConfig(**{**vars(sizes), "out": out, "total_tokens": positions})
    out.mkdir(parents=True, exist_ok=True)
    model = make_model(config, tokenizer)
    torch.set_num_threads(1)
    trainer = Trainer(config, model, rows, last, pad)
    trainer.resume()
    trainer.run()
    export_folder(model, tokenizer, out / "model", [])
    mark(out / "model", space)
    bricks = sum(entry.bricks.count("\n") for entry in held_out[:_HELD_OUT])
    tokens = sum(len(row.bricks) for row in last)  # the end token of each included
    return {
        "structures": len(rows),
        "updates": trainer.step,
        "tokens": trainer.tokens,
        "tokens_per_brick": (tokens - len(last)) / bricks,
        "nats_per_brick": trainer.log[-1]["held_out_loss"] * tokens / bricks,
        **_samples(out / "model", space, held_out[: plan.prompts], plan),
    }


def _samples(folder: Path, space: ActionSpace, entries: Sequence[Entry], plan: Plan) -> dict[str, Any]:
    """What a model folder writes for held-out captions."""
    from training.policies import load_policy
    from training.sft.config import SFTSettings
    from training.sft.sampling import SampleMeasure

    policy = load_policy(str(folder), device="cpu")
    settings = SFTSettings(max_bricks=plan.max_bricks)
    measure = SampleMeasure(policy, space, [entry.task(0) for entry in entries], settings)
    found = measure.measure(policy.model)
    found.pop("tokens")  # of the samples, faults and all
    return {"prompts": len(entries), **found}


def table(found: dict[str, dict[str, Any]]) -> str:
    """Markdown: a line for each space, shares with Wilson's 95 % intervals."""
    lines = [
        "| action space | valid % | stable % | bricks | tokens per brick | held-out loss, nats per brick |",
        "|---|---|---|---|---|---|",
    ]
    for space, numbers in found.items():
        shares = [_share(numbers[name], numbers["prompts"]) for name in ("valid", "stable")]
        means = [f"{numbers['bricks']:.1f}", f"{numbers['tokens_per_brick']:.2f}"]
        lines.append(f"| {' | '.join([space, *shares, *means, format(numbers['nats_per_brick'], '.3f')])} |")
    return "\n".join(lines) + "\n"


def _share(value: float, trials: int) -> str:
    from training.evaluation.summary import interval

    low, high = interval(round(value * trials), trials)
    return f"{100 * value:.1f} ({100 * low:.1f}–{100 * high:.1f})"


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="python -m training spaces", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--data", required=True, help="data set")
    parser.add_argument("--out", type=Path, default=Path("runs/spaces"))
    for item in fields(Plan)[:-1]:
        option = "--" + item.name.replace("_", "-")
        parser.add_argument(option, type=int, default=item.default, help=f"default {item.default}")
    parser.add_argument("--families", nargs="*", default=(), metavar="NAME", help="categories (default all)")
    parser.add_argument("--hidden", type=int, default=128, help="width of the network (default 128)")
    parser.add_argument("--layers", type=int, default=4, help="its depth (default 4)")
    parser.add_argument("--threads", type=int, default=1, help="cores to train on (default 1)")
    args = parser.parse_args(arguments)
    sizes = NanoConfig(
        hidden_size=args.hidden, layers=args.layers, heads=max(args.hidden // 64, 1),
        intermediate_size=args.hidden * 8 // 3 // 8 * 8, batch_tokens=2048, batches=2, threads=args.threads,
        decay=0.7, warmup=0.02, checkpoint_minutes=10.0, compile=False,
    )  # fmt: skip
    try:
        plan = Plan(
            **{item.name: getattr(args, item.name) for item in fields(Plan)[:-1]},
            families=tuple(args.families),
        )
        print(compare(args.data, args.out, plan, sizes), end="")
    except BrickGPTError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(int(error.exit_code))


if __name__ == "__main__":
    main()
