"""Layout against a row-major largest-first cover of the same shapes, in the same run.

    python benchmarks/layout.py [--quick] [--json]

Layouts per second and core at about 100 bricks, bricks needed, share of models in one piece, share that stand
(`paper` criterion), and the median safety factor (`equilibrium` criterion; 0 for a model that falls).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks._report import Row, options, publish
from brickgpt_engine.bricks import FOOTPRINTS, Brick, BrickStructure
from brickgpt_engine.layout import legolize
from brickgpt_engine.layout.assembly import Assembly
from brickgpt_engine.physics import StabilityAnalyzer

Cells = NDArray[np.bool_]
Layout = Callable[[Cells], BrickStructure]

WORLD = 20


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
    factors = [StabilityAnalyzer("equilibrium", "highs").analyze(b).safety_factor or 0.0 for b in built]
    return {
        "bricks": sum(len(b) for b in built) / len(built),
        "one piece": sum(_groups(b) == 1 for b in built) / len(built),
        "stable": sum(analyzer.analyze(b).stable for b in built) / len(built),
        "safety factor": float(np.median(factors)),
        "rate": len(built) / seconds,
    }


def _groups(structure: BrickStructure) -> int:
    assembly = Assembly(structure.grid.shape, structure)
    return assembly.groups(assembly.stud_pairs()).count


def family_shapes(count: int) -> Iterator[Cells]:
    """Shapes of the data set, one of each family in turn."""
    from training.data.shapes import FAMILIES, sample_shape

    names = sorted(FAMILIES)
    for number in range(count):
        yield sample_shape(np.random.default_rng(number), names[number % len(names)]).voxels


def rows(count: int) -> Iterator[Row]:
    """Every claim, measured on ``count`` shapes of each set."""
    for label, cases in (
        ("100-brick shapes", list(shapes(count))),
        ("data set shapes", list(family_shapes(count))),
    ):
        legolize(cases[0])
        ours, rival = measure(legolize, cases), measure(naive, cases)
        for name, unit, goal in (
            ("rate", "layouts/s per core", ">= 25"),
            ("bricks", "bricks per model", "> 1x"),
            ("one piece", "share of models", "> 1x"),
            ("stable", "share of models", "> 1x"),
            ("safety factor", "median", "> 1x"),
        ):
            yield Row.compare(
                f"layout, {label}: {name}",
                ours[name],
                unit,
                rival[name],
                goal=goal,
                rival_name="row-major cover",
                more_is_better=name != "bricks",
            )


def main() -> None:
    """Measure and print."""
    wanted = options(__doc__, "fewer shapes")
    publish(rows(24 if wanted.quick else 120), wanted)


if __name__ == "__main__":
    main()
