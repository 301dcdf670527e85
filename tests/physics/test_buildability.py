"""Build orders against brute force over every order of small models."""

import itertools
import random

import numpy as np
import pytest
from random_structures import grow, top_heavy

from brickgpt_engine.bricks import Brick, BrickStructure
from brickgpt_engine.errors import SolverError
from brickgpt_engine.physics import StabilityAnalyzer, StabilityReport
from brickgpt_engine.physics.buildability import blocked_steps, check_steps, find_order, is_bottom_up

PAPER = StabilityAnalyzer("paper", "highs")
ARCH = "2x4 (0,0,0)|2x4 (6,0,0)|2x4 (0,0,1)|2x4 (6,0,1)|6x2 (1,0,2)|2x2 (7,0,2)|1x2 (0,0,2)"


def model(text, world_dim=20):
    return BrickStructure(map(Brick.parse, text.split("|")), world_dim)


def columns(brick):
    return {(x, y) for x in range(brick.x, brick.x + brick.h) for y in range(brick.y, brick.y + brick.w)}


def every_order(structure):
    """All orders in which each stage stands and each brick goes in from above, by trying them all."""
    bricks = list(structure)
    verdicts = {}

    def stands(placed):
        key = frozenset(placed)
        if key not in verdicts:
            stage = BrickStructure([bricks[i] for i in sorted(key)], structure.world_dim)
            verdicts[key] = PAPER.analyze(stage).stable
        return verdicts[key]

    def possible(order):
        for count, index in enumerate(order):
            new, earlier = bricks[index], [bricks[i] for i in order[:count]]
            shared = [old for old in earlier if columns(old) & columns(new)]
            if any(old.z > new.z for old in shared):
                return False
            if new.z and not any(old.z == new.z - 1 for old in shared):
                return False
            if not stands(order[: count + 1]):
                return False
        return True

    return {order for order in itertools.permutations(range(len(bricks))) if possible(order)}


@pytest.mark.parametrize("build", [grow, top_heavy], ids=lambda build: build.__name__)
def test_search_and_step_check_agree_with_brute_force(build):
    found = []
    for seed in range(10):
        grown = list(build(seed, 5))[-6:]
        lowest = min(brick.z for brick in grown)
        shuffled = random.Random(seed).sample([brick.shifted(dz=-lowest) for brick in grown], len(grown))
        structure = BrickStructure(shuffled)
        orders = every_order(structure)
        reordering = find_order(structure, PAPER)
        assert check_steps(structure, PAPER).buildable == (tuple(range(len(structure))) in orders)
        if orders:
            # Bottom up where possible: no order takes a lower brick where this one takes a higher.
            lowest_first = min(orders, key=lambda order: [(structure[i].z, i) for i in order])
            assert reordering.order == lowest_first
            assert check_steps(reordering.apply(structure), PAPER).buildable
        else:
            assert reordering.order is None and reordering.proven
        found.append(bool(orders))
    assert any(found) and not all(found), "the models test only one outcome"


def test_the_first_step_that_falls_is_named():
    structure = model("2x4 (0,0,0)|2x2 (0,0,1)|2x2 (9,9,1)|2x2 (9,9,0)")
    found = check_steps(structure, PAPER)
    assert (found.steps, found.falls.number, str(found.falls.brick)) == (3, 3, "2x2 (9,9,1)")
    assert "floats" in found.falls.reason
    assert [step.number for step in found.blocked] == [3, 4]
    assert "nothing right below" in found.blocked[0].reason
    assert "brick 3, 2x2 at (9,9,1), is in its way from above" in found.blocked[1].reason


def test_a_shuffled_arch_is_put_in_order_from_the_bottom_up():
    arch = model(ARCH)
    mixed = BrickStructure([arch[i] for i in (4, 2, 6, 0, 5, 3, 1)])
    assert not check_steps(mixed, PAPER).buildable
    found = find_order(mixed, PAPER)
    ordered = found.apply(mixed)
    assert set(ordered) == set(mixed) and is_bottom_up(ordered)
    assert check_steps(ordered, PAPER).buildable and not list(blocked_steps(ordered))


def test_a_hanging_brick_has_no_order_and_is_named():
    found = find_order(model("2x2 (0,0,0)|2x2 (0,0,1)|2x6 (0,0,2)|2x2 (0,4,1)"), PAPER)
    assert found.order is None and found.proven
    assert "nothing right below" in found.reason and "brick 4, 2x2 at (0,4,1)" in found.reason


def test_what_falls_when_finished_has_no_order():
    mast = BrickStructure([*(Brick(1, 1, 5, 5, z) for z in range(8)), Brick(1, 4, 5, 5, 8)])
    found = find_order(mast, PAPER)
    assert found.order is None and found.proven and "finished model does not stand" in found.reason
    assert find_order(mast, StabilityAnalyzer("equilibrium", "highs")).order == tuple(range(9))


class Scripted(StabilityAnalyzer):
    """Calls a stage stable when ``says`` says so of the places of its upper bricks."""

    def __init__(self, says):
        super().__init__("paper", "highs")
        self.says = says

    def stands(self, structure):
        return self.analyze(structure).stable

    def analyze(self, structure):
        stable = self.says({brick.x for brick in structure if brick.z == 1})
        stress = np.zeros(len(structure))
        status = "stable" if stable else "unstable"
        return StabilityReport(self.criterion, "none", status, stress, message="script")


def row(count):
    """A beam with bricks on it, all in one group, of which any may come next; brick 1 + x is at x."""
    return BrickStructure([Brick(8, 1, 0, 0, 0), *(Brick(1, 1, x, 0, 1) for x in range(count))])


def test_it_takes_steps_back():
    # Beginning with 0 ends at {0, 1}, so 1 and 2 must come before it.
    stages = [set(), {0}, {0, 1}, {1}, {1, 2}, {0, 1, 2}, {0, 1, 2, 3}]
    assert find_order(row(4), Scripted(lambda xs: xs in stages and xs != {0, 1})).order == (0, 2, 3, 1, 4)


def test_a_search_that_has_seen_all_says_so_and_one_that_has_not_does_not():
    split = Scripted(lambda xs: len(xs) != 3)
    proven = find_order(row(5), split)
    assert proven.order is None and proven.proven
    assert proven.reason.startswith("no order exists: after 3 bricks something falls whatever comes next")
    assert "placing brick 4 (1x1 at (2,0,1))" in proven.reason
    cut = find_order(row(5), split, max_analyses=2)
    assert cut.order is None and not cut.proven and cut.reason.startswith("no order was found among 2 stages")


def test_taking_down_finds_what_putting_up_does_not():
    # Upwards there are many ways to begin and one to end; downwards the end comes first.
    def narrow(xs):
        return len(xs) < 5 or xs == set(range(8 - len(xs), 8))

    found = find_order(row(8), Scripted(narrow), max_analyses=60)
    assert found.order is not None and set(found.order[:6]) == {0, 4, 5, 6, 7, 8}


def test_no_answer_from_the_solver_is_no_verdict():
    class Silent(StabilityAnalyzer):
        def analyze(self, structure):
            stress = np.full(len(structure), np.nan)
            return StabilityReport(self.criterion, "none", "unknown", stress, message="time limit")

    for ask in (check_steps, find_order):
        with pytest.raises(SolverError, match="time limit"):
            ask(model(ARCH), Silent())


def test_nothing_and_one_brick():
    for structure in (BrickStructure(), BrickStructure([Brick(1, 1, 0, 0, 0)], 1)):
        assert check_steps(structure, PAPER).buildable
        assert find_order(structure, PAPER).order == tuple(range(len(structure)))
