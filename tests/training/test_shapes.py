"""Shape families: facts hold on the voxels, shapes stand in one piece, seeds decide everything."""

from __future__ import annotations

import numpy as np
import pytest

from brickgpt_engine.layout import legolize
from brickgpt_engine.physics import StabilityAnalyzer
from brickgpt_engine.statements.claims import claims_in
from brickgpt_engine.statements.measuring import check_claims, measured
from brickgpt_engine.statements.proportions import PROPORTIONS
from brickgpt_engine.statements.readings.base import islands
from brickgpt_engine.statements.spans import Span, extent
from training.data.shapes import FAMILIES, Shape, sample_shape
from training.data.shapes.base import SIDE, Dice, box, centred, corners, empty, ring

SEEDS = range(40)
CATEGORIES = sorted(FAMILIES)


def shapes(category: str) -> list[Shape]:
    return [FAMILIES[category](np.random.default_rng(seed)) for seed in SEEDS]


def reachable_from_ground(voxels: np.ndarray) -> int:
    """Cells joined by faces to a ground cell, by dilation (nothing of the package is used)."""
    seen = np.zeros_like(voxels)
    seen[:, :, 0] = voxels[:, :, 0]
    while True:
        grown = seen.copy()
        for axis in range(3):
            for step in (1, -1):
                rolled = np.roll(seen, step, axis)
                edge = [slice(None)] * 3
                edge[axis] = slice(0, 1) if step == 1 else slice(-1, None)
                rolled[tuple(edge)] = False
                grown |= rolled
        grown &= voxels
        if (grown == seen).all():
            return int(seen.sum())
        seen = grown


def test_all_eight_families_are_there():
    assert {"chair", "table", "bench", "sofa", "bed", "bookshelf", "tower", "car"} <= set(FAMILIES)
    assert set(PROPORTIONS) == set(FAMILIES)


@pytest.mark.parametrize("category", CATEGORIES)
def test_facts_hold_on_the_voxels(category):
    judged = 0
    for seed, shape in enumerate(shapes(category)):
        verdicts = check_claims(category, shape.voxels, shape.facts)
        assert all(verdicts.values()), (seed, shape.style, verdicts, measured(category, shape.voxels))
        judged += len(verdicts)
    assert judged >= 2 * len(SEEDS)


@pytest.mark.parametrize("category", CATEGORIES)
def test_shapes_stand_connected_in_the_middle_of_the_grid(category):
    for seed, shape in enumerate(shapes(category)):
        voxels = shape.voxels
        assert voxels.shape == (SIDE, SIDE, SIDE) and voxels.dtype == np.bool_
        assert voxels[:, :, 0].any()
        assert reachable_from_ground(voxels) == voxels.sum(), f"{category} {seed} is in pieces"
        for axis in (0, 1):
            filled = np.nonzero(voxels.any(axis=tuple(a for a in range(3) if a != axis)))[0]
            assert filled[0] == (SIDE - (filled[-1] - filled[0] + 1)) // 2


@pytest.mark.parametrize("category", CATEGORIES)
def test_the_seed_decides(category):
    first, again = (sample_shape(np.random.default_rng(5), category) for _ in range(2))
    assert (first.voxels == again.voxels).all()
    assert (first.params, first.facts, first.style) == (again.params, again.facts, again.style)


@pytest.mark.parametrize("category", CATEGORIES)
def test_parameters_tell_shapes_apart(category):
    sample = [FAMILIES[category](np.random.default_rng(seed)) for seed in range(150)]
    by_params = {}
    for shape in sample:
        by_params.setdefault(tuple(sorted(shape.params.items())), set()).add(shape.voxels.tobytes())
    assert all(len(voxels) == 1 for voxels in by_params.values()), "equal parameters, different voxels"
    assert len({shape.voxels.tobytes() for shape in sample}) > 0.9 * len(by_params)
    assert len(by_params) > 0.85 * len(sample)
    assert len({shape.style for shape in sample}) >= 4


@pytest.mark.parametrize("category", CATEGORIES)
def test_most_shapes_become_small_stable_models(category):
    analyzer = StabilityAnalyzer(criterion="paper", solver="highs")
    counts, stable = [], 0
    for shape in shapes(category)[:12]:
        structure = legolize(shape.voxels)
        counts.append(len(structure))
        stable += analyzer.analyze(structure).stable
    assert stable >= 10
    assert max(counts) <= 140 and 15 <= np.mean(counts) <= 80


