"""Stress per brick is one answer, by every way through the dispatcher and by every solver."""

import oracle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_structures import floating, grow, top_heavy

from brickgpt_engine.bricks import FOOTPRINTS, Brick, BrickStructure
from brickgpt_engine.physics import StabilityAnalyzer, condensed, paper
from brickgpt_engine.physics.contacts import extract_contacts
from brickgpt_engine.physics.stability import FORCE_ZERO

HIGHS = StabilityAnalyzer("paper", "highs")


@st.composite
def structures(draw):
    """Bricks dropped near each other: heaps, overhangs, gaps, some of them floating."""
    structure = BrickStructure()
    for _ in range(draw(st.integers(1, 12))):
        h, w = draw(st.sampled_from(FOOTPRINTS))
        x, y, z = draw(st.integers(0, 5)), draw(st.integers(0, 5)), draw(st.integers(0, 5))
        if draw(st.booleans()):
            while z and structure.check(Brick(h, w, x, y, z - 1)) is None:
                z -= 1
        structure.add(Brick(h, w, x, y, z))
    return structure


@settings(max_examples=25)
@given(structures())
def test_verdict_optimum_and_stress_hold_by_every_way(structure):
    value, residual, largest = oracle.paper(structure)
    stands = residual < FORCE_ZERO and largest.max(initial=0) < oracle.CAPACITY
    usual = HIGHS.analyze(structure)
    for report in (usual, *other_ways(structure)):
        assert report.objective == pytest.approx(value, rel=1e-6, abs=1e-10)
        assert report.stable == stands
        assert report.stress == pytest.approx(usual.stress, abs=1e-5)


def other_ways(structure):
    """The dense simplex, the moving bricks alone, all free in three ways, the plain program."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paper, "SMALL", 10**9)
        yield StabilityAnalyzer("paper").analyze(structure)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paper, "_FEW", 0)
        yield HIGHS.analyze(structure)
    # Pull by pull, set by set, and set by set from an interior point.
    for explicit, strained in ((10**9, 1e9), (-1, 1e9), (-1, -1.0)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(paper, "_MANY", -1.0)
            patch.setattr(condensed, "EXPLICIT", explicit)
            patch.setattr(condensed, "_INTERIOR", 0)
            patch.setattr(condensed, "_STRAINED", strained)
            yield HIGHS.analyze(structure)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("brickgpt_engine.physics.stability.far_bricks", lambda contacts, **_: contacts.upper)
        yield HIGHS.analyze(structure)


@pytest.mark.gurobi
@pytest.mark.parametrize("seed", range(6))
def test_gurobi_gives_the_same_stress(seed):
    structure = [grow(seed, 14, spread=0.5), top_heavy(seed, 12), floating(seed, 6)][seed % 3]
    ours, theirs = HIGHS.analyze(structure), StabilityAnalyzer("paper", "gurobi").analyze(structure)
    assert theirs.solver == "gurobi"
    assert theirs.stress == pytest.approx(ours.stress, abs=1e-5)
    assert theirs.first_unstable == ours.first_unstable


def test_where_either_may_fail_the_later_one_does():
    """Two equal bricks hang over the same gap, each able to hold the other: the tie goes to build order."""
    column = [Brick(2, 2, 4, 4, z) for z in range(2)]
    arms = [Brick(2, 4, 4, 5, 2), Brick(2, 4, 4, 1, 2)]
    for pair in (arms, arms[::-1]):
        stress = HIGHS.analyze(BrickStructure([*column, *pair])).stress
        assert stress[2:] == pytest.approx(stress[2:][::-1], abs=1e-9) or stress[2] <= stress[3]


def test_settling_and_condensing_both_happen_on_ordinary_structures(monkeypatch):
    """The short cuts are taken: else this folder would test one way only."""
    monkeypatch.setattr(paper, "_FEW", 20)
    monkeypatch.setattr(paper, "_MANY", 0.2)
    rounds = [paper.paper_optimum(extract_contacts(grow(seed, 16, spread=0.05))).rounds for seed in range(10)]
    moving = [
        found.program.bodies.moving.size
        for seed in range(10)
        if (found := paper.paper_optimum(extract_contacts(wall(seed)))).program is not None
    ]
    assert 0 in rounds or moving
    assert any(0 < count < 8 for count in moving)


def wall(seed):
    """A bonded wall with one brick that juts out of it."""
    bricks = [Brick(2, 4, 8, 4 * i + 2 * (z % 2), z) for z in range(6) for i in range(4)]
    return BrickStructure([*bricks, Brick(4, 2, 9, 4 + seed % 4, 6)])
