"""Explanations against hand-computed levers and against the plain model's geometry."""

import json
import re

import numpy as np
import oracle
import pytest
from random_structures import floating, grow, top_heavy

from brickgpt_engine.bricks import Brick, BrickStructure
from brickgpt_engine.errors import ConfigError
from brickgpt_engine.physics import StabilityAnalyzer, connectivity_report
from brickgpt_engine.physics.explain import connections, explain, load_words, percent
from brickgpt_engine.physics.force_map import force_map

BEAM_WEIGHT = 3.03e-3 * 9.8
CAPACITY = 0.98


def analysed(structure, criterion="paper"):
    return StabilityAnalyzer(criterion, "highs").analyze(structure)


def mast(arm, height=8):
    """A stack of 1x1 with an arm of four held at one end."""
    return BrickStructure([*(Brick(1, 1, 8, 8, z) for z in range(height)), arm])


@pytest.fixture(scope="module")
def cantilever():
    """A 1x1 that holds an eight-stud beam at its end."""
    return BrickStructure([Brick(1, 1, 4, 4, 0), Brick(8, 1, 4, 4, 1)])


def test_a_connection_that_does_not_pull_is_told_in_words():
    tower = BrickStructure([Brick(2, 2, 0, 0, 0), Brick(2, 2, 0, 0, 1)])
    forces = force_map(tower, analysed(tower), solver="highs")
    assert [load_words(one) for one in connections(forces)] == ["pulls nothing"] * 2


@pytest.mark.parametrize("seed", [1, 3])
def test_no_force_is_told_as_minus_zero(seed):
    """The solver's answers for these have such zeros, of pulls and of supports."""
    structure = top_heavy(seed, 24)
    forces = force_map(structure, analysed(structure), solver="highs")
    assert not np.signbit(forces.pull).any()
    assert not np.signbit(forces.support).any()


def test_a_cantilever_by_hand(cantilever):
    # About the 1x1's middle the beam's weight W has a lever of 3.5 pitches. Four points: one at +¼ that
    # supports, one at -¼ and two at 0 that pull, each D: N = W + 3 D and (N + D) / 4 = 3.5 W, so D = 3.25 W.
    told = explain(cantilever, analysed(cantilever), solver="highs")
    pull = 3.25 * BEAM_WEIGHT
    assert (told.weakest.upper, told.weakest.lower) == (1, 0)
    assert told.weakest.worst == pytest.approx(pull, rel=1e-5)
    assert told.weakest.share == pytest.approx(pull / CAPACITY, rel=1e-5)
    assert told.weakest.pull == pytest.approx(3 * pull, rel=1e-4)
    assert told.weakest.support == pytest.approx(BEAM_WEIGHT + 3 * pull, rel=1e-4)
    assert told.safety_factor == pytest.approx(CAPACITY / pull, rel=1e-5)
    assert told.bricks == ()
    assert told.summary == (
        "Safety factor of the whole: 10.2; it would stand with connections 10.2 times weaker.",
        "Weakest connection: 8x1 at (4,4,1) on 1x1 at (4,4,0) pulls 0.097 N at one point, "
        "10% of what friction holds.",
    )


def test_a_lone_brick_in_the_air_lacks_its_weight():
    structure = BrickStructure([Brick(2, 4, 0, 0, 0), Brick(2, 2, 9, 9, 3)])
    forces = force_map(structure, analysed(structure), solver="highs")
    assert forces.force[1] == pytest.approx([0, 0, -1.15e-3 * 9.8], abs=1e-8)
    assert forces.force[0] == pytest.approx([0, 0, 0], abs=1e-8)


@pytest.mark.parametrize(
    ("arm", "way", "axis"),
    [
        (Brick(4, 1, 8, 8, 8), "+x", "y"),
        (Brick(4, 1, 5, 8, 8), "−x", "y"),
        (Brick(1, 4, 8, 8, 8), "+y", "x"),
        (Brick(1, 4, 8, 5, 8), "−y", "x"),
    ],
)
def test_it_says_which_way_the_brick_tips(arm, way, axis):
    structure = mast(arm)
    report = analysed(structure)
    assert not report.stable
    told = explain(structure, report, solver="highs")
    sentence = " ".join(brick.sentence for brick in told.bricks)
    assert f"tips towards {way}: " in sentence
    assert re.search(rf"\de?-?\d* N·m about {axis} not balanced", sentence)
    residual = sum(abs(value) for brick in told.bricks for value in brick.torque)
    assert residual == pytest.approx(oracle.paper(structure)[1], rel=1e-5)
    assert told.safety_factor > 1  # the balance exists, as the summary says
    assert told.summary[0].startswith("Safety factor of the whole: 5")


