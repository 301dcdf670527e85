"""HiGHS and Gurobi agree; licences, limits and failures are named and never turn into a verdict."""

import subprocess
import sys

import numpy as np
import pytest
from random_structures import grow, top_heavy

from brickgpt_engine.bricks import Brick, BrickStructure
from brickgpt_engine.errors import SolverError
from brickgpt_engine.physics import StabilityAnalyzer, native, paper, solvers
from brickgpt_engine.physics.contacts import extract_contacts
from brickgpt_engine.physics.dense import DenseSimplex
from brickgpt_engine.physics.force_model import ForceModel
from brickgpt_engine.physics.program import LinearProgram
from brickgpt_engine.physics.solvers import gurobi, highs

SMALL = BrickStructure([Brick(2, 2, 5, 5, 0), Brick(2, 4, 5, 6, 1)])


def tiny(lower=(0.0, 0.0), row=(1.0, 1.0)):
    """Minimise x + 2 y with x + y in ``row`` and bounds ``lower`` to 3."""
    return LinearProgram(
        cost=np.array([1.0, 2.0]),
        lower=np.array(lower),
        upper=np.array([3.0, 3.0]),
        row_lower=np.array(row[:1]),
        row_upper=np.array(row[1:]),
        start=np.array([0, 1, 2], dtype=np.int32),
        index=np.array([0, 0], dtype=np.int32),
        value=np.array([1.0, 1.0]),
    )


def both():
    return [pytest.param(highs, id="highs"), pytest.param(gurobi, id="gurobi", marks=pytest.mark.gurobi)]


@pytest.mark.parametrize("solver", both())
def test_a_program_solved_by_hand(solver):
    solution = solver.solve(tiny(lower=(0.0, 0.25)))
    assert solution.x == pytest.approx([0.75, 0.25])
    assert solution.objective == pytest.approx(1.25)
    assert tiny().activity(solution.x) == pytest.approx([1])
    assert solver.solve(tiny(row=(2.0, np.inf))).objective == pytest.approx(2)


@pytest.mark.parametrize("solver", both())
def test_a_program_without_a_feasible_point(solver):
    with pytest.raises(SolverError, match=r"(?i)without an answer: infeasible"):
        solver.solve(tiny(row=(7.0, 7.0)))


@pytest.mark.gurobi
@pytest.mark.parametrize("criterion", ["paper", "equilibrium"])
@pytest.mark.parametrize("seed", range(20))
def test_gurobi_and_highs_agree(criterion, seed):
    structure = top_heavy(seed, 6 + seed) if seed % 2 else grow(seed, 10 + 2 * seed, spread=0.4)
    ours = StabilityAnalyzer(criterion, "highs").analyze(structure)
    theirs = StabilityAnalyzer(criterion, "gurobi").analyze(structure)
    assert (ours.solver, theirs.solver) == ("highs", "gurobi")
    assert theirs.status == ours.status
    assert theirs.objective == pytest.approx(ours.objective, rel=1e-6, abs=1e-9)
    if criterion == "paper":
        assert theirs.safety_factor is ours.safety_factor is None
    else:
        assert theirs.safety_factor == pytest.approx(ours.safety_factor, rel=1e-6)


@pytest.mark.gurobi
def test_gurobi_by_name_gives_way_where_its_licence_does_not_allow_the_size(monkeypatch):
    report = StabilityAnalyzer(solver="gurobi").analyze(SMALL)
    assert (report.solver, "licence" in report.solver_note) == ("gurobi", True)
    monkeypatch.setattr(gurobi, "FREE_LIMIT", 5)
    report = StabilityAnalyzer(solver="gurobi").analyze(SMALL)
    assert report.solver == "highs"
    assert "more than Gurobi's size-limited licence allows" in report.solver_note


@pytest.fixture
def no_library(monkeypatch):
    """As where nothing was compiled at installation."""
    monkeypatch.setattr(native, "library", lambda: None)


def test_auto_asks_no_solver_where_the_weights_settle_and_highs_where_there_are_many_bricks(no_library):
    settled = StabilityAnalyzer().analyze(BrickStructure([Brick(2, 2, 5, 5, 0), Brick(2, 4, 5, 4, 1)]))
    assert (settled.solver, settled.stable, settled.objective) == ("none", True, 0)
    assert StabilityAnalyzer().analyze(SMALL).solver == "built-in"
    assert StabilityAnalyzer(solver="highs").analyze(SMALL).solver == "highs"
    assert StabilityAnalyzer().analyze(grow(1, 30, spread=0.4)).solver == "highs"


@pytest.mark.gurobi
def test_what_is_too_large_for_the_free_licence_goes_to_highs():
    structure = grow(3, 130, spread=0.2)
    program = ForceModel(extract_contacts(structure)).paper()
    if gurobi.fits(program):
        pytest.skip("Gurobi has a full licence here")
    with pytest.raises(gurobi.GurobiSizeError, match="size-limited licence stops at 2000"):
        gurobi.solve(program)
    report = StabilityAnalyzer(solver="gurobi").analyze(structure)
    assert report.solver == "highs"
    assert "size-limited" in report.solver_note


def test_without_gurobi_auto_takes_highs(monkeypatch, no_library):
    monkeypatch.setitem(sys.modules, "gurobipy", None)
    report = StabilityAnalyzer().analyze(grow(1, 30, spread=0.4))
    assert (report.solver, report.stable) == ("highs", True)
    with pytest.raises(SolverError, match="pip install gurobipy"):
        StabilityAnalyzer(solver="gurobi").analyze(SMALL)
    by_name = {info.name: info for info in solvers.available_solvers()}
    assert not by_name["gurobi"].usable
    assert "not installed" in by_name["gurobi"].licence
    assert by_name["highs"].usable


