"""Is the fast analysis exact? Every way through it against the plain model, on thousands of structures.

    python benchmarks/physics_exactness.py [--quick] [--json] [--count N] [--seed N] [--gurobi-every N]

For each random or designed structure, verdict and optimum of both criteria are compared with
`tests/physics/oracle.py` (one variable per force), and so are those of every way through the
dispatcher: the usual one by HiGHS, the compiled simplex, the built-in one, the moving bricks alone, all
bricks free with one column per pull, all free with columns over sets, the same from an interior point, the
plain reduced program by HiGHS, the same by Gurobi where its licence allows, and what is kept between changes
by HiGHS and by the compiled simplex, after the last brick was added and after a brick was taken out.
Stress per brick is compared
between them, as the tie-break makes it unique. So is the verdict alone. Ends with exit code 1 on a
difference.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks._report import Row, options, publish
from benchmarks.physics import load
from brickgpt_engine.bricks import Brick, BrickStructure
from brickgpt_engine.physics import (
    IncrementalAnalyzer,
    StabilityAnalyzer,
    StabilityReport,
    condensed,
    native,
    paper,
)
from brickgpt_engine.physics.connectivity import grounded_bricks
from brickgpt_engine.physics.contacts import extract_contacts
from brickgpt_engine.physics.report import FloatArray
from brickgpt_engine.physics.solvers import available_solvers
from brickgpt_engine.physics.stability import FORCE_ZERO, _compiled

RELATIVE, ABSOLUTE = 1e-6, 1e-10
STRESS = 1e-5
"""Largest difference of one brick's stress between two ways, as a share of the friction capacity."""


def designed(seed: int) -> BrickStructure:
    """A wall, arch, table or stack with random proportions: dense, interlocked, many ties."""
    rng = random.Random(seed)
    kind = seed % 4
    if kind == 0:
        wide, tall = rng.randint(2, 4), rng.randint(2, 5)
        wall = (Brick(2, 4, 4, 4 * i + 2 * (z % 2), z) for z in range(tall) for i in range(wide - z % 2))
        return BrickStructure(wall)
    if kind == 1:
        height, reach = rng.randint(1, 5), rng.choice((4, 6))
        legs = [Brick(2, 2, 2, y, z) for z in range(height) for y in (2, 2 + reach - rng.randint(0, 2))]
        return BrickStructure([*legs, Brick(2, reach, 2, 2, height), Brick(2, 2, 2, 4, height + 1)])
    if kind == 2:
        height = rng.randint(1, 4)
        corners = [(2, 2), (2, 7), (7, 2), (7, 7)][: rng.randint(2, 4)]
        legs = [Brick(1, 1, x, y, z) for z in range(height) for x, y in corners]
        top = [Brick(2, 6, x, 2, height) for x in (2, 4, 6)] + [
            Brick(6, 2, 2, y, height + 1) for y in (2, 4, 6)
        ]
        return BrickStructure([*legs, *top])
    stack = [
        Brick(2, 4, 8 + rng.randint(-1, 1), 8 + rng.randint(-2, 2), z) for z in range(rng.randint(2, 12))
    ]
    return BrickStructure(stack)


