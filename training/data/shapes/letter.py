"""Letters and numbers: block capitals and digits that stand upright and face the front (low y)."""

from __future__ import annotations

import numpy as np

from brickgpt_engine.statements.font import CHARACTERS, COLUMNS, ROWS, glyph
from brickgpt_engine.statements.spans import Value, Voxels
from training.data.shapes.base import Dice, Shape, box, empty, finish

_WIDTHS = {"1 1": 0.2, "2 1": 0.25, "2 2": 0.3, "1 2": 0.08, "3 2": 0.12, "3 3": 0.05}
_HEIGHTS = {"1 1": 0.12, "2 1": 0.2, "2 2": 0.55, "3 1": 0.05, "3 2": 0.08}
_FIRM_HEIGHTS = {"2 2": 0.8, "3 2": 0.2}
"""Where one brick is too short for a bar or a step, two layers lap each other's joints."""


def sample(rng: np.random.Generator) -> Shape:
    """One character: strokes of drawn widths, two to four cells thick, on a stand or not."""
    dice = Dice(rng)
    character = dice.choice("character", dict.fromkeys(CHARACTERS, 1.0))
    columns = _stretched(dice.choice("columns", _WIDTHS), COLUMNS, (0, COLUMNS - 1))
    depth = dice.choice("depth", {2: 0.8, 3: 0.05, 4: 0.15} if sum(columns) < 11 else {2: 1.0})
    firm = sum(columns) > 8 or depth > 2
    rows = dice.choice("rows", _FIRM_HEIGHTS if firm else _HEIGHTS)
    stand = dice.flag("stand", 0.35)
    face = np.repeat(glyph(character), columns, axis=0)
    face = np.repeat(face, _stretched(rows, ROWS, (0, ROWS // 2, ROWS - 1)), axis=1)
    voxels = empty()
    facts: dict[str, Value] = {"style": _style(character), "character": character, "stand": stand}
    x, y, z = _stand(voxels, dice, face.shape[0], depth) if stand else (0, 0, 0)
    voxels[x : x + face.shape[0], y : y + depth, z : z + face.shape[1]] |= face[:, None, :]
    if depth >= 4:
        facts["strokes"] = "thick"
    return finish("letter", str(facts["style"]), voxels, dice, facts)


def _style(character: str) -> str:
    return f"number {character}" if character.isdigit() else f"letter {character.lower()}"


def _stretched(name: str, count: int, strokes: tuple[int, ...]) -> list[int]:
    """Cells for each of ``count`` columns or rows, from "stroke other": those of the strokes first."""
    stroke, other = (int(part) for part in name.split())
    return [stroke if i in strokes else other for i in range(count)]


def _stand(voxels: Voxels, dice: Dice, width: int, depth: int) -> tuple[int, int, int]:
    """A plate two layers thick that reaches beyond the character; answers where the character starts."""
    side = dice.integer("stand_side", 0, 1 if width > 7 else 2)
    front = 1 if depth > 2 else dice.integer("stand_front", 1, 2)
    box(voxels, 0, width + 2 * side, 0, depth + 2 * front, 0, 2)
    return side, front, 2
