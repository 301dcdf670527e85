"""Cases worked out by hand, designed structures, and what a report says."""

import json
import math

import numpy as np
import pytest

from brickgpt_engine.bricks import Brick, BrickStructure
from brickgpt_engine.errors import ConfigError
from brickgpt_engine.physics import Criterion, StabilityAnalyzer, connectivity_report
from brickgpt_engine.physics.contacts import extract_contacts
from brickgpt_engine.physics.force_model import Forces
from brickgpt_engine.physics.stability import _force_failures, _residual_words

CAPACITY = 0.98
BOTH = pytest.mark.parametrize("criterion", ["paper", "equilibrium"])


def analyze(*bricks, criterion="paper", world_dim=20):
    return StabilityAnalyzer(criterion, solver="highs").analyze(BrickStructure(bricks, world_dim))


@BOTH
def test_a_brick_on_the_baseplate_is_at_ease(criterion):
    report = analyze(Brick(2, 4, 3, 3, 0), criterion=criterion)
    assert report.stable
    assert report.stress.tolist() == [0]
    assert (report.min_score, report.mean_score, report.first_unstable) == (1, 1, None)
    assert report.safety_factor == (None if criterion == "paper" else math.inf)


@BOTH
def test_a_cantilever_pulls_as_hard_as_its_lever_says(criterion):
    """A 2x4 held by one row of two studs tips about its contact points at +1/8 of a pitch.

    Its weight acts 1.375 pitches beyond. Per stud, pulls at -1/8 and 0 have levers 1/4 and 1/8,
    so equal pulls D need 2 · 3/8 · D = 1.375 · W, with W = 2.16 g · 9.8 m/s². The 2x2 below tips
    about the same line, less its own weight 5/8 behind it, with levers up to 5/4.
    """
    report = analyze(Brick(2, 2, 5, 5, 0), Brick(2, 4, 5, 6, 1), criterion=criterion)
    pull = 1.375 * 2.16e-3 * 9.8 / 0.75
    below = (1.375 * 2.16e-3 - 0.625 * 1.15e-3) * 9.8 / (2 * (0.125 + 0.25 + 1 + 1.125 + 1.25))
    assert report.stress == pytest.approx([below / CAPACITY, pull / CAPACITY])
    if criterion == "equilibrium":
        assert report.safety_factor == pytest.approx(CAPACITY / pull)
    else:
        assert report.objective == pytest.approx(1e-3 * (pull + below) + 1e-6 * (4 * pull + 10 * below))


def test_a_long_lever_on_one_stud():
    """A 1x8 on a 1x1 at its end pivots on the point at +1/4; pulls at 0, 0 and -1/4 share the moment."""
    report = analyze(Brick(1, 1, 5, 5, 0), Brick(8, 1, 5, 5, 1))
    assert report.stress[1] == pytest.approx(3.25 * 3.03e-3 * 9.8 / (0.5 + 2 * 0.25) / CAPACITY)


def test_a_counterweight_takes_the_pull_away():
    """A 6x2 centred 3/8 of a pitch beyond its support needs a pull; a 2x2 on its short arm replaces it.

    Per row of studs the pulls have levers 3/8, 1, 1 and 11/8.
    """
    base, beam = Brick(2, 2, 2, 2, 0), Brick(6, 2, 1, 2, 1)
    assert analyze(base, beam).stress[1] == pytest.approx(0.375 * 3.23e-3 * 9.8 / 7.5 / CAPACITY)
    balanced = analyze(base, beam, Brick(2, 2, 1, 2, 2))
    assert balanced.stress == pytest.approx([0, 0, 0], abs=1e-9)


@BOTH
def test_floating_bricks_fail_and_the_others_do_not(criterion):
    bricks = [Brick(2, 2, 0, 0, 0), Brick(2, 2, 5, 5, 5), Brick(1, 4, 5, 5, 6), Brick(2, 4, 0, 1, 1)]
    report = analyze(*bricks, criterion=criterion)
    assert report.status == "unstable"
    assert report.first_unstable == 1
    assert [(f.index, f.kind) for f in report.failures] == [(1, "floating"), (2, "floating")]
    assert report.stress[[1, 2]].tolist() == [1, 1]
    alone = analyze(bricks[0], bricks[3], criterion=criterion)
    assert report.stress[[0, 3]] == pytest.approx(alone.stress)
    assert "2x2 at (5,5,5) floats" in report.failures[0].message


def test_a_brick_that_hangs_from_above_is_not_floating():
    report = analyze(Brick(2, 2, 0, 0, 0), Brick(2, 2, 0, 0, 1), Brick(2, 6, 0, 0, 2), Brick(2, 2, 0, 4, 1))
    assert report.stable
    assert report.stress[2] > 0


