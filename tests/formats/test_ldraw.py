"""LDraw: what we write, and the three kinds of files we read (ours, the published code's, editors')."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brickgpt_engine.bricks import FOOTPRINTS, Brick, BrickStructure
from brickgpt_engine.errors import ConfigError, FormatError
from brickgpt_engine.formats import ldraw, read_structure

DATA = Path(__file__).parent / "data"
IDENTITY = "1 0 0 0 1 0 0 0 1"
TURNED = "0 0 1 0 1 0 -1 0 0"


def texts(structure):
    return [str(brick) for brick in structure]


def published_ldr(bricks):
    """The published code's dialect: no header, one layer low, floats, a STEP after every brick."""
    parts = {
        (1, 1): 3005,
        (1, 2): 3004,
        (1, 4): 3010,
        (1, 6): 3009,
        (1, 8): 3008,
        (2, 2): 3003,
        (2, 4): 3001,
        (2, 6): 2456,
    }
    matrices = {False: "0 0 1 0 1 0 -1 0 0", True: "-1 0 0 0 1 0 0 0 -1"}
    return "".join(
        f"1 115 {(b.x + b.h * 0.5) * 20} {b.z * -24} {(b.y + b.w * 0.5) * 20} "
        f"{matrices[b.h > b.w]} {parts[min(b.h, b.w), max(b.h, b.w)]}.DAT\n0 STEP\n"
        for b in bricks
    )


def test_golden_file_is_what_is_written():
    tower = [
        Brick(2, 4, 0, 0, 0),
        Brick(4, 2, 2, 0, 0, colour=4),
        Brick(1, 1, 7, 0, 0),
        Brick(1, 2, 2, 1, 1),
        Brick(8, 1, 0, 5, 1, colour=14),
        Brick(2, 2, 3, 4, 2),
    ]
    written = ldraw.dumps(BrickStructure(tower), title="a small tower", name="tower.ldr")
    assert written == (DATA / "tower.ldr").read_text()


@pytest.mark.parametrize(
    ("title", "line"),
    [
        (None, "0 Brick model"),
        ("  a red\nchair\t ", "0 a red chair"),
        ("FILE cabinet", "0 Model: FILE cabinet"),
        ("step stool", "0 Model: step stool"),
        ("!LDRAW_ORG Part", "0 Model: !LDRAW_ORG Part"),
        ("Name: x", "0 Model: Name: x"),
        ("a\u2028b\x07c", "0 a b c"),
    ],
)
def test_title_is_one_line_and_never_a_command(title, line):
    structure = BrickStructure([Brick(1, 1, 0, 0, 0)])
    written = ldraw.dumps(structure, title=title)
    assert written.splitlines()[0] == line
    assert ldraw.loads(written) == structure


def test_one_step_per_layer():
    bricks = [Brick(1, 1, x, 0, z) for z in range(3) for x in range(4)]
    lines = ldraw.dumps(BrickStructure(bricks)).splitlines()
    kinds = "".join("S" if line == "0 STEP" else "b" for line in lines if line[:1] == "1" or line == "0 STEP")
    assert kinds == "bbbbS" * 3


def test_colours_of_final_bricks_are_never_16_or_24():
    structure = BrickStructure(
        [Brick(1, 1, x, 0, 0, colour) for x, colour in enumerate((16, 24, None, 71, 4))]
    )
    codes = re.findall(r"^1 (\S+)", ldraw.dumps(structure), re.MULTILINE)
    assert codes == ["72", "72", "72", "71", "4"]
    assert [brick.colour for brick in ldraw.loads(ldraw.dumps(structure))] == [None, None, None, 71, 4]


def test_given_colours_replace_the_bricks_own():
    structure = BrickStructure([Brick(1, 1, 0, 0, 0, 4), Brick(1, 1, 1, 0, 0)])
    written = ldraw.dumps(structure, colours=[2, 0x2FF8800])
    assert [brick.colour for brick in ldraw.loads(written)] == [2, 0x2FF8800]
    with pytest.raises(ConfigError, match="1 colours were given for 2 bricks"):
        ldraw.dumps(structure, colours=[2])


