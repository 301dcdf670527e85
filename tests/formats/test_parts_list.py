"""Parts lists against golden files, the XML and CSV readers of the standard library, and the catalogues."""

import csv
import io
from pathlib import Path
from xml.etree import ElementTree

import pytest

from brickgpt_engine.bricks import LIBRARY, Brick, BrickStructure
from brickgpt_engine.bricks.colours import COLOURS
from brickgpt_engine.bricks.parts import parts_list
from brickgpt_engine.formats import read_structure
from brickgpt_engine.formats.parts_list import (
    COLOUR_IDS,
    bricklink_xml,
    rebrickable_csv,
    unknown_colours,
)

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="module")
def house():
    return read_structure(DATA / "house.mpd")


def test_the_golden_files(house):
    assert bricklink_xml(house) == (DATA / "house-bricklink.xml").read_text()
    assert rebrickable_csv(house) == (DATA / "house-rebrickable.csv").read_text()


def test_bricklink_wants_no_declaration_and_finds_every_brick(house):
    text = bricklink_xml(house)
    assert text.startswith("<INVENTORY>")
    items = ElementTree.fromstring(text).findall("ITEM")
    assert [[child.tag for child in item] for item in items] == [
        ["ITEMTYPE", "ITEMID", "COLOR", "MINQTY"]
    ] * len(items)
    assert sum(int(item.findtext("MINQTY")) for item in items) == len(house)
    assert {item.findtext("ITEMID") for item in items} <= {part.ldraw for part in LIBRARY}
    assert {item.findtext("ITEMTYPE") for item in items} == {"P"}


def test_rebrickable_is_a_table_of_every_brick(house):
    rows = list(csv.DictReader(io.StringIO(rebrickable_csv(house))))
    assert list(rows[0]) == ["Part", "Color", "Quantity"]
    assert sum(int(row["Quantity"]) for row in rows) == len(house)


@pytest.mark.parametrize(
    ("ldraw", "bricklink", "rebrickable"),
    [  # looked up in both catalogues' colour tables
        (0, 11, 0),
        (1, 7, 1),
        (4, 5, 4),
        (14, 3, 14),
        (15, 1, 15),
        (19, 2, 19),
        (71, 86, 71),
        (72, 85, 72),
        (191, 110, 191),
        (321, 153, 321),
        (330, 155, 326),
        (326, 158, 158),
        (353, 220, 1050),
        (128, 225, 1067),
        (402, 167, 1136),
    ],
)
def test_colours_are_translated(ldraw, bricklink, rebrickable):
    model = BrickStructure([Brick(2, 4, 0, 0, 0, ldraw)])
    assert f"<COLOR>{bricklink}</COLOR>" in bricklink_xml(model)
    assert rebrickable_csv(model).splitlines()[1] == f"3001,{rebrickable},1"


def test_every_colour_of_ours_has_ids_of_its_own():
    assert {colour.code for colour in COLOURS} <= COLOUR_IDS.keys()
    for catalogue in ("bricklink", "rebrickable"):
        ids = [getattr(colour, catalogue) for colour in COLOUR_IDS.values()]
        assert len(set(ids)) == len(ids)


def test_bricks_without_a_known_colour_ask_for_any():
    model = BrickStructure([Brick(2, 4, 0, 0, 0), Brick(2, 4, 4, 0, 0, 99_999), Brick(4, 2, 8, 0, 0)])
    assert unknown_colours(model) == [99_999]
    assert "<COLOR>0</COLOR><MINQTY>3</MINQTY>" in bricklink_xml(model)
    assert rebrickable_csv(model) == "Part,Color,Quantity\n3001,9999,3\n"


def test_an_empty_model_needs_nothing():
    assert bricklink_xml(BrickStructure()) == "<INVENTORY>\n</INVENTORY>\n"
    assert rebrickable_csv(BrickStructure()) == "Part,Color,Quantity\n"


def test_lines_are_sorted_by_quantity_and_named():
    model = BrickStructure(
        [Brick(1, 1, 0, 0, 0, 4), Brick(2, 2, 2, 0, 0), Brick(2, 2, 4, 0, 0), Brick(1, 1, 6, 0, 0, 507)]
    )
    lines = parts_list(model)
    assert [(line.quantity, line.part.name, line.colour_name) for line in lines] == [
        (2, "2x2", "any colour"),
        (1, "1x1", "red"),
        (1, "1x1", "colour 507"),
    ]
