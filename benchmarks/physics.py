"""How fast the `paper` analysis is, from structure to verdict, against the plain model in the same run.

The rival is `tests/physics/oracle.py`: the published model with one variable per force, solved by
HiGHS as well. Every time is Python included, on one thread, with nothing kept between runs. Each
structure's verdict and optimum are compared on the way; a difference ends the run with exit code 1.

    python benchmarks/physics.py [--quick] [--json] [--seed N]

Prints medians of `typical` structures (grown, mostly well supported) and `worst` ones (top-heavy,
near or past falling).
"""

from __future__ import annotations

import importlib.util
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks._report import Row, options, publish
from brickgpt_engine.bricks import BrickStructure
from brickgpt_engine.physics import StabilityAnalyzer
from brickgpt_engine.physics.solvers import gurobi
from brickgpt_engine.physics.stability import FORCE_ZERO

ROOT = Path(__file__).resolve().parent.parent
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


def measure(kind: str, bricks: int, count: int, seed: int) -> Iterator[Row]:
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
    yield row(kind, bricks, "highs", ours, plain)
    # Where only some of the structures fit the licence, a median would speak of the small ones.
    if len(theirs) == count:
        yield row(kind, bricks, "gurobi", theirs, plain)


def row(kind: str, bricks: int, solver: str, ours: list[float], plain: list[float]) -> Row:
    """One line of the result."""
    return Row.compare(
        f"paper analysis, {bricks} bricks, {kind}, {solver}",
        statistics.median(ours),
        "ms",
        statistics.median(plain),
        goal=f">= {GOALS[bricks]}x",
        rival_name="plain model",
    )


def rows(quick: bool, seed: int) -> Iterator[Row]:
    """Every claim."""
    counts = {10: 5, 30: 5, 100: 3, 200: 1} if quick else {10: 40, 30: 40, 100: 20, 200: 8}
    for kind in ("typical", "worst"):
        for bricks, count in counts.items():
            yield from measure(kind, bricks, count, seed)


def main() -> None:
    """Measure and print."""
    wanted = options(
        __doc__,
        "few structures",
        seed={"type": int, "default": 1, "help": "first seed of the structures (default 1)"},
    )
    publish(rows(wanted.quick, wanted.seed), wanted)


if __name__ == "__main__":
    main()