def test_ours_keep_their_place_even_in_the_air():
    hanging = BrickStructure([Brick(2, 4, 3, 5, 7), Brick(1, 1, 0, 0, 9)], world_dim=12)
    assert ldraw.loads(ldraw.dumps(hanging)) == hanging
    assert ldraw.loads(ldraw.dumps(hanging).replace("\n", "\r\n")) == hanging


@pytest.mark.parametrize("world", [0, 3, 9999])
def test_a_world_that_the_header_gets_wrong_does_no_harm(world):
    written = ldraw.dumps(BrickStructure([Brick(2, 4, 0, 0, 0)])).replace("WORLD 20", f"WORLD {world}")
    found = ldraw.loads(written)
    assert texts(found) == ["2x4 (0,0,0)"]
    assert found.world_dim == (256 if world == 9999 else 20)


def test_a_given_world_counts_more_than_the_header():
    written = ldraw.dumps(BrickStructure([Brick(2, 4, 0, 0, 0)]))
    assert ldraw.loads(written, world_dim=7).world_dim == 7
    with pytest.raises(ConfigError):
        ldraw.loads(written, world_dim=0)


def test_ours_edited_beyond_the_world_are_set_down_like_any_other():
    written = ldraw.dumps(BrickStructure([Brick(2, 4, 0, 0, 1)]))
    edited = written + f"1 4 -10 -24 10 {IDENTITY} 3005.dat\n"
    assert texts(ldraw.loads(edited)) == ["2x4 (1,0,1)", "1x1 (0,0,0)"]


@given(
    st.lists(st.tuples(st.sampled_from(FOOTPRINTS), *[st.integers(0, 11)] * 3), min_size=1, max_size=15),
    st.integers(0, 3),
)
@settings(max_examples=40, deadline=None)
def test_published_dialect_is_read_back_on_the_ground(items, lift):
    structure = BrickStructure()
    for (h, w), x, y, z in items:
        structure.add(Brick(h, w, x, y, z))
    lowest = min(brick.z for brick in structure)
    lifted = [brick.shifted(dz=lift) for brick in structure]
    assert list(ldraw.loads(published_ldr(lifted))) == [brick.shifted(dz=-lowest) for brick in structure]


def test_published_dialect_keeps_its_colour():
    assert [brick.colour for brick in ldraw.loads(published_ldr([Brick(6, 2, 1, 2, 3)]))] == [115]


def test_editor_document_with_submodels():
    """Nested submodels, turned and mirrored, CRLF, BOM, metas; LeoCAD agrees (test_leocad.py)."""
    house = read_structure(DATA / "house.mpd")
    assert texts(house) == [
        "1x4 (1,1,0)",
        "2x1 (0,5,0)",
        "2x2 (1,3,1)",
        "1x4 (11,1,0)",
        "2x1 (11,0,0)",
        "2x2 (10,1,1)",
        "2x4 (6,1,2)",
    ]
    assert [brick.colour for brick in house] == [None, 1, 4, 2, 1, 4, 0x2FF8800]


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        (IDENTITY, "4x2"),
        ("-1 0 0 0 1 0 0 0 -1", "4x2"),
        ("-1 0 0 0 1 0 0 0 1", "4x2"),  # mirrored: the brick is its own mirror image
        (TURNED, "2x4"),
        ("0 0 -1 0 1 0 1 0 0", "2x4"),
        ("0 0 1 0 1 0 1 0 0", "2x4"),
        ("-0.0000004 0 0.999999 0 1.000001 0 -1 1e-7 0", "2x4"),
    ],
)
def test_quarter_turns_about_the_vertical(matrix, expected):
    assert texts(ldraw.loads(f"1 4 40 0 40 {matrix} 3001.dat")) == [
        f"{expected} ({'0,1' if expected == '4x2' else '1,0'},0)"
    ]


@pytest.mark.parametrize(
    "matrix",
    [
        "1 0 0 0 -1 0 0 0 -1",  # upside down
        "0 -1 0 1 0 0 0 0 1",  # on its side
        "0.7071 0 0.7071 0 1 0 -0.7071 0 0.7071",
        "2 0 0 0 1 0 0 0 1",
        "1 0 1 0 1 0 0 0 1",  # sheared
        "1 0 0 0 1 0 1 0 0",  # singular
        "0 0 0 0 0 0 0 0 0",
    ],
)
def test_other_transforms_are_refused_with_their_line(matrix):
    with pytest.raises(FormatError, match=r"^m\.ldr:2: part 3001\.dat is not upright at a quarter turn"):
        ldraw.loads(f"0 x\n1 4 40 0 40 {matrix} 3001.dat", source="m.ldr")


