"""The kinds within vessels, animals, trees, guitars and pianos, and what tells some of them apart."""

from __future__ import annotations

import numpy as np
import pytest

from training.data.shapes import FAMILIES, Shape

KINDS = {
    "vessel": {"sailing boat", "cargo ship", "canoe", "rowing boat", "tugboat", "submarine", "catamaran"},
    "animal": {"dog", "cat", "horse", "giraffe", "elephant", "rabbit", "fish", "turtle", "dinosaur", "snail"},
    "tree": {"tree", "fir tree", "palm tree", "umbrella tree", "poplar", "potted tree"},
    "guitar": {"acoustic guitar", "electric guitar", "bass guitar", "ukulele"},
    "piano": {"grand piano", "upright piano"},
}


def of_kind(category: str, style: str, count: int = 5) -> list[Shape]:
    drawn = (FAMILIES[category](np.random.default_rng(seed)) for seed in range(1000))
    found = []
    for shape in drawn:
        if shape.style == style:
            found.append(shape)
        if len(found) == count:
            break
    return found


@pytest.mark.parametrize("category", sorted(KINDS))
def test_the_kinds_are_drawn(category):
    drawn = {FAMILIES[category](np.random.default_rng(seed)).style for seed in range(250)}
    assert drawn >= KINDS[category]


def test_a_carrier_has_its_tower_on_one_side_and_a_catamaran_stands_on_two_hulls():
    for shape in of_kind("vessel", "aircraft carrier"):
        top = int(np.nonzero(shape.voxels.any(axis=(0, 1)))[0].max())
        sides = np.nonzero(shape.voxels.any(axis=(0, 2)))[0]
        tower = np.nonzero(shape.voxels[:, :, top].any(axis=0))[0]
        assert tower.min() == sides.min() or tower.max() == sides.max()
    for shape in of_kind("vessel", "catamaran"):
        wet = shape.voxels[:, :, 0].any(axis=0).astype(int)
        assert np.count_nonzero(np.diff(wet) == 1) == 2


def test_a_poplar_is_slimmer_than_an_umbrella_tree_is_wide():
    widest = [int(s.voxels.any(axis=(1, 2)).sum()) for s in of_kind("tree", "poplar")]
    broadest = [int(s.voxels.any(axis=(1, 2)).sum()) for s in of_kind("tree", "umbrella tree")]
    assert max(widest) < min(broadest)
