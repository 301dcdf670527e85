"""What the add-on reads and computes without Blender, against the engine and the LDraw library."""

import math
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from blender_addon import colours, ldraw, shapes
from blender_addon.ldraw import LdrawError
from blender_addon.model import PARTS, Brick, BrickModel
from brickgpt_engine.bricks import Brick as EngineBrick
from brickgpt_engine.bricks import BrickStructure
from brickgpt_engine.bricks.colours import COLOURS, DEFAULT_COLOUR
from brickgpt_engine.bricks.library import LIBRARY
from brickgpt_engine.formats import ldraw as engine_ldraw
from brickgpt_engine.rendering.shading import heat_rgb

TOWER = BrickStructure(
    [
        EngineBrick(2, 4, 4, 5, 0, 4),
        EngineBrick(2, 2, 3, 6, 1),
        EngineBrick(4, 2, 1, 7, 2, 72),
        EngineBrick(1, 8, 0, 0, 0, 0),
    ]
)


def rows(model):
    return [(*brick.row, brick.colour) for brick in model.bricks]


def engine_rows(structure):
    return [(b.h, b.w, b.x, b.y, b.z, b.colour) for b in structure]


def test_the_library_is_the_engines():
    assert {part.ldraw: (part.short, part.long) for part in LIBRARY} == PARTS


def test_a_file_of_the_engine_is_read_as_the_engine_wrote_it():
    reading = ldraw.read_model(engine_ldraw.dumps(TOWER))
    assert rows(reading.model) == engine_rows(TOWER)
    assert (reading.model.offset, reading.left_out) == ((0.0, 0.0, 0.0), [])


def test_bricks_lie_where_the_file_has_them():
    """Blender's coordinates of an LDraw point (x, y, z) are (x, z, -y), at a hundredth."""
    text = engine_ldraw.dumps(TOWER)
    model = ldraw.read_model(text).model
    lines = [line.split() for line in text.splitlines() if line.startswith("1 ")]
    for brick, words in zip(model.bricks, lines, strict=True):
        x, y, z = (float(word) for word in words[2:5])
        assert model.place(brick) == pytest.approx((x / 100, z / 100, -y / 100))


def test_an_editors_file_keeps_its_own_place():
    text = "1 4 -30 -24 10 1 0 0 0 1 0 0 0 1 3001.dat\n1 1 -20 -48 10 0 0 1 0 1 0 -1 0 0 3004.DAT\n"
    model = ldraw.read_model(text).model
    places = [model.place(brick) for brick in model.bricks]
    assert places[0] == pytest.approx((-0.3, 0.1, 0.24))
    assert places[1] == pytest.approx((-0.2, 0.1, 0.48))
    assert [(b.h, b.w, b.z) for b in model.bricks] == [(4, 2, 0), (1, 2, 1)]


def test_submodels_are_resolved_with_places_and_colours():
    text = (
        "0 FILE main.ldr\n1 4 0 0 0 1 0 0 0 1 0 0 0 1 part.ldr\n1 1 110 0 10 0 0 1 0 1 0 -1 0 0 part.ldr\n"
        "0 FILE part.ldr\n1 16 20 -24 0 1 0 0 0 1 0 0 0 1 3004.dat\n"
        "1 14 20 -48 0 1 0 0 0 1 0 0 0 1 3004.dat\n"
    )
    parts, _ = ldraw.read_parts(text)
    assert [part.colour for part in parts] == [4, 14, 1, 14]
    assert [part.place[:3] for part in parts] == [
        (20, -24, 0),
        (20, -48, 0),
        (110, -24, -10),
        (110, -48, -10),
    ]
    bricks = ldraw.read_model(text).model.bricks
    assert [(b.h, b.w) for b in bricks] == [(2, 1), (2, 1), (1, 2), (1, 2)]
    engine = engine_ldraw.loads(text)
    low = min(b.x for b in engine), min(b.y for b in engine)
    ours = min(b.x for b in bricks), min(b.y for b in bricks)
    assert [(b.h, b.w, b.x - ours[0], b.y - ours[1], b.z) for b in bricks] == [
        (b.h, b.w, b.x - low[0], b.y - low[1], b.z) for b in engine
    ]