def net_of_all_forces(structure, forces):
    """Net force and torque of each brick from every single force, levers worked out by the plain model."""
    bricks = list(structure)
    net = {(i, kind): 0.0 for i in range(len(bricks)) for kind in ("fx", "fy", "fz", "tx", "ty")}

    def act(entries, size):
        for key, value in entries:
            net[key] += value * size

    def both(upper, lower, direction, heights, size, place=None):
        act(oracle.push(bricks[upper], upper, direction, heights[0], place), size)
        if lower >= 0:
            act(oracle.push(bricks[lower], lower, direction, heights[1], place), -size)

    c = forces.contacts
    for i, brick in enumerate(bricks):
        net[i, "fz"] -= oracle.weight(brick)
    for pair, xy, support, pull in zip(c.point_pair, c.point_xy, forces.support, forces.pull, strict=True):
        # The plain model names a cell by its corner, the contacts by its middle.
        place = (xy[0] - 0.5, xy[1] - 0.5)
        both(c.upper[pair], c.lower[pair], "z", (0, 0), support - pull, place)
    half = oracle.HEIGHT / 2
    for (x, y), upper, lower in zip(forces.press, c.upper, c.lower, strict=True):
        both(upper, lower, "x", (-half, half), x)
        both(upper, lower, "y", (-half, half), y)
    for axis, pairs, pushes in zip("xy", c.sides, forces.push, strict=True):
        for (first, second), push in zip(pairs, pushes, strict=True):
            both(second, first, axis, (-half, -half), push)
    keys = ("fx", "fy", "fz", "tx", "ty")
    return np.array([[net[i, kind] for kind in keys] for i in range(len(bricks))])


@pytest.mark.parametrize("build", [grow, top_heavy, floating], ids=lambda build: build.__name__)
def test_every_brick_balances_up_to_what_is_told(build):
    """Supports, pulls, presses and pushes, summed by the plain model's levers, leave what is reported."""
    for seed in range(6):
        structure = build(seed, 10)
        report = analysed(structure)
        forces = force_map(structure, report, solver="highs")
        net = net_of_all_forces(structure, forces)
        assert net == pytest.approx(np.hstack([forces.force, forces.torque]), abs=1e-8)
        optimum, residual, _ = oracle.paper(structure)
        assert np.abs(forces.force).sum() + np.abs(forces.torque).sum() == pytest.approx(residual, abs=1e-7)
        largest = np.zeros(len(structure))
        for one in connections(forces):
            largest[one.upper] = max(largest[one.upper], one.worst)
        cost = residual + oracle.ALPHA * largest.sum() + oracle.BETA * forces.pull.sum()
        assert cost == pytest.approx(optimum, rel=1e-4, abs=1e-8)
        told = {i for i in range(len(net)) if (np.abs(net[i]) > 1e-7).any()}
        assert told <= {failure.index for failure in report.failures}
        assert min(forces.support.min(), forces.pull.min()) > -1e-9


def test_equilibrium_pulls_stay_within_its_safety_factor():
    structure = mast(Brick(1, 4, 8, 8, 8))
    report = analysed(structure, "equilibrium")
    forces = force_map(structure, report, solver="highs")
    assert forces.pull.max() <= CAPACITY / report.safety_factor * (1 + 1e-5)
    assert np.abs(forces.torque).max() < 1e-8 and np.abs(forces.force).max() < 1e-7


def test_an_overloaded_connection_is_named():
    arms = [Brick(8, 1, 1, 0, 1), Brick(8, 1, 8, 0, 2), Brick(2, 6, 14, 0, 3), Brick(2, 6, 14, 0, 4)]
    structure = BrickStructure([Brick(2, 2, 0, 0, 0), *arms], 24)
    report = analysed(structure, "equilibrium")
    assert report.safety_factor < 1
    told = explain(structure, report, solver="highs")
    worst = max(told.bricks, key=lambda brick: brick.held_by.worst)
    assert worst.kind == "overloaded" and worst.held_by.share >= 1
    assert "8x1 at (1,0,1) comes off: its connection to 2x2 at (0,0,0) would have to hold" in worst.sentence
    assert "times as hard" in told.summary[0]


def test_json_has_every_contact_and_carries_the_weight():
    structure = grow(3, 12)
    told = explain(structure, analysed(structure), solver="highs").as_dict()
    json.dumps(told, allow_nan=False)
    ground = [one for one in told["contacts"] if one["lower"] is None]
    lifted = sum(one["support_n"] - one["pull_n"] for one in ground)
    assert lifted == pytest.approx(structure.mass_g / 1000 * 9.8, abs=1e-6)
    for one in told["contacts"]:
        assert sum(point["pull_n"] for point in one["points"]) == pytest.approx(one["pull_n"], abs=1e-7)
        assert max(point["pull_n"] for point in one["points"]) == pytest.approx(one["worst_pull_n"], abs=1e-8)
    joined = {(i, j) for i in range(len(structure)) for j in structure.neighbours_below(i)}
    assert {(one["upper"], one["lower"]) for one in told["contacts"] if one["lower"] is not None} == joined


def test_without_forces_there_are_only_words(cantilever):
    told = explain(cantilever, connectivity_report(cantilever))
    assert told.forces is None and told.summary == ("every brick is joined to the baseplate",)
    with pytest.raises(ConfigError, match="says nothing about forces"):
        force_map(cantilever, connectivity_report(cantilever))
    with pytest.raises(ConfigError, match="the structure has 1"):
        force_map(BrickStructure([Brick(1, 1, 0, 0, 0)]), analysed(cantilever))


def test_nothing_pulls_and_nothing_is_there():
    flat = BrickStructure([Brick(2, 4, 0, 0, 0)])
    told = explain(flat, analysed(flat), solver="highs")
    assert told.weakest is None and "without friction" in told.summary[0]
    nothing = BrickStructure()
    assert explain(nothing, analysed(nothing)).as_dict()["contacts"] == []


def test_shares_never_round_up_to_a_failure():
    shares = (0.0009, 0.004, 0.32, 0.9996, 1.0, 1.6)
    assert [percent(share) for share in shares] == ["0.09%", "0.4%", "32%", "99.9%", "100%", "160%"]
