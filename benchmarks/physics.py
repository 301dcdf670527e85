"""How fast the `paper` analysis is, from structure to verdict, against two rivals in the same run.

`published program` is `tests/physics/oracle_published.py`: the program as its authors state it, a variable
for every force on every brick, row by row. `plain model` is `tests/physics/oracle.py`: the same with one
variable per force, written down as arrays. Both go to HiGHS with its presolve. Times are processor time of
the one thread that works, Python included, with nothing kept between runs. Each structure's verdict and
optimum are compared on the way; a difference ends the run with exit code 1. At 1,000 bricks the rivals take
too long, and none is run.

    python benchmarks/physics.py [--quick] [--json] [--seed N] [--sizes 10,30,100] [--kinds shaped,laid]
                                 [--changes]

`one change` is the incremental analysis: one brick added or taken out and judged, against judging the whole
structure afresh by HiGHS; verdict and optimum are compared after every change.

Prints medians of four kinds of structure: `shaped` (shapes of the training data, laid as there, magnified for
the larger sizes, nothing floating), `laid` (tables, houses and walls laid by the engine's own layout, roofs
that nothing holds included: there up to half of the bricks float), `grown` (loose heaps, mostly well
supported, with many overhangs) and `worst` (top-heavy, near or past falling).
"""

from __future__ import annotations

import importlib.util
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks._report import Row, options, publish
from brickgpt_engine.bricks import BrickStructure
from brickgpt_engine.layout import legolize
from brickgpt_engine.physics import IncrementalAnalyzer, StabilityAnalyzer, dense, native
from brickgpt_engine.physics.connectivity import grounded_bricks
from brickgpt_engine.physics.contacts import extract_contacts
from brickgpt_engine.physics.solvers import gurobi
from brickgpt_engine.physics.stability import FORCE_ZERO
from training.data.shapes import sample_shape

ROOT = Path(__file__).resolve().parent.parent
GOALS = {10: 8, 30: 10, 100: 50, 200: 50, 500: 60}
"""Ratio to either rival that is aimed at, by number of bricks."""
LIMITS = {10: 1.5, 30: 4.0, 100: 10.0, 200: 50.0, 500: 300.0, 1000: 800.0}
"""Milliseconds aimed at for typical structures, by number of bricks."""
CHANGE = 2.0
"""Milliseconds aimed at for one change at 100 bricks."""
REPEATS = {10: 9, 30: 7, 100: 3, 200: 3, 500: 1, 1000: 1}
KINDS = ("shaped", "laid", "grown", "worst")


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
    """Median processor time in milliseconds, and the last result."""
    times = []
    result = None
    for _ in range(repeats):
        start = time.thread_time()
        result = function()
        times.append((time.thread_time() - start) * 1e3)
    return statistics.median(times), result


def structures(kind: str, bricks: int, count: int, seed: int) -> list[BrickStructure]:
    """``count`` structures of the wanted size; shaped and laid ones of a size from 0.8 to 1.25 times that."""
    make = load("random_structures")
    found: list[BrickStructure] = []
    while len(found) < count:
        if kind in ("shaped", "laid"):
            made = shaped(bricks, seed) if kind == "shaped" else laid(bricks, seed)
        else:
            # A thousand bricks find no room in the usual world.
            world = 20 if bricks <= 200 else 40
            if kind == "grown":
                made = make.grow(seed, bricks, spread=0.1, world_dim=world)
            else:
                made = make.top_heavy(seed, bricks, world_dim=world)
        seed += 1
        if made is not None and (kind in ("shaped", "laid") or len(made) == bricks):
            found.append(made)
    return found


def shaped(bricks: int, seed: int) -> BrickStructure | None:
    """A shape of the training data of about ``bricks`` bricks; None where this one has no such size."""
    voxels = sample_shape(np.random.default_rng(seed)).voxels
    for times in range(1, 8):
        cells = voxels.repeat(times, axis=0).repeat(times, axis=1).repeat(times, axis=2)
        made = legolize(cells, seed=seed, world_dim=20 * times)
        if len(made) > bricks * 1.25:
            return None
        if len(made) >= bricks * 0.8 and grounded_bricks(extract_contacts(made)).all():
            return made
    return None


