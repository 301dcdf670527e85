"""The pivot format: by hand, lossless for every structure, and its own text again after reading."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brickgpt_engine.bricks import FOOTPRINTS, Brick, BrickStructure
from brickgpt_engine.errors import ConfigError, FormatError, InvalidBrickError
from brickgpt_engine.formats.pivot import PivotFormat

BRIDGE = [Brick(2, 2, 4, 4, 0), Brick(2, 2, 4, 8, 0), Brick(2, 6, 4, 4, 1), Brick(1, 1, 19, 19, 0)]


@st.composite
def structures(draw, connected):
    """Bricks one by one, in any order of layers; ``connected`` ones each touch one before by a stud."""
    structure = BrickStructure([Brick(2, 4, 8, 8, draw(st.integers(0, 3)))])
    for _ in range(draw(st.integers(0, 14))):
        h, w = draw(st.sampled_from(FOOTPRINTS))
        if connected:
            base = draw(st.sampled_from(structure.bricks))
            dx = draw(st.integers(1 - h, base.h - 1))
            dy = draw(st.integers(1 - w, base.w - 1))
            brick = Brick(h, w, base.x + dx, base.y + dy, base.z + draw(st.sampled_from((-1, 1))))
        else:
            brick = Brick(h, w, *(draw(st.integers(0, 19)) for _ in range(3)))
        if min(brick.x, brick.y, brick.z) >= 0:
            structure.add(brick)
    return structure


def test_lines_by_hand():
    assert PivotFormat().write(BRIDGE) == "0/2x2 (4,4,0)\n1/2x2 (5,9,5)\n1/2x6 (5,1,6)\n0/1x1 (19,19,0)\n"
    assert PivotFormat(max_offset=3).write(BRIDGE[:3]) == "0/2x2 (4,4,0)\n0/2x2 (4,8,0)\n2/2x6 (3,3,4)\n"


@given(structures(connected=True), st.integers(1, 8), st.sampled_from([None, 1, 5]))
def test_connected_structures_come_back_in_their_order(structure, max_offset, max_back):
    form = PivotFormat(max_offset, max_back)
    text = form.write(structure)
    assert form.read(text) == structure
    assert form.write(form.read(text)) == text


@given(structures(connected=True))
def test_connected_structures_name_the_baseplate_once_where_offsets_reach(structure):
    """Corners of bricks that share a stud are at most 7 apart, so no brick but the first needs pivot 0."""
    lines = PivotFormat(max_offset=7).write(structure).splitlines()
    ordered = structure.bricks
    for number, line in enumerate(lines[1:], start=1):
        near = any(
            max(abs(a.x - ordered[number].x), abs(a.y - ordered[number].y), abs(a.z - ordered[number].z)) <= 7
            for a in ordered[:number]
        )
        assert line.startswith("0/") != near
    assert lines[0].startswith("0/") and sum(line.startswith("0/") for line in lines) == 1


@given(structures(connected=False))
def test_other_structures_come_back_too(structure):
    assert PivotFormat().read(PivotFormat().write(structure)) == structure


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("2x4 (0,0,0)", "is not a pivot line"),
        ("01/2x4 (0,0,0)", "is not a pivot line"),
        ("1/2x4 (-1,0,0)", "is not a pivot line"),
        ("5/2x4 (0,0,1)", "counts back 5 of 4 bricks"),
        ("1/2x4 (0,11,0)", "farther than 5"),
    ],
)
def test_lines_that_say_no_brick(line, words):
    with pytest.raises(InvalidBrickError, match=words):
        PivotFormat().read_line(line, BRIDGE)


def test_a_file_names_every_line_that_is_wrong():
    with pytest.raises(FormatError) as caught:
        PivotFormat().read("0/2x2 (0,0,0)\n\nhello\n1/2x2 (2,5,5)\n2/2x2 (5,5,5)\n", source="a.pivot")
    assert [line for line, _ in caught.value.problems] == [3, 4, 5]
    with pytest.raises(ConfigError, match="at least 1"):
        PivotFormat(0)
