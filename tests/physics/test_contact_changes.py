"""Contacts that are kept up to date equal those that are found afresh, array by array."""

import random

import numpy as np
import pytest
from random_structures import floating, grow

from brickgpt_engine.bricks import Brick, BrickStructure
from brickgpt_engine.physics.contact_changes import with_next, without
from brickgpt_engine.physics.contacts import extract_contacts


def assert_equal(kept, structure):
    whole = extract_contacts(structure)
    for name in ("boxes", "centre", "weight", "lower", "upper", "low", "high", "standing"):
        np.testing.assert_array_equal(getattr(kept, name), getattr(whole, name), err_msg=name)
        assert getattr(kept, name).dtype.kind == getattr(whole, name).dtype.kind
    for mine, theirs in zip(
        kept.sides + kept.points + kept.corners, whole.sides + whole.points + whole.corners, strict=True
    ):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("seed", range(6))
def test_edits_anywhere_leave_the_contacts_of_a_whole_look(seed):
    """Bricks leave the middle and come back below, beside and above others, at the world's edges too."""
    rng = random.Random(seed)
    made = floating(seed, 20) if seed % 2 else grow(seed, 30, spread=0.4, world_dim=9)
    structure = BrickStructure(made, made.world_dim)
    contacts = extract_contacts(structure)
    out = []
    for _ in range(40):
        if len(structure) > 2 and (not out or rng.random() < 0.5):
            gone = rng.randrange(len(structure))
            out.append(structure.take_out(gone))
            contacts = without(contacts, gone)
        else:
            assert structure.add(out.pop(rng.randrange(len(out)))) is None
            contacts = with_next(contacts, structure)
        assert_equal(contacts, structure)


def test_a_brick_below_all_others_and_several_at_once():
    structure = BrickStructure([Brick(1, 2, 0, 0, 1), Brick(2, 4, 0, 0, 2)])
    contacts = extract_contacts(structure)
    structure.add(Brick(1, 1, 0, 1, 0))
    structure.add(Brick(2, 2, 1, 2, 1))
    contacts = with_next(contacts, structure)
    assert_equal(contacts, BrickStructure(structure[:3]))
    assert_equal(with_next(contacts, structure), structure)
