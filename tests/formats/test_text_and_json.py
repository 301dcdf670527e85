"""Text and JSON: golden files, round trips, and an error with file and line for every fault."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brickgpt_engine.bricks import FOOTPRINTS, Brick, BrickStructure
from brickgpt_engine.errors import ConfigError, FormatError
from brickgpt_engine.formats import ldraw, read_structure, text, upstream_json

DATA = Path(__file__).parent / "data"
TOWER = [
    Brick(2, 4, 0, 0, 0),
    Brick(4, 2, 2, 0, 0),
    Brick(1, 1, 7, 0, 0),
    Brick(1, 2, 2, 1, 1),
    Brick(8, 1, 0, 5, 1),
    Brick(2, 2, 3, 4, 2),
]


@st.composite
def structures(draw):
    """Any valid structure: bricks in any order and place, with or without colours."""
    world_dim = draw(st.integers(8, 40))
    structure = BrickStructure(world_dim=world_dim)
    cell = st.integers(0, world_dim - 1)
    colour = st.none() | st.integers(0, 511).filter(lambda code: code not in (16, 24))
    bricks = st.tuples(st.sampled_from(FOOTPRINTS), cell, cell, cell, colour)
    for (h, w), x, y, z, code in draw(st.lists(bricks, min_size=1, max_size=30)):
        structure.add(Brick(h, w, x, y, z, code))
    if not len(structure):
        structure.add(Brick(1, 1, 0, 0, 0))
    return structure


@pytest.mark.parametrize("name", ["tower.txt", "tower.json", "tower.ldr"])
def test_golden_files_hold_the_tower(name):
    assert read_structure(DATA / name) == BrickStructure(TOWER)


def test_golden_files_are_what_is_written():
    structure = BrickStructure(TOWER)
    assert text.dumps(structure) == (DATA / "tower.txt").read_text()
    assert upstream_json.dumps(structure) == (DATA / "tower.json").read_text()


@given(structures())
@settings(max_examples=60, deadline=None)
def test_round_trips(structure):
    dim = structure.world_dim
    assert text.loads(text.dumps(structure), world_dim=dim) == structure
    assert upstream_json.loads(upstream_json.dumps(structure), world_dim=dim) == structure
    back = ldraw.loads(ldraw.dumps(structure))
    assert back == structure  # with the world's size, and wherever in the world it hangs
    assert [brick.colour for brick in back] == [brick.colour for brick in structure]


def test_json_has_the_published_shape():
    """Ids and orientation as the published reader takes them (REFERENCE: 1x1=10 … 2x6=3)."""
    ids = {(1, 1): 10, (1, 2): 9, (1, 4): 5, (1, 6): 6, (1, 8): 4, (2, 2): 12, (2, 4): 2, (2, 6): 3}
    for h, w in FOOTPRINTS:
        entry = json.loads(upstream_json.dumps(BrickStructure([Brick(h, w, 1, 2, 3)])))
        brick_id = ids[min(h, w), max(h, w)]
        assert entry == {"1": {"brick_id": brick_id, "x": 1, "y": 2, "z": 3, "ori": int(h > w)}}


def test_json_order_is_by_number_and_other_keys_are_left_alone():
    entries = {
        "10": {"brick_id": 10, "x": 3, "y": 0, "z": 0, "ori": 0},
        "note": {"7": "not a brick"},
        "2": {"brick_id": 10, "x": 2, "y": 0, "z": 0, "ori": 0, "extra": [1]},
        "1": {"brick_id": 2, "x": 0, "y": 0, "z": 0, "ori": 0},
    }
    found = upstream_json.loads(json.dumps(entries))
    assert [str(brick) for brick in found] == ["2x4 (0,0,0)", "1x1 (2,0,0)", "1x1 (3,0,0)"]


def test_world_grows_to_what_is_needed_but_not_without_limit():
    assert text.loads("1x1 (0,0,0)").world_dim == 20
    assert text.loads("1x1 (0,0,24)").world_dim == 25
    assert text.loads("2x6 (0,30,0)").world_dim == 36
    with pytest.raises(FormatError, match="outside the 256x256x256 world"):
        text.loads("1x1 (0,0,900)")
    with pytest.raises(ConfigError, match="world_dim is 0"):
        text.loads("1x1 (0,0,0)", world_dim=0)


def test_text_takes_blank_lines_and_foreign_line_ends():
    assert text.loads("\ufeff2x4 (0,0,0)\r\n\r\n  1x1 (4,0,0) \r\n") == BrickStructure(
        [Brick(2, 4, 0, 0, 0), Brick(1, 1, 4, 0, 0)]
    )


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        ("2x4 (0,0,0)\n2x4 (0,0)\n", 2, "is not a brick; expected"),
        ("2x4 (0,0,0)\n\n3x3 (5,5,0)\n", 3, "3x3 is not in the brick library"),
        ("2x4 (19,0,0)\n", 1, "reaches outside"),
        ("2x4 (0,0,0)\n1x1 (4,0,0)\n2x2 (1,1,0)\n", 3, "collides with 2x4 (0,0,0) of line 1"),
        ("1x1 (-1,0,0)\n", 1, "is not a brick"),
        ("1x1 (0,0," + "9" * 5000 + ")\n", 1, "too many"),
        ("1x1 (٣,0,0)\n", 1, "is not a brick"),
    ],
)
def test_text_errors_name_file_line_and_reason(content, line, reason):
    with pytest.raises(FormatError) as caught:
        text.loads(content, world_dim=20, source="model.txt")
    assert caught.value.line == line
    assert str(caught.value).startswith(f"model.txt:{line}: ")
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


def _entry(**changes):
    return json.dumps({"brick_id": 2, "x": 0, "y": 0, "z": 0, "ori": 0} | changes)


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        ('{\n"1": {"brick_id": 2,,}}', 2, "not JSON"),
        ("[1, 2]", 1, "expected an object"),
        ('{\n "a": {"1": 2},\n\n "1": 5}', 4, "brick 1 is not an object"),
        ('{\n "1": ' + _entry(brick_id=7) + "}", 2, "brick_id 7 is not in the library"),
        ('{\n "1": ' + _entry(x="0") + "}", 2, 'x is "0", not a whole number'),
        ('{\n "1": ' + _entry(x=1.5) + "}", 2, "x is 1.5, not a whole number"),
        ('{\n "1": ' + _entry(ori=True) + "}", 2, "ori is true, not a whole number"),
        ('{\n "1": ' + _entry(ori=2) + "}", 2, "ori is 2; it must be 0 or 1"),
        ('{\n "1": {"brick_id": 2, "x": 0, "y": 0, "z": 0}}', 2, "ori is missing"),
        ('{\n "1": ' + _entry() + ',\n "1": ' + _entry(x=5) + "}", 3, "number 1 is there twice"),
        ('{\n "1": ' + _entry() + ',\n "2": ' + _entry(x=1) + "}", 3, "collides with 2x4 (0,0,0) of line 2"),
        ('{\n "1": ' + _entry(x=-1) + "}", 2, "reaches outside"),
        ('{\n "' + "1" * 5000 + '": ' + _entry() + "}", 2, "is too large"),
        ('{"1": ' + "[" * 100_000, None, "nested too deeply"),
        ('{"1": ' + "1" * 5000 + "}", None, "a number too long"),
        ("{}", None, "holds no bricks"),
    ],
)
def test_json_errors_name_file_line_and_reason(content, line, reason):
    with pytest.raises(FormatError) as caught:
        upstream_json.loads(content, source="model.json")
    assert caught.value.line == line
    assert str(caught.value).startswith("model.json:")
    assert reason in str(caught.value)
    assert len(str(caught.value)) < 200


def test_text_names_every_bad_line_in_order():
    content = "2x4 (0,0,0)\n1x1 (0,0,0)\nnonsense\n3x3 (9,9,0)\n1x1 (5,5,0)\n2x2 (19,0,0)\n1x1 (5,5,0)\n"
    with pytest.raises(FormatError) as caught:
        text.loads(content, world_dim=20, source="m.txt")
    assert caught.value.problems == (
        (2, "brick 1x1 (0,0,0) does not fit: it collides with 2x4 (0,0,0) of line 1"),
        (3, "'nonsense' is not a brick; expected e.g. '2x4 (0,3,0)'"),
        (4, "brick 3x3 (9,9,0) does not fit: 3x3 is not in the brick library"),
        (6, "brick 2x2 (19,0,0) does not fit: it reaches outside the 20x20x20 world"),
        (7, "brick 1x1 (5,5,0) does not fit: it collides with 1x1 (5,5,0) of line 5"),
    )
    line, reason = caught.value.problems[0]
    assert (caught.value.line, caught.value.reason) == (line, reason)
    assert str(caught.value) == f"m.txt:{line}: {reason} (and 4 more problems)"


@pytest.mark.parametrize(("bad", "listed", "last"), [(20, 20, None), (21, 21, "and 1 more")])
def test_a_file_full_of_bad_lines_lists_twenty(bad, listed, last):
    with pytest.raises(FormatError) as caught:
        text.loads("1x1 (0,0,0)\n" + "bad\n" * bad, source="m.txt")
    problems = caught.value.problems
    assert [line for line, _ in problems[:20]] == list(range(2, 22))
    assert len(problems) == listed
    assert str(caught.value).endswith(f"(and {bad - 1} more problems)")
    if last:
        assert problems[-1] == (None, last)


def test_reading_stops_when_all_is_bad():
    with pytest.raises(FormatError) as caught:
        text.loads("bad\n" * 30_000)
    assert caught.value.problems[-1] == (None, "and 9981 more")


def test_json_names_every_bad_entry_by_line_and_not_by_number():
    entries = [_entry(), _entry(x=1), _entry(ori=7), "5", _entry(x=5), _entry(x=6)]
    numbers = [9, 8, 7, 6, 5, 5]
    lines = [f'"{number}": {entry}' for number, entry in zip(numbers, entries, strict=True)]
    with pytest.raises(FormatError) as caught:
        upstream_json.loads("{\n" + ",\n".join(lines) + "\n}", source="m.json")
    assert caught.value.problems == (
        (2, "brick 2x4 (0,0,0) does not fit: it collides with 2x4 (1,0,0) of line 3"),
        (4, "brick 7: ori is 7; it must be 0 or 1"),
        (5, "brick 6 is not an object"),
        (7, "brick number 5 is there twice"),
    )


def test_one_problem_is_told_without_a_count():
    with pytest.raises(FormatError) as caught:
        text.loads("1x1 (0,0,0)\nbad")
    assert str(caught.value) == "line 2: 'bad' is not a brick; expected e.g. '2x4 (0,3,0)'"
    assert len(caught.value.problems) == 1
    two = FormatError("first", line=3, others=[(None, "second")])
    assert (str(two), two.problems) == (
        "line 3: first (and 1 more problem)",
        ((3, "first"), (None, "second")),
    )
