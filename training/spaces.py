"""``python -m training spaces``: the same small model trained in both action spaces, compared in a table."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from brickgpt_engine.errors import BrickGPTError
from brickgpt_engine.formats.atomic import write_text
from training.actions import NAMES, pivot_tokens


def model_folder(folder: Path, max_back: int, *, hidden: int, layers: int) -> Path:
    """A model folder with fresh weights, whose tokenizer has whole-field tokens for both spaces."""
    from tokenizers import AddedToken

    from brickgpt_engine.decoding.loader import embedded_folder
    from brickgpt_engine.decoding.tokenizer import load_tokenizer
    from training.nano import NanoConfig, export_folder, make_model

    tokenizer = load_tokenizer(embedded_folder()).backend
    tokenizer.add_tokens([AddedToken(text, normalized=False) for text in pivot_tokens(max_back)])
    sizes = NanoConfig(
        hidden_size=hidden, layers=layers, heads=max(hidden // 64, 1), intermediate_size=hidden * 8 // 3
    )
    export_folder(make_model(sizes, tokenizer), tokenizer, folder, [])
    return folder


def compare(data: str, out: Path, steps: int, prompts: int, *, hidden: int = 128, layers: int = 4) -> str:
    """Train in each space, sample, and answer with a Markdown table.

    Args:
        data: data set.
        out: folder for both runs and ``spaces.md``.
        steps: updates of each run.
        prompts: held-out captions that are sampled, raw.
        hidden: width of the network.
        layers: depth of the network.
    """
    from training.sft.config import SFTSettings
    from training.sft.run import train
    from training.trackers import read_log

    max_bricks = 100
    base = model_folder(out / "base", max_bricks, hidden=hidden, layers=layers)
    rows = []
    for space in NAMES:
        settings = SFTSettings(
            model_name_or_path=str(base), from_scratch=True, data=data, out=str(out / space), lora_rank=0,
            action_space=space, max_bricks=max_bricks, max_steps=steps, eval_steps=steps, save_steps=steps,
            eval_prompts=prompts, batch_size=16, per_device_batch_size=16, learning_rate=3e-3,
            warmup_steps=min(20, steps), max_sample_length=640, eval_rows=64, mixed_precision="bf16",
        )  # fmt: skip
        train(settings)
        last = [line for line in read_log(out / space) if "eval_valid" in line][-1]
        rows.append((space, last))
    table = _table(rows)
    write_text(out / "spaces.md", table)
    return table


def _table(rows: Sequence[tuple[str, dict[str, Any]]]) -> str:
    lines = ["| action space | valid % | stable % | bricks | tokens per brick |", "|---|---|---|---|---|"]
    for space, found in rows:
        each = found["eval_tokens"] / found["eval_bricks"] if found["eval_bricks"] else float("nan")
        lines.append(
            f"| {space} | {100 * found['eval_valid']:.1f} | {100 * found['eval_stable']:.1f} "
            f"| {found['eval_bricks']:.1f} | {each:.2f} |"
        )
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m training spaces", description=__doc__)
    parser.add_argument("--data", required=True, help="data set")
    parser.add_argument("--out", type=Path, default=Path("runs/spaces"))
    parser.add_argument("--steps", type=int, default=600, help="updates of each run (default 600)")
    parser.add_argument("--prompts", type=int, default=128, help="held-out captions sampled (default 128)")
    args = parser.parse_args(arguments)
    try:
        print(compare(args.data, args.out, args.steps, args.prompts), end="")
    except BrickGPTError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(int(error.exit_code))


if __name__ == "__main__":
    main()
