"""``python -m training.data build --size N --out DIR``: make the data set, in any number of sittings."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from brickgpt_engine.errors import BrickGPTError, ExitCode


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training.data", description=__doc__)
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
    return parser


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


def main() -> None:
    """Parse the command line and run it."""
    args = _parser().parse_args()
    try:
        args.run(args)
    except BrickGPTError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(int(error.exit_code))
    except KeyboardInterrupt:
        print("interrupted; the same command goes on where it stopped", file=sys.stderr)
        sys.exit(int(ExitCode.INTERRUPTED))


if __name__ == "__main__":
    main()
