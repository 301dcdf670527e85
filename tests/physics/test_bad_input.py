"""Structures that are none: each has a defined answer or a clear error, in every part of the analysis."""

import math

import numpy as np
import pytest

from brickgpt_engine.bricks import Brick, BrickStructure, Rejection
from brickgpt_engine.bricks.library import Part
from brickgpt_engine.errors import ConfigError, InvalidBrickError
from brickgpt_engine.layout.support import repair
from brickgpt_engine.physics import IncrementalAnalyzer, StabilityAnalyzer
from brickgpt_engine.physics.buildability import check_steps, find_order
from brickgpt_engine.physics.explain import explain
from brickgpt_engine.physics.many import analyze_many
from brickgpt_engine.rendering.heatmap import render_heatmap

CRITERIA = ("paper", "equilibrium", "connectivity")


def analysed(structure, criterion):
    return StabilityAnalyzer(criterion, "highs").analyze(structure)


@pytest.mark.parametrize(
    ("bricks", "said"),
    [
        ([Brick(2, 4, 0, 0, 0), Brick(2, 2, 1, 1, 0)], "collides with brick 1"),
        ([Brick(2, 4, 18, 17, 0)], "reaches outside"),
        ([Brick(2, 4, -1, 0, 0)], "reaches outside"),
        ([Brick(3, 3, 0, 0, 0)], "not in the brick library"),
    ],
)
def test_what_cannot_be_is_refused_before_any_analysis(bricks, said):
    with pytest.raises(InvalidBrickError, match=said):
        BrickStructure(bricks)


@pytest.mark.parametrize("mass", [math.nan, math.inf, 0.0, -1.0])
def test_masses_that_are_none_are_refused(mass):
    with pytest.raises(ConfigError, match="mass of part 3003"):
        Part(2, 2, mass, "3003", 12)


@pytest.mark.parametrize("criterion", CRITERIA)
def test_nothing_stands(criterion):
    nothing = BrickStructure()
    report = analysed(nothing, criterion)
    assert report.stable and report.max_stress == 0 and report.failures == ()
    assert explain(nothing, report, solver="highs").bricks == ()
    assert repair(nothing, StabilityAnalyzer(criterion, "highs")).how == "none"


@pytest.mark.parametrize("criterion", CRITERIA)
def test_a_world_of_one_cell(criterion):
    cell = BrickStructure([Brick(1, 1, 0, 0, 0)], world_dim=1)
    analyzer = StabilityAnalyzer(criterion, "highs")
    report = analyzer.analyze(cell)
    assert report.stable and report.score_grid(cell).shape == (1, 1, 1)
    assert explain(cell, report, solver="highs").bricks == ()
    assert check_steps(cell, analyzer).buildable and find_order(cell, analyzer).order == (0,)
    with pytest.raises(ConfigError, match="between 1 and"):
        BrickStructure(world_dim=0)


@pytest.mark.parametrize("criterion", CRITERIA)
def test_what_floats_fails_by_every_criterion(criterion):
    structure = BrickStructure([Brick(2, 2, 0, 0, 0), Brick(2, 2, 5, 5, 4)])
    report = analysed(structure, criterion)
    assert [failure.kind for failure in report.failures] == ["floating"]
    told = explain(structure, report, solver="highs")
    assert [brick.sentence for brick in told.bricks] == [
        "2x2 at (5,5,4) floats: no chain of studs joins it to the baseplate"
    ]


def test_stress_that_is_no_number_is_not_painted():
    with pytest.raises(ConfigError, match="no numbers"):
        render_heatmap(BrickStructure([Brick(1, 1, 0, 0, 0)]), [np.nan])


@pytest.mark.parametrize("criterion", CRITERIA)
def test_edits_meet_the_same_answers(criterion):
    """Nothing, one cell, what floats and comes down again, what collides: as the whole analysis has it."""
    session = IncrementalAnalyzer(StabilityAnalyzer(criterion, "highs"), BrickStructure(world_dim=1))
    assert session.report().stable and session.report().stress.size == 0
    assert session.add(Brick(1, 1, 0, 0, 0)).stable
    assert session.add(Brick(1, 1, 0, 0, 0)) is Rejection.COLLISION
    assert session.add(Brick(1, 1, 0, 0, 1)) is Rejection.OUT_OF_BOUNDS
    afloat = session.follow(BrickStructure([Brick(2, 2, 0, 0, 0), Brick(2, 2, 5, 5, 1)]))
    assert [(failure.index, failure.kind) for failure in afloat.failures] == [(1, "floating")]
    assert session.add(Brick(2, 2, 5, 5, 0)).stable


def test_many_at_once_takes_nothing_and_one_cell():
    reports = analyze_many([BrickStructure(), BrickStructure([Brick(1, 1, 0, 0, 0)], world_dim=1)])
    assert [report.status for report in reports] == ["stable", "stable"]
    assert analyze_many([]) == []
