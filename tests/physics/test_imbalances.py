"""Imbalances have no column until one pays, and the optimum is that of all columns."""

import oracle
import pytest
from random_structures import grow, top_heavy

from brickgpt_engine.errors import SolverError
from brickgpt_engine.physics import StabilityAnalyzer, condensed
from brickgpt_engine.physics.condensed import Condensed
from brickgpt_engine.physics.imbalances import Imbalances
from brickgpt_engine.physics.solvers import highs

ANALYZER = StabilityAnalyzer("paper", solver="highs")


@pytest.fixture(params=[-1, 10**9], ids=["sets", "each pull"])
def way(request, monkeypatch):
    """Both programs: columns over sets of pulls, and a column for each."""
    monkeypatch.setattr(condensed, "EXPLICIT", request.param)


@pytest.fixture
def given(monkeypatch):
    """How many imbalances got a column."""
    numbers = []
    block = Imbalances.block

    def counting(self, which, first):
        numbers.append(len(which))
        return block(self, which, first)

    monkeypatch.setattr(Imbalances, "block", counting)
    return numbers


def agrees(structure):
    """Whether objective and verdict are those of the plain model."""
    report = ANALYZER.analyze(structure)
    value, residual, largest = oracle.paper(structure)
    assert report.objective == pytest.approx(value, rel=1e-6, abs=1e-10)
    assert report.stable == (residual < 1e-7 and largest.max() < oracle.CAPACITY)
    return report


def test_what_stands_needs_none(way, given):
    assert agrees(grow(2, 40)).stable
    assert not given


def test_what_falls_gets_those_that_pay(way, given):
    left = 0
    for seed in range(40):
        given.clear()
        structure = top_heavy(seed, 40)
        report = agrees(structure)
        words = [failure.kind for failure in report.failures]
        if "tips" in words or "falls" in words:
            assert 0 < sum(given) < 6 * len(structure)
            left += 1
    assert left > 2


def test_without_a_balance_all_are_given(way, given, monkeypatch):
    structure, solve = grow(2, 40), highs.ColumnSession.solve
    asked = []

    def failing(session, **options):
        asked.append(session)
        if len(asked) == 1:
            raise SolverError("no balance")
        return solve(session, **options)

    monkeypatch.setattr(highs.ColumnSession, "solve", failing)
    agrees(structure)
    assert given == [6 * len(structure)]


@pytest.mark.parametrize("seed", range(6))
def test_the_tie_break_that_is_solved_for_afterwards_knows_them_too(way, seed, monkeypatch):
    structure = top_heavy(seed, 40)
    usual = ANALYZER.analyze(structure)
    monkeypatch.setattr(Condensed, "_least", lambda *_: -1.0)
    other = ANALYZER.analyze(structure)
    assert other.objective == pytest.approx(usual.objective, rel=1e-6, abs=1e-10)
    assert other.stress == pytest.approx(usual.stress, abs=1e-5)
    assert [f.index for f in other.failures] == [f.index for f in usual.failures]
