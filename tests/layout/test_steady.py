"""Layouts that stand: what is added, what is left out, and when the search ends."""

import numpy as np

from brickgpt_engine.layout import LayoutOptions, legolize
from brickgpt_engine.layout.steady import ROUNDS, lay_steady, reinforced
from brickgpt_engine.physics import StabilityAnalyzer, connectivity_report

HIGHS = StabilityAnalyzer("paper", "highs")


def bench():
    """A seat of one layer: its middle bricks have nothing above or below, whatever the layout."""
    cells = np.zeros((18, 4, 4), dtype=bool)
    cells[:, :, 3] = True
    cells[:2] = cells[-2:] = True
    return cells


def test_a_seat_of_one_layer_gets_a_second():
    plain = legolize(bench(), options=LayoutOptions(stabilise=HIGHS))
    assert not HIGHS.analyze(plain).stable
    found = lay_steady(bench(), analyzer=HIGHS)
    assert found.report.stable and HIGHS.analyze(found.structure).stable
    filled = found.structure.occupancy[:18, :4, :4]
    assert (filled >= bench()).all(), "nothing of the shape is lost"
    assert found.added == filled.sum() - bench().sum() > 0 and found.removed == 0
    assert not filled[4:14, :, 0].any(), "it is still a bench"


def test_a_shape_that_stands_is_covered_exactly():
    cells = np.ones((6, 5, 4), dtype=bool)
    found = lay_steady(cells, analyzer=HIGHS)
    assert found.report.stable and found.added == found.removed == 0
    assert (found.structure.occupancy[:6, :5, :4] == cells).all()
    assert found.structure.occupancy.sum() == cells.sum()


def test_without_reinforcing_the_shape_stays_and_the_verdict_is_honest():
    found = lay_steady(bench(), analyzer=HIGHS, reinforce=False)
    assert not found.report.stable and found.added == 0
    assert found.structure.occupancy.sum() == bench().sum()


def test_without_physics_everything_hangs_together():
    found = lay_steady(bench(), analyzer=None)
    assert found.report.criterion == "connectivity" and found.report.stable
    assert connectivity_report(found.structure).stable and found.added > 0


def test_what_nothing_can_hold_is_left_out():
    cells = np.zeros((12, 3, 6), dtype=bool)
    cells[:3, :, :2] = True
    cells[8:10, :, 5] = True  # far off; cells under it reach the ground only after many rounds
    calls = []
    found = lay_steady(cells, analyzer=HIGHS, go_on=lambda attempt, failing: calls.append(failing) or False)
    assert len(calls) == 1 and calls[0] > 0
    assert found.removed > 0 and found.report.stable
    assert found.structure.occupancy.sum() == 18


def test_the_search_is_told_and_ends():
    calls = []
    lay_steady(
        bench(), analyzer=HIGHS, go_on=lambda attempt, failing: calls.append((attempt, failing)) or True
    )
    assert [attempt for attempt, _ in calls] == list(range(1, len(calls) + 1))
    assert calls[0][1] > 0 and calls[-1][1] == 0 and len(calls) <= ROUNDS + 1


def test_reinforcing_goes_under_the_brick_and_its_filled_surroundings_only():
    cells = bench()
    weak = next(brick for brick in legolize(cells) if brick.z == 3 and brick.x > 3)
    grown = reinforced(cells, [weak])
    new = grown & ~cells
    assert new.any() and not new[:, :, [0, 1, 3]].any()
    assert (reinforced(cells, [brick for brick in legolize(cells) if brick.z == 0]) == cells).all()
