"""Strained programs that begin with an interior point method end at the answer that the simplex finds."""

import oracle
import pytest
from random_structures import floating, grow, top_heavy

from brickgpt_engine.physics import StabilityAnalyzer, condensed
from brickgpt_engine.physics.solvers import highs

ANALYZER = StabilityAnalyzer("paper", solver="highs")


@pytest.fixture
def calls(monkeypatch):
    """How often the interior point method was asked."""
    asked = []
    real = highs.ColumnSession.solve_inside

    def counting(session):
        asked.append(session)
        return real(session)

    monkeypatch.setattr(highs.ColumnSession, "solve_inside", counting)
    return asked


@pytest.fixture
def always(monkeypatch, calls):
    monkeypatch.setattr(condensed, "EXPLICIT", -1)
    monkeypatch.setattr(condensed, "_INTERIOR", 0)
    monkeypatch.setattr(condensed, "_STRAINED", -1.0)
    return calls


@pytest.mark.parametrize("make", [top_heavy, grow, floating])
@pytest.mark.parametrize("seed", range(5))
def test_from_inside_as_by_pivots(make, seed, always):
    structure = make(seed, 14 + 3 * seed)
    inside = ANALYZER.analyze(structure)
    value, residual, largest = oracle.paper(structure)
    assert inside.objective == pytest.approx(value, rel=1e-6, abs=1e-10)
    assert inside.stable == (residual < 1e-7 and largest.max() < oracle.CAPACITY)
    assert always or inside.solver == "none"
    with pytest.MonkeyPatch.context() as usual:
        usual.setattr(condensed, "_INTERIOR", 10**9)
        pivots = ANALYZER.analyze(structure)
    assert inside.stress == pytest.approx(pivots.stress, abs=1e-6)
    assert [f.index for f in inside.failures] == [f.index for f in pivots.failures]


def test_a_large_heap_on_a_stalk_begins_inside_and_a_loose_one_does_not(calls):
    ANALYZER.analyze(grow(2, 400, spread=0.1, world_dim=40))
    assert not calls
    ANALYZER.analyze(top_heavy(1, 400, world_dim=40))
    assert calls


def test_the_simplex_takes_over_where_it_finds_nothing(always, monkeypatch):
    monkeypatch.setattr(highs, "_INSIDE", highs._INSIDE | {"ipm_iteration_limit": 1})
    structure = top_heavy(3, 30)
    report = ANALYZER.analyze(structure)
    assert always
    assert report.objective == pytest.approx(oracle.paper(structure)[0], rel=1e-6)