def test_what_is_no_brick_is_left_out_and_named():
    text = (
        "1 4 0 -24 0 1 0 0 0 1 0 0 0 1 3001.dat\n1 4 0 0 0 1 0 0 0 1 0 0 0 1 3024.dat\n"
        "1 4 0 -24 0 1 0 0 0 0 1 0 -1 0 3001.dat\n1 4 7 -24 40 1 0 0 0 1 0 0 0 1 3001.dat\n"
    )
    reading = ldraw.read_model(text)
    assert len(reading.model.bricks) == 1
    assert [line.split(":")[0] for line in reading.left_out] == ["line 2", "line 3", "line 4"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no brick"),
        ("1 4 0 0 0 1 0 0 0 1 0 0 0 1 9999.dat\n", "9999.dat"),
        ("1 4 0 0\n", "line 1: a part line has 15 fields, this one 4"),
        ("0 x\n1 4 a 0 0 1 0 0 0 1 0 0 0 1 3001.dat\n", "line 2"),
        ("hello\n", "line 1: an LDraw line begins with a number"),
        ("0 FILE a.ldr\n1 16 0 0 0 1 0 0 0 1 0 0 0 1 a.ldr\n", "contains itself"),
    ],
)
def test_bad_files_are_told_in_one_line(text, says):
    with pytest.raises(LdrawError) as caught:
        ldraw.read_model(text)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(LdrawError, match="cannot be read"):
        ldraw.read_text(tmp_path / "none.ldr")


def test_the_model_comes_back_from_its_text():
    model = BrickModel([Brick(2, 4, 0, 1, 2, 4), Brick(1, 1, 0, 0, 0)], "a chair", 7, (1.0, 2.0, 3.0))
    model.report = {"status": "stable", "stable": True, "stress": [0.5, None]}
    again = BrickModel.loads(model.dumps())
    assert again == model
    assert (again.stable, again.stress) == (True, [0.5, None])


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"version":2}', '{"version":1,"bricks":[[1]],"offset":[0]}']
)
def test_a_damaged_model_is_told(text):
    with pytest.raises(ValueError, match="cannot be read"):
        BrickModel.loads(text)


def test_a_verdict_does_not_outlive_its_bricks():
    model = BrickModel(
        [Brick(2, 4, 0, 0, 0), Brick(2, 4, 0, 0, 1)], report={"stable": True, "stress": [0, 0]}
    )
    model.cut(2)
    assert model.stable
    model.cut(1)
    assert (model.stable, model.stress, len(model.bricks)) == (None, None, 1)


# --- colours


def test_the_table_is_that_of_the_ldraw_library(library):
    text = (library / "LDConfig.ldr").read_text(encoding="utf-8")
    assert colours.read_ldconfig(text) == colours.table()
    assert text.count("!COLOUR") == len(colours.table())


def test_colours_are_the_engines_where_it_has_them():
    assert colours.DEFAULT_CODE == DEFAULT_COLOUR
    assert [colours.colour_of(colour.code).rgb for colour in COLOURS] == [colour.rgb for colour in COLOURS]


def test_finishes_and_clear_colours():
    assert colours.colour_of(383).finish == "chrome"
    assert colours.colour_of(47).alpha < 255
    assert colours.colour_of(0x2FF8000).rgb == (255, 128, 0)
    assert colours.colour_of(0x3FF8000).alpha < 255
    assert colours.colour_of(None).code == colours.colour_of(16).code == colours.colour_of(98765).code == 191


def test_linear_light_is_that_of_srgb():
    assert colours.linear((0, 255, 188)) == pytest.approx((0.0, 1.0, 0.5029), abs=1e-3)