def test_pulls_carry_a_hanging_brick():
    """A 1x1 under the far end of a 1x4 hangs on it and lengthens its lever."""
    report = analyze(Brick(1, 1, 0, 0, 0), Brick(1, 1, 0, 0, 1), Brick(1, 4, 0, 0, 2), Brick(1, 1, 0, 3, 1))
    beam, weight = 1.57e-3 * 9.8, 0.43e-3 * 9.8
    assert report.stress[2] == pytest.approx((1.25 * beam + 2.75 * weight) / CAPACITY)
    # The hanging brick has no contacts below, so no stress of its own.
    assert report.stress[3] == 0


def test_a_neighbour_props_what_would_need_a_harder_pull():
    """The same on a 1x2: there the hanging brick leans on the column, and both share the moment."""
    column = [Brick(1, 1, 0, 0, 0), Brick(1, 1, 0, 0, 1)]
    report = analyze(*column, Brick(1, 2, 0, 0, 2), Brick(1, 1, 0, 1, 1))
    assert report.stress[2] < (0.25 * 0.81e-3 + 0.75 * 0.43e-3) * 9.8 / CAPACITY - 1e-4


def stairs(steps):
    """1x8 bricks, each resting with its last stud on the end of the one below."""
    return [Brick(8, 1, 7 * i, 0, i) for i in range(steps)]


@BOTH
@pytest.mark.parametrize("steps", range(2, 8))
def test_stairs_come_off_at_the_step_that_their_moment_says(criterion, steps):
    """The lowest joint holds the moment of all steps above; its three pulls share it as on one stud."""
    above = steps - 1
    moment = 3.03e-3 * 9.8 * sum(7 * i + 3.25 for i in range(above))
    report = analyze(*stairs(steps), criterion=criterion, world_dim=64)
    assert report.stable == (moment < CAPACITY) == (steps <= 4)
    if report.stable:
        assert report.max_stress == pytest.approx(moment / CAPACITY)
    else:
        assert report.first_unstable == 1
        assert report.failures[0].kind == "overloaded"
        assert f"{moment / CAPACITY:.0%} of what friction holds" in report.failures[0].message
        assert "8x1 at (0,0,0)" in report.failures[0].message
    if criterion == "equilibrium":
        assert report.safety_factor == pytest.approx(CAPACITY / moment)


def stick(height):
    """1x1 bricks under a 1x4 that they hold at its end."""
    return [*(Brick(1, 1, 5, 5, z) for z in range(height)), Brick(1, 4, 5, 5, height)]


@pytest.mark.parametrize("height", range(1, 10))
def test_the_criteria_differ_on_slender_sticks(height):
    """The published cost would rather leave the moment unbalanced than hand it down many levels.

    An equilibrium needs 1.25 · W of moment shared by pulls with levers 1/2, 1/4, 1/4 on each level,
    which is 2 % of what friction holds, whatever the height.
    """
    share = 1.25 * 1.57e-3 * 9.8 / CAPACITY
    paper, real = analyze(*stick(height)), analyze(*stick(height), criterion="equilibrium")
    assert real.stable
    assert real.safety_factor == pytest.approx(1 / share)
    assert paper.stable == (height <= 6)
    if not paper.stable:
        assert paper.first_unstable == height
        failure = paper.failures[0]
        assert failure.kind == "tips"
        assert failure.message == f"1x4 at (5,5,{height}) tips: 9.2e-05 N·m about x not balanced"


def test_the_equilibrium_report_shows_where_the_load_is():
    """Bricks that need no pull get none, although the criterion itself would not mind."""
    report = analyze(*stick(3), Brick(2, 4, 12, 12, 0), criterion="equilibrium")
    assert report.stress[4] == pytest.approx(0, abs=1e-9)
    assert report.stress[0] > 0.01


def test_a_brick_that_only_leans_is_floating():
    """Leaning on a neighbour's side is no support."""
    report = analyze(Brick(2, 2, 0, 0, 0), Brick(2, 2, 2, 0, 1), criterion="equilibrium")
    assert (report.status, report.safety_factor, report.first_unstable) == ("unstable", 0, 1)


def test_kinds_of_imbalance_are_told_apart():
    def words(force=(0, 0, 0), torque=(0, 0)):
        return _residual_words(Forces(np.zeros(0), np.array([force]), np.array([torque]), np.zeros(1)), 0)

    assert words(torque=(0, 0.012)) == ("tips", "tips: 0.012 N·m about y not balanced")
    assert words(force=(0, 0, 0.5)) == ("falls", "falls: 0.5 N along z not balanced")
    assert words(force=(0.25, 0, 0)) == ("slides", "slides: 0.25 N along x not balanced")


