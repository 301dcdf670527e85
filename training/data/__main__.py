"""``python -m training.data build``, ``card`` and ``prepare``: make the data set, describe it, convert it.

``build --size N --out DIR`` may be interrupted and run again; it writes the data card, too.
``card --data DIR`` writes the card anew, or elsewhere.
``prepare --data DIR --out DIR`` converts a build or StableText2Brick to conversations for fine-tuning.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from brickgpt_engine.errors import BrickGPTError, ExitCode

_OPTIONAL = ("pyarrow", "trimesh")
"""Libraries that only the extras ``train`` and ``mesh`` bring."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training.data",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    build = commands.add_parser("build", help="build the data set as Parquet shards")
    build.add_argument("--size", type=int, required=True, help="structures of the training split")
    build.add_argument("--test-size", type=int, help="structures of the test split (default: size / 20)")
    build.add_argument("--out", type=Path, required=True, help="folder for the shards; a second run resumes")
    build.add_argument("--seed", type=int, default=0)
    build.add_argument("--workers", type=int, default=0, help="processes (default: one for each core)")
    build.add_argument("--families", nargs="+", metavar="NAME", help="shape families (default: all)")
    build.add_argument("--layouts", type=int, default=2, help="layouts tried of every shape (default: 2)")
    build.add_argument(
        "--meshes", nargs="+", default=[], metavar="PATH",
        help="mesh catalogues (.sh3f) to add; debian means those of the package sweethome3d-furniture",
    )  # fmt: skip
    build.set_defaults(run=_build)
    card = commands.add_parser("card", help="write the data card of a build")
    card.add_argument("--data", type=Path, required=True, help="folder of the build")
    card.add_argument("--out", type=Path, help="file to write (default: README.md in the folder)")
    card.set_defaults(run=_card)
    _add_prepare_options(commands.add_parser("prepare", help="convert to conversations for fine-tuning"))
    return parser


def _add_prepare_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``prepare``; ``--input_path`` and ``--output_path`` are upstream's names for two."""
    from training.data.prepare import DEFAULT_DATA, DEFAULT_OUT

    parser.add_argument(
        "--data", "--input_path", "--input-path", dest="data", default=DEFAULT_DATA,
        help="a build, a folder of Parquet files, one such file, a folder saved by the datasets library, "
        "or a name on the Hugging Face Hub (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--out", "--output_path", "--output-path", dest="out", type=Path, default=Path(DEFAULT_OUT),
        help="folder for one file per split (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--split", nargs="+", metavar="NAME", help="splits to convert (default: all)")
    parser.add_argument("--format", default="jsonl", help="jsonl or parquet (default: jsonl)")
    parser.add_argument("--overwrite", action="store_true", help="replace files made from other data")
    parser.set_defaults(run=_prepare)


def _build(args: argparse.Namespace) -> None:
    from training.data.build import build

    summary = build(
        args.size,
        args.out,
        seed=args.seed,
        test_size=args.test_size,
        workers=args.workers,
        families=args.families,
        layouts=args.layouts,
        meshes=args.meshes,
    )
    print(json.dumps(summary, indent=2))


def _card(args: argparse.Namespace) -> None:
    from brickgpt_engine.formats.atomic import write_text
    from training.data.card import CARD, card_text

    out = args.out or args.data / CARD
    write_text(out, card_text(args.data))
    print(f"wrote {out}")


def _prepare(args: argparse.Namespace) -> None:
    from training.data.prepare import prepare

    counts = prepare(
        args.data,
        args.out,
        splits=args.split,
        file_format=args.format,
        overwrite=args.overwrite,
        tell=lambda line: print(line, flush=True),
    )
    print(f"{sum(counts.values()):,} conversations in {args.out}")


def main() -> None:
    """Parse the command line and run it."""
    args = _parser().parse_args()
    try:
        args.run(args)
    except BrickGPTError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(int(error.exit_code))
    except ModuleNotFoundError as error:
        if error.name not in _OPTIONAL:
            raise
        print(f"error: {error.name} is needed; pip install {error.name}", file=sys.stderr)
        sys.exit(int(ExitCode.USAGE))
    except KeyboardInterrupt:
        print("interrupted; the same command goes on where it stopped", file=sys.stderr)
        sys.exit(int(ExitCode.INTERRUPTED))


if __name__ == "__main__":
    main()
