"""Measure a model on held-out prompts: the columns of the paper's Table 1.

``python -m training.evaluate`` generates one structure for each prompt in each of four
modes and prints a Markdown table:

- *raw*: free sampling, no mask, no rejection, no rollback;
- *syntax masks*: only well-formed bricks can be drawn, nothing else is checked;
- *rejection*: bricks that collide or leave the world are drawn again;
- *rejection + rollback*: and unstable structures are cut back and continued (the default).

A structure is *valid* when every line is a library brick, in bounds, in free cells; it
is *stable* when it is valid and the paper's criterion says so. Mean and minimum
stability are averages over the valid structures of the mean and least brick score.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from brickgpt_engine.decoding import load_model
from brickgpt_engine.decoding.loader import embedded_folder
from brickgpt_engine.errors import BrickGPTError, ConfigError
from brickgpt_engine.generation import BrickGenerator, GenerationConfig

MODES: dict[str, dict[str, Any]] = {
    "raw": {"use_logit_masking": False, "max_brick_rejections": 0, "max_regenerations": 0, "top_k": 0},
    "syntax masks": {"max_brick_rejections": 0, "max_regenerations": 0},
    "rejection": {"max_regenerations": 0},
    "rejection + rollback": {},
}
"""Options of each mode, by the name in the table."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one prompt in one mode."""

    mode: str
    prompt: str
    seed: int
    valid: bool
    stable: bool
    finished: bool
    mean_score: float
    min_score: float
    bricks: int
    rejections: int
    regenerations: int
    seconds: float


def held_out_prompts(
    count: int, *, data: Path | None, seed: int, families: Sequence[str] | None = None
) -> list[str]:
    """``count`` captions of test-split shapes, one a shape.

    They come from the test split of folder ``data``, or, where that is None, are sampled
    anew: the split depends on the shape alone, so they are held out either way.
    """
    rng = np.random.default_rng([seed, 71])
    if data is not None:
        from training.samples import read_columns

        rows = read_columns(data, "test", ["captions"])
        chosen = rng.permutation(len(rows))[:count]
        return [str(rng.choice(rows[index]["captions"])) for index in chosen]
    from training.data.build import ShardStats, samples

    stream = samples(seed + 1_000_003, 0, "test", ShardStats(), families)
    return [str(rng.choice(next(stream).captions)) for _ in range(count)]


def families_of(model: str) -> list[str] | None:
    """The shape families that a model folder says it was trained on; None where it says nothing."""
    folder = embedded_folder() if model == "nano" else Path(model)
    marker = folder / "brickgpt.json"
    if not marker.is_file():
        return None
    families = json.loads(marker.read_text(encoding="utf-8")).get("families")
    return [str(name) for name in families] if families else None


def run_prompt(
    generator: BrickGenerator, mode: str, prompt: str, seed: int, base: GenerationConfig
) -> Outcome:
    """Generate once and judge the result."""
    config = replace(base, seed=seed, **MODES[mode])
    result = generator.run(prompt, config)
    report = result.report
    valid = result.valid and len(result.structure) > 0
    return Outcome(
        mode=mode,
        prompt=prompt,
        seed=seed,
        valid=valid,
        stable=valid and result.stable,
        finished=result.stop_reason == "end",
        mean_score=report.mean_score if report else 0.0,
        min_score=report.min_score if report else 0.0,
        bricks=len(result.structure),
        rejections=sum(result.rejections.values()),
        regenerations=result.regenerations,
        seconds=result.seconds,
    )


@cache
def _generator(model: str) -> BrickGenerator:
    """The generator of this process; the model is loaded once."""
    return BrickGenerator(load_model(model))


def _work(job: tuple[str, str, int, GenerationConfig]) -> Outcome:
    mode, prompt, seed, base = job
    return run_prompt(_generator(base.model_name_or_path), mode, prompt, seed, base)


