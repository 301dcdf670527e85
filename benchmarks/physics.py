"""How fast the `paper` analysis is, from structure to verdict, against the plain model in the same run.

The rival is `tests/physics/oracle.py`: the published model with one variable per force, solved by
HiGHS as well. Every time is Python included, on one thread, with nothing kept between runs. Each
structure's verdict and optimum are compared on the way; a difference ends the run with exit code 1.

    python benchmarks/physics.py [--quick] [--json] [--seed N]

Prints medians of `typical` structures (grown, mostly well supported) and `worst` ones (top-heavy,
near or past falling). `ratio` is rival / ours; `goal` is the ratio aimed at.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from brickgpt_engine.bricks import BrickStructure  # noqa: E402
from brickgpt_engine.physics import StabilityAnalyzer  # noqa: E402
from brickgpt_engine.physics.solvers import gurobi  # noqa: E402
from brickgpt_engine.physics.stability import FORCE_ZERO  # noqa: E402

GOALS = {10: 8, 30: 10, 100: 50, 200: 50}
"""Ratio aimed at, by number of bricks."""
REPEATS = {10: 9, 30: 7, 100: 3, 200: 1}


def load(name: str) -> ModuleType:
    """A helper module of the physics tests, by path."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "tests" / "physics" / f"{name}.py")
    if spec is None or spec.loader is None:
        raise SystemExit(f"tests/physics/{name}.py is missing; run from a source checkout")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def best(function: Callable[[], Any], repeats: int) -> tuple[float, Any]:
    """Median wall time in milliseconds, and the last result."""
    times = []
    result = None
    for _ in range(repeats):
        start = time.perf_counter()
        result = function()
        times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times), result


def structures(kind: str, bricks: int, count: int, seed: int) -> list[BrickStructure]:
    """``count`` structures of the wanted size."""
    make = load("random_structures")
    found: list[BrickStructure] = []
    while len(found) < count:
        grown = make.grow(seed, bricks, spread=0.1) if kind == "typical" else make.top_heavy(seed, bricks)
        seed += 1
        if len(grown) == bricks:
            found.append(grown)
    return found


def measure(kind: str, bricks: int, count: int, seed: int) -> list[dict[str, Any]]:
    """Rows of one size: HiGHS against the plain model, and Gurobi where its licence allows."""
    oracle = load("oracle")
    ours, plain, theirs = [], [], []
    analyzers = {name: StabilityAnalyzer("paper", solver=name) for name in ("highs", "gurobi")}
    for structure in structures(kind, bricks, count, seed):
        elapsed, report = best(lambda s=structure: analyzers["highs"].analyze(s), REPEATS[bricks])
        ours.append(elapsed)
        elapsed, (value, residual, largest) = best(lambda s=structure: oracle.paper(s), 1)
        plain.append(elapsed)
        stands = bool(residual < FORCE_ZERO and largest.max() < oracle.CAPACITY)
        if stands != report.stable or abs(value - report.objective) > 1e-6 * max(value, 1e-4):
            raise SystemExit(
                f"{kind}, {bricks} bricks: {report.objective} differs from the plain model's {value}"
            )
        try:
            elapsed, report = best(lambda s=structure: analyzers["gurobi"].analyze(s), REPEATS[bricks])
        except gurobi.GurobiUnavailableError:
            continue
        if report.solver == "gurobi":
            theirs.append(elapsed)
    rows = [row(kind, bricks, "highs", ours, plain)]
    # Where only some of the structures fit the licence, a median would speak of the small ones.
    return [*rows, row(kind, bricks, "gurobi", theirs, plain)] if len(theirs) == count else rows


def row(kind: str, bricks: int, solver: str, ours: list[float], plain: list[float]) -> dict[str, Any]:
    """One line of the result."""
    mine, rival = statistics.median(ours), statistics.median(plain)
    return {
        "name": f"paper analysis, {bricks} bricks, {kind}, {solver}",
        "value": round(mine, 2),
        "unit": "ms",
        "rival": round(rival, 2),
        "ratio": round(rival / mine, 1),
        "goal": GOALS[bricks],
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="few structures; under a minute")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--seed", type=int, default=1, help="first seed of the structures (default 1)")
    options = parser.parse_args()
    counts = {10: 5, 30: 5, 100: 3, 200: 1} if options.quick else {10: 40, 30: 40, 100: 20, 200: 8}
    if not options.json:
        print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, medians")
        print(f"{'':44}{'ours':>10}{'plain':>11}{'ratio':>8}{'goal':>7}")
    for kind in ("typical", "worst"):
        for bricks, count in counts.items():
            for line in measure(kind, bricks, count, options.seed):
                print(json.dumps(line) if options.json else table_line(line), flush=True)


def table_line(line: dict[str, Any]) -> str:
    """One line of the table for people."""
    return (
        f"{line['name']:44}{line['value']:7.1f} ms{line['rival']:8.0f} ms"
        f"{line['ratio']:7.1f}x{line['goal']:6}x"
    )


if __name__ == "__main__":
    main()
