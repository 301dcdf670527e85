"""Seeded random structures for the physics tests: legal, and as awkward as one likes."""

import random

from brickgpt_engine.bricks import FOOTPRINTS, Brick, BrickStructure


def grow(seed, bricks, *, spread=0.5, world_dim=20):
    """A connected structure grown brick by brick from the middle of the baseplate.

    ``spread`` is the chance that a brick hangs on to any brick (overhangs, hanging bricks) rather
    than resting well on the layer below. Places fewer than ``bricks`` when it finds no room.
    """
    rng = random.Random(seed)
    structure = BrickStructure(world_dim=world_dim)
    middle = world_dim // 2
    while structure.add(Brick(*rng.choice(FOOTPRINTS), middle - 2, middle - 2, 0)) is not None:
        continue
    return grow_on(structure, rng, bricks, spread)


def top_heavy(seed, bricks, world_dim=20):
    """A structure grown from the top of a one-stud stalk: most of these are near or past falling."""
    rng = random.Random(seed)
    structure = BrickStructure((Brick(1, 1, 9, 9, z) for z in range(rng.randint(1, 9))), world_dim)
    structure.add(Brick(*rng.choice(FOOTPRINTS), 9, 9, len(structure)))
    return grow_on(structure, rng, bricks, 1.0, ground=0.0)


def floating(seed, bricks):
    """A grown structure beside a copy of itself without its lowest layer."""
    low = grow(seed, bricks, spread=0.4)
    upper = [brick.shifted(dy=brick.w % 2) for brick in low if brick.z > 0]
    structure = BrickStructure(low)
    for brick in upper:
        structure.add(brick.shifted(dz=3))
    return structure


def grow_on(structure, rng, bricks, spread, ground=0.1):
    for _ in range(60 * bricks):
        if len(structure) >= bricks:
            break
        anchor = structure[rng.randrange(len(structure))]
        h, w = rng.choice(FOOTPRINTS)
        x = anchor.x + rng.randint(1 - h, anchor.h - 1)
        y = anchor.y + rng.randint(1 - w, anchor.w - 1)
        z = 0 if rng.random() < ground else anchor.z + rng.choice((1, 1, 1, -1))
        place(structure, Brick(h, w, x, y, z), rng, spread)
    return structure


def place(structure, brick, rng, spread):
    if brick.z < 0 or structure.check(brick) is not None:
        return
    if brick.z > 0:
        x, y, z = brick.slices
        if (structure.grid[x, y, z - 1] >= 0).mean() < 0.5 and rng.random() > spread:
            return
    structure.add(brick)
    last = len(structure) - 1
    if brick.z > 0 and not structure.neighbours_below(last) and not structure.neighbours_above(last):
        structure.pop()