def evaluate(
    prompts: list[str], modes: list[str], *, base: GenerationConfig, seed: int = 0, workers: int = 0
) -> list[Outcome]:
    """Every prompt in every mode; prompt number i is sampled with seed ``seed + i``."""
    jobs = [(mode, prompt, seed + i, base) for mode in modes for i, prompt in enumerate(prompts)]
    outcomes: list[Outcome] = []
    with ProcessPoolExecutor(
        workers or os.cpu_count() or 1,
        mp_context=get_context("spawn"),
    ) as pool:
        for done, outcome in enumerate(pool.map(_work, jobs, chunksize=2), start=1):
            outcomes.append(outcome)
            if sys.stderr.isatty() or done % 50 == 0:
                print(f"\r{done}/{len(jobs)}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return outcomes


def interval(successes: int, trials: int) -> tuple[float, float]:
    """Wilson's 95 % confidence interval of a share (Wilson 1927)."""
    if trials == 0:
        return (0.0, 1.0)
    z = 1.959964
    share = successes / trials
    centre = share + z * z / (2 * trials)
    spread = z * float(np.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials)))
    scale = 1 + z * z / trials
    return (max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale))


def summarise(outcomes: list[Outcome], mode: str) -> dict[str, Any]:
    """One row of the table."""
    rows = [outcome for outcome in outcomes if outcome.mode == mode]
    valid = [row for row in rows if row.valid]
    count = len(rows)
    return {
        "mode": mode,
        "prompts": count,
        "valid": len(valid) / count,
        "valid_95": interval(len(valid), count),
        "stable": sum(row.stable for row in rows) / count,
        "stable_95": interval(sum(row.stable for row in rows), count),
        "mean_stability": float(np.mean([row.mean_score for row in valid])) if valid else 0.0,
        "min_stability": float(np.mean([row.min_score for row in valid])) if valid else 0.0,
        "finished": sum(row.finished for row in rows) / count,
        "bricks": float(np.mean([row.bricks for row in rows])),
        "rejections": float(np.mean([row.rejections for row in rows])),
        "regenerations": float(np.mean([row.regenerations for row in rows])),
        "seconds": float(np.median([row.seconds for row in rows])),
    }


def markdown(rows: list[dict[str, Any]]) -> str:
    """The rows as a Markdown table."""
    columns = "mode, valid % (95 % CI), stable % (95 % CI), mean stability, min stability, bricks, "
    columns += "rejections, regenerations, median s"
    lines = ["| " + columns.replace(", ", " | ") + " |", "|" + "---|" * 9]
    for row in rows:
        cells = [row["mode"], *(_share(row, key) for key in ("valid", "stable"))]
        cells += [f"{row[key]:.3f}" for key in ("mean_stability", "min_stability")]
        cells += [f"{row['bricks']:.1f}"]
        cells += [f"{row[key]:.2f}" for key in ("rejections", "regenerations", "seconds")]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _share(row: dict[str, Any], key: str) -> str:
    """A share of ``row`` in per cent, with its interval."""
    low, high = row[f"{key}_95"]
    return f"{100 * row[key]:.1f} ({100 * low:.1f}–{100 * high:.1f})"


def main(arguments: list[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="python -m training.evaluate", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--model", default="nano", help="model folder, or nano for the embedded one")
    parser.add_argument("--prompts", type=int, default=200, help="how many held-out prompts")
    parser.add_argument("--data", type=Path, help="data set folder (default: sample held-out shapes anew)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--temperature", type=float, default=GenerationConfig.temperature)
    parser.add_argument("--modes", nargs="+", choices=list(MODES), default=list(MODES))
    parser.add_argument("--workers", type=int, default=0, help="processes (default: one for each core)")
    parser.add_argument("--out", type=Path, help="also write every outcome to this JSON-lines file")
    args = parser.parse_args(arguments)
    try:
        _evaluate_and_print(args)
    except BrickGPTError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(int(error.exit_code))


def _evaluate_and_print(args: argparse.Namespace) -> None:
    if args.prompts < 1:
        raise ConfigError(f"--prompts is {args.prompts}; it must be at least 1")
    base = GenerationConfig(model_name_or_path=args.model, temperature=args.temperature)
    load_model(args.model)  # a model that cannot be used is said at once
    prompts = held_out_prompts(args.prompts, data=args.data, seed=args.seed, families=families_of(args.model))
    outcomes = evaluate(prompts, args.modes, base=base, seed=args.seed, workers=args.workers)
    if args.out is not None:
        args.out.write_text("".join(json.dumps(asdict(outcome)) + "\n" for outcome in outcomes))
    print(
        f"{len(prompts)} held-out prompts, temperature {args.temperature:g}, {os.cpu_count()} cores, ", end=""
    )
    print(f"{platform.machine()}, model {args.model}\n")
    print(markdown([summarise(outcomes, mode) for mode in args.modes]))


if __name__ == "__main__":
    main()
