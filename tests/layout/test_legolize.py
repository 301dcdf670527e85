"""Layouts: exact covers, staggered, connected where that is possible, the same every time."""

from __future__ import annotations

import importlib.util
import sys
from collections import deque
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brickgpt_engine.bricks import FOOTPRINTS, Brick, BrickStructure
from brickgpt_engine.errors import ConfigError
from brickgpt_engine.layout import LayoutOptions, legolize
from brickgpt_engine.physics import StabilityAnalyzer


def _benchmark():
    path = Path(__file__).parents[2] / "benchmarks" / "layout.py"
    spec = importlib.util.spec_from_file_location("layout_benchmark", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


rival = _benchmark()


def box(*parts, size=20):
    """Cells of the union of boxes ``(x, y, z, dx, dy, dz)``."""
    cells = np.zeros((size,) * 3, dtype=bool)
    for x, y, z, dx, dy, dz in parts:
        cells[x : x + dx, y : y + dy, z : z + dz] = True
    return cells


TABLE = box((0, 0, 7, 10, 8, 2), *[(x, y, 0, 2, 2, 7) for x in (0, 8) for y in (0, 6)])
THIN_TABLE = box((0, 0, 7, 8, 6, 1), *[(x, y, 0, 1, 1, 7) for x in (0, 7) for y in (0, 5)])
ARCH = box((4, 0, 0, 2, 4, 6), (4, 10, 0, 2, 4, 6), (4, 0, 6, 2, 14, 2))
OVERHANG = box((2, 2, 0, 4, 4, 5), (2, 2, 5, 4, 9, 2))
HOLLOW = box((0, 0, 0, 9, 11, 6)) & ~box((1, 1, 0, 7, 9, 6))
BOOKCASE = box(
    (0, 0, 0, 4, 2, 15),
    (0, 11, 0, 4, 2, 15),
    (3, 0, 0, 1, 13, 15),
    *[(0, 0, z, 4, 13, 1) for z in (0, 5, 10, 14)],
)
MUSHROOM = next(cells for number, cells in enumerate(rival.shapes(2)) if number == 1)
SHAPES = {
    "table": TABLE,
    "thin table": THIN_TABLE,
    "arch": ARCH,
    "overhang": OVERHANG,
    "hollow": HOLLOW,
    "bookcase": BOOKCASE,
    "mushroom": MUSHROOM,
}
BUILDABLE = {name: cells for name, cells in SHAPES.items() if name != "thin table"}


def pieces(structure: BrickStructure) -> int:
    """Pieces that lift off the baseplate apart, found brick by brick; the baseplate joins layer 0."""
    unseen = set(range(len(structure)))
    ground = {i for i in unseen if structure[i].z == 0}
    count = 0
    while unseen:
        start = ground & unseen or {min(unseen)}
        count += 1
        queue = deque(start)
        unseen -= start
        while queue:
            i = queue.popleft()
            for j in (*structure.neighbours_above(i), *structure.neighbours_below(i)):
                if j in unseen:
                    unseen.discard(j)
                    queue.append(j)
    return count


def through_joints(structure: BrickStructure) -> int:
    """Unit edges at which a joint stands right on a joint."""
    grid = structure.grid
    count = 0
    for first, second in ((grid[1:], grid[:-1]), (grid[:, 1:], grid[:, :-1])):
        joint = (first != second) & (first >= 0) & (second >= 0)
        count += int((joint[:, :, 1:] & joint[:, :, :-1]).sum())
    return count


def check_cover(cells, structure):
    np.testing.assert_array_equal(structure.occupancy[tuple(map(slice, cells.shape))], cells)
    assert structure.occupancy.sum() == cells.sum() == sum(brick.area for brick in structure)
    assert all((brick.h, brick.w) in FOOTPRINTS for brick in structure)
    order = [(brick.z, brick.x, brick.y) for brick in structure]
    assert order == sorted(order)


@pytest.mark.parametrize("name", SHAPES)
def test_covers_exactly_in_raster_order(name):
    check_cover(SHAPES[name], legolize(SHAPES[name]))


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(1, 5)),
    st.floats(0.2, 1),
    st.sampled_from([0.0, 0.5]),
)
def test_covers_random_blobs(seed, shape, density, randomness):
    cells = np.random.default_rng(seed).random(shape) < density
    structure = legolize(cells, seed=seed, options=LayoutOptions(randomness=randomness, max_failures=3))
    filled = np.zeros((20, 20, 20), dtype=bool)
    filled[: shape[0], : shape[1], : shape[2]] = cells
    check_cover(filled, structure)


