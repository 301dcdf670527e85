"""``python -m training.data build --size N --out DIR``."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from brickgpt_engine.errors import BrickGPTError


def main() -> None:
    """Parse the command line and run it."""
    parser = argparse.ArgumentParser(prog="python -m training.data", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    build = commands.add_parser("build", help="build the procedural data set as Parquet shards")
    build.add_argument("--size", type=int, required=True, help="structures of the training split")
    build.add_argument("--test-size", type=int, help="structures of the test split (default: size / 20)")
    build.add_argument("--out", type=Path, required=True, help="folder for the shards; a second run resumes")
    build.add_argument("--seed", type=int, default=0)
    build.add_argument("--workers", type=int, default=0, help="processes (default: one for each core)")
    build.add_argument("--families", nargs="+", metavar="NAME", help="shape families (default: all)")
    args = parser.parse_args()
    from training.data.build import build as run

    try:
        summary = run(
            args.size,
            args.out,
            seed=args.seed,
            test_size=args.test_size,
            workers=args.workers,
            families=args.families,
        )
    except BrickGPTError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(int(error.exit_code))
    print(json.dumps(summary, indent=2))


if __name__ == "__main__":
    main()
