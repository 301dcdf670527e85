"""Growing, shrinking and editing give the reports of a fresh analysis, whatever went before."""

import random

import numpy as np
import pytest
from random_structures import grow, top_heavy

from brickgpt_engine.bricks import Brick, BrickStructure, Rejection
from brickgpt_engine.errors import SolverError
from brickgpt_engine.physics import Cadence, IncrementalAnalyzer, StabilityAnalyzer, paper, stability
from brickgpt_engine.physics.condensed import Condensed
from brickgpt_engine.physics.growing import GrowingProgram
from brickgpt_engine.physics.solvers.warm import WarmSession


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
    """Of a large structure: a cantilever needs a program, and bricks beside it leave that as it was."""
    monkeypatch.setattr(paper, "_LARGE", 0)
    monkeypatch.setattr(paper, "_FEW", 0)
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


@pytest.mark.parametrize("seed", range(3))
def test_edits_in_the_middle_are_judged_as_if_cold(seed):
    """Bricks leave that others rest on, hang from and share a joint over, and come back elsewhere."""
    rng = random.Random(seed)
    session = incremental()
    wanted = list(grow(seed, 26, spread=0.4))
    for brick in wanted:
        session.add(brick)
    for _ in range(8):
        for _ in range(rng.randint(1, 3)):
            gone = rng.randrange(len(session.structure))
            wanted.append(session.structure[gone])
            session.remove(gone)
        session.add(wanted.pop(rng.randrange(len(wanted))))
        assert_same(session.report(), session.structure)


def test_what_hangs_in_the_air_for_a_while_comes_down_again():
    """Dust of 1e-16 N on columns of bricks that are gone is no pull."""
    session = incremental()
    beam = Brick(1, 8, 5, 5, 1)
    for brick in (Brick(1, 1, 5, 5, 0), beam, Brick(2, 6, 5, 7, 2)):
        session.add(brick)
    assert_same(session.remove(1), session.structure)
    assert_same(session.add(beam), session.structure)


def test_the_program_that_the_solver_has_goes_on_without_a_fresh_one(monkeypatch):
    structure = top_heavy(3, 20)
    cold = StabilityAnalyzer("paper", "highs").analyze(structure)
    monkeypatch.setattr(paper, "paper_optimum", None)
    monkeypatch.setattr(stability, "paper_optimum", None)
    session = incremental()
    for brick in structure:
        report = session.add(brick)
    assert report.solver == "highs" and report.objective == pytest.approx(cold.objective, rel=1e-6)
    again = incremental()
    again.follow(structure)
    before = session._memory.growing.pivots
    assert session.add(Brick(1, 1, 0, 0, 0)).objective == pytest.approx(report.objective, rel=1e-9)
    after = session._memory.growing.pivots
    assert after - before < again._memory.growing.pivots / 4


def test_an_answer_that_cannot_be_proven_is_looked_for_afresh(monkeypatch):
    monkeypatch.setattr(GrowingProgram, "_proven", lambda self, prices, rows: False)
    structure = top_heavy(3, 14)
    session = incremental()
    for brick in structure:
        assert_same(session.add(brick), session.structure)


def test_a_solver_that_breaks_down_on_the_way_costs_no_verdict(monkeypatch):
    def broken(self, *, fewer=False):
        raise SolverError("numerical trouble")

    monkeypatch.setattr(WarmSession, "solve", broken)
    structure = top_heavy(3, 14)
    assert_same(incremental().follow(structure), structure)


def test_what_bricks_leave_behind_is_cleared_away():
    session = incremental()
    session.follow(top_heavy(1, 12))
    first = session._memory.growing
    for seed in range(2, 9):
        assert_same(session.follow(top_heavy(seed, 12)), session.structure)
    assert session._memory.growing is not first


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
