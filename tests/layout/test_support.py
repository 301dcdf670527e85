"""Repair: same cells first, then the fewest supports, checked by trying every single brick."""

import numpy as np
import pytest

from brickgpt_engine.bricks import FOOTPRINTS, Brick, BrickStructure
from brickgpt_engine.layout.support import props, repair, ties
from brickgpt_engine.physics import StabilityAnalyzer, connectivity_report

PAPER = StabilityAnalyzer("paper", "highs")
# Three stacks side by side, joined by nothing: any offset in the upper layer ties them.
LOOSE = "2x4 (0,0,0)|2x4 (2,0,0)|2x4 (0,0,1)|2x4 (2,0,1)|2x4 (4,0,1)"
BRIDGE = "2x2 (0,0,0)|2x2 (0,0,1)|1x2 (4,0,1)"


def model(text, world_dim=8):
    return BrickStructure(map(Brick.parse, text.split("|")), world_dim)


def single_bricks(structure):
    """Every brick that fits into the world's empty cells."""
    side = range(structure.world_dim)
    places = ((h, w, x, y, z) for h, w in FOOTPRINTS for x in side for y in side for z in side)
    return [brick for place in places if structure.check(brick := Brick(*place)) is None]


def stands_with(structure, *bricks):
    return PAPER.analyze(BrickStructure([*structure, *bricks], structure.world_dim)).stable


def test_laying_again_keeps_every_cell_and_colour():
    plain = model(LOOSE)
    loose = BrickStructure([Brick(b.h, b.w, b.x, b.y, b.z, 4 if b.z else 1) for b in plain], 8)
    assert not PAPER.analyze(loose).stable
    done = repair(loose, PAPER)
    assert done.how == "relaid" and done.supports == () and PAPER.analyze(done.structure).stable
    assert np.array_equal(done.structure.occupancy, loose.occupancy)
    assert {(brick.z, brick.colour) for brick in done.structure} == {(0, 1), (1, 4)}
    assert set(done.relaid) == set(done.structure) - set(loose)
    assert set(done.removed) == set(loose) - set(done.structure)


def test_one_support_where_one_is_enough():
    bridge = model(BRIDGE)
    done = repair(bridge, PAPER, max_rebuilds=4)
    assert done.how == "supported" and len(done.supports) == 1 and done.relaid == () == done.removed
    assert PAPER.analyze(done.structure).stable
    assert set(done.structure) == {*bridge, *done.supports}


def test_two_supports_where_no_single_brick_is_enough():
    far = model("2x2 (0,0,0)|1x1 (4,4,2)", 6)
    for brick in single_bricks(far):  # what floats falls, whatever the forces
        assert not connectivity_report(BrickStructure([*far, brick], 6)).stable
    done = repair(far, PAPER, max_rebuilds=0)
    assert done.how == "supported" and len(done.supports) == 2
    for left_out in done.supports:
        assert not stands_with(far, *(brick for brick in done.supports if brick != left_out))


def test_what_stands_is_left_alone():
    good = model("2x4 (0,0,0)|2x2 (0,0,1)")
    done = repair(good, PAPER)
    assert done.how == "none" and done.structure is good and done.attempts == 0


def test_a_slender_mast_gets_a_support_that_makes_it_stand():
    mast = BrickStructure([*(Brick(1, 1, 5, 5, z) for z in range(8)), Brick(1, 4, 5, 5, 8)])
    done = repair(mast, PAPER, max_rebuilds=2)
    assert done.how == "supported" and len(done.supports) == 1 and PAPER.analyze(done.structure).stable


def test_without_leave_to_add_bricks_it_says_that_it_failed():
    bridge = model(BRIDGE)
    done = repair(bridge, PAPER, max_rebuilds=3, support=False)
    assert done.how == "failed" and done.structure == bridge and not done.report.stable and done.attempts == 3
    stopped = repair(bridge, PAPER, go_on=lambda what, number: False)
    assert stopped.how == "failed"


def test_the_same_seed_gives_the_same_repair():
    once, twice = (repair(model(LOOSE), PAPER, seed=3) for _ in range(2))
    assert once.structure.bricks == twice.structure.bricks


@pytest.mark.parametrize("places", [ties, props])
def test_places_touch_the_brick_and_nothing_else_is_in_their_cells(places):
    structure = model("2x2 (0,0,0)|1x4 (1,1,4)")
    found = [[one] if isinstance(one, Brick) else list(one) for one in places(structure, 1)]
    assert found
    for bricks in found:
        assert [b.z for b in bricks] == list(range(bricks[0].z, bricks[-1].z + 1))
        assert bricks[-1].z == 3 or (len(bricks) == 1 and bricks[0].z == 5)
        trial = structure.copy()
        assert [trial.add(brick) for brick in bricks] == [None] * len(bricks)
        assert trial.neighbours_above(len(trial) - 1) == [1] or trial.neighbours_below(len(trial) - 1) == [1]
        assert places is ties or bricks[0].z == 0 or trial.neighbours_below(2) == [0]
