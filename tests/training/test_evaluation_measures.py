"""Measures on voxels: likeness by hand, diversity, the nearest training structure, statements."""

import numpy as np
import pytest

from brickgpt_engine.bricks import Brick
from brickgpt_engine.errors import FormatError
from brickgpt_engine.formats.text import loads
from brickgpt_engine.statements.judging import judge, kind_of
from training.data.shapes import FAMILIES
from training.data.shapes.base import centred
from training.evaluation.likeness import (
    BLOCK,
    Neighbours,
    diversity,
    iou,
    pack,
    pairwise_iou,
    training_neighbours,
)
from training.evaluation.voxels import centred_grids, grids_of_texts, replay, voxels_of, written_text

TWO_BY_FOUR = "2x4 (0,0,0)\n"


def some_grids(count, seed=0, fill=0.3, side=6):
    rng = np.random.default_rng(seed)
    grids = np.zeros((count, 20, 20, 20), dtype=bool)
    grids[:, :side, :side, :side] = rng.random((count, side, side, side)) < fill
    return grids


def slow_iou(a, b):
    a, b = centred(a), centred(b)
    return np.count_nonzero(a & b) / np.count_nonzero(a | b)


def test_likeness_worked_out_by_hand():
    long = voxels_of(TWO_BY_FOUR)  # 8 cells
    short = voxels_of("2x2 (0,1,0)\n")  # its middle 4 cells
    upright = voxels_of("4x2 (0,0,0)\n")  # crosses the other in 2x2 cells: 4 of 12
    assert iou(long, short) == pytest.approx(0.5)
    assert iou(long, upright) == pytest.approx(1 / 3)
    assert iou(long, long) == 1.0
    assert iou(long, np.zeros_like(long)) == 0.0


def test_a_shift_is_no_difference():
    assert iou(voxels_of("2x4 (3,7,0)\n1x2 (3,7,1)\n"), voxels_of("2x4 (11,2,5)\n1x2 (11,2,6)\n")) == 1.0


def test_diversity_is_the_mean_over_pairs():
    texts = (TWO_BY_FOUR, TWO_BY_FOUR, "2x2 (5,5,0)\n")
    # pairs: 1 (the same), 1/2, 1/2
    assert diversity([voxels_of(text) for text in texts]) == pytest.approx(1 - 2 / 3)
    assert diversity([voxels_of(TWO_BY_FOUR)]) is None


def test_pairs_agree_with_the_plain_computation():
    grids = some_grids(5)
    expected = [[slow_iou(a, b) for b in grids] for a in grids]
    assert pairwise_iou(grids) == pytest.approx(np.array(expected))


def test_nearest_is_the_maximum_over_all_training_structures():
    # sizes vary, so that the bound on volumes leaves whole blocks out
    training = np.concatenate([some_grids(BLOCK, seed=n, fill=0.1 + 0.2 * n) for n in range(4)])
    neighbours = Neighbours(pack(centred_grids(training)))
    assert neighbours.count == len({centred(grid).tobytes() for grid in training if grid.any()})
    for query in some_grids(4, seed=99, fill=0.55):
        expected = max(slow_iou(query, other) for other in training if other.any())
        assert neighbours.nearest(query) == pytest.approx(expected)
    assert neighbours.nearest(training[77]) == 1.0


def test_nearest_without_structures_or_cells_is_zero():
    nothing = np.zeros((20, 20, 20), dtype=bool)
    assert Neighbours(pack(some_grids(0))).nearest(some_grids(1)[0]) == 0.0
    assert Neighbours(pack(some_grids(3))).nearest(nothing) == 0.0


