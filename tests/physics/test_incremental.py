"""Growing, shrinking and editing give the reports of a fresh analysis, whatever went before."""

import random

import numpy as np
import pytest
from random_structures import grow, top_heavy

from brickgpt_engine.bricks import Brick, BrickStructure, Rejection
from brickgpt_engine.physics import Cadence, IncrementalAnalyzer, StabilityAnalyzer
from brickgpt_engine.physics.condensed import Condensed


def assert_same(report, structure):
    cold = StabilityAnalyzer("paper", "highs").analyze(structure)
    assert report.status == cold.status
    assert report.objective == pytest.approx(cold.objective, rel=1e-6, abs=1e-10)
    assert report.stress == pytest.approx(cold.stress, abs=1e-5)
    assert report.first_unstable == cold.first_unstable


def incremental():
    return IncrementalAnalyzer(StabilityAnalyzer("paper", "highs"))


@pytest.mark.parametrize("seed", range(4))
def test_every_added_and_removed_brick_is_judged_as_if_cold(seed):
    wanted = top_heavy(seed, 12) if seed % 2 else grow(seed, 14, spread=0.3)
    growing = incremental()
    for brick in wanted:
        assert_same(growing.add(brick), growing.structure)
    rng = random.Random(seed)
    for _ in range(6):
        assert_same(growing.remove(rng.randrange(len(growing.structure))), growing.structure)


def test_following_another_structure_takes_only_the_difference():
    first, second = grow(1, 12, spread=0.3), grow(2, 12, spread=0.3)
    both = incremental()
    for structure in (first, second, BrickStructure(first[:7]), first, BrickStructure(world_dim=9)):
        assert_same(both.follow(structure), structure)
        assert both.structure == structure


def test_what_did_not_change_is_not_solved_again(monkeypatch):
    """A cantilever needs a program; bricks beside it leave that program as it was."""
    solved = []
    optimum = Condensed.optimum
    monkeypatch.setattr(Condensed, "optimum", lambda self, limit: solved.append(1) or optimum(self, limit))
    wall = [Brick(2, 4, 10, 4 * y, z) for z in range(5) for y in range(4)]
    session = IncrementalAnalyzer(
        StabilityAnalyzer("paper", "highs"),
        BrickStructure([*wall, Brick(2, 2, 2, 2, 0), Brick(2, 4, 2, 3, 1)]),
    )
    first = session.report()
    needed = len(solved)
    assert first.max_stress > 0 and needed
    for y in range(4):
        report = session.add(Brick(2, 4, 10, 4 * y, 5))
        assert report.objective == first.objective
        assert report.stress[: len(first.stress)].tolist() == first.stress.tolist()
    assert len(solved) == needed
    session.add(Brick(1, 1, 2, 6, 2))
    assert len(solved) > needed


def test_a_brick_that_does_not_fit_changes_nothing():
    session = incremental()
    session.add(Brick(2, 2, 0, 0, 0))
    assert session.add(Brick(2, 2, 1, 1, 0)) is Rejection.COLLISION
    assert len(session.structure) == 1
    with pytest.raises(IndexError, match="no brick 3 among 1"):
        session.remove(3)
    assert session.remove().stress.size == 0


def test_cadence_says_when_to_look():
    heights = [0, 0, 1, 1, 0, 2]
    structure = BrickStructure()
    due = {cadence: [] for cadence in Cadence}
    for x, z in enumerate(heights):
        structure.add(Brick(1, 1, x, 0, z))
        for cadence, seen in due.items():
            seen.append(cadence.due(structure))
    assert due[Cadence.END] == [False] * 6
    assert due[Cadence.BRICK] == [True] * 6
    assert due[Cadence.LAYER] == [False, False, True, False, False, True]
    assert not np.any([cadence.due(BrickStructure()) for cadence in Cadence])
