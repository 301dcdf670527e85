"""Fewer bricks: neighbours in a layer are laid again wherever one brick less covers the same cells."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import combinations

from brickgpt_engine.bricks import FOOTPRINTS, Brick
from brickgpt_engine.layout.assembly import Assembly
from brickgpt_engine.layout.courses import SEAM, THROUGH, Placement

Cell = tuple[int, int]

LARGEST_FIRST = sorted(FOOTPRINTS, key=lambda footprint: -footprint[0] * footprint[1])
LARGEST = LARGEST_FIRST[0][0] * LARGEST_FIRST[0][1]
MAX_NEIGHBOURS = 3
"""Largest number of neighbours that are taken apart together with a brick."""


def thin(assembly: Assembly) -> Assembly:
    """The same cells in at most as many bricks, tied together at least as well.

    Around every brick, smallest first, it and one to :data:`MAX_NEIGHBOURS` of its neighbours in the
    layer are replaced by one brick less, found by exhaustive search, unless that would leave
    more separate groups or cost a wall its bond. Deterministic.

    Args:
        assembly: the layout; not changed.
    """
    result = assembly.copy()
    queue = sorted(result.bricks, key=lambda number: _order(result.bricks[number]), reverse=True)
    groups = 0
    while queue:
        number = queue.pop()
        if number not in result.bricks:
            continue
        for taken, bricks in _savings(result, number):
            if _strain(result, bricks) - _strain(result, [result.bricks[old] for old in taken]) >= 1:
                continue
            groups = groups or _groups(result)
            trial = result.copy()
            for old in taken:
                trial.remove(old)
            added = [trial.add(brick) for brick in bricks]
            if (count := _groups(trial)) <= groups:
                result, groups = trial, count
                queue += added
                break
    return result


def _order(brick: Brick) -> tuple[int, int, int, int]:
    return (brick.area, brick.z, brick.x, brick.y)


def _groups(assembly: Assembly) -> int:
    return assembly.groups(assembly.stud_pairs()).count


def _strain(assembly: Assembly, bricks: list[Brick]) -> float:
    """What the joints of these bricks right above or below other joints cost, in bricks.

    Weighed as in the courses: a whole end above a joint is :data:`THROUGH`, a side :data:`SEAM` a cell.
    """
    total = 0.0
    for brick in bricks:
        x1, y1 = brick.x + brick.h, brick.y + brick.w
        end, side = THROUGH / min(brick.h, brick.w), SEAM
        along_x = end if brick.h > brick.w else side
        along_y = end if brick.w > brick.h else side
        for z in (brick.z - 1, brick.z + 1):
            for x in (brick.x, x1):
                total += (
                    along_x / 2 * sum(_joint(assembly, (x - 1, y, z), (x, y, z)) for y in range(brick.y, y1))
                )
            for y in (brick.y, y1):
                total += (
                    along_y / 2 * sum(_joint(assembly, (x, y - 1, z), (x, y, z)) for x in range(brick.x, x1))
                )
    return total


def _joint(assembly: Assembly, first: tuple[int, int, int], second: tuple[int, int, int]) -> bool:
    """Whether two neighbouring cells belong to different bricks; cells outside the grid do not."""
    if min(first) < 0 or any(i >= n for i, n in zip(second, assembly.owner.shape, strict=True)):
        return False
    a, b = assembly.owner[first], assembly.owner[second]
    return bool(a >= 0 and b >= 0 and a != b)


def _savings(assembly: Assembly, number: int) -> Iterator[tuple[tuple[int, ...], list[Brick]]]:
    """Bricks to take out, that one among them, and one brick less that covers the same cells."""
    start = assembly.bricks[number]
    beside = _neighbours(assembly, number)
    for size in range(1, MAX_NEIGHBOURS + 1):
        for others in combinations(beside, size):
            bricks = [start, *(assembly.bricks[n] for n in others)]
            x0, y0 = min(b.x for b in bricks), min(b.y for b in bricks)
            found = _one_less(tuple(sorted((b.h, b.w, b.x - x0, b.y - y0) for b in bricks)))
            if found is not None:
                yield (number, *others), [Brick(h, w, x0 + x, y0 + y, start.z) for h, w, x, y in found]


@lru_cache(maxsize=1 << 16)
def _one_less(placed: tuple[Placement, ...]) -> list[Placement] | None:
    """One brick less for the cells of these; layers and walls repeat, so most answers are known."""
    cells = {(x + i, y + j) for h, w, x, y in placed for i in range(h) for j in range(w)}
    return cover(cells, len(placed) - 1)


def _neighbours(assembly: Assembly, number: int) -> list[int]:
    """Bricks of the same layer that share a side with this one, in the order of their numbers."""
    brick = assembly.bricks[number]
    layer = assembly.owner[:, :, brick.z]
    x0, x1, y0, y1 = brick.x, brick.x + brick.h, brick.y, brick.y + brick.w
    found: set[int] = set()
    if x0 > 0:
        found.update(layer[x0 - 1, y0:y1].tolist())
    if x1 < layer.shape[0]:
        found.update(layer[x1, y0:y1].tolist())
    if y0 > 0:
        found.update(layer[x0:x1, y0 - 1].tolist())
    if y1 < layer.shape[1]:
        found.update(layer[x0:x1, y1].tolist())
    return sorted(found - {-1})


def cover(cells: set[Cell], most: int) -> list[Placement] | None:
    """At most ``most`` library bricks (h, w, x, y) that cover the cells exactly; None if there are none.

    The first cell in the order of x, then y, is always the corner of its brick.
    """
    if not cells:
        return []
    if most == 0 or len(cells) > most * LARGEST:
        return None
    x, y = min(cells)
    for h, w in LARGEST_FIRST:
        if (x + h - 1, y) not in cells or (x, y + w - 1) not in cells:
            continue
        brick = {(x + i, y + j) for i in range(h) for j in range(w)}
        if brick <= cells:
            rest = cover(cells - brick, most - 1)
            if rest is not None:
                return [(h, w, x, y), *rest]
    return None
