"""``brickgpt check``: verdicts, reasons, exit codes and JSON."""

import json
import math
from pathlib import Path

import pytest

from brickgpt_engine.physics import StabilityAnalyzer

FLOATING = "2x4 (4,5,0)\n2x2 (13,16,3)\n"
# Eight 1x1 under a 1x4 that is held at its end: PHYSICS.md names it as the case where the criteria differ.
MAST = "".join(f"1x1 (5,5,{z})\n" for z in range(8)) + "1x4 (5,5,8)\n"
KEYS = {
    "file", "stable", "criterion", "solver", "max_stress", "min_score", "safety_factor", "first_unstable",
    "bricks", "errors",
}  # fmt: skip


@pytest.fixture
def files(run, tower_file):
    """A model of each kind, by name; ``tower.txt`` is there already."""
    Path("floating.txt").write_text(FLOATING)
    Path("mast.txt").write_text(MAST)
    Path("cut.txt").write_text("2x4 (0,0,0)\n2x4 (1\n")


def table(ran):
    return json.loads(ran.out)


def test_a_model_that_stands(run, files):
    ran = run("check", "tower.txt")
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[0] == "tower.txt: stands (3 bricks)"
    assert lines[1].split()[:2] == ["paper", "stable"] and "lowest score 0.98" in lines[1]
    assert lines[2].split()[:2] == ["equilibrium", "stable"] and "safety factor" in lines[2]
    assert len(lines) == 3


def test_a_model_that_does_not_and_why(run, files):
    ran = run("check", "floating.txt")
    assert ran.code == 1
    assert "floating.txt: does not stand (2 bricks)" in ran.out
    assert "brick 2: 2x2 at (13,16,3) floats" in ran.out


def test_where_the_criteria_differ_it_says_so(run, files):
    both = run("check", "mast.txt")
    assert both.code == 1 and "The criteria differ." in both.out and "Real bricks would hold" in both.out
    alone = run("check", "mast.txt", "--criterion", "equilibrium")
    assert alone.code == 0 and "differ" not in alone.out and "paper" not in alone.out
    assert run("check", "mast.txt", "--criterion", "paper").code == 1


def test_json_has_exactly_the_promised_keys_and_the_analysis_values(run, files):
    ran = run("check", "tower.txt", "floating.txt", "cut.txt", "--json")
    assert ran.code == 3 and ran.err == ""
    tower, floating, cut = table(ran)
    assert all(set(entry) == KEYS for entry in (tower, floating, cut))
    from brickgpt_engine.formats import read_structure

    report = StabilityAnalyzer("paper", "highs").analyze(read_structure("tower.txt"))
    factor = StabilityAnalyzer("equilibrium", "highs").analyze(read_structure("tower.txt")).safety_factor
    assert tower["stable"] is True and tower["errors"] == [] and tower["first_unstable"] is None
    assert math.isclose(tower["max_stress"], report.max_stress, abs_tol=1e-6)
    assert math.isclose(tower["min_score"], report.min_score, abs_tol=1e-6)
    assert math.isclose(tower["safety_factor"], factor, rel_tol=1e-6)
    assert floating["stable"] is False and floating["first_unstable"] == 1 and floating["bricks"] == 2
    assert "floats" in floating["errors"][0]
    assert cut["stable"] is None and cut["file"] == "cut.txt" and "cut.txt:2:" in cut["errors"][0]


def test_json_without_numbers_that_json_lacks(run, files):
    Path("flat.txt").write_text("2x4 (0,0,0)\n")  # nothing pulls: the safety factor is infinite
    ran = run("check", "flat.txt", "--json", "--criterion", "equilibrium")
    entry = json.loads(ran.out, parse_constant=lambda name: pytest.fail(name))[0]
    assert entry["safety_factor"] is None and entry["stable"] is True
    assert "nothing has to pull" in run("check", "flat.txt").out


def test_the_criterion_decides_in_json_too(run, files):
    assert table(run("check", "mast.txt", "--json"))[0]["criterion"] == "paper"
    exact = table(run("check", "mast.txt", "--json", "--criterion", "equilibrium"))[0]
    assert exact["criterion"] == "equilibrium" and exact["stable"] is True and exact["safety_factor"] > 1