def structures(count: int, seed: int) -> Iterator[tuple[str, BrickStructure]]:
    """``count`` structures of every kind in turn, of 1 to 24 bricks."""
    make = load("random_structures")
    kinds: dict[str, Callable[[int, int], BrickStructure]] = {
        "sturdy": lambda s, n: make.grow(s, n, spread=0.05),
        "sprawling": lambda s, n: make.grow(s, n, spread=1.0),
        "top-heavy": make.top_heavy,
        "floating": lambda s, n: make.floating(s, max(n // 2, 2)),
        "crowded": lambda s, n: make.grow(s, n, spread=0.5, world_dim=7),
        "designed": lambda s, _: designed(s),
    }
    names = list(kinds)
    for number in range(count):
        name = names[number % len(names)]
        yield name, kinds[name](seed + number, 1 + (seed + number * 7) % 24)


def ways(structure: BrickStructure, gurobi: bool) -> Iterator[tuple[str, StabilityReport]]:
    """The report of every way through the dispatcher for the published criterion."""
    yield "usual", StabilityAnalyzer("paper", "highs").analyze(structure)
    if native.library():
        auto = StabilityAnalyzer("paper")
        yield "compiled", auto.analyze(structure)
        for way, name in ((1, "compiled, from a first basis"), (2, "compiled, from near the optimum")):
            code, found = native.attempt(structure, way=way)
            if found is not None:
                yield name, auto._report(structure, None, found.standing, _compiled(found))
            elif grounded_bricks(extract_contacts(structure)).all():
                raise SystemExit(f"{name}: no answer, ending {code}, for {list(structure)}")
    small, paper.SMALL, most, native.MOST = paper.SMALL, 10**9, native.MOST, 0
    yield "built-in", StabilityAnalyzer("paper").analyze(structure)
    paper.SMALL, native.MOST = small, most
    few, paper._FEW = paper._FEW, 0
    yield "moving alone", StabilityAnalyzer("paper", "highs").analyze(structure)
    paper._FEW = few
    for name, explicit, strained in (
        ("pull by pull", 10**9, 1e9),
        ("set by set", -1, 1e9),
        ("from inside", -1, -1.0),
    ):
        kept = paper._MANY, condensed.EXPLICIT, condensed._INTERIOR, condensed._STRAINED
        paper._MANY, condensed.EXPLICIT = -1.0, explicit
        condensed._INTERIOR, condensed._STRAINED = 0, strained
        yield name, StabilityAnalyzer("paper", "highs").analyze(structure)
        paper._MANY, condensed.EXPLICIT, condensed._INTERIOR, condensed._STRAINED = kept
    plain = StabilityAnalyzer("paper", "highs")
    contacts = extract_contacts(structure)
    verdict = plain._paper_at_once(contacts, "highs")
    yield "at once", plain._report(structure, contacts, grounded_bricks(contacts), verdict)
    if gurobi:
        yield "gurobi", StabilityAnalyzer("paper", "gurobi").analyze(structure)
    yield from changes(structure, "highs")
    if native.library():
        yield from changes(structure, "auto")


def changes(structure: BrickStructure, solver: str) -> Iterator[tuple[str, StabilityReport]]:
    """Reports by what is kept between changes: a brick is added last, or one more taken out."""
    side, count = structure.world_dim, len(structure)
    session = kept(structure[:-1], side, solver)
    yield f"brick added ({solver})", session.follow(structure)
    filled = structure.grid >= 0
    height = np.where(filled.any(axis=2), side - np.argmax(filled[:, :, ::-1], axis=2), side)
    free = np.argwhere(height < side)  # tops of columns that have a brick
    if not len(free):
        return
    x, y = free[count * 7 % len(free)].tolist()
    extra, place = Brick(1, 1, x, y, int(height[x, y])), count * 5 % (count + 1)
    session = kept([*structure[:place], extra, *structure[place:]], side, solver)
    yield f"brick taken out ({solver})", session.remove(place)


def kept(bricks: Sequence[Brick], world_dim: int, solver: str) -> IncrementalAnalyzer:
    """A session that has solved for these bricks, also where they settle."""
    session = IncrementalAnalyzer(StabilityAnalyzer("paper", solver), BrickStructure(bricks, world_dim))
    session._memory._settled = False
    session.report()
    session._memory._settled = False
    return session


def paper_faults(structure: BrickStructure, gurobi: bool) -> Iterator[str]:
    """What differs from the plain model, or between ways."""
    value, residual, largest = load("oracle").paper(structure)
    stands = bool(residual < FORCE_ZERO and largest.max() < 0.98)
    if StabilityAnalyzer("paper", "highs").stands(structure) != stands:
        yield f"verdict alone: {not stands}, plain model {stands}"
    usual: FloatArray | None = None
    for way, report in ways(structure, gurobi):
        if report.stable != stands:
            yield f"{way}: verdict {report.status}, plain model {'stable' if stands else 'unstable'}"
        if report.objective is None or abs(report.objective - value) > max(RELATIVE * value, ABSOLUTE):
            yield f"{way}: optimum {report.objective}, plain model {value}"
        usual = report.stress if usual is None else usual
        apart = float(np.abs(report.stress - usual).max())
        if apart > STRESS:
            yield f"{way}: a brick's stress differs by {apart:.2g} from the usual way's"


def equilibrium_faults(structure: BrickStructure) -> Iterator[str]:
    """What differs from the plain model by the other criterion."""
    least = load("oracle").equilibrium(structure)
    report = StabilityAnalyzer("equilibrium", "highs").analyze(structure)
    alone = StabilityAnalyzer("equilibrium", "highs").stands(structure)
    if (least is not None and least < 1) != alone:
        yield f"equilibrium: verdict alone {alone}, plain model's t {least}"
    if (least is not None and least < 1) != report.stable:
        yield f"equilibrium: {report.status}, plain model's t {least}"
    elif least is None:
        if report.safety_factor != 0:
            yield f"equilibrium: safety factor {report.safety_factor} without an equilibrium"
    elif report.objective is None or abs(report.objective - least) > max(RELATIVE * least, 1e-9):
        yield f"equilibrium: t {report.objective}, plain model {least}"


def rows(wanted: argparse.Namespace) -> Iterator[Row]:
    """One row: how many differences there are; each is also told on stderr."""
    usable = any(info.name == "gurobi" and info.usable for info in available_solvers())
    count = min(wanted.count, 60) if wanted.quick else wanted.count
    seen: Counter[str] = Counter()
    faults = 0
    for number, (kind, structure) in enumerate(structures(count, wanted.seed)):
        gurobi = usable and number % wanted.gurobi_every == 0
        seen.update((kind, "with gurobi") if gurobi else (kind,))
        for fault in (*paper_faults(structure, gurobi), *equilibrium_faults(structure)):
            faults += 1
            where = f"{kind}, seed {wanted.seed}, number {number}, {len(structure)} bricks"
            print(f"{where}: {fault}", file=sys.stderr, flush=True)
    kinds = ", ".join(f"{times} {kind}" for kind, times in seen.items())
    yield Row(f"physics: differences from the plain model ({kinds})", faults, "differences", None, None, 0)
    if faults:
        raise SystemExit(1)


def main() -> None:
    """Compare, and print what was found."""
    more: dict[str, dict[str, Any]] = {
        "count": {"type": int, "default": 2000, "help": "structures to compare"},
        "seed": {"type": int, "default": 1},
        "gurobi-every": {"type": int, "default": 10, "metavar": "N", "help": "use Gurobi on every Nth"},
    }
    wanted = options(__doc__, "60 structures", **more)
    publish(rows(wanted), wanted)


if __name__ == "__main__":
    main()
