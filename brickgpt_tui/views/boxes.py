"""Characters that join lines: light, heavy and dashed, in Unicode's box drawing block or in ASCII."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brickgpt_tui.views.picture import TextArray

# Position up·27 + right·9 + down·3 + left, where each arm is 0 (none), 1 (light) or 2 (heavy).
_JOINTS = " ╴╸╷┐┑╻┒┓╶─╾┌┬┭┎┰┱╺╼━┍┮┯┏┲┳╵┘┙│┤┥╽┧┪└┴┵├┼┽┟╁╅┕┶┷┝┾┿┢╆╈╹┚┛╿┦┩┃┨┫┖┸┹┞╀╃┠╂╉┗┺┻┡╄╇┣╊╋"


def _ascii_joints() -> str:
    """The same table in ASCII: a straight line keeps its character, all else is a corner."""
    joints = ""
    for code in range(81):
        up, right, down, left = code // 27, code // 9 % 3, code // 3 % 3, code % 3
        heavy = 2 in (up, right, down, left)
        if not code:
            joints += " "
        elif not (right or left):
            joints += "H" if heavy else "|"
        elif not (up or down):
            joints += "=" if heavy else "-"
        else:
            joints += "#" if heavy else "+"
    return joints


@dataclass(frozen=True, slots=True)
class Lines:
    """A family of line characters.

    Attributes:
        joints: shape (81,), at up·27 + right·9 + down·3 + left with arms 0, 1 (light) or 2 (heavy).
        across, upright: lines without joints, by weight, shape (3,).
        stud, floor: the middle of a cell with and without a brick.
        cursor: brackets around the cursor's cell, and its middle when it is empty.
        ground: the baseplate in an elevation.
    """

    joints: TextArray
    across: TextArray
    upright: TextArray
    stud: str
    floor: str
    cursor: str
    ground: str


def _family(joints: str, across: str, upright: str, signs: str) -> Lines:
    table, level, wall = (np.array(list(part), dtype="<U1") for part in (joints, across, upright))
    return Lines(table, level, wall, signs[0], signs[1], signs[2:5], signs[5])


UNICODE = _family(_JOINTS, " ─━", " │┃", "o·[+]▀")
"""Light and heavy box drawing characters."""
UNICODE_GHOST = _family(_JOINTS.translate(str.maketrans("─│", "╌╎")), " ╌╍", " ╎╏", "∘·[+]▀")
"""What lies below: the same with dashes."""
ASCII = _family(_ascii_joints(), " -=", " |H", "o.[+]=")
"""Nothing but ASCII."""
_DOTS = _ascii_joints().translate(str.maketrans("|H-=#+", "::..::"))
ASCII_GHOST = _family(_DOTS, " ..", " ::", ",.[+]=")
"""What lies below, in ASCII: dotted lines."""


def joints(
    up: NDArray[np.integer], right: NDArray[np.integer], down: NDArray[np.integer], left: NDArray[np.integer]
) -> NDArray[np.intp]:
    """Positions in :attr:`Lines.joints` of joints with these arms (weights 0 … 2, same shape)."""
    code: NDArray[np.intp] = (up * 27 + right * 9 + down * 3 + left).astype(np.intp)
    return code
