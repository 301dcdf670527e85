"""Structures: what may be placed, who owns which cell, and taking bricks off again."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brickgpt_engine.bricks import FOOTPRINTS, Brick, BrickStructure, Rejection
from brickgpt_engine.bricks.structure import EMPTY
from brickgpt_engine.errors import ConfigError, InvalidBrickError

WORLD = 6
cells = st.integers(0, WORLD)
random_bricks = st.lists(
    st.builds(lambda f, x, y, z: Brick(*f, x, y, z), st.sampled_from(FOOTPRINTS), cells, cells, cells),
    max_size=25,
)


def cells_of(brick):
    return {
        (x, y, brick.z) for x in range(brick.x, brick.x + brick.h) for y in range(brick.y, brick.y + brick.w)
    }


@given(random_bricks)
def test_grid_agrees_with_sets_of_cells(bricks):
    """The owner grid against a plain re-telling with Python sets."""
    structure, owner = BrickStructure(world_dim=WORLD), {}
    for brick in bricks:
        wanted = cells_of(brick)
        outside = any(max(cell) >= WORLD for cell in wanted)
        expected = (
            Rejection.OUT_OF_BOUNDS if outside else Rejection.COLLISION if wanted & owner.keys() else None
        )
        if expected is None:
            owner |= dict.fromkeys(wanted, len(structure))
        assert structure.add(brick) is expected
    assert {tuple(map(int, cell)) for cell in np.argwhere(structure.grid != EMPTY)} == owner.keys()
    assert all(structure.grid[cell] == number for cell, number in owner.items())


@given(random_bricks, st.integers(0, 25))
def test_truncating_equals_never_having_added(bricks, keep):
    structure = BrickStructure(world_dim=WORLD)
    placed = [brick for brick in bricks if structure.add(brick) is None]
    structure.truncate(keep)
    fresh = BrickStructure(placed[:keep], WORLD)
    assert structure == fresh
    assert (structure.grid == fresh.grid).all()


@given(random_bricks, st.integers(-25, 24))
def test_taking_out_equals_never_having_added(bricks, index):
    structure = BrickStructure(world_dim=WORLD)
    placed = [brick for brick in bricks if structure.add(brick) is None]
    if not -len(placed) <= index < len(placed):
        with pytest.raises(IndexError):
            structure.take_out(index)
    else:
        assert structure.take_out(index) == placed.pop(index)
    fresh = BrickStructure(placed, WORLD)
    assert structure == fresh
    assert (structure.grid == fresh.grid).all()


def test_rejections_are_told_apart_and_explained():
    structure = BrickStructure([Brick(2, 4, 0, 0, 0)])
    cases = {
        Brick(3, 3, 0, 0, 0): (Rejection.NOT_IN_LIBRARY, "3x3 is not in the brick library"),
        Brick(2, 4, 19, 0, 0): (Rejection.OUT_OF_BOUNDS, "outside the 20x20x20 world"),
        Brick(1, 2, 1, 3, 0): (Rejection.COLLISION, "collides with brick 1, 2x4 (0,0,0)"),
    }
    for brick, (reason, words) in cases.items():
        assert structure.check(brick) is reason
        assert words in structure.explain(brick, reason)
    assert len(structure) == 1


def test_constructor_names_the_offending_brick():
    with pytest.raises(InvalidBrickError, match=r"brick 2, 1x1 \(0,0,0\): it collides with brick 1"):
        BrickStructure([Brick(2, 4, 0, 0, 0), Brick(1, 1, 0, 0, 0)])


@pytest.mark.parametrize("world_dim", [0, -1, 257])
def test_impossible_worlds_are_refused(world_dim):
    with pytest.raises(ConfigError, match="must be between 1 and 256"):
        BrickStructure(world_dim=world_dim)


def test_mass_size_and_parts():
    structure = BrickStructure([Brick(2, 4, 3, 5, 0), Brick(4, 2, 3, 5, 1), Brick(1, 1, 9, 9, 0)])
    assert structure.mass_g == pytest.approx(2 * 2.16 + 0.43)
    assert structure.size == (7, 5, 2)
    assert structure.part_counts() == {"2x4": 2, "1x1": 1}
    assert BrickStructure().size == (0, 0, 0)


def test_neighbours_above_and_below():
    structure = BrickStructure(
        [Brick(2, 2, 0, 0, 0), Brick(2, 2, 2, 0, 0), Brick(4, 2, 0, 0, 1), Brick(1, 1, 9, 9, 0)]
    )
    assert structure.neighbours_below(2) == [0, 1]
    assert structure.neighbours_above(0) == [2]
    assert structure.neighbours_above(3) == structure.neighbours_below(0) == []


def test_copy_is_independent():
    structure = BrickStructure([Brick(2, 4, 0, 0, 0)])
    twin = structure.copy()
    twin.add(Brick(1, 1, 9, 9, 0))
    assert (len(structure), len(twin)) == (1, 2)
    assert structure.grid[9, 9, 0] == EMPTY
    assert twin == BrickStructure([*structure, Brick(1, 1, 9, 9, 0)])
    assert (twin.grid[0:2, 0:4, 0] == 0).all()