def test_neighbours_are_read_from_a_data_set(tmp_path):
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    for number, texts in enumerate([[TWO_BY_FOUR], ["2x2 (9,9,0)\n", "2x4 (8,8,0)\n"]]):
        pq.write_table(pa.table({"bricks": texts}), tmp_path / f"train-{number:05d}.parquet")
    neighbours = training_neighbours(tmp_path)
    assert neighbours.count == 2  # the 2x4 comes twice
    assert neighbours.nearest(voxels_of("2x4 (1,2,3)\n")) == 1.0
    assert neighbours.nearest(voxels_of("4x2 (0,0,0)\n")) == pytest.approx(0.5)  # the 2x2 lies in its middle


@pytest.mark.parametrize("category", ["chair", "tree", "train"])
def test_grids_of_texts_are_the_structures_centred(category):
    from brickgpt_engine.layout import legolize

    texts = []
    for seed in range(3):
        structure = legolize(FAMILIES[category](np.random.default_rng(seed)).voxels, seed=seed)
        texts.append("".join(f"{brick.text}\n" for brick in structure))
    grids = grids_of_texts([texts[0], "", *texts[1:]])
    assert not grids[1].any()
    for text, grid in zip(texts, grids[[0, 2, 3]], strict=True):
        assert np.array_equal(grid, centred(loads(text).occupancy))


def test_grids_move_to_the_middle_and_the_ground():
    (grid,) = grids_of_texts(["1x2 (0,0,7)\n3x3 (0,0,8)"])  # three wide: (20 - 3) // 2 = 8
    assert grid.sum() == 11
    assert grid[8, 8:10, 0].all()
    assert grid[8:11, 8:11, 1].all()


@pytest.mark.parametrize("text", ["2x4 (0,0)\n", "2x4 (a,0,0)\n", "2x4 (19,0,0)\n"])
def test_a_data_set_with_broken_bricks_is_refused(text):
    with pytest.raises(FormatError, match="build it again"):
        grids_of_texts([TWO_BY_FOUR, text])


def test_replay_builds_what_was_written_and_counts_what_could_not_be_placed():
    lines = [Brick(2, 4, 0, 0, 0), "2x4 (3,", Brick(2, 2, 1, 1, 0), Brick(3, 3, 9, 9, 0), "2x2 (9,9,9)", ""]
    text = written_text([*lines, Brick(1, 1, 0, 0, 1)])
    structure, refused = replay(text)
    assert [brick.text for brick in structure] == ["2x4 (0,0,0)", "1x1 (0,0,1)"]
    assert refused == 5  # cut off, collides, not in the library, ill-formed though it looks well, empty
    assert text.count("\n") == len(lines) + 1


STOOL = np.zeros((20, 20, 20), dtype=bool)
STOOL[5:11, 5:11, 4] = True
for _x in (5, 10):
    for _y in (5, 10):
        STOOL[_x, _y, :4] = True


def test_statements_by_kind():
    verdicts = {v.name: v for v in judge("a chair with three legs and a back", "chair", STOOL)}
    assert (verdicts["legs"].kind, verdicts["legs"].said, verdicts["legs"].holds) == ("counts", 3, False)
    assert (verdicts["back"].kind, verdicts["back"].holds) == ("parts", False)
    (legs,) = (v for v in judge("a chair with four legs", "chair", STOOL) if v.name == "legs")
    assert legs.holds
    assert kind_of("chair", "height", "tall") == "proportions"


def test_no_claim_holds_of_nothing():
    verdicts = judge("a chair with four legs and without a back", "chair", np.zeros_like(STOOL))
    assert {v.name for v in verdicts} >= {"legs", "back"}
    assert not any(v.holds for v in verdicts)


def test_verdicts_can_be_written_as_json():
    bus = np.zeros((20, 20, 20), dtype=bool)
    bus[4:16, 6:12, 1:6] = True
    verdicts = judge("a bus with two decks and four wheels", "bus", bus)
    assert verdicts and all(type(verdict.holds) is bool for verdict in verdicts)


def test_unknown_categories_are_not_judged():
    assert judge("a spaceship with four legs", "spaceship", STOOL) == []