def laid(bricks: int, seed: int) -> BrickStructure | None:
    """A table, house or wall of about ``bricks`` bricks, laid in bond; None where no size fits."""
    rng = random.Random(seed)
    kind, slender = rng.choice(("table", "house", "wall")), rng.choice((1, 2))
    for side in range(3, 40):
        made = legolize(_voxels(kind, side, slender), seed=seed, world_dim=40)
        if len(made) > bricks * 1.25:
            return None
        if len(made) >= bricks * 0.8:
            return made
    return None


def _voxels(kind: str, side: int, slender: int) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Filled cells of a shape about ``side`` cells wide, its parts ``slender`` cells thick."""
    height = max(2, side // 2)
    cells = np.zeros((side, side, height + 1), dtype=bool)
    if kind == "table":
        for x in (slice(0, slender), slice(side - slender, side)):
            for y in (slice(0, slender), slice(side - slender, side)):
                cells[x, y, :height] = True
        cells[:, :, height] = True
    elif kind == "house":
        cells[:, :, :] = True
        cells[slender:-slender, slender:-slender, :height] = False
        cells[side // 3 : 2 * side // 3, :slender, : height // 2] = False
    else:
        cells[:, :slender, :] = True
        cells[:slender, :, :] = True
    return cells


def measure(kind: str, bricks: int, count: int, seed: int) -> Iterator[Row]:
    """Rows of one size: what ``auto`` takes against both rivals, and Gurobi where its licence allows."""
    oracle, published = load("oracle"), load("oracle_published")
    ours, plain, stated, theirs, settled, solvers = [], [], [], [], 0, set()
    analyzers = {name: StabilityAnalyzer("paper", solver=name) for name in ("auto", "gurobi")}
    for structure in structures(kind, bricks, count, seed):
        elapsed, report = best(partial(analyzers["auto"].analyze, structure), REPEATS[bricks])
        ours.append(elapsed)
        settled += report.solver == "none"
        solvers |= {report.solver} - {"none"}
        if bricks > max(GOALS):
            continue
        elapsed, (value, residual, largest) = best(partial(oracle.paper, structure), 1)
        plain.append(elapsed)
        stands = bool(residual < FORCE_ZERO and largest.max() < oracle.CAPACITY)
        if stands != report.stable or differ(report.objective, value):
            raise SystemExit(
                f"{kind}, {bricks} bricks: {report.objective} differs from the plain model's {value}"
            )
        elapsed, (other, *_) = best(partial(published.paper, structure), 1)
        stated.append(elapsed)
        if differ(other, value):
            raise SystemExit(f"{kind}, {bricks} bricks: the rivals differ, {other} and {value}")
        try:
            elapsed, report = best(partial(analyzers["gurobi"].analyze, structure), REPEATS[bricks])
        except gurobi.GurobiUnavailableError:
            continue
        if report.solver == "gurobi":
            theirs.append(elapsed)
    kept_whole = bricks <= native.MOST and native.library()
    if kept_whole and dense.NAME in solvers:
        solvers = {"compiled", *solvers} - {dense.NAME}
    name = f"{' and '.join(sorted(solvers)) or 'none'} ({settled} of {count} settled)"
    yield row(kind, bricks, name, ours, stated, "published program, row by row")
    if plain:
        yield row(kind, bricks, name, ours, plain, "plain model as arrays")
    # Where only some of the structures fit the licence, a median would speak of the small ones.
    if len(theirs) == count:
        yield row(kind, bricks, "gurobi", theirs, stated, "published program, row by row")


def differ(ours: float | None, other: float | None) -> bool:
    """Whether two optima are different ones."""
    return ours is None or other is None or abs(ours - other) > 1e-6 * max(other, 1e-4)


def row(kind: str, bricks: int, solver: str, ours: list[float], rival: list[float], name: str) -> Row:
    """One line of the result: medians of what this ``solver`` and a rival of this ``name`` took."""
    ratio = f">= {GOALS[bricks]}x, " if rival else ""
    return Row.compare(
        f"paper analysis, {bricks} bricks, {kind}, {solver}",
        statistics.median(ours),
        "ms",
        statistics.median(rival) if rival else None,
        goal=f"{ratio}{LIMITS[bricks]:g} ms" if rival else LIMITS[bricks],
        rival_name=name,
    )


def changes(kind: str, bricks: int, count: int, seed: int) -> Row:
    """The row of one change: the last bricks of each structure added, and as many others taken out."""
    cold, usual = StabilityAnalyzer("paper", solver="highs"), StabilityAnalyzer("paper")
    ours, afresh = [], []
    rng = random.Random(seed)
    for structure in structures(kind, bricks, count, seed):
        lasting = len(structure) - min(8, len(structure) // 2)
        start = BrickStructure(structure[:lasting], structure.world_dim)
        session = IncrementalAnalyzer(usual, start)
        session.report()
        steps = [partial(session.add, brick) for brick in structure[lasting:]]
        steps += [partial(session.remove, rng.randrange(lasting)) for _ in structure[lasting:]]
        for step in steps:
            elapsed, report = best(step, 1)
            ours.append(elapsed)
            elapsed, whole = best(partial(cold.analyze, session.structure), 1)
            afresh.append(elapsed)
            if report.status != whole.status or differ(report.objective, whole.objective):
                raise SystemExit(f"{kind}, {bricks} bricks: a change gives {report}, afresh {whole}")
    return Row.compare(
        f"one change, {bricks} bricks, {kind}",
        statistics.median(ours),
        "ms",
        statistics.median(afresh),
        goal=CHANGE if bricks == 100 else None,
        rival_name="the whole afresh, by HiGHS",
    )


def rows(
    quick: bool, seed: int, sizes: list[int], kinds: list[str], count: int | None, *, whole: bool = True
) -> Iterator[Row]:
    """Every claim; those of single changes alone without ``whole``."""
    quickly = {10: 5, 30: 5, 100: 3, 200: 2, 500: 1, 1000: 1}
    counts = quickly if quick else {10: 40, 30: 40, 100: 20, 200: 8, 500: 3, 1000: 2}
    for kind in kinds:
        for bricks in sizes:
            # The training data have hardly a shape of ten bricks, and those of others take long to lay.
            if whole and (kind, bricks) != ("shaped", 10):
                usual = min(counts[bricks], 8) if kind == "shaped" else counts[bricks]
                yield from measure(kind, bricks, count or usual, seed)
        if 100 in sizes:
            yield changes(kind, 100, 2 if quick else 6, seed)


def main() -> None:
    """Measure and print."""
    wanted = options(
        __doc__,
        "few structures",
        seed={"type": int, "default": 1, "help": "first seed of the structures (default 1)"},
        sizes={
            "type": lambda text: [int(size) for size in text.split(",")],
            "default": [10, 30, 100, 200],
            "help": "numbers of bricks out of 10, 30, 100, 200, 500 and 1000 (default 10,30,100,200)",
        },
        kinds={
            "type": lambda text: [kind for kind in KINDS if kind in text.split(",")],
            "default": list(KINDS),
            "help": "kinds of structures out of shaped, laid, grown and worst (default all)",
        },
        count={"type": int, "help": "structures of each kind and size (by default more of the small ones)"},
        changes={"action": "store_true", "help": "measure one change at 100 bricks alone"},
    )
    sizes = [100] if wanted.changes else wanted.sizes
    measured = rows(wanted.quick, wanted.seed, sizes, wanted.kinds, wanted.count, whole=not wanted.changes)
    publish(measured, wanted)


if __name__ == "__main__":
    main()
