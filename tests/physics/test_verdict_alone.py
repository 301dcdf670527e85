"""The verdict without its reasons: the same as a report's, from less work."""

import oracle
import pytest
from random_structures import floating, grow, top_heavy

from brickgpt_engine.bricks import Brick, BrickStructure
from brickgpt_engine.errors import SolverError
from brickgpt_engine.physics import StabilityAnalyzer
from brickgpt_engine.physics.solvers import highs

KINDS = {
    "sprawling": lambda seed: grow(seed, 4 + 2 * seed, spread=1.0),
    "top-heavy": lambda seed: top_heavy(seed, 6 + 2 * seed),
    "floating": lambda seed: floating(seed, 4 + seed // 2),
}
BOTH = pytest.mark.parametrize("criterion", ["paper", "equilibrium"])
HELD = BrickStructure([Brick(1, 1, 0, 0, 0), Brick(4, 1, 0, 0, 1)])
# A tower out on an arm that stands on one stud.
FAR_OUT = BrickStructure(
    [Brick(1, 1, 0, 2, 0), Brick(8, 1, 0, 2, 1), Brick(8, 1, 7, 2, 2)]
    + [Brick(2, 6, 13, 0, z) for z in range(3, 13)]
)


@BOTH
@pytest.mark.parametrize("kind", KINDS)
def test_it_is_the_reports(kind, criterion):
    analyzer = StabilityAnalyzer(criterion, solver="highs")
    verdicts = set()
    for seed in range(12):
        structure = KINDS[kind](seed)
        assert analyzer.stands(structure) == analyzer.analyze(structure).stable
        verdicts.add(analyzer.stands(structure))
    assert kind == "sprawling" or False in verdicts
    assert True in verdicts


def test_by_equilibrium_it_is_the_plain_models():
    analyzer = StabilityAnalyzer("equilibrium")
    verdicts = []
    for seed in range(20):
        structure = top_heavy(seed, 6 + seed)
        least = oracle.equilibrium(structure)
        verdicts.append(least is not None and least < 1)
        assert analyzer.stands(structure) == verdicts[-1]
    assert set(verdicts) == {True, False}


@pytest.fixture
def runs(monkeypatch):
    """Programs that went to HiGHS."""
    seen = []
    run = highs._run
    monkeypatch.setattr(highs, "_run", lambda *given: seen.append(given) or run(*given))
    monkeypatch.setattr(highs, "ColumnSession", lambda *given: pytest.fail("an optimum was looked for"))
    return seen


@BOTH
def test_no_solver_is_asked_about_what_floats_or_settles(criterion, runs):
    analyzer = StabilityAnalyzer(criterion)
    assert analyzer.stands(BrickStructure([Brick(2, 4, 0, 0, 0), Brick(1, 1, 9, 9, 9)])) is False
    assert analyzer.stands(BrickStructure([Brick(2, 4, 0, 0, 0), Brick(2, 4, 0, 0, 1)])) is True
    assert analyzer.stands(BrickStructure()) is True
    assert not runs


@pytest.mark.parametrize("structure", [HELD, FAR_OUT])
def test_by_equilibrium_one_question_answers(structure, runs):
    assert StabilityAnalyzer("equilibrium").stands(structure) is (structure is HELD)
    assert len(runs) == 1


@BOTH
def test_without_an_answer_it_is_unknown(criterion, monkeypatch):
    def fail(*given):
        raise SolverError("numerical trouble")

    structure = HELD
    analyzer = StabilityAnalyzer(criterion, solver="highs")
    monkeypatch.setattr(highs, "feasible", fail)
    assert analyzer.stands(structure) is analyzer.analyze(structure).stable
    monkeypatch.setattr(StabilityAnalyzer, "_paper", fail)
    monkeypatch.setattr(StabilityAnalyzer, "_equilibrium", fail)
    assert analyzer.stands(structure) is None
