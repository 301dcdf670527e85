"""The reduced program against the model written out plainly, on random structures of many kinds."""

import oracle
import oracle_published
import pytest
from random_structures import floating, grow, top_heavy

from brickgpt_engine.bricks import Brick, BrickStructure
from brickgpt_engine.physics import StabilityAnalyzer
from brickgpt_engine.physics.stability import FORCE_ZERO

KINDS = {
    "sturdy": lambda seed: grow(seed, 4 + seed, spread=0.05),
    "sprawling": lambda seed: grow(seed, 4 + seed, spread=1.0),
    "top-heavy": lambda seed: top_heavy(seed, 6 + seed),
    "floating": lambda seed: floating(seed, 4 + seed // 2),
    "crowded": lambda seed: grow(seed, 8 + seed, spread=0.5, world_dim=7),
}
PAPER = StabilityAnalyzer("paper", solver="highs")
EQUILIBRIUM = StabilityAnalyzer("equilibrium", solver="highs")


def assert_paper_agrees(structure):
    value, residual, largest = oracle.paper(structure)
    report = PAPER.analyze(structure)
    assert report.objective == pytest.approx(value, rel=1e-6, abs=1e-10)
    assert report.stable == (residual < FORCE_ZERO and largest.max() < oracle.CAPACITY)
    return report


def assert_equilibrium_agrees(structure):
    least = oracle.equilibrium(structure)
    report = EQUILIBRIUM.analyze(structure)
    if least is None:
        assert (report.status, report.safety_factor, report.objective) == ("unstable", 0, None)
    else:
        assert report.objective == pytest.approx(least, rel=1e-6, abs=1e-9)
        assert report.stable == (least < 1)
        assert report.max_stress == pytest.approx(min(least, 1), rel=1e-5, abs=1e-8)
    return report


@pytest.mark.parametrize("kind", KINDS)
def test_verdict_and_optimum_are_those_of_the_plain_model(kind):
    verdicts = set()
    for seed in range(14):
        structure = KINDS[kind](seed)
        paper = assert_paper_agrees(structure)
        equilibrium = assert_equilibrium_agrees(structure)
        # Whatever the published criterion calls stable has an equilibrium.
        assert equilibrium.stable or not paper.stable
        verdicts.add(paper.status)
    assert kind == "floating" or "stable" in verdicts
    assert kind not in ("floating", "top-heavy") or "unstable" in verdicts


@pytest.mark.parametrize("kind", KINDS)
def test_the_rival_as_published_solves_the_same_problem(kind):
    for seed in (2, 7):
        structure = KINDS[kind](seed)
        value, residual, largest = oracle.paper(structure)
        rival, rest, pulls = oracle_published.paper(structure)
        assert rival == pytest.approx(value, rel=1e-6, abs=1e-10)
        assert (rest < FORCE_ZERO, pulls.max() < oracle.CAPACITY) == (
            residual < FORCE_ZERO,
            largest.max() < oracle.CAPACITY,
        )


def test_the_rival_has_as_many_variables_and_rows_as_the_published_program():
    """Counted by hand: a 2x2 on the baseplate, and a 1x1 on it."""
    state = oracle_published.Published([Brick(2, 2, 5, 5, 0), Brick(1, 1, 5, 5, 1)]).statement
    # 21 a brick; on each face four presses, and a push and a pull for each of three or four points.
    assert len(state.lowest) == 2 * 21 + 4 * (4 + 6) + 2 * (4 + 8)
    # Five balances of three sums and two magnitudes; a maximum a pull; reactions, said by both bricks.
    assert len(state.low) == 2 * 5 * 5 + (12 + 4) + 2 * (4 + 8)


def tall(height, top):
    return BrickStructure([*(Brick(1, 1, 60, 60, z) for z in range(height)), top(height)], world_dim=128)


@pytest.mark.parametrize("steps", [100, 104, 120])
def test_stairs_so_long_that_a_sideways_residual_pays(steps):
    """Every brick past the first few is left tipping the same way, which adds up to a push at the top."""
    report = assert_paper_agrees(BrickStructure((Brick(2, 2, i, 0, i) for i in range(steps)), world_dim=128))
    assert any("N along x" in failure.message for failure in report.failures) == (steps > 104)


@pytest.mark.parametrize("height", [99, 104, 112])
def test_towers_taller_than_the_reduction_reaches(height):
    assert_paper_agrees(tall(height, lambda z: Brick(1, 8, 60, 60, z)))


def test_a_long_floating_row_pressed_between_neighbours():
    """More bricks than the reduction's horizon hang together sideways and joined to nothing."""
    row = [Brick(1, 2, 20, y, z) for z in (1, 2) for y in range(z - 1, 120, 2)]
    guards = [Brick(2, 4, 18, 0, 0), Brick(2, 4, 18, 0, 1), Brick(2, 4, 18, 100, 0), Brick(2, 4, 18, 100, 1)]
    assert_paper_agrees(BrickStructure([*row, *guards], world_dim=128))


@pytest.mark.parametrize("seed", range(8))
def test_shifting_and_mirroring_in_y_change_nothing(seed):
    structure = top_heavy(seed, 12) if seed % 2 else grow(seed, 18, spread=0.8)
    original = PAPER.analyze(structure)
    shifted = BrickStructure((b.shifted(dx=9, dy=3) for b in structure), world_dim=40)
    mirrored = BrickStructure(Brick(b.h, b.w, b.x, 20 - b.y - b.w, b.z) for b in structure)
    for other in (shifted, mirrored):
        report = PAPER.analyze(other)
        assert report.status == original.status
        assert report.objective == pytest.approx(original.objective, rel=1e-7, abs=1e-12)
        balance = EQUILIBRIUM.analyze(other).safety_factor
        assert balance == pytest.approx(EQUILIBRIUM.analyze(structure).safety_factor, rel=1e-6)
