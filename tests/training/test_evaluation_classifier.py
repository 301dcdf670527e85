"""The classifier of categories: what it sees, what it learns, what is kept, when it is trained anew."""

import numpy as np
import pytest

from brickgpt_engine.errors import FormatError, InputError
from training.data.build import split_of
from training.data.shapes import FAMILIES, Shape
from training.evaluation import classifier_training
from training.evaluation.cell_network import CellNetwork, arrays_of, from_arrays, train_cell_network
from training.evaluation.classifier import (
    BOX,
    FEATURES,
    Classifier,
    features,
    load_classifier,
    pictures,
    shapes_digest,
    stretched_to_box,
)
from training.evaluation.classifier_training import (
    damaged,
    fit_classifier,
    held_out_shapes,
    ready_classifier,
    reproportioned_shapes,
    stretched,
)
from training.evaluation.voxels import centred_grids, voxels_of


def slabs_and_poles(count, seed):
    """Two kinds of boxes: flat and wide, or thin and tall."""
    rng = np.random.default_rng(seed)
    slabs, poles = np.zeros((2, count, 20, 20, 20), dtype=bool)
    for slab, pole in zip(slabs, poles, strict=True):
        slab[: rng.integers(8, 20), : rng.integers(8, 20), : rng.integers(1, 4)] = True
        pole[: rng.integers(1, 4), : rng.integers(1, 4), : rng.integers(8, 20)] = True
    return {"slab": slabs, "pole": poles}


def by_hand():
    """Calls everything that is longer than seven cells along x a slab."""
    first = np.zeros((FEATURES, 1), dtype=np.float32)
    first[-3 * 20 - 3 * 8] = 20.0  # the extent along x, in cells
    second = np.array([[1.0, 0.0]], dtype=np.float32)
    bias = np.array([0.0, 7.0], dtype=np.float32)
    layers = ((first, np.zeros(1, np.float32)), (second, bias))
    return Classifier(("slab", "pole"), layers, undecided(outputs=2), {"seed": 7})


def undecided(outputs):
    """A network over cells that finds all categories alike."""
    sizes = ((24, 1, 4), (48, 24, 3), (96, 48, 3))
    convolutions = [(np.zeros((n, m, k, k, k), np.float32), np.zeros(n, np.float32)) for n, m, k in sizes]
    dense = [(np.zeros(s, np.float32), np.zeros(s[1], np.float32)) for s in ((96 * 27, 128), (128, outputs))]
    return CellNetwork(tuple(convolutions), tuple(dense))


def test_pictures_worked_out_by_hand():
    cube = np.zeros((1, 4, 4, 4), dtype=bool)
    cube[0, 0, 1, 0] = cube[0, 2, 1, 0] = cube[0, 2, 1, 3] = True
    low, high, behind = pictures(cube)[0, :3] * 4  # along x; pictures are (y, z)
    assert (low[1, 0], high[1, 0], behind[1, 0]) == (4, 3, 2)
    assert (low[1, 3], high[1, 3], behind[1, 3]) == (2, 3, 1)
    assert behind.sum() == 3
    low, high, behind = pictures(cube)[0, 6:] * 4  # along z; pictures are (x, y)
    assert (low[2, 1], high[2, 1], behind[2, 1]) == (4, 4, 2)
    assert (low[0, 1], high[0, 1], behind[0, 1]) == (4, 1, 1)


