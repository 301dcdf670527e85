"""What a new brick rests on, when what is below keeps its duals; and that such changes need no solver."""

import numpy as np
import pytest

from brickgpt_engine.bricks import Brick, BrickStructure
from brickgpt_engine.errors import SolverError
from brickgpt_engine.physics import IncrementalAnalyzer, StabilityAnalyzer
from brickgpt_engine.physics.perch import perch
from brickgpt_engine.physics.program import LinearProgram
from brickgpt_engine.physics.solvers import highs
from brickgpt_engine.physics.solvers.warm import WarmSession


def small_program(seed):
    """Three equations with columns that make a start, and others."""
    rng = np.random.default_rng(seed)
    more = np.round(rng.normal(size=(3, 12)), 1) * (rng.random((3, 12)) < 0.7)
    more[0] = np.abs(more[0])
    table = np.hstack([np.eye(3), -np.eye(3), more])
    worth = np.round(rng.random(18) * np.repeat([3.0, 1.0], [6, 12]), 2)
    return table, worth, np.array([1.5, 0.0, 0.0])


@pytest.mark.parametrize("seed", range(30))
def test_the_basis_is_the_optimum(seed):
    table, worth, right = small_program(seed)
    basis = perch(table, worth, right, np.zeros(18, dtype=bool))
    chosen = np.where(basis >= 0, table[:, basis], np.eye(3))
    x = np.linalg.solve(chosen, right)
    assert x.min() > -1e-9 and np.abs(x[basis < 0]).max(initial=0) < 1e-9
    row, column = np.nonzero(table.T)[::-1]
    start = np.searchsorted(column, np.arange(19)).astype(np.int32)
    none, most = np.zeros(18), np.full(18, np.inf)
    program = LinearProgram(worth, none, most, right, right, start, row.astype(np.int32), table[row, column])
    assert worth[basis] * (basis >= 0) @ x == pytest.approx(highs.solve(program).objective, abs=1e-9)


def test_where_old_duals_cannot_stay_there_is_no_basis():
    table, worth, right = small_program(1)
    free = np.zeros(19, dtype=bool)
    apart = np.hstack([table, np.zeros((3, 1))])
    assert perch(apart, np.append(worth, 0.0), right, free) is not None
    assert perch(apart, np.append(worth, -1.0), right, free) is None
    free[18] = True
    assert perch(apart, np.append(worth, 0.0), right, free) is not None
    assert perch(apart, np.append(worth, 1.0), right, free) is None
    worth[8] = -100.0
    table[:, 8] = [0.0, -1.0, -1.0]
    table[:, :6] = np.abs(table[:, :6])
    assert perch(table[:, :9], worth[:9], right, free[:9]) is None


@pytest.fixture
def session():
    """A cantilever, which must pull, and a pillar beside it; what follows may not run a solver."""
    bricks = [Brick(2, 2, 2, 2, 0), Brick(2, 6, 2, 3, 1), *(Brick(2, 4, 10, 10, z) for z in range(20))]
    found = IncrementalAnalyzer(StabilityAnalyzer("paper", "highs"), BrickStructure(bricks))
    assert 0 < found.report().max_stress < 1
    found.add(Brick(1, 1, 0, 19, 0))
    return found


def test_bricks_that_rest_and_leave_again_need_no_solver(session, monkeypatch):
    def asked(self, *, fewer=False):
        raise SolverError("a solver was asked")

    monkeypatch.setattr(WarmSession, "solve", asked)
    program = session._memory.growing
    steps = [lambda: session.add(Brick(1, 2, 0, 17, 0)), lambda: session.add(Brick(1, 2, 0, 18, 1))]
    steps += [lambda: session.add(Brick(1, 1, 0, 17, 2)), session.remove, session.remove]
    for step in steps:
        report = step()
        cold = StabilityAnalyzer("paper", "highs").analyze(session.structure)
        assert session._memory.growing is program
        assert report.objective == pytest.approx(cold.objective, rel=1e-6)
        assert report.stress == pytest.approx(cold.stress, abs=1e-6)


def test_what_was_put_off_is_not_forgotten(session):
    """After changes without a solver come ones that need it, in what was put on meanwhile."""
    for brick in (Brick(1, 2, 0, 17, 0), Brick(1, 2, 0, 16, 1), Brick(1, 8, 0, 9, 2), Brick(2, 2, 0, 9, 3)):
        report = session.add(brick)
        cold = StabilityAnalyzer("paper", "highs").analyze(session.structure)
        assert report.objective == pytest.approx(cold.objective, rel=1e-6)
        assert report.stress == pytest.approx(cold.stress, abs=1e-6)
        assert report.first_unstable == cold.first_unstable
