"""Between brick texts and grids of cells: reading what a model wrote, and laying grids side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.bricks import Brick, BrickStructure
from brickgpt_engine.errors import FormatError, InvalidBrickError
from brickgpt_engine.statements.spans import Voxels
from training.data.shapes.base import SIDE

ILL_FORMED = "?"
"""Begins a line that the model wrote and that says no brick."""
Cells = tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]
"""Filled cells of several grids: number of the grid (ascending), x, y, z; four arrays of one length."""

_BLANKS = str.maketrans("x(),", "    ")


def written_text(lines: Iterable[Brick | str]) -> str:
    """Everything a model wrote, one line each; lines that say no brick begin with :data:`ILL_FORMED`."""
    return "".join(
        f"{line.text}\n" if isinstance(line, Brick) else f"{ILL_FORMED}{' '.join(line.split())}\n"
        for line in lines
    )


def replay(text: str, world_dim: int = SIDE) -> tuple[BrickStructure, int]:
    """What :func:`written_text` kept, built again.

    Returns:
        The bricks that can be placed, in order, and how many lines could not be.
    """
    structure, refused = BrickStructure(world_dim=world_dim), 0
    for line in text.splitlines():
        try:
            brick = Brick.parse(line)
        except InvalidBrickError:
            refused += 1
        else:
            refused += structure.add(brick) is not None
    return structure, refused


def voxels_of(text: str) -> Voxels:
    """Cells that the bricks which can be placed fill, bool (20, 20, 20) indexed (x, y, z)."""
    return replay(text)[0].occupancy


def centred_grids(grids: Voxels) -> Voxels:
    """Each grid of (n, 20, 20, 20) in the middle of the plan and on the ground; empty ones stay empty."""
    owner, x, y, z = np.nonzero(grids)
    return _placed((owner, x, y, z), len(grids))


def grids_of_texts(texts: Sequence[str]) -> Voxels:
    """Centred grids (n, 20, 20, 20) of valid brick texts, without a Python step for each brick.

    Raises:
        FormatError: a text holds anything but bricks of a world of 20 cells a side.
    """
    stripped = [text.strip() for text in texts]
    lines = [text.count("\n") + bool(text) for text in stripped]
    words = "\n".join(stripped).translate(_BLANKS).split()
    try:
        numbers = np.array(words, dtype=np.intp).reshape(sum(lines), 5)
    except ValueError as error:
        raise FormatError(
            "the data set's bricks are not lines such as '2x4 (0,3,0)'; build it again"
        ) from error
    cells = _cells(np.repeat(np.arange(len(texts)), lines), numbers)
    if len(numbers) and max(int(axis.max()) for axis in cells[1:]) >= SIDE:
        raise FormatError(f"the data set has bricks outside a world of {SIDE} cells a side; build it again")
    return _placed(cells, len(texts))


def _cells(owner: NDArray[np.intp], bricks: NDArray[np.intp]) -> Cells:
    """The cells of ``bricks`` (n, 5: h, w, x, y, z) with the grid number of each."""
    area = bricks[:, 0] * bricks[:, 1]
    h_w_x_y_z = np.repeat(bricks, area, axis=0)
    within = np.arange(len(h_w_x_y_z)) - np.repeat(np.cumsum(area) - area, area)
    width = h_w_x_y_z[:, 1]
    x, y = h_w_x_y_z[:, 2] + within // width, h_w_x_y_z[:, 3] + within % width
    return np.repeat(owner, area), x, y, h_w_x_y_z[:, 4]


def _placed(cells: Cells, count: int) -> Voxels:
    """``count`` grids with their cells moved to the middle of the plan (rounded down) and to the ground."""
    result = np.zeros((count, SIDE, SIDE, SIDE), dtype=np.bool_)
    owner = cells[0]
    if not len(owner):
        return result
    firsts = np.flatnonzero(np.diff(owner, prepend=-1))
    moved = []
    for number, axis in enumerate(cells[1:]):
        low, high = np.minimum.reduceat(axis, firsts), np.maximum.reduceat(axis, firsts)
        goal = 0 if number == 2 else (SIDE - (high - low + 1)) // 2
        move = np.zeros(count, dtype=np.intp)
        move[owner[firsts]] = goal - low
        moved.append(axis + move[owner])
    result[owner, moved[0], moved[1], moved[2]] = True
    return result