@pytest.mark.parametrize("solver", ["highs", pytest.param("gurobi", marks=pytest.mark.gurobi)])
def test_solver_by_name(run, files, solver):
    assert table(run("check", "tower.txt", "--solver", solver, "--json"))[0]["solver"] == solver


def test_without_physics(run, files):
    mast = table(run("check", "mast.txt", "--no-physics", "--json"))[0]
    assert mast["stable"] is True and mast["criterion"] == "connectivity" and mast["solver"] == "none"
    assert run("check", "floating.txt", "--no-physics").code == 1
    clash = run("check", "mast.txt", "--no-physics", "--criterion", "paper")
    assert clash.code == 2 and "leave out --no-physics" in clash.problem


def test_an_unreadable_file_does_not_stop_the_others(run, files):
    ran = run("check", "cut.txt", "nowhere.txt", "tower.txt", "floating.txt")
    assert ran.code == 3
    assert ran.err.splitlines() == [
        "error: cut.txt:2: '2x4 (1' is not a brick; expected e.g. '2x4 (0,3,0)'",
        "error: nowhere.txt: no such file; check the name",
    ]
    assert "tower.txt: stands" in ran.out and "floating.txt: does not stand" in ran.out


def test_a_missing_solver_exits_5(run, files, monkeypatch):
    from brickgpt_engine.physics.solvers import gurobi

    def unlicensed(*arguments):
        raise gurobi.GurobiUnavailableError("Gurobi has no licence that works; use --solver highs")

    monkeypatch.setattr(gurobi, "fits", unlicensed)
    ran = run("check", "tower.txt", "--solver", "gurobi")
    assert ran.code == 5 and "no licence" in ran.problem
    assert run("check", "tower.txt").code == 0


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_solver_that_gives_way_is_told(run, files, monkeypatch, options):
    from brickgpt_engine.physics.solvers import gurobi

    monkeypatch.setattr(gurobi, "fits", lambda program: False)
    ran = run("check", "tower.txt", "--solver", "gurobi", *options)
    assert ran.code == 0 and ran.problem.startswith("warning: HiGHS took the place of Gurobi: ")
    assert run("check", "tower.txt", *options).err == ""
    assert "gives way to the other" in " ".join(run("check", "--help").out.split())


def test_every_bad_line_is_told(run):
    Path("bad.txt").write_text("2x4 (0,0,0)\n9x9 (4,4,0)\n2x4 (\n")
    ran = run("check", "bad.txt")
    first, second = ran.err.splitlines()
    assert ran.code == 3
    assert first.startswith("error: bad.txt:2: ") and second.startswith("error: bad.txt:3: ")
    errors = table(run("check", "bad.txt", "--json"))[0]["errors"]
    assert [f"error: {line}" for line in errors] == [first, second]
    assert run("show", "bad.txt").err.splitlines() == [first, second]


def test_no_answer_is_no_verdict(run, files, monkeypatch):
    from brickgpt_engine.errors import SolverError
    from brickgpt_engine.physics import stability

    def stuck(*arguments):
        raise SolverError("time limit reached")

    monkeypatch.setattr(stability, "solve", stuck)
    monkeypatch.setattr(stability, "paper_optimum", stuck)
    monkeypatch.setattr(stability, "small_optimum", lambda contacts: None)
    monkeypatch.setattr(stability.native, "library", lambda: None)
    ran = run("check", "tower.txt")
    assert ran.code == 5 and "no verdict" in ran.out and "time limit" in ran.out
    entry = table(run("check", "tower.txt", "--json"))[0]
    assert entry["stable"] is None and entry["min_score"] is None and "time limit" in entry["errors"][0]


def test_long_lists_of_reasons_are_cut(run):
    Path("dust.txt").write_text("".join(f"1x1 ({x},0,5)\n" for x in range(0, 20, 2)))
    assert "… and 2 more; --all names them" in run("check", "dust.txt").out
    assert "brick 10:" in run("check", "dust.txt", "--all").out