def test_the_heat_scale_is_the_engines():
    at = np.linspace(0, 1, 21)
    ours = np.array([colours.heat(float(value)) for value in at])
    assert np.abs(ours - heat_rgb(at)).max() <= 0.51
    assert colours.heat(None) == colours.heat(1.0) == colours.heat(9.0)


# --- geometry


def edges_of(shape):
    return Counter(
        (one, other) for face in shape.faces for one, other in zip(face, (*face[1:], face[0]), strict=True)
    )


def volume(shape):
    total = 0.0
    points = np.array(shape.points)
    for face in shape.faces:
        a = points[face[0]]
        for b, c in pairwise(face[1:]):
            total += np.dot(a, np.cross(points[b], points[c])) / 6
    return total


SIZES = sorted((long, short) for short, long in PARTS.values())


@pytest.mark.parametrize("size", SIZES)
def test_a_brick_is_closed_and_faces_outwards(size):
    edges = edges_of(shapes.brick_shape(*size))
    assert set(edges.values()) == {1}
    assert all((other, one) in edges for one, other in edges)
    box = 20 * size[0] * 20 * size[1] * 24
    assert 0.2 * box < volume(shapes.brick_shape(*size)) < 0.75 * box


@pytest.mark.parametrize("size", SIZES)
def test_a_brick_has_its_size_and_its_studs(size):
    shape = shapes.brick_shape(*size)
    points = np.array(shape.points)
    assert points.max(axis=0) == pytest.approx((10 * size[0] - shapes.GAP, 10 * size[1] - shapes.GAP, 4))
    assert points.min(axis=0) == pytest.approx((shapes.GAP - 10 * size[0], shapes.GAP - 10 * size[1], -24))
    tops = [face for face in shape.faces if all(shape.points[at][2] == 4 for at in face)]
    assert len(tops) == size[0] * size[1]
    assert len(shape.smooth) == len(shape.faces)


def test_a_brick_is_hollow_with_tubes_that_leave_room_for_studs():
    points = np.array(shapes.brick_shape(4, 2).points)
    rim = points[np.isclose(points[:, 2], -24)]
    assert math.isclose(np.abs(rim[:, 0]).min(), 0, abs_tol=1.1)  # the middle tube
    for x, y in [(10, 10), (-30, 10)]:
        nearest = np.hypot(rim[:, 0] - x, rim[:, 1] - y).min()
        assert nearest == pytest.approx(shapes.STUD_RADIUS, abs=0.3)


def test_round_things_are_smooth_but_their_rims_are_sharp():
    shape = shapes.brick_shape(1, 1)
    sharp = shape.sharp_edges()
    round_faces = [face for face, smooth in zip(shape.faces, shape.smooth, strict=True) if smooth]
    along = {tuple(sorted(face[1:3])) for face in round_faces}
    assert not along & sharp
    top = max(range(len(shape.faces)), key=lambda at: min(shape.points[p][2] for p in shape.faces[at]))
    around = [*shape.faces[top], shape.faces[top][0]]
    rim = {tuple(sorted(edge)) for edge in pairwise(around)}
    assert rim <= sharp


def test_sides_the_wrong_way_round_are_refused():
    with pytest.raises(ValueError, match="longer side first"):
        shapes.brick_shape(1, 2)


# --- the library


def test_a_library_is_found_where_it_is_named(tmp_path):
    (tmp_path / "parts").mkdir()
    (tmp_path / "LDConfig.ldr").write_text("")
    assert not ldraw.is_library(tmp_path)
    (tmp_path / "parts" / "3001.dat").write_text("")
    assert ldraw.find_library("", {"LDRAWDIR": str(tmp_path)}) == tmp_path
    assert ldraw.find_library(str(tmp_path), {}) == tmp_path
    with pytest.raises(LdrawError, match="no LDraw parts library"):
        ldraw.find_library(str(tmp_path / "parts"), {"LDRAWDIR": str(tmp_path)})