def test_the_box_keeps_what_is_where_and_drops_proportions():
    grids = np.stack([voxels_of("2x2 (3,4,0)\n1x2 (3,4,1)\n"), voxels_of("4x2 (3,4,5)\n2x2 (3,4,6)\n")])
    boxes, extents = stretched_to_box(grids)
    assert extents.tolist() == [[2, 2, 2], [4, 2, 2]]
    assert np.array_equal(boxes[0], boxes[1])  # the second is the first, twice as long
    assert boxes[0, :, :, : BOX // 2].all()
    assert boxes[0, : BOX // 2, :, BOX // 2 :].all()
    assert not boxes[0, BOX // 2 :, :, BOX // 2 :].any()


def test_where_a_model_stands_makes_no_difference():
    grid = voxels_of("2x4 (0,0,0)\n1x2 (0,0,1)\n")
    moved = np.roll(grid, (7, 3, 9), axis=(0, 1, 2))
    assert np.array_equal(features(grid[None]), features(moved[None]))
    assert not features(np.zeros_like(grid)[None]).any()


def test_it_learns_two_kinds_and_says_how_well():
    pytest.importorskip("torch")
    judge = fit_classifier(slabs_and_poles(40, seed=0), epochs=20)
    assert judge.names == ("pole", "slab")
    assert (judge.facts["trained_on"], judge.facts["validated_on"]) == (64, 16)
    assert judge.facts["accuracy"] == 1.0
    new = slabs_and_poles(20, seed=1)
    assert judge.predict(new["slab"]) == ["slab"] * 20
    assert judge.predict(new["pole"]) == ["pole"] * 20


def test_the_network_over_cells_scores_as_pytorch_does_and_comes_back_from_its_arrays():
    torch = pytest.importorskip("torch")
    kinds = slabs_and_poles(8, seed=3)
    grids = np.concatenate([kinds["slab"], kinds["pole"]])
    labels = np.repeat([0, 1], 8)
    built = []
    linear = torch.nn.Sequential.__init__

    def keep(self, *layers):
        linear(self, *layers)
        built.append(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.nn.Sequential, "__init__", keep)
        network = train_cell_network(grids, labels, 2, 6, 0, lambda number: grids)
    with torch.no_grad():
        cells = torch.from_numpy(centred_grids(grids).astype(np.float32))[:, None]
        expected = built[-1].eval()(cells).numpy()
    assert np.abs(expected).max() > 0.1
    assert np.allclose(network.scores(grids), expected, atol=1e-4)
    again = from_arrays(arrays_of(network))
    assert np.array_equal(again.scores(grids), network.scores(grids))


def test_accuracy_on_kinds_that_cannot_be_told_apart_is_no_better_than_chance():
    pytest.importorskip("torch")
    slabs = slabs_and_poles(80, seed=0)["slab"]
    judge = fit_classifier({"this": slabs[:40], "that": slabs[40:]}, epochs=4)
    assert judge.facts["accuracy"] < 0.9


def test_what_is_kept_comes_back(tmp_path):
    path = tmp_path / "new" / "judge.npz"
    by_hand().save(path)
    judge = load_classifier(path)
    kinds = slabs_and_poles(10, seed=2)
    assert judge.predict(kinds["slab"]) == ["slab"] * 10
    assert judge.predict(kinds["pole"]) == ["pole"] * 10
    assert judge.predict(kinds["pole"][:0]) == []
    assert (judge.names, judge.facts) == (("slab", "pole"), {"seed": 7})


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off", b"words"])
def test_a_damaged_file_is_refused_in_one_line(tmp_path, content):
    path = tmp_path / "judge.npz"
    path.write_bytes(content)
    with pytest.raises(FormatError, match="is not a classifier"):
        load_classifier(path)
    with pytest.raises(InputError, match="there is no classifier"):
        load_classifier(tmp_path / "nowhere.npz")


def test_it_is_trained_when_missing_or_of_other_shapes_and_else_taken(tmp_path, monkeypatch):
    trained = []

    def train():
        trained.append(by_hand())
        trained[-1].facts["shapes_digest"] = shapes_digest()
        return trained[-1]

    monkeypatch.setattr(classifier_training, "train_classifier", train)
    monkeypatch.setattr(classifier_training, "SHIPPED", tmp_path / "none.npz")
    path = tmp_path / "judge.npz"
    ready_classifier(path)
    ready_classifier(path)
    assert len(trained) == 1
    stale = by_hand()
    stale.facts["shapes_digest"] = "of yesterday"
    stale.save(path)
    assert ready_classifier(path).facts["shapes_digest"] == shapes_digest()
    assert len(trained) == 2


def test_the_one_that_comes_along_knows_todays_shapes(tmp_path):
    judge = ready_classifier(tmp_path / "none.npz")
    assert not (tmp_path / "none.npz").exists()
    assert judge.names == tuple(sorted(FAMILIES))
    assert judge.facts["accuracy"] > 0.97
    rng = np.random.default_rng(123)
    truth = [name for name in judge.names for _ in range(4)]
    right = np.array(judge.predict(np.stack([FAMILIES[name](rng).voxels for name in truth]))) == truth
    assert right.mean() > 0.95


def test_only_different_shapes_of_the_test_split_are_used():
    grids = held_out_shapes("chair", 6, seed=0)
    assert len({grid.tobytes() for grid in grids}) == len(grids) == 6
    for grid in grids:
        assert split_of(Shape("chair", "", grid, {}, {})) == "test"
    assert np.array_equal(grids, held_out_shapes("chair", 6, seed=0))


def test_shapes_in_other_proportions_are_held_out_too_and_seldom_a_familys_own():
    grids = reproportioned_shapes("tree", 12, seed=0)
    assert len({grid.tobytes() for grid in grids}) == len(grids) == 12
    assert np.array_equal(grids, reproportioned_shapes("tree", 12, seed=0))
    assert np.array_equal(grids, centred_grids(grids))
    for grid in grids:
        assert split_of(Shape("tree", "", grid, {}, {})) == "test"
    rng = np.random.default_rng(1)
    made = {FAMILIES["tree"](rng).voxels.tobytes() for _ in range(2000)}
    assert sum(grid.tobytes() in made for grid in grids) <= 6


def test_more_shapes_are_learnt_from_but_never_those_it_is_measured_on():
    pytest.importorskip("torch")
    shapes = slabs_and_poles(10, seed=0)
    more = {"slab": np.concatenate([shapes["slab"][:2], slabs_and_poles(5, seed=3)["slab"]])}
    judge = fit_classifier(shapes, more, epochs=1)
    assert (judge.facts["trained_on"], judge.facts["validated_on"]) == (16 + 5, 4)


def test_copies_differ_but_remain_the_thing():
    rng = np.random.default_rng(0)
    grids = np.stack([FAMILIES["table"](np.random.default_rng(n)).voxels for n in range(30)])
    for change, least in ((damaged, 0.6), (stretched, 0.9)):
        copies = change(grids, rng)
        assert copies.shape == grids.shape
        assert copies.any(axis=(1, 2, 3)).all()
        changed = [not np.array_equal(a, b) for a, b in zip(copies, grids, strict=True)]
        assert np.mean(changed) > 0.5
        volumes = np.minimum(copies.sum(axis=(1, 2, 3)), grids.sum(axis=(1, 2, 3))) / grids.sum(
            axis=(1, 2, 3)
        )
        assert volumes.mean() > least
