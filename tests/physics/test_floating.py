"""What floats falls as one, and is a strut for what stands; it is solved for only where it must be."""

import oracle
import pytest
from random_structures import floating

from brickgpt_engine.bricks import Brick, BrickStructure
from brickgpt_engine.physics import IncrementalAnalyzer, StabilityAnalyzer, paper
from brickgpt_engine.physics.contacts import extract_contacts

HIGHS = StabilityAnalyzer("paper", "highs")


def arm(leg, start, height):
    """A 1x1 leg at x = ``leg`` and a 4x1 arm from x = ``start`` on top of it."""
    return [*(Brick(1, 1, leg, 0, z) for z in range(height)), Brick(4, 1, start, 0, height)]


def two_arms(left, right):
    """Two arms that reach for each other, at heights of their own."""
    return [*arm(0, 0, left), *arm(9, 6, right)]


def answers(structure, monkeypatch):
    """The reports of a program of all, and of one of as few as possible."""
    yield HIGHS.analyze(structure)
    monkeypatch.setattr(paper, "_FEW", 0)
    yield HIGHS.analyze(structure)


def test_a_wedged_brick_is_a_strut_and_stays_out_of_the_program(monkeypatch):
    wedged = BrickStructure([*two_arms(3, 3), Brick(2, 1, 4, 0, 3)])
    value = oracle.paper(wedged)[0]
    apart = HIGHS.analyze(BrickStructure(two_arms(3, 3)))
    for report in answers(wedged, monkeypatch):
        assert report.objective == pytest.approx(value, rel=1e-6)
        assert report.solver_note.startswith("8 of 9")
        # The arms lean on each other through it, and their legs have less to hold.
        assert report.objective - oracle.weight(wedged[-1]) < 0.9 * apart.objective
        assert report.stress[:8].max() < 1 == report.stress[8]


def test_what_is_pressed_at_two_heights_is_solved_for(monkeypatch):
    looks = []
    leans = paper._leans
    monkeypatch.setattr(paper, "_leans", lambda *args: looks.append(leans(*args)) or looks[-1])
    structure = BrickStructure([*two_arms(3, 4), Brick(2, 1, 4, 0, 3), Brick(2, 1, 4, 0, 4)])
    value = oracle.paper(structure)[0]
    for report in answers(structure, monkeypatch):
        assert report.objective == pytest.approx(value, rel=1e-6)
    assert any(looks)


def test_where_what_stands_settles_no_solver_is_asked():
    wall = [Brick(2, 4, 0, 4 * i, z) for z in range(3) for i in range(3)]
    loose = [Brick(1, 1, 10, 2 * i, 5 + i) for i in range(4)]
    structure = BrickStructure([*wall, *loose])
    for analyzer in (HIGHS, StabilityAnalyzer("paper")):
        report = analyzer.analyze(structure)
        assert report.solver == "none"
        assert report.objective == pytest.approx(4 * oracle.weight(loose[0]))
        assert report.stress.tolist() == [0.0] * 9 + [1.0] * 4


def test_many_floating_bricks_do_not_call_for_the_plain_program():
    # Past a hundred of them in one piece, their horizontal imbalances might count if they were let free.
    tower = [Brick(2, 2, 4, 4, 2 + z) for z in range(110)]
    structure = BrickStructure([*arm(0, 0, 3), *tower], world_dim=120)
    report = HIGHS.analyze(structure)
    assert report.solver_note == "4 of 114 bricks had to be solved for"
    assert report.objective == pytest.approx(oracle.paper(structure)[0], rel=1e-6)


@pytest.mark.parametrize("seed", range(6))
def test_a_floating_brick_says_nothing_in_the_tie_break(seed):
    structure = floating(seed, 8)
    standing = extract_contacts(structure).standing
    alone = BrickStructure([brick for brick, stands in zip(structure, standing, strict=True) if stands])
    whole = HIGHS.analyze(structure)
    assert (whole.stress[~standing] == 1).all()
    assert (whole.stress[standing] >= 1).sum() == (HIGHS.analyze(alone).stress >= 1).sum()


def test_a_brick_that_is_joined_later_counts_from_then_on():
    session = IncrementalAnalyzer(HIGHS, BrickStructure(two_arms(2, 2)))
    session.report()
    for brick in (Brick(4, 1, 3, 0, 4), Brick(2, 1, 2, 0, 3)):
        report = session.add(brick)
        fresh = HIGHS.analyze(session.structure)
        assert report.objective == pytest.approx(fresh.objective, rel=1e-6)
        assert report.stress == pytest.approx(fresh.stress, abs=1e-5)
