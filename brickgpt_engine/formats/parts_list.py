"""Parts lists to buy or to sort a model by: BrickLink XML and Rebrickable CSV.

BrickLink's file is an ``INVENTORY`` of ``ITEM`` elements without an XML declaration, which its wanted
lists take under "Upload BrickLink XML format" (help pages 198 and 2567). Rebrickable's is a table
``Part,Color,Quantity`` (help page "Import/Export CSV"). Both know our eight bricks under the numbers
that LDraw gives them; colours they number each in their own way, so a table translates. Lists carry
what is needed, not where it goes, so they are written and never read.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass

from brickgpt_engine.bricks import BrickStructure, Part
from brickgpt_engine.bricks.parts import PartsLine, parts_list, rank

BRICKLINK_ANY = 0
"""BrickLink's colour id for "not applicable", which a wanted list reads as any colour."""
REBRICKABLE_ANY = 9999
"""Rebrickable's colour id for "no colour or any colour"."""


@dataclass(frozen=True, slots=True)
class ColourIds:
    """What two catalogues call one LDraw colour.

    Attributes:
        bricklink: id in BrickLink's colour guide.
        rebrickable: id in Rebrickable's colour table.
    """

    bricklink: int
    rebrickable: int


_SAME_ON_REBRICKABLE: dict[int, int] = {
    0: 11, 1: 7, 2: 6, 3: 39, 4: 5, 5: 47, 6: 8, 7: 9, 8: 10, 9: 62, 10: 36, 11: 40, 12: 25, 13: 23,
    14: 3, 15: 1, 17: 38, 18: 33, 19: 2, 20: 44, 22: 24, 23: 109, 25: 4, 26: 71, 27: 34, 28: 69,
    29: 104, 30: 157, 31: 154, 68: 96, 69: 93, 70: 88, 71: 86, 72: 85, 73: 42, 74: 37, 77: 56, 78: 90,
    84: 150, 85: 89, 86: 91, 92: 28, 100: 26, 110: 43, 112: 97, 115: 76, 118: 41, 120: 35, 125: 32,
    151: 99, 191: 110, 212: 105, 216: 27, 226: 103, 232: 87, 272: 63, 288: 80, 308: 120, 313: 72,
    320: 59, 321: 153, 322: 156, 323: 152, 335: 58, 351: 94, 366: 29, 373: 54, 378: 48, 379: 55,
    462: 31, 484: 68, 503: 49,
    33: 14, 34: 20, 36: 17, 40: 13, 46: 19, 47: 12,
}  # fmt: skip
"""BrickLink ids of the LDraw codes that Rebrickable uses unchanged; the last line is transparent."""

COLOUR_IDS: dict[int, ColourIds] = {
    code: ColourIds(bricklink, code) for code, bricklink in _SAME_ON_REBRICKABLE.items()
} | {
    128: ColourIds(225, 1067),  # dark nougat
    326: ColourIds(158, 158),  # yellowish green; Rebrickable's 326 is olive green
    330: ColourIds(155, 326),  # olive green
    353: ColourIds(220, 1050),  # coral
    370: ColourIds(240, 1088),  # medium brown
    371: ColourIds(241, 1089),  # medium tan
    402: ColourIds(167, 1136),  # reddish orange
    422: ColourIds(169, 1137),  # sienna brown
}
"""Ids by LDraw colour code: every colour of :mod:`brickgpt_engine.bricks.colours`, and older ones."""


def unknown_colours(structure: BrickStructure) -> list[int]:
    """LDraw codes in the model that the catalogues' table lacks; lists name no colour for them."""
    codes = {brick.colour for brick in structure if brick.colour is not None}
    return sorted(codes - COLOUR_IDS.keys())


def bricklink_xml(structure: BrickStructure) -> str:
    """The parts as a BrickLink wanted list; bricks without a known colour ask for any colour."""
    items = [_item(line) for line in _merged(structure)]
    return "".join(f"{line}\n" for line in ("<INVENTORY>", *items, "</INVENTORY>"))


def _item(line: PartsLine) -> str:
    ids = None if line.colour is None else COLOUR_IDS[line.colour]
    values = {
        "ITEMTYPE": "P",
        "ITEMID": line.part.ldraw,
        "COLOR": BRICKLINK_ANY if ids is None else ids.bricklink,
        "MINQTY": line.quantity,
    }
    return "  <ITEM>" + "".join(f"<{tag}>{value}</{tag}>" for tag, value in values.items()) + "</ITEM>"


def rebrickable_csv(structure: BrickStructure) -> str:
    """The parts as a Rebrickable table; bricks without a known colour have its "any colour"."""
    buffer = io.StringIO()
    table = csv.writer(buffer, lineterminator="\n")
    table.writerow(("Part", "Color", "Quantity"))
    for line in _merged(structure):
        ids = None if line.colour is None else COLOUR_IDS[line.colour]
        colour = REBRICKABLE_ANY if ids is None else ids.rebrickable
        table.writerow((line.part.ldraw, colour, line.quantity))
    return buffer.getvalue()


def _merged(structure: BrickStructure) -> list[PartsLine]:
    """The parts list with colours that the catalogues lack taken for none."""
    counts: Counter[tuple[Part, int | None]] = Counter()
    for line in parts_list(structure):
        counts[line.part, line.colour if line.colour in COLOUR_IDS else None] += line.quantity
    lines = [PartsLine(part, colour, quantity) for (part, colour), quantity in counts.items()]
    return sorted(lines, key=rank)