def test_eighth_turns_that_add_up_are_a_quarter_turn():
    eighth = "0.70710678 0 0.70710678 0 1 0 -0.70710678 0 0.70710678"
    document = f"0 FILE a.ldr\n1 16 0 0 0 {eighth} b.ldr\n0 FILE b.ldr\n1 16 0 0 0 {eighth} 3001.dat\n"
    assert texts(ldraw.loads(document)) == ["2x4 (0,0,0)"]


@pytest.mark.parametrize("offset", [(0, 0, 0), (7, 3, 9), (-1003.5, 8, 411.5), (10_000_000, -24, -10)])
def test_a_model_built_anywhere_is_set_down(offset):
    dx, dy, dz = offset
    lines = [
        f"1 4 {40 + dx} {-24 + dy} {20 + dz} {IDENTITY} 3001.dat",
        f"1 4 {30 + dx} {-48 + dy} {10 + dz} {IDENTITY} 3005.dat",
        f"1 4 {50 + dx} {-48 + dy} {20 + dz} {TURNED} 3004.dat",
    ]
    bricks = ldraw.loads("\n".join(lines)).bricks
    first = bricks[0]
    assert [brick.shifted(-first.x, -first.y) for brick in bricks] == [
        Brick(4, 2, 0, 0, 0),
        Brick(1, 1, 1, 0, 1),
        Brick(1, 2, 2, 0, 1),
    ]


def test_shift_is_the_least_that_brings_the_model_inside():
    def at(x):
        return ldraw.loads(f"1 4 {x} 0 10 {IDENTITY} 3005.dat")[0].x

    assert [at(10), at(390), at(410), at(-10)] == [0, 19, 19, 0]
    assert ldraw.loads(f"1 4 10 0 10 {IDENTITY} 3005.dat\n1 4 610 0 10 {IDENTITY} 3005.dat").world_dim == 31


LINE = f"0 {IDENTITY} 3005.dat"


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        ("0 x\n1 4 0 0 0 1 0 0 0 1 0 0 0 1", 2, "15 fields"),
        (f"1 red 0 0 {LINE}", 1, "no number"),
        (f"1 -4 0 0 {LINE}", 1, "no number"),
        (f"1 4 zero 0 {LINE}", 1, "no number"),
        (f"1 4 nan 0 {LINE}", 1, "not finite"),
        (f"1 4 1e300 0 {LINE}", 1, "not finite or too large"),
        ("0 x\nhello world", 2, "begins with a number from 0 to 5, not 'hello'"),
        (f"0 x\n\n1 4 0 0 0 {IDENTITY} 3622.dat", 3, "part 3622.dat is not in the library (3005.dat"),
        (f"1 4 0 0 0 {IDENTITY} 3001", 1, "part 3001 is not in the library"),
        (f"1 4 0 0 0 {IDENTITY} wheel.ldr", 1, "wheel.ldr is not in this file; save it all as one MPD"),
        (f"1 4 10 0 {LINE}\n1 4 50 0 {LINE}\n1 4 75 0 {LINE}", 3, "lies off the stud grid"),
        (f"1 4 10 0 {LINE}\n1 4 50 0 {LINE}\n1 4 90 -8 {LINE}", 3, "lies off the stud grid"),
        (f"1 4 10 0 {LINE}\n1 2 10 0 {LINE}", 2, "collides with 1x1 (0,0,0) of line 1"),
        (f"0 FILE a.ldr\n1 4 0 0 0 {IDENTITY} a.ldr", 2, "a.ldr contains itself"),
        (
            "".join(f"0 FILE {a}\n1 4 0 0 0 {IDENTITY} {b}\n" for a, b in ["ab", "bc", "cB"]),
            6,
            "B contains itself",
        ),
        (
            f"0 FILE a\n1 4 0 0 0 {IDENTITY} slope.dat\n0 FILE slope.dat\n3 16 0 0 0 1 0 0 0 0 1",
            2,
            "part slope.dat is not in the library",
        ),
        ("0 a model\n0 STEP", None, "holds no bricks"),
    ],
)
def test_errors_name_file_line_and_reason(content, line, reason):
    with pytest.raises(FormatError) as caught:
        ldraw.loads(content, source="m.ldr")
    assert caught.value.line == line
    assert str(caught.value).startswith(f"m.ldr:{line}: " if line else "m.ldr: ")
    assert reason in str(caught.value)