@pytest.mark.parametrize("name", BUILDABLE)
def test_joins_everything_and_stands(name):
    structure = legolize(BUILDABLE[name])
    assert pieces(structure) == 1
    assert StabilityAnalyzer(criterion="paper", solver="highs").analyze(structure).stable


def test_wide_span_of_one_layer_is_covered_though_nothing_can_join_it():
    cells = box((0, 0, 3, 20, 20, 1), (0, 0, 0, 1, 1, 3))
    structure = legolize(cells, options=LayoutOptions(max_failures=4))
    check_cover(cells, structure)
    assert pieces(structure) > 1


def test_wall_is_a_running_bond():
    structure = legolize(box((3, 0, 0, 1, 16, 6)))
    rows = [[(b.y, b.w) for b in structure if b.z == z] for z in range(6)]
    assert rows == [[(0, 8), (8, 8)], [(0, 4), (4, 8), (12, 4)]] * 3


@pytest.mark.parametrize("thickness", [1, 2])
@pytest.mark.parametrize("length", [5, 7, 9, 10, 13, 15, 18, 20])
@pytest.mark.parametrize("turned", [False, True])
def test_no_joint_of_a_wall_runs_through(thickness, length, turned):
    cells = box((0, 0, 0, thickness, length, 5))
    structure = legolize(cells.transpose(1, 0, 2) if turned else cells)
    assert through_joints(structure) == 0
    assert structure.part_counts().get("1x1", 0) <= 5 * thickness * (length % 2)


def test_ring_of_odd_walls_is_a_pinwheel_without_single_cells():
    structure = legolize(box((0, 0, 0, 7, 7, 4)) & ~box((1, 1, 0, 5, 5, 4)))
    assert structure.part_counts() == {"1x6": 16}
    assert through_joints(structure) == 0


def test_odd_slab_peels_to_even_courses():
    assert len(legolize(box((0, 0, 0, 7, 7, 1)))) == 6


def test_same_seed_same_layout_and_randomness_varies():
    loose = LayoutOptions(randomness=0.8)
    assert legolize(TABLE, seed=3, options=loose) == legolize(TABLE, seed=3, options=loose)
    assert len({legolize(TABLE, seed=seed, options=loose).bricks for seed in range(4)}) > 1
    assert len({legolize(TABLE, seed=seed).bricks for seed in range(4)}) == 1


def test_layer_parity_mirrors_the_bond():
    cells = box((0, 0, 0, 1, 15, 2))
    first = legolize(cells)
    second = legolize(cells, options=LayoutOptions(layer_parity=1))
    assert first != second
    assert [b.w for b in first if b.z == 0] == [b.w for b in second if b.z == 0][::-1]


def test_layouts_do_not_depend_on_where_the_shape_stands():
    moved = np.roll(ARCH, (3, 2), axis=(0, 1))
    assert [b.shifted(3, 2) for b in legolize(ARCH)] == list(legolize(moved))


def test_rim_cell_without_anything_below_or_above_is_tied_to_its_neighbours():
    # A cross of one layer on a post, with a slab on it: its four tips have nothing below or above.
    cells = box((4, 4, 0, 2, 2, 2), (4, 0, 2, 2, 10, 1), (0, 4, 2, 10, 2, 1), (1, 1, 3, 8, 8, 1))
    assert pieces(legolize(cells, options=LayoutOptions(max_failures=0))) == 1


