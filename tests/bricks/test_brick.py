"""Bricks: the text form, orientation, bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brickgpt_engine.bricks import FOOTPRINTS, LIBRARY, Brick, part_for_footprint
from brickgpt_engine.errors import InvalidBrickError

numbers = st.integers(0, 999)


@given(st.builds(Brick, h=numbers, w=numbers, x=numbers, y=numbers, z=numbers))
def test_text_form_reads_back(brick):
    assert Brick.parse(brick.text) == brick


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2x4",
        "2x4 (1,2)",
        "2x4 (1,2,3",
        "2x4(1,2,3)",
        "2x4 (1, 2,3)",
        "-2x4 (1,2,3)",
        "2X4 (1,2,3)",
        "²x4 (1,2,3)",
    ],
)
def test_malformed_text_is_refused_and_quoted(text):
    with pytest.raises(InvalidBrickError, match="is not a brick; expected"):
        Brick.parse(text)


def test_colour_is_carried_but_does_not_count_as_identity():
    assert Brick(2, 4, 0, 0, 0, colour=4) == Brick(2, 4, 0, 0, 0)
    assert Brick(2, 4, 0, 0, 0, colour=4).shifted(dz=2).colour == 4


def test_library_has_the_eight_parts_in_fourteen_footprints():
    masses = {
        "1x1": 0.43,
        "1x2": 0.81,
        "1x4": 1.57,
        "1x6": 2.28,
        "1x8": 3.03,
        "2x2": 1.15,
        "2x4": 2.16,
        "2x6": 3.23,
    }
    assert {part.name: part.mass_g for part in LIBRARY} == masses
    assert len(FOOTPRINTS) == 14
    assert all(part_for_footprint(w, h) is part_for_footprint(h, w) for h, w in FOOTPRINTS)
    assert part_for_footprint(3, 3) is None


def test_orientation_is_one_when_the_long_side_lies_along_x():
    assert [Brick(h, w, 0, 0, 0).ori for h, w in ((4, 2), (2, 4), (2, 2))] == [1, 0, 0]


@pytest.mark.parametrize(
    ("brick", "inside"),
    [
        (Brick(2, 4, 18, 16, 19), True),
        (Brick(2, 4, 19, 16, 0), False),
        (Brick(2, 4, 18, 17, 0), False),
        (Brick(1, 1, 0, 0, 20), False),
        (Brick(1, 1, -1, 0, 0), False),
    ],
)
def test_bounds(brick, inside):
    assert brick.in_bounds(20) is inside


def test_a_footprint_outside_the_library_has_no_part():
    with pytest.raises(InvalidBrickError, match="3x3 is not in the brick library"):
        _ = Brick(3, 3, 0, 0, 0).part