@pytest.mark.gurobi
def test_a_licence_that_does_not_work_is_named(monkeypatch, tmp_path):
    """A licence file of another machine, seen by a fresh process as Gurobi reads it only once."""
    licence = tmp_path / "gurobi.lic"
    licence.write_text(
        "TYPE=NODE\nVERSION=13\nHOSTNAME=elsewhere\nHOSTID=0\nEXPIRATION=2000-01-01\nKEY=ABCDEFGH\n"
    )
    monkeypatch.setenv("GRB_LICENSE_FILE", str(licence))
    code = (
        "from brickgpt_engine.bricks import *; from brickgpt_engine.physics import *\n"
        "structure = BrickStructure([Brick(2, 2, 5, 5, 0), Brick(2, 4, 5, 6, 1)])\n"
        "print(StabilityAnalyzer(solver='highs').analyze(structure).solver)\n"
        "try: StabilityAnalyzer(solver='gurobi').analyze(structure)\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    auto, named = run.stdout.splitlines()
    assert auto == "highs"
    assert named.startswith("GurobiUnavailableError Gurobi's licence file")
    assert str(licence) in named and "--solver highs" in named


@pytest.mark.gurobi
def test_solving_prints_nothing():
    code = (
        "from brickgpt_engine.bricks import *; from brickgpt_engine.physics import *\n"
        "for solver in ('gurobi', 'highs'):\n"
        "    StabilityAnalyzer(solver=solver).analyze(BrickStructure([Brick(2, 2, 0, 0, 0)]))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (run.stdout, run.stderr) == ("", "")


def broken(*arguments, **options):
    raise SolverError("it ran into numerical trouble")


@pytest.fixture
def broken_highs(monkeypatch):
    monkeypatch.setattr(highs.ColumnSession, "solve", broken)
    monkeypatch.setitem(solvers._SOLVE, "highs", broken)


@pytest.fixture
def broken_solvers(monkeypatch, broken_highs):
    monkeypatch.setitem(solvers._SOLVE, "gurobi", broken)


def test_a_built_in_answer_that_cannot_be_proven_goes_to_highs(monkeypatch, no_library):
    plain = StabilityAnalyzer().analyze(SMALL)
    monkeypatch.setattr(DenseSimplex, "_proven", lambda self: False)
    report = StabilityAnalyzer().analyze(SMALL)
    assert (plain.solver, report.solver) == ("built-in", "highs")
    assert report.objective == pytest.approx(plain.objective, rel=1e-6)
    assert report.stress == pytest.approx(plain.stress, abs=1e-6)


def test_highs_takes_over_from_gurobi(monkeypatch):
    monkeypatch.setitem(solvers._SOLVE, "gurobi", broken)
    monkeypatch.setattr(gurobi, "fits", lambda program: True)
    monkeypatch.setattr(gurobi, "licence", lambda: "a licence")
    report = StabilityAnalyzer(solver="gurobi").analyze(SMALL)
    assert (report.solver, report.stable) == ("highs", True)
    assert "gurobi gave no answer" in report.solver_note


@pytest.mark.gurobi
@pytest.mark.parametrize("solver", ["auto", "highs"])
def test_gurobi_takes_over_from_highs(broken_highs, monkeypatch, no_library, solver):
    monkeypatch.setattr(paper, "SMALL", 0)
    report = StabilityAnalyzer(solver=solver).analyze(SMALL)
    assert (report.solver, report.stable) == ("gurobi", True)
    assert "highs gave no answer" in report.solver_note


@pytest.mark.parametrize("criterion", ["paper", "equilibrium"])
def test_no_answer_means_unknown_not_unstable(broken_solvers, criterion):
    report = StabilityAnalyzer(criterion, solver="highs").analyze(SMALL)
    assert (report.status, report.stable, report.first_unstable) == ("unknown", False, None)
    assert np.isnan(report.stress).all()
    assert "numerical trouble" in report.message
    assert report.as_dict()["min_score"] is None


def test_floating_bricks_are_seen_without_a_solver(broken_solvers):
    report = StabilityAnalyzer(solver="highs").analyze(BrickStructure([*SMALL, Brick(1, 1, 0, 0, 9)]))
    assert (report.status, report.first_unstable) == ("unstable", 2)
    assert np.isnan(report.stress[:2]).all()
    assert (report.max_stress, report.min_score) == (1.0, 0.0)


def test_a_time_limit_ends_the_search_and_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "gurobipy", None)
    report = StabilityAnalyzer(solver="highs", time_limit=1e-7).analyze(grow(1, 60))
    assert report.status == "unknown"
    assert "Time limit" in report.message
    assert StabilityAnalyzer(solver="highs", time_limit=60).analyze(SMALL).stable


def test_loading_the_physics_loads_no_solver():
    code = "import sys, brickgpt_engine.physics; print({'highspy', 'gurobipy'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"


def test_highs_says_nothing_where_results_go(capfd):
    """Its wrapper prints a banner when an engine is made, which has spoilt JSON on stdout before."""
    assert highs.solve(tiny(), time_limit=9.0).objective == pytest.approx(1.0)
    assert capfd.readouterr() == ("", "")
