"""Measure a model on held-out prompts: the paper's Table 1 and how well captions are followed.

``python -m training.evaluate`` generates one structure for each prompt in each of five
modes, judges it, and writes Markdown tables and a JSON summary:

- *raw*: free sampling, no mask, no rejection, no rollback;
- *syntax masks*: only well-formed bricks can be drawn, nothing else is checked;
- *rejection*: bricks that collide or leave the world are drawn again;
- *rejection + rollback*: and what hangs is held while it can be, and unstable structures are cut back
  and continued;
- *drawn again*: and while something lacks that the caption states the next is drawn (the default).

A structure is *valid* when every line is a library brick, in bounds, in free cells; it
is *stable* when it is valid and the paper's criterion says so. Mean and minimum
stability are averages over the valid structures of the mean and least brick score.
*Statements* are the caption's claims that can be measured on the voxels.

Every outcome is kept as it comes, so the same command goes on after an interruption.
``--from outcomes.jsonl`` judges kept outcomes again without generating, and
``python -m training.evaluate classifier`` trains the classifier of categories anew.
``python -m training.evaluate compare --before DIR --after DIR`` says what a model gained
over another on the same prompts, with intervals.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import date
from pathlib import Path
from typing import Any

from brickgpt_engine.decoding import load_model
from brickgpt_engine.errors import BrickGPTError, ConfigError, ExitCode
from brickgpt_engine.formats.atomic import write_text
from brickgpt_engine.generation import GenerationConfig
from training.evaluation.classifier import Classifier
from training.evaluation.classifier_training import EPOCHS, PER_FAMILY, ready_classifier, train_classifier
from training.evaluation.compare import differences, paired, table
from training.evaluation.likeness import training_neighbours
from training.evaluation.outcomes import MODES, REFERENCE, Outcome, OutcomeLog, read_outcomes
from training.evaluation.prompts import families_of, held_out_prompts
from training.evaluation.report import goals_of, machine, markdown
from training.evaluation.runs import generate, plan
from training.evaluation.settings import check_prompts, claim_folder, settings_of
from training.evaluation.summary import summary_of

CLASSIFIER = Path("runs/classifier.npz")
"""Where a classifier of one's own is kept; without one, that which comes along judges."""


def main(arguments: list[str] | None = None) -> None:
    """Command line."""
    words = sys.argv[1:] if arguments is None else arguments
    try:
        if words[:1] == ["classifier"]:
            _train_classifier(_classifier_parser().parse_args(words[1:]))
        elif words[:1] == ["compare"]:
            _compare(_compare_parser().parse_args(words[1:]))
        else:
            args = _parser().parse_args(words)
            _judge_again(args) if args.judge else _evaluate(args)
    except BrickGPTError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(int(error.exit_code))
    except KeyboardInterrupt:
        print("\nstopped; the same command goes on from here", file=sys.stderr)
        sys.exit(int(ExitCode.INTERRUPTED))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training.evaluate",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--model", default="nano", help="model folder, or nano for the embedded one")
    add("--prompts", type=int, default=500, help="how many held-out prompts (default 500)")
    add("--data", type=Path, help="data set folder (default: sample held-out shapes anew; no novelty then)")
    add("--out", type=Path, default=Path("runs/evaluation"), help="folder of outcomes, summary and tables")
    add("--from", dest="judge", type=Path, metavar="FILE", help="judge these kept outcomes; generate nothing")
    add("--seed", type=int, default=0)
    add("--temperature", type=float, default=GenerationConfig.temperature)
    add("--modes", nargs="+", choices=list(MODES), default=list(MODES))
    add("--samples", type=int, default=8, help="samples of one prompt, for diversity (default 8)")
    add("--diverse", type=int, default=25, help="prompts that are sampled more than once (default 25)")
    add("--classifier", type=Path, default=CLASSIFIER, help="another than the one that comes along")
    add("--no-classifier", action="store_true", help="leave the category out")
    add("--workers", type=int, default=0, help="processes (default: one for each core)")
    return parser


def _classifier_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training.evaluate classifier", description="Train the classifier of categories."
    )
    parser.add_argument("--out", type=Path, default=CLASSIFIER)
    parser.add_argument("--per-family", type=int, default=PER_FAMILY, help="held-out shapes of each family")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=0, help="processes that draw shapes")
    return parser


