"""The engine's own simplex, and the balance that it begins with."""

import oracle
import pytest
from random_structures import floating, grow, top_heavy

from brickgpt_engine.bricks import Brick, BrickStructure
from brickgpt_engine.physics import StabilityAnalyzer
from brickgpt_engine.physics.contacts import extract_contacts
from brickgpt_engine.physics.dense import DenseSimplex
from brickgpt_engine.physics.force_model import far_bricks
from brickgpt_engine.physics.start import first_balance


def start_of(*bricks):
    return first_balance(extract_contacts(BrickStructure(bricks)))


def test_a_tower_rests_on_three_supports_a_brick():
    start = start_of(*(Brick(2, 4, 5, 5, z) for z in range(4)))
    assert (len(set(start.corners)), start.pulling, start.residuals) == (12, [], [])


def test_what_juts_out_is_held_down_by_all_its_points():
    start = start_of(Brick(2, 6, 5, 0, 0), Brick(2, 6, 5, 5, 1))
    assert (start.pulling, len(start.corners), start.residuals) == ([1], 5, [])


def test_what_lies_over_its_own_edge_tips_what_is_below_as_well():
    start = start_of(Brick(2, 2, 5, 5, 0), Brick(2, 6, 5, 6, 1))
    assert start.pulling == [1, 0]


def test_what_hangs_is_left_unbalanced_at_first():
    start = start_of(Brick(2, 2, 5, 5, 0), Brick(2, 2, 5, 5, 1), Brick(2, 6, 5, 5, 2), Brick(1, 2, 5, 9, 1))
    assert [brick for brick, _ in start.residuals] == [3, 3, 3]
    assert start.residuals[0] == (3, 0)


@pytest.mark.parametrize("seed", range(12))
def test_its_optimum_is_that_of_the_plain_model(seed):
    kinds = (lambda: grow(seed, 12, spread=0.6), lambda: top_heavy(seed, 14), lambda: floating(seed, 6))
    structure = kinds[seed % 3]()
    contacts = extract_contacts(structure)
    found = DenseSimplex(contacts, first_balance(contacts)).optimum()
    assert found is not None
    assert found.objective == pytest.approx(oracle.paper(structure)[0], rel=1e-6, abs=1e-10)


def test_a_start_that_is_no_basis_gives_no_answer():
    contacts = extract_contacts(top_heavy(1, 8))
    start = first_balance(contacts)
    start.corners.pop()
    assert DenseSimplex(contacts, start).optimum() is None


def test_many_single_bricks_in_the_air_need_no_sideways_residuals():
    """A roof of more bricks than the reduction reaches, floating beside and between what stands."""
    roof = [Brick(1, 1, x, y, 3) for x in range(11) for y in range(11) if (x, y) not in ((0, 0), (10, 10))]
    posts = [Brick(1, 1, x, x, z) for x in (0, 10) for z in range(4)]
    arm = [Brick(1, 4, 0, 0, 4), Brick(1, 8, 0, 3, 5)]
    structure = BrickStructure([*posts, *roof[:60], *arm, *roof[60:]])
    assert len(structure) > 100
    contacts = extract_contacts(structure)
    value = oracle.paper(structure)[0]
    report = StabilityAnalyzer("paper", "highs").analyze(structure)
    assert report.objective == pytest.approx(value, rel=1e-6)
    lone = [i for i in range(len(structure)) if i not in far_bricks(contacts).tolist()]
    assert len(lone) == len(structure)