def test_rebuild_joins_what_courses_leave_apart():
    from brickgpt_engine.layout.assembly import Assembly
    from brickgpt_engine.layout.rebuild import connect

    # Two stacks of 2x2 side by side: nothing ties them, though one brick across would.
    stacks = [Brick(2, 2, x, 0, z) for z in range(3) for x in (0, 2)]
    hung = [brick.shifted(dz=1) for brick in stacks if brick.x] + [b for b in stacks if not b.x]
    assembly = Assembly((20, 20, 20), hung)
    assert assembly.groups(assembly.stud_pairs()).count == 2
    joined = connect(assembly, 10, np.random.default_rng(0))
    assert joined.groups(joined.stud_pairs()).count == 1
    np.testing.assert_array_equal(joined.owner >= 0, assembly.owner >= 0)


def test_stability_repair_makes_a_weak_layout_stand():
    from brickgpt_engine.layout.assembly import Assembly
    from brickgpt_engine.layout.repair import stabilise

    analyzer = StabilityAnalyzer(criterion="paper", solver="highs")
    # A beam cut into 2x2 stacks beyond its pier: every stack past the pier hangs on nothing.
    stacks = [Brick(2, 2, 0, y, z) for z in range(4) for y in (0, 2)]
    stacks += [Brick(2, 2, 0, y, z) for z in (2, 3) for y in (4, 6)]
    weak = Assembly((20, 20, 20), stacks)
    assert not analyzer.analyze(BrickStructure(stacks)).stable
    rng = np.random.default_rng(0)
    fixed = stabilise(weak, analyzer, lambda: weak, max_repairs=12, max_failures=10, rng=rng)
    assert analyzer.analyze(BrickStructure(fixed.bricks.values())).stable
    np.testing.assert_array_equal(fixed.owner >= 0, weak.owner >= 0)


def test_stabilise_option_leaves_a_stable_layout_alone():
    assert legolize(ARCH, options=LayoutOptions(stabilise=True)) == legolize(ARCH)


def test_beats_the_naive_cover():
    cases = [*BUILDABLE.values(), *rival.shapes(4)]
    ours, naive = [legolize(c) for c in cases], [rival.naive(c) for c in cases]
    for cells, structure in zip(cases, naive, strict=True):
        check_cover(cells, structure)
    assert sum(map(through_joints, ours)) * 5 < sum(map(through_joints, naive))
    analyzer = StabilityAnalyzer(criterion="paper", solver="highs")
    stable = [sum(analyzer.analyze(s).stable for s in group) for group in (ours, naive)]
    assert stable[0] == len(cases) > stable[1] + 3
    assert sum(map(len, ours)) < 1.1 * sum(map(len, naive))


def test_empty_and_world_dim():
    assert len(legolize(np.zeros((4, 4, 4), dtype=bool))) == 0
    assert legolize(np.ones((2, 2, 2), dtype=bool)).world_dim == 20
    assert legolize(np.ones((2, 30, 2), dtype=bool)).world_dim == 30
    assert legolize(np.ones((2, 2, 2), dtype=bool), world_dim=2).world_dim == 2


@pytest.mark.parametrize(
    ("cells", "world_dim", "message"),
    [
        (np.zeros((3, 3)), None, "2 dimensions"),
        (np.ones((5, 2, 2)), 4, "world of 5 cells"),
    ],
)
def test_bad_voxels(cells, world_dim, message):
    with pytest.raises(ConfigError, match=message):
        legolize(cells, world_dim=world_dim)


@pytest.mark.parametrize(
    "options", [{"randomness": -1}, {"randomness": float("nan")}, {"layer_parity": 2}, {"max_failures": -1}]
)
def test_bad_options(options):
    with pytest.raises(ConfigError):
        LayoutOptions(**options)
    with pytest.raises(ConfigError, match="stabilise"):
        legolize(ARCH, options=LayoutOptions(stabilise="yes"))