def _compare_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training.evaluate compare",
        description="What a model gained over another on the same prompts, with 95 % intervals.",
    )
    add = parser.add_argument
    add("--before", type=Path, nargs="+", required=True, metavar="DIR", help="evaluations of the one model")
    add("--after", type=Path, nargs="+", required=True, metavar="DIR", help="evaluations of the other")
    add("--mode", choices=list(MODES), default=next(iter(MODES)))
    add("--classifier", type=Path, default=CLASSIFIER, help="another than the one that comes along")
    add("--no-classifier", action="store_true", help="leave the category out")
    return parser


def _compare(args: argparse.Namespace) -> None:
    """Print the table of differences."""
    before, after = paired(args.before, args.after, args.mode)
    classifier = None if args.no_classifier else ready_classifier(args.classifier)
    print(table(differences(before, after, classifier), len(before), args.mode), end="")


def _train_classifier(args: argparse.Namespace) -> None:
    """Train, keep, and say how good it is."""
    judge = train_classifier(
        per_family=args.per_family, epochs=args.epochs, seed=args.seed, workers=args.workers
    )
    judge.save(args.out)
    print(json.dumps(judge.facts, indent=2))


def _evaluate(args: argparse.Namespace) -> None:
    """Generate what is missing in the folder, then judge all of it."""
    for name in ("prompts", "samples"):
        if getattr(args, name) < 1:
            raise ConfigError(f"--{name} is {getattr(args, name)}; it must be at least 1")
    base = GenerationConfig(model_name_or_path=args.model, temperature=args.temperature, seed=args.seed)
    load_model(args.model)  # a model that cannot be used is said at once
    prompts = held_out_prompts(args.prompts, data=args.data, seed=args.seed, families=families_of(args.model))
    settings = claim_folder(args.out, _settings(args))
    log = OutcomeLog(args.out / "outcomes.jsonl")
    check_prompts(log, prompts)
    modes = [*args.modes, REFERENCE]
    jobs = plan(prompts, modes, log.outcomes, base, samples=args.samples, diverse=args.diverse)
    generate(jobs, log, workers=args.workers)
    asked = [outcome for outcome in log.outcomes if outcome.index < args.prompts]
    _publish(asked, modes, settings, args, args.out)


def _settings(args: argparse.Namespace) -> dict[str, Any]:
    return settings_of(args.model, args.data, seed=args.seed, temperature=args.temperature)


def _judge_again(args: argparse.Namespace) -> None:
    """Judge outcomes that were kept; the settings beside them, where there are any, go into the report."""
    outcomes = read_outcomes(args.judge)
    if not outcomes:
        raise ConfigError(f"{args.judge} holds no outcomes; run an evaluation first")
    note = args.judge.parent / "settings.json"
    settings = json.loads(note.read_text(encoding="utf-8")) if note.is_file() else _settings(args)
    _publish(outcomes, [*args.modes, REFERENCE], settings, args, args.judge.parent)


def _publish(
    outcomes: list[Outcome],
    modes: list[str],
    settings: dict[str, Any],
    args: argparse.Namespace,
    folder: Path,
) -> None:
    """Judge, write ``summary.json`` and ``report.md`` into ``folder``, and print the tables."""

    def say(words: str) -> None:
        print(f"{words} …", file=sys.stderr)

    classifier: Classifier | None = None if args.no_classifier else ready_classifier(args.classifier)
    training = training_neighbours(args.data) if args.data is not None else None
    measured = summary_of(outcomes, modes, classifier=classifier, training=training, progress=say)
    if not measured["modes"]:
        raise ConfigError("there are no outcomes of the modes that are asked for; see --modes")
    head = {"date": str(date.today()), "machine": machine(), "settings": settings}
    summary = head | measured | {"classifier": classifier.facts if classifier else None}
    summary["goals"] = goals_of(summary)
    write_text(folder / "summary.json", json.dumps(summary, indent=2, ensure_ascii=False) + "\n")
    tables = markdown(summary)
    write_text(folder / "report.md", tables)
    print(tables, end="")


if __name__ == "__main__":
    main()
