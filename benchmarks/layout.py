"""Layout against a row-major largest-first cover of the same shapes, in the same run.

``python benchmarks/layout.py [--quick] [--json]``: layouts per second at about 100 bricks, bricks needed,
share of models in one piece, share that stand (paper criterion).
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.bricks import FOOTPRINTS, Brick, BrickStructure
from brickgpt_engine.layout import legolize
from brickgpt_engine.layout.assembly import Assembly
from brickgpt_engine.physics import StabilityAnalyzer

Cells = NDArray[np.bool_]
Layout = Callable[[Cells], BrickStructure]

WORLD = 20


@dataclass(frozen=True, slots=True)
class Row:
    """One measured claim; ``ratio`` is how many times better than the rival."""

    name: str
    value: float
    unit: str
    rival: float
    ratio: float
    goal: str


def naive(cells: Cells) -> BrickStructure:
    """The rival: cells row by row, each covered by the largest brick that fits."""
    structure = BrickStructure(world_dim=WORLD)
    menu = sorted(FOOTPRINTS, key=lambda f: -f[0] * f[1])
    for z, x, y in np.argwhere(cells.transpose(2, 0, 1)).tolist():
        if structure.grid[x, y, z] >= 0:
            continue
        for h, w in menu:
            brick = Brick(h, w, x, y, z)
            if brick.in_bounds(WORLD) and cells[brick.slices].all() and structure.add(brick) is None:
                break
    return structure


def shapes(count: int) -> Iterator[Cells]:
    """Tables, mushrooms, houses and bridges of random proportions, about 100 bricks on average."""
    for number in range(count):
        rng = np.random.default_rng(number)
        yield (_table, _mushroom, _house, _bridge)[number % 4](rng)


def _table(rng: np.random.Generator) -> Cells:
    cells = np.zeros((WORLD,) * 3, dtype=bool)
    w, d, h, leg = rng.integers(10, 18), rng.integers(10, 18), rng.integers(6, 12), rng.integers(1, 4)
    for x in (0, w - leg):
        for y in (0, d - leg):
            cells[x : x + leg, y : y + leg, :h] = True
    cells[:w, :d, h : h + rng.integers(2, 4)] = True
    return cells


def _mushroom(rng: np.random.Generator) -> Cells:
    x, y, z = np.indices((WORLD,) * 3) - np.array([9.5, 9.5, 6]).reshape(3, 1, 1, 1)
    cap = (x**2 + y**2 + (1.5 * z) ** 2 < rng.uniform(5, 8) ** 2) & (z >= 0)
    return np.asarray(cap | ((x**2 + y**2 < rng.uniform(2, 4) ** 2) & (z < 1)))


def _house(rng: np.random.Generator) -> Cells:
    cells = np.zeros((WORLD,) * 3, dtype=bool)
    w, d, h = rng.integers(9, 17), rng.integers(9, 17), rng.integers(6, 12)
    cells[:w, :d, :h] = True
    cells[1 : w - 1, 1 : d - 1, :h] = False
    door = rng.integers(2, d - 4)
    cells[0, door : door + 2, : h - 2] = False
    cells[:w, :d, h : h + 2] = True
    return cells


def _bridge(rng: np.random.Generator) -> Cells:
    cells = np.zeros((WORLD,) * 3, dtype=bool)
    span, width, h = rng.integers(12, 20), rng.integers(3, 7), rng.integers(4, 10)
    pier = rng.integers(2, 5)
    cells[:width, :pier, :h] = cells[:width, span - pier : span, :h] = True
    cells[:width, :span, h : h + 2] = True
    cells[[0, width - 1], :span, h + 2] = True
    return cells


def measure(layout: Layout, cases: list[Cells]) -> dict[str, float]:
    """Bricks a model, share in one piece, share stable, and layouts per second."""
    start = time.process_time()  # this process alone: neighbours on the machine do not count
    built = [layout(cells) for cells in cases]
    seconds = time.process_time() - start
    analyzer = StabilityAnalyzer(criterion="paper", solver="highs")
    return {
        "bricks": sum(len(b) for b in built) / len(built),
        "one piece": sum(_groups(b) == 1 for b in built) / len(built),
        "stable": sum(analyzer.analyze(b).stable for b in built) / len(built),
        "rate": len(built) / seconds,
    }


def _groups(structure: BrickStructure) -> int:
    assembly = Assembly(structure.grid.shape, structure)
    return assembly.groups(assembly.stud_pairs()).count


def rows(count: int) -> list[Row]:
    """Every claim, measured on ``count`` shapes."""
    cases = list(shapes(count))
    legolize(cases[0])
    ours, rival = measure(legolize, cases), measure(naive, cases)
    better = {"bricks": rival["bricks"] / ours["bricks"]}
    claims = [
        ("rate", "layouts/s per core", ">= 25"),
        ("bricks", "bricks per model", "at most 10 % more than the rival"),
        ("one piece", "share of models", "more than the rival"),
        ("stable", "share of models", "more than the rival"),
    ]
    return [
        Row(
            f"layout: {name}",
            round(ours[name], 4),
            unit,
            round(rival[name], 4),
            round(better.get(name, ours[name] / max(rival[name], 1e-9)), 3),
            goal,
        )
        for name, unit, goal in claims
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="fewer shapes, under a minute")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    arguments = parser.parse_args()
    for row in rows(24 if arguments.quick else 120):
        if arguments.json:
            print(json.dumps(asdict(row)))
        else:
            print(
                f"{row.name:20} {row.value:>9} {row.unit:20} rival {row.rival:>9}  x{row.ratio}  ({row.goal})"
            )


if __name__ == "__main__":
    main()