def test_numerical_dust_is_no_failure():
    structure = BrickStructure([Brick(2, 2, 0, 0, 0)])
    contacts = extract_contacts(structure)
    pull = np.zeros(len(contacts.point_pair))
    for force, torque, failing in ((9e-8, 9e-9, 0), (2e-7, 0, 1), (0, 2e-8, 1)):
        forces = Forces(pull, np.full((1, 3), force), np.full((1, 2), torque), np.zeros(1))
        assert len(list(_force_failures(structure, contacts, np.array([True]), forces))) == failing


@pytest.mark.parametrize("criterion", list(Criterion))
def test_an_empty_structure_is_stable(criterion):
    report = StabilityAnalyzer(criterion).analyze(BrickStructure())
    assert (report.status, len(report.stress), report.first_unstable) == ("stable", 0, None)
    assert (report.max_stress, report.min_score, report.mean_score) == (0, 1, 1)
    json.dumps(report.as_dict(), allow_nan=False)


def test_a_world_of_one_cell():
    assert analyze(Brick(1, 1, 0, 0, 0), world_dim=1).stable


def test_the_score_grid_has_each_cell_of_a_brick_and_ones_elsewhere():
    structure = BrickStructure([Brick(2, 2, 0, 0, 0), Brick(2, 4, 0, 1, 1), Brick(1, 1, 9, 9, 9)])
    report = StabilityAnalyzer(solver="highs").analyze(structure)
    grid = report.score_grid(structure)
    assert grid.shape == (20, 20, 20)
    assert grid[9, 9, 9] == 0
    assert (grid[0:2, 1:5, 1] == report.score[1]).all()
    assert grid.sum() == pytest.approx(8000 - 1 - 4 * report.stress[0] - 8 * report.stress[1])


def test_reports_turn_into_json():
    report = analyze(Brick(2, 2, 0, 0, 0), Brick(1, 1, 9, 9, 9), criterion="equilibrium")
    data = json.loads(json.dumps(report.as_dict(), allow_nan=False))
    assert data["status"] == "unstable"
    assert data["safety_factor"] == 0
    assert data["stress"] == [0, 1]
    assert data["failures"][0] | {"message": ""} == {
        "index": 1,
        "brick": "1x1 (9,9,9)",
        "kind": "floating",
        "message": "",
    }


@pytest.mark.parametrize(
    "arguments", [{"criterion": "nice"}, {"solver": "cplex"}, {"time_limit": 0}, {"time_limit": float("nan")}]
)
def test_arguments_that_cannot_work_are_refused(arguments):
    with pytest.raises(ConfigError, match=str(next(iter(arguments)))):
        StabilityAnalyzer(**arguments)


def test_connectivity_follows_studs_not_sides():
    column, beside = [(0, 0), (0, 1)], [(2, 1), (2, 2)]
    structure = BrickStructure(Brick(2, 2, x, 0, z) for x, z in column + beside)
    report = connectivity_report(structure)
    assert report.stress.tolist() == [0, 0, 1, 1]
    assert (report.criterion, report.solver, report.first_unstable) == (Criterion.CONNECTIVITY, "none", 2)
    assert StabilityAnalyzer("connectivity").analyze(structure).status == "unstable"
    assert connectivity_report(BrickStructure(structure[:2])).stable


def test_the_message_counts_bricks_in_proper_words():
    wording = {
        ((0, 0), (5, 1)): "1 of 2 bricks is not joined to the baseplate",
        ((0, 0), (5, 1), (9, 1)): "2 of 3 bricks are not joined to the baseplate",
        ((5, 1),): "1 of 1 brick is not joined to the baseplate",
        ((5, 0),): "every brick is joined to the baseplate",
    }
    for places, words in wording.items():
        structure = BrickStructure(Brick(2, 2, x, 0, z) for x, z in places)
        assert connectivity_report(structure).message == words
    one, two = Brick(2, 2, 0, 0, 0), Brick(2, 2, 5, 0, 0)
    assert StabilityAnalyzer().analyze(BrickStructure([one])).message.startswith("the brick holds; ")
    assert StabilityAnalyzer().analyze(BrickStructure([one, two])).message.startswith("all 2 bricks hold; ")
    floating = BrickStructure([one, Brick(2, 2, 5, 0, 1)])
    assert StabilityAnalyzer().analyze(floating).message.startswith("1 of 2 bricks fails; first: ")
