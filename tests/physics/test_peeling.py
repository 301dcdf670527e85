"""Bricks that stand on one other alone: taken off, judged by themselves, and put back where they stood."""

import random

import numpy as np
import oracle
import pytest
from random_structures import grow, top_heavy

from brickgpt_engine.bricks import FOOTPRINTS, Brick, BrickStructure
from brickgpt_engine.physics import StabilityAnalyzer, native

HIGHS = StabilityAnalyzer("paper", "highs")
GRAVITY = 9.8

pytestmark = pytest.mark.skipif(
    native.library() is None, reason="no compiled simplex: there was no C compiler at installation"
)


def tree(seed, bricks, world_dim=40):
    """Every brick on top of one other alone, with none beside it, and none that came before above it."""
    rng = random.Random(seed)
    structure = BrickStructure([Brick(4, 2, 18, 18, 0)], world_dim)
    for _ in range(100 * bricks):
        below = structure[rng.randrange(len(structure))]
        h, w = rng.choice(FOOTPRINTS)
        x = below.x + rng.randint(1 - h, below.h - 1)
        y = below.y + rng.randint(1 - w, below.w - 1)
        brick = Brick(h, w, x, y, below.z + 1)
        if len(structure) == bricks or min(x, y) < 1 or max(x + h, y + w) >= world_dim:
            continue
        around = structure.grid[x - 1 : x + h + 1, y - 1 : y + w + 1, brick.z : brick.z + 2]
        under = structure.grid[x : x + h, y : y + w, below.z]
        if (
            structure.check(brick) is None
            and (around < 0).all()
            and len(set(under[under >= 0].tolist())) == 1
        ):
            structure.add(brick)
    return structure


def same_as_highs(structure):
    code, found = native.attempt(structure)
    assert code == 0
    fresh = HIGHS.analyze(structure)
    report = StabilityAnalyzer().analyze(structure)
    assert (report.status, report.first_unstable) == (fresh.status, fresh.first_unstable)
    assert report.objective == pytest.approx(fresh.objective, rel=1e-6, abs=1e-10)
    assert report.stress == pytest.approx(fresh.stress, abs=1e-6)
    return found


def test_an_overhang_on_a_stud_pulls_what_the_lever_says():
    """A 2x1 on a 1x1, half of it over nothing: computed by hand.

    Its weight acts a quarter of a stud outside the diamond of the four points, and turns about the corner
    there; pulls of one size at the other three have levers of a half, a quarter and a quarter of a stud.
    """
    small, long = oracle.MASS[1, 1] / 1000 * GRAVITY, oracle.MASS[1, 2] / 1000 * GRAVITY
    structure = BrickStructure([Brick(1, 1, 8, 8, 0), Brick(2, 1, 8, 8, 1)])
    found = native.attempt(structure)[1]
    upper = long * 0.25
    lower = (small + long) * (0.5 * long / (small + long) - 0.25)
    assert found.largest_pull == pytest.approx([lower, upper], rel=1e-9)
    cost = oracle.ALPHA + 3 * oracle.BETA
    assert found.objective == pytest.approx((lower + upper) * cost, rel=1e-9)
    assert found.pivots == 0


@pytest.mark.parametrize("seed", range(12))
def test_of_a_tree_nothing_is_left_to_the_simplex(seed):
    structure = tree(seed, 4 + 3 * seed)
    assert len(structure) == 4 + 3 * seed
    found = same_as_highs(structure)
    assert found.objective == pytest.approx(oracle.paper(structure)[0], rel=1e-6, abs=1e-10)
    if HIGHS.analyze(structure).stable:
        assert found.pivots == 0


def test_trees_that_stand_and_that_fall_are_among_these():
    verdicts = {HIGHS.analyze(tree(seed, 4 + 3 * seed)).stable for seed in range(12)}
    assert verdicts == {True, False}


@pytest.mark.parametrize("apart", [0, 1])
def test_what_leans_against_a_neighbour_does_not_pull_as_it_would_alone(apart):
    """A long brick hangs over towards a post: where they touch, the post bears some of it."""
    leaning = [Brick(1, 1, 4, 4, 0), Brick(1, 1, 4, 4, 1), Brick(6, 1, 4, 4, 2), Brick(1, 1, 4, 4, 3)]
    post = [Brick(2, 2, 10 + apart, 4, z) for z in range(4)]
    structure = BrickStructure([*leaning, *post])
    same_as_highs(structure)
    pulls = native.attempt(structure)[1].largest_pull[:3]
    alone = native.attempt(BrickStructure(leaning))[1].largest_pull[:3]
    assert (pulls < 0.99 * alone).any() == (apart == 0)


@pytest.mark.parametrize(("bricks", "seed"), [(14, 12), (14, 34), (24, 20), (40, 9), (40, 25)])
def test_a_brick_on_what_falls_is_looked_at_again(bricks, seed):
    """What it stands on is left unbalanced, and then an imbalance of its own may be the cheaper one."""
    structure = top_heavy(seed, bricks)
    found = same_as_highs(structure)
    assert np.abs(found.residual).max() > 1e-3
    for way in (1, 2):
        assert native.attempt(structure, way=way)[1].residual == pytest.approx(found.residual, abs=1e-7)


def test_where_all_that_stands_is_taken_off_what_floats_is_left():
    """A post of single bricks, and between it and another a bar that hangs on neither."""
    posts = [Brick(1, 1, x, 5, z) for x in (4, 8) for z in range(4)]
    structure = BrickStructure([*posts, Brick(2, 1, 5, 5, 2), Brick(1, 1, 7, 5, 2)])
    found = same_as_highs(structure)
    assert found.standing.tolist() == [True] * 8 + [False] * 2


@pytest.mark.parametrize(("seed", "bricks"), [(0, 40), (1, 70), (2, 100), (3, 130)])
def test_both_ways_through_the_core_end_at_the_same(seed, bricks):
    heap = grow(seed, bricks, spread=0.6)
    found = same_as_highs(heap)
    for way in (1, 2):
        code, other = native.attempt(heap, way=way)
        assert code == 0
        assert other.largest_pull == pytest.approx(found.largest_pull, abs=1e-7)
        assert other.residual == pytest.approx(found.residual, abs=1e-7)