@pytest.mark.parametrize("category", CATEGORIES)
def test_size_words_are_neither_rare_nor_the_rule(category):
    sample = shapes(category)
    for name in PROPORTIONS[category]:
        share = np.mean([name in shape.facts for shape in sample])
        assert 0.05 <= share <= 0.9, (name, share)


def test_a_category_of_its_own_choice_and_an_unknown_one():
    drawn = {sample_shape(np.random.default_rng(seed)).category for seed in range(400)}
    assert drawn == set(FAMILIES)
    with pytest.raises(KeyError):
        sample_shape(np.random.default_rng(0), "submarine")


def test_islands_are_counted_by_edges_not_corners():
    layer = np.zeros((5, 5), dtype=bool)
    layer[0, 0] = layer[1, 1] = True
    layer[3, 2:5] = True
    assert sorted(islands(layer)) == [1, 1, 3]


def test_measurements_of_a_chair_made_by_hand():
    voxels = empty()
    corners(voxels, 5, 5, 1, 1, 0, 3)
    box(voxels, 0, 5, 0, 5, 3, 5)
    stool = measured("chair", centred(voxels))
    assert (stool["legs"], stool["back"], stool["armrests"]) == (4, False, False)
    box(voxels, 0, 5, 4, 5, 5, 10)
    assert measured("chair", centred(voxels))["back"] is True
    assert measured("chair", centred(voxels))["armrests"] is False
    for x in (0, 4):
        box(voxels, x, x + 1, 0, 4, 5, 7)
    assert measured("chair", centred(voxels))["armrests"] is True
    assert not check_claims("chair", centred(voxels), {"legs": 3, "back": False})["legs"]


def test_measurements_of_a_shelf_a_bed_and_a_tower_made_by_hand():
    shelf = empty()
    for x in (0, 5):
        box(shelf, x, x + 1, 0, 2, 0, 13)
    for z in (0, 4, 8, 12):
        box(shelf, 0, 6, 0, 2, z, z + 1)
    assert measured("bookshelf", shelf)["tiers"] == 4
    bed = empty()
    box(bed, 0, 6, 0, 12, 1, 3)
    corners(bed, 6, 12, 1, 1, 0, 1)
    assert measured("bed", bed)["headboard"] is False
    box(bed, 0, 6, 11, 12, 3, 7)
    assert (measured("bed", bed)["headboard"], measured("bed", bed)["footboard"]) == (True, False)
    tower = empty()
    ring(tower, 0, 5, 0, 5, 0, 12)
    assert measured("tower", tower)["battlements"] is False
    for x, y in ((0, 0), (0, 2), (0, 4), (2, 0), (2, 4), (4, 0), (4, 2), (4, 4)):
        box(tower, x, x + 1, y, y + 1, 12, 13)
    assert measured("tower", tower)["battlements"] is True


def test_nothing_cannot_be_measured():
    with pytest.raises(ValueError, match="empty"):
        measured("chair", empty())


def test_claims_are_read_from_words():
    assert claims_in("a high-backed chair with four legs", "chair") == {"legs": 4, "back": True}
    assert claims_in("a wooden bookshelf with 4 tiers", "bookshelf") == {"tiers": 4}
    assert claims_in("A tall stool with no back and three sturdy legs.", "chair") == {
        "legs": 3,
        "back": False,
        "height": "tall",
    }
    assert claims_in("a backless bench", "bench") == {"back": False}
    assert claims_in("a table with two panel legs", "table") == {}
    assert claims_in("a castle tower with battlements", "tower") == {"battlements": True}
    assert claims_in("a chair with a low back", "chair") == {"back": True}


def test_tools_refuse_what_does_not_fit_and_dice_remember():
    with pytest.raises(ValueError, match="outside"):
        box(empty(), 0, 21, 0, 1, 0, 1)
    dice = Dice(np.random.default_rng(0))
    values = {dice.integer("width", 4, 6) for _ in range(60)}
    assert values == {4, 5, 6} and dice.params["width"] in values
    assert {dice.even("even", 2, 6) for _ in range(60)} == {2, 4, 6}
    assert dice.choice("never", {"a": 0.0, "b": 1.0}) == "b"
    assert extent(empty()) == (0, 0, 0)
    span = Span(2, "low", 5, "tall", 9)
    assert [span.word((3, 3, z)) for z in (5, 6, 9)] == ["low", None, "tall"]
