"""Which bricks hang together, and the check that needs no forces."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.bricks.structure import BrickStructure
from brickgpt_engine.physics.contacts import GROUND, Contacts, extract_contacts
from brickgpt_engine.physics.report import BrickFailure, Criterion, StabilityReport, describe, share

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


def grounded_bricks(contacts: Contacts) -> BoolArray:
    """Which bricks (n,) a chain of stud connections joins to the baseplate."""
    return contacts.standing


def ground_distance(contacts: Contacts) -> IntArray:
    """Number of connections (n,) from each brick to the baseplate, -1 where there is no way."""
    distance = np.full(contacts.brick_count + 1, -1)
    distance[0] = 0
    ends = np.concatenate([contacts.lower + 1, contacts.upper + 1])
    others = np.concatenate([contacts.upper + 1, contacts.lower + 1])
    step = 0
    while (fresh := others[(distance[ends] == step) & (distance[others] < 0)]).size:
        step += 1
        distance[fresh] = step
    return distance[1:]


def surely_near(contacts: Contacts, limit: int) -> bool:
    """Whether no brick can be more than ``limit`` connections from the baseplate; False says nothing.

    What floats counts as if it hung on to the furthest brick, in one chain.
    """
    left, step = contacts.brick_count, 0
    ends = np.concatenate([contacts.lower, contacts.upper])
    others = np.concatenate([contacts.upper, contacts.lower])
    new = np.ones(left + 1, dtype=bool)
    fresh = contacts.upper[contacts.lower == GROUND]
    new[GROUND] = False
    while fresh.size:
        new[fresh] = False
        left, step = int(np.count_nonzero(new)), step + 1
        if left + step <= limit:
            return True
        reached = ~new
        reached[GROUND] = False
        fresh = others[reached[ends] & new[others]]
    return left + step <= limit


def floating_failures(structure: BrickStructure, grounded: BoolArray) -> list[BrickFailure]:
    """One failure for each brick that nothing joins to the baseplate."""
    return [
        BrickFailure(
            int(i),
            structure[int(i)],
            "floating",
            f"{describe(structure[int(i)])} floats: no chain of studs joins it to the baseplate",
        )
        for i in np.flatnonzero(~grounded)
    ]


def connectivity_report(structure: BrickStructure) -> StabilityReport:
    """Judge ``structure`` by connection alone: a brick's stress is 0 on the baseplate's side, else 1.

    This is what ``--no-physics`` uses; it needs no solver.
    """
    grounded = grounded_bricks(extract_contacts(structure))
    failures = floating_failures(structure, grounded)
    return StabilityReport(
        criterion=Criterion.CONNECTIVITY,
        solver="none",
        status="unstable" if failures else "stable",
        stress=np.where(grounded, 0.0, 1.0),
        failures=tuple(failures),
        message=f"{share(len(failures), len(structure), 'is', 'are')} not joined to the baseplate"
        if failures
        else "every brick is joined to the baseplate",
    )
