"""Delete and rebuild: take a neighbourhood apart and lay it again so that it ties more together."""

from __future__ import annotations

import heapq
from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from brickgpt_engine.bricks import FOOTPRINTS, Brick
from brickgpt_engine.layout.assembly import Assembly, Groups, Pairs
from brickgpt_engine.layout.regions import patches, rows_of

FAILURES_PER_RING = 3
"""After so many failures in a row the neighbourhood grows by one ring."""

MAX_RING = 16
"""Largest neighbourhood, in bricks, that is taken apart at once; keeps one rebuild at a few milliseconds."""

Cell = tuple[int, int]


def connect(assembly: Assembly, max_failures: int, rng: np.random.Generator) -> Assembly:
    """Lower the number of unconnected groups of bricks as far as rebuilding can.

    Args:
        assembly: the layout; not changed.
        max_failures: rebuilds without gain, in a row, before giving up.
        rng: source of random choices.

    Returns:
        A layout of the same cells with at most as many groups.
    """
    failures = 0
    fewest: int | None = None
    while failures < max_failures:
        studs = assembly.stud_pairs()
        groups = assembly.groups(studs)
        if groups.count == 1:
            break
        sides = assembly.side_pairs()
        contacts = np.concatenate([studs, sides])
        if fewest is None:
            fewest = assembly.groups(contacts).count + _lost_patches(assembly.owner >= 0)
        if groups.count <= fewest:
            break
        centre = _critical_brick(groups, sides, rng)
        ring = assembly.ring(centre, 1 + failures // FAILURES_PER_RING, contacts, MAX_RING)
        trial = rebuilt(assembly, ring, rng)
        if trial.groups(trial.stud_pairs()).count < groups.count:
            assembly, failures = trial, 0
        else:
            failures += 1
    return assembly


def _lost_patches(cells: NDArray[np.bool_]) -> int:
    """Patches of cells so far from any stud contact that no brick can tie them to anything.

    The middle of a wide shelf one layer thick is such a patch; it adds a group to every layout.
    """
    lost = 0
    for z in range(1, cells.shape[2]):
        mask, tied = cells[:, :, z], cells[:, :, z] & cells[:, :, z - 1]
        if z + 1 < cells.shape[2]:
            tied |= mask & cells[:, :, z + 1]
        if tied.any() and not tied[mask].all():
            lost += len(patches(rows_of(mask & ~_reached(mask, tied))))
    return lost


def _reached(mask: NDArray[np.bool_], tied: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Cells that one brick inside ``mask`` can cover together with a tied cell."""
    reached = tied.copy()
    for h, w in FOOTPRINTS:
        if h > mask.shape[0] or w > mask.shape[1]:
            continue
        whole = sliding_window_view(mask, (h, w)).all(axis=(2, 3))
        whole &= sliding_window_view(tied, (h, w)).any(axis=(2, 3))
        for i in range(h):
            for j in range(w):
                reached[i : i + whole.shape[0], j : j + whole.shape[1]] |= whole
    return reached


def _critical_brick(groups: Groups, sides: Pairs, rng: np.random.Generator) -> int:
    """A brick beside bricks of other groups; the more other groups, the likelier."""
    others: dict[int, set[int]] = {}
    for a, b in sides.tolist():
        if groups.find(a) != groups.find(b):
            others.setdefault(a, set()).add(groups.find(b))
            others.setdefault(b, set()).add(groups.find(a))
    numbers = sorted(others)
    weights = np.array([len(others[number]) for number in numbers], dtype=float)
    return int(rng.choice(numbers, p=weights / weights.sum()))


def rebuilt(
    assembly: Assembly, numbers: set[int], rng: np.random.Generator, variety: float = 0.0
) -> Assembly:
    """A copy in which some bricks are taken out and their cells are laid again, bottom to top.

    Each step takes the brick that unites most groups, then the one that ties most loose rim cells,
    then the largest, then a random one;
    ``variety`` (0 … 1) is the share of a brick's size that chance may take off.
    """
    trial = assembly.copy()
    free: dict[int, set[Cell]] = {}
    for number in sorted(numbers):
        brick = trial.bricks[number]
        free.setdefault(brick.z, set()).update(_cells(brick))
        trial.remove(number)
    groups = trial.groups(trial.stud_pairs())
    for z in sorted(free):
        _relay_layer(trial, z, free[z], groups, rng, variety)
    return trial


def _cells(brick: Brick) -> list[Cell]:
    return [(x, y) for x in range(brick.x, brick.x + brick.h) for y in range(brick.y, brick.y + brick.w)]


def _relay_layer(
    trial: Assembly, z: int, free: set[Cell], groups: Groups, rng: np.random.Generator, variety: float
) -> None:
    """Fill the free cells of a layer, best brick first.

    Uniting groups can only lower what another brick of this layer unites, so a stale best is
    re-ranked and pushed back (lazy greedy), which finds the same brick as ranking all anew.
    """
    loose = {cell for cell in free if not _held(trial, cell, z)}
    queue = []
    for brick in _candidates(z, free):
        rank = -brick.area * (1 - variety * float(rng.random()))
        key = (-_united(trial, brick, groups), -_saved(brick, loose), rank, float(rng.random()))
        queue.append((key, (brick.h, brick.w, brick.x, brick.y)))
    heapq.heapify(queue)
    while free:
        key, (h, w, x, y) = heapq.heappop(queue)
        brick = Brick(h, w, x, y, z)
        cells = _cells(brick)
        if not free.issuperset(cells):
            continue
        united = _united(trial, brick, groups)
        if -united > key[0]:
            heapq.heappush(queue, ((-united, *key[1:]), (h, w, x, y)))
            continue
        _place(trial, brick, groups)
        free.difference_update(cells)


def _candidates(z: int, free: set[Cell]) -> Iterator[Brick]:
    for x, y in sorted(free):
        for h, w in FOOTPRINTS:
            brick = Brick(h, w, x, y, z)
            if (x + h - 1, y) in free and (x, y + w - 1) in free and free.issuperset(_cells(brick)):
                yield brick


def _touching(trial: Assembly, brick: Brick) -> set[int]:
    """Numbers of the bricks right below and right above a place."""
    owner = trial.owner
    area = owner[brick.x : brick.x + brick.h, brick.y : brick.y + brick.w]
    found: set[int] = set()
    if brick.z > 0:
        found.update(area[:, :, brick.z - 1].ravel().tolist())
    if brick.z + 1 < owner.shape[2]:
        found.update(area[:, :, brick.z + 1].ravel().tolist())
    found.discard(-1)
    return found


def _united(trial: Assembly, brick: Brick, groups: Groups) -> int:
    """How many groups a brick would unite."""
    return len({groups.find(number) for number in _touching(trial, brick)})


def _held(trial: Assembly, cell: Cell, z: int) -> bool:
    column = trial.cells[cell]
    return bool((z > 0 and column[z - 1]) or (z + 1 < len(column) and column[z + 1]))


def _saved(brick: Brick, loose: set[Cell]) -> int:
    """How many cells with nothing below or above the brick would tie to one that has something."""
    if not loose:
        return 0
    count = sum(cell in loose for cell in _cells(brick))
    return count if count < brick.area else 0


def _place(trial: Assembly, brick: Brick, groups: Groups) -> None:
    touching = _touching(trial, brick)
    number = trial.add(brick)
    groups.add(number)
    for other in touching:
        groups.join(other, number)