def test_a_model_larger_than_the_given_world_is_refused():
    content = f"1 4 10 0 10 {IDENTITY} 3005.dat\n1 4 610 0 10 {IDENTITY} 3005.dat"
    with pytest.raises(FormatError, match=r"m.ldr:2: .* outside the 20x20x20 world"):
        ldraw.loads(content, world_dim=20, source="m.ldr")


def test_submodels_that_multiply_without_end_are_refused_soon():
    blocks = [f"0 FILE m{n}\n" + f"1 16 0 0 0 {IDENTITY} m{n + 1}\n" * 10 for n in range(9)]
    with pytest.raises(FormatError, match="add up to more than"):
        ldraw.loads("".join(blocks) + "0 FILE m9\n")


def test_deep_nesting_is_refused():
    blocks = [f"0 FILE m{n}\n1 16 0 0 0 {IDENTITY} m{n + 1}\n" for n in range(2000)]
    with pytest.raises(FormatError, match="nested more than 50 deep"):
        ldraw.loads("".join(blocks) + "0 FILE m2000\n")


def test_parts_before_the_first_block_are_the_model():
    document = f"1 4 0 0 0 {IDENTITY} sub part.ldr\n0 FILE Sub Part.ldr\n1 16 10 0 10 {IDENTITY} 3005.dat\n"
    assert texts(ldraw.loads(document)) == ["1x1 (0,0,0)"]


def test_every_bad_line_is_named_in_order():
    document = [
        "0 FILE main.ldr",
        f"1 4 10 0 10 {IDENTITY} 3005.dat",
        f"1 4 10 0 10 {IDENTITY} 3005.dat",
        f"1 16 0 0 0 {IDENTITY} sub.ldr",
        f"1 16 60 0 0 {IDENTITY} sub.ldr",
        f"1 4 95 0 10 {IDENTITY} 3005.dat",
        f"1 4 130 0 10 1 0 0 0 -1 0 0 0 -1 {'3005.dat'}",
        "one 4 0 0 0",
        "0 FILE sub.ldr",
        f"1 4 30 0 10 {IDENTITY} 3622.dat",
        f"1 4 50 0 10 {IDENTITY} 3005.dat",
        "1 4 0 0 0",
    ]
    with pytest.raises(FormatError) as caught:
        ldraw.loads("\n".join(document), source="m.mpd")
    expected = [
        (3, "collides with 1x1 (0,0,0) of line 2"),
        (6, "lies off the stud grid"),
        (7, "is not upright"),
        (8, "begins with a number from 0 to 5"),
        (10, "part 3622.dat is not in the library"),  # placed twice, and yet one line to mend
        (12, "15 fields"),
    ]
    assert [line for line, _ in caught.value.problems] == [line for line, _ in expected]
    for (_, reason), (_, words) in zip(caught.value.problems, expected, strict=True):
        assert words in reason
    assert str(caught.value).endswith("(and 5 more problems)")


@pytest.mark.filterwarnings("error")
def test_submodels_that_lead_out_of_all_range_are_refused():
    big, small = "900000000 0 0 0 1 0 0 0 900000000", "1e-9 0 0 0 1 0 0 0 1e-9"
    names = [f"m{n}" for n in range(46)]
    blocks = [
        f"0 FILE {name}\n1 16 900000000 0 0 {big if n < 40 else small} m{n + 1}\n"
        for n, name in enumerate(names)
    ]
    with pytest.raises(FormatError, match=r"is not upright|too far"):
        ldraw.loads("".join(blocks) + f"0 FILE m46\n1 4 0 0 0 {IDENTITY} 3005.dat\n")
    far = f"0 FILE a\n1 16 900000000 0 0 {IDENTITY} b\n0 FILE b\n1 4 900000000 0 0 {IDENTITY} 3005.dat"
    with pytest.raises(FormatError, match=r"line 4: part 3005\.dat ends up too far from the origin"):
        ldraw.loads(far)
