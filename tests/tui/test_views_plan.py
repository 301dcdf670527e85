"""Flat views: every character of small cases, and what must hold for any model."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brickgpt_engine.bricks import FOOTPRINTS, Brick, BrickStructure
from brickgpt_tui.views.boxes import ASCII, UNICODE
from brickgpt_tui.views.colouring import paint_bricks
from brickgpt_tui.views.picture import BOLD, NONE, REVERSE
from brickgpt_tui.views.plan import SIZES, PlanStyle, best_size, draw_plan, plan_frame
from brickgpt_tui.views.surfaces import bounding_box, layer_surface, outside_surface, owner_grid

WORLD = 8


def plan(bricks, layer=0, *, world=WORLD, box=None, colouring="part", ghost=True, shown=None, **style):
    grid = owner_grid(bricks, world)
    box = box or bounding_box(bricks, world, margin=1)
    surface = layer_surface(grid, box, layer, ghost=ghost, shown=shown)
    return draw_plan(surface, paint_bricks(bricks, colouring), PlanStyle(**style)), surface


def text(picture):
    return picture.plain().split("\n")


def test_a_2x4_at_1_2_is_outlined_at_exactly_these_cells():
    picture, _ = plan([Brick(2, 4, 1, 2, 0)], box=(0, 0, 0, 5, 7, 1))
    assert text(picture) == [
        "y",
        "6   ·   ·   ·   ·   ·",
        "      ┌───────┐",
        "5   · │ o   o │ ·   ·",
        "      │       │",
        "4   · │ o   o │ ·   ·",
        "      │       │",
        "3   · │ o   o │ ·   ·",
        "      │       │",
        "2   · │ o   o │ ·   ·",
        "      └───────┘",
        "1   ·   ·   ·   ·   ·",
        "",
        "0   ·   ·   ·   ·   ·",
        "",
        "x   0   1   2   3   4",
    ]


def test_a_picked_brick_has_heavy_lines_and_neighbours_share_their_wall():
    bricks = [Brick(2, 1, 0, 0, 0), Brick(1, 1, 2, 0, 0)]
    picture, _ = plan(bricks, box=(0, 0, 0, 3, 1, 1), selected=1)
    assert text(picture) == [
        "y ┌───────┲━━━┓",
        "0 │ o   o ┃ o ┃",
        "  └───────┺━━━┛",
        "x   0   1   2",
    ]


def test_ascii_without_colour_says_the_part_on_every_stud():
    bricks = [Brick(2, 1, 0, 0, 0), Brick(1, 1, 2, 0, 0)]
    picture, _ = plan(bricks, box=(0, 0, 0, 4, 1, 1), selected=1, ascii_only=True, colour=False)
    assert text(picture) == [
        "y +-------#===#",
        "0 | b   b H a H .",
        "  +-------#===#",
        "x   0   1   2   3",
    ]


def test_the_layer_below_shines_through_in_dashes():
    bricks = [Brick(2, 2, 0, 0, 0), Brick(1, 2, 0, 0, 1)]
    picture, _ = plan(bricks, 1, box=(0, 0, 0, 3, 2, 2))
    assert text(picture) == [
        "y ┌───┐╌╌╌┐",
        "1 │ o │ ∘ ╎ ·",
        "  │   │   ╎",
        "0 │ o │ ∘ ╎ ·",
        "  └───┘╌╌╌┘",
        "x   0   1   2",
    ]
    bare, _ = plan(bricks, 1, box=(0, 0, 0, 3, 2, 2), ghost=False)
    assert "∘" not in bare.plain() and "╌" not in bare.plain()


def test_what_the_timeline_has_not_reached_is_not_there():
    bricks = [Brick(1, 1, 0, 0, 0), Brick(1, 1, 1, 0, 0)]
    picture, _ = plan(bricks, box=(0, 0, 0, 2, 1, 1), shown=1)
    assert text(picture)[1] == "0 │ o │ ·"


def test_elevations_look_along_y_along_x_and_down():
    # A tower at the back left, and a low brick in front on the right.
    bricks = [Brick(1, 1, 0, 2, 0), Brick(1, 1, 0, 2, 1), Brick(2, 1, 1, 0, 0)]
    grid, box = owner_grid(bricks, WORLD), bounding_box(bricks, WORLD)
    paint = paint_bricks(bricks, "part")
    views = {
        side: draw_plan(outside_surface(grid, box, side), paint, PlanStyle())
        for side in ("front", "side", "top")
    }
    assert text(views["front"])[:5] == [
        "z ┌───┐",
        "1 │   │",
        "  ├───┼───────┐",
        "0 │   │       │",
        "  └───┴───────┘",
    ]
    assert text(views["side"])[:5] == [
        "z         ┌───┐",
        "1         │   │",
        "  ┌───┐   ├───┤",
        "0 │   │   │   │",
        "  └───┘   └───┘",
    ]
    assert text(views["top"])[:7] == [
        "y ┌───┐",
        "2 │ o │ ·   ·",
        "  └───┘",
        "1   ·   ·   ·",
        "      ┌───────┐",
        "0   · │ o   o │",
        "      └───────┘",
    ]
    assert text(views["front"])[5] == "  ▀▀▀▀▀▀▀▀▀▀▀▀▀"


def test_the_nearer_of_two_bricks_hides_the_farther_and_is_brighter():
    front, back = Brick(1, 1, 0, 0, 0), Brick(2, 1, 0, 3, 0)
    bricks = [back, front]
    surface = outside_surface(owner_grid(bricks, WORLD), bounding_box(bricks, WORLD), "front")
    assert surface.owners.tolist() == [[1], [0]]
    paint = paint_bricks([Brick(2, 1, 0, 3, 0, colour=15), Brick(1, 1, 0, 0, 0, colour=15)], "colour")
    picture = draw_plan(surface, paint, PlanStyle())
    assert picture.paper[1, 4] == 0xF4F4F4
    assert (picture.paper[1, 8] & 255) < 0xF4


def test_colours_fill_a_brick_and_its_walls_and_nothing_else():
    picture, _ = plan([Brick(1, 1, 1, 1, 0, colour=4)], box=(0, 0, 0, 3, 3, 1), colouring="colour")
    red = np.argwhere(picture.paper == 0xB40000)
    assert red.min(axis=0).tolist() == [2, 6] and red.max(axis=0).tolist() == [4, 10]
    assert len(red) == 3 * 5
    assert (picture.paper == NONE).sum() == picture.paper.size - 15


def test_the_cursor_is_bracketed_and_reversed():
    picture, _ = plan([Brick(1, 1, 0, 0, 0)], box=(0, 0, 0, 2, 1, 1), cursor=(1, 0))
    assert text(picture)[1] == "0 │ o │[+]"
    assert (picture.flags[1, 7:10] == BOLD | REVERSE).all()


def test_without_colour_no_character_has_one():
    bricks = [Brick(2, 2, 0, 0, 0), Brick(1, 2, 0, 0, 1)]
    for ascii_only in (False, True):
        picture, _ = plan(bricks, 1, colour=False, ascii_only=ascii_only, selected=1, cursor=(0, 0))
        assert (picture.ink == NONE).all() and (picture.paper == NONE).all()


def test_ascii_is_ascii():
    bricks = [Brick(2, 2, 0, 0, 0), Brick(1, 2, 0, 0, 1), Brick(1, 1, 3, 3, 1)]
    picture, _ = plan(bricks, 1, ascii_only=True, selected=1, cursor=(0, 0))
    assert picture.plain().isascii()
    front = outside_surface(owner_grid(bricks, WORLD), bounding_box(bricks, WORLD), "front")
    assert draw_plan(front, paint_bricks(bricks, "part"), PlanStyle(ascii_only=True)).plain().isascii()


def test_the_largest_cells_that_fit_are_taken():
    _, surface = plan([Brick(2, 4, 1, 2, 0)], box=(0, 0, 0, 5, 7, 1))
    for (across, down), smaller in itertools.pairwise(SIZES):
        width, height = plan_frame(surface, across, down).size
        assert best_size(surface, width, height) == (across, down)
        assert best_size(surface, width - 1, height) == smaller
    assert best_size(surface, 1, 1) == SIZES[-1]


def test_joints_agree_with_what_unicode_says_about_each_character():
    import unicodedata

    words = {"LIGHT": 1, "HEAVY": 2}
    for code in range(1, 81):
        arms = {"UP": code // 27, "RIGHT": code // 9 % 3, "DOWN": code // 3 % 3, "LEFT": code % 3}
        name = unicodedata.name(str(UNICODE.joints[code])).removeprefix("BOX DRAWINGS ")
        used = set(arms.values()) - {0}
        assert {words[word] for word in name.split() if word in words} == used, name
        plain = name.replace("HORIZONTAL", "LEFT RIGHT").replace("VERTICAL", "UP DOWN")
        assert {word for word in plain.split() if word in arms} == {arm for arm, w in arms.items() if w}, name
    assert set(ASCII.joints.tolist()) == set(" |-+#H=")


@st.composite
def models(draw):
    structure = BrickStructure(world_dim=WORLD)
    for _ in range(draw(st.integers(1, 25))):
        h, w = draw(st.sampled_from(FOOTPRINTS))
        x, y = draw(st.integers(0, WORLD - 1)), draw(st.integers(0, WORLD - 1))
        structure.add(Brick(h, w, x, y, draw(st.integers(0, 1))))
    return list(structure)


SIZE = st.sampled_from(SIZES)


def read_back(picture, frame):
    """The bricks of a plan, from its characters alone: sets of cells without a wall between them."""
    rows = [list(line.ljust(picture.width)) for line in picture.plain().split("\n")]
    wide, high = frame.cells
    cells = {
        (u, v)
        for u in range(wide)
        for v in range(high)
        if rows[frame.middle(u, v)[0]][frame.middle(u, v)[1]] == "o"
    }
    found = []
    while cells:
        todo, group = [cells.pop()], set()
        while todo:
            u, v = todo.pop()
            group.add((u, v))
            line, column = frame.middle(u, v)
            top, left = line - frame.down // 2, column - frame.across // 2
            walls = {
                (u + 1, v): rows[line][left + frame.across],
                (u - 1, v): rows[line][left],
                (u, v + 1): rows[top][column],
                (u, v - 1): rows[top + frame.down][column],
            }
            free = {cell for cell, wall in walls.items() if wall == " " and cell in cells}
            cells -= free
            todo += free
        found.append(frozenset(group))
    return set(found)


@settings(max_examples=60, deadline=None)
@given(models(), SIZE, st.booleans())
def test_every_brick_of_a_layer_is_visible_and_distinct(bricks, size, ascii_only):
    box = bounding_box(bricks, WORLD, margin=1)
    for layer in range(box[5]):
        picture, surface = plan(bricks, layer, across=size[0], down=size[1], ascii_only=ascii_only)
        frame = plan_frame(surface, *size)
        x0, y0 = surface.origin
        wanted = {
            frozenset((b.x + i - x0, b.y + j - y0) for i in range(b.h) for j in range(b.w))
            for b in bricks
            if b.z == layer
        }
        assert read_back(picture, frame) == wanted


@settings(max_examples=60, deadline=None)
@given(models(), SIZE, st.data())
def test_a_click_finds_what_was_drawn_there(bricks, size, data):
    picture, surface = plan(bricks, 0, across=size[0], down=size[1])
    frame = plan_frame(surface, *size)
    u = data.draw(st.integers(0, frame.cells[0] - 1))
    v = data.draw(st.integers(0, frame.cells[1] - 1))
    line, column = frame.middle(u, v)
    assert frame.cell(line, column) == (u, v)
    x, y = surface.origin[0] + u, surface.origin[1] + v
    inside = [i for i, b in enumerate(bricks) if not b.z and b.x <= x < b.x + b.h and b.y <= y < b.y + b.w]
    assert picture.hit(column, line) == (inside[0] if inside else None)


@settings(max_examples=40, deadline=None)
@given(models(), SIZE)
def test_each_character_of_a_brick_hits_it_or_the_neighbour_that_shares_the_wall(bricks, size):
    picture, surface = plan(bricks, 0, across=size[0], down=size[1])
    frame = plan_frame(surface, *size)
    for index, brick in enumerate(bricks):
        if brick.z:
            continue
        left = frame.left + (brick.x - surface.origin[0]) * size[0]
        top = (frame.cells[1] - (brick.y + brick.w - surface.origin[1])) * size[1]
        lines, columns = brick.w * size[1] + 1, brick.h * size[0] + 1
        area = picture.hits[top : top + lines, left : left + columns]
        assert (area[1:-1, 1:-1] == index).all()
        assert (area != -1).all()
    assert picture.hit(-1, 0) is None and picture.hit(0, picture.height) is None


@pytest.mark.parametrize("origin", [0, 95])
def test_coordinates_stand_beside_their_cells(origin):
    bricks = [Brick(1, 1, origin, origin, 0), Brick(1, 1, origin + 7, origin + 7, 0)]
    picture, surface = plan(
        bricks, world=128, box=(origin, origin, 0, origin + 8, origin + 8, 1), across=2, down=2
    )
    frame = plan_frame(surface, 2, 2)
    lines = picture.plain().split("\n")
    for u in range(8):
        column = frame.middle(u, 0)[1]
        digits = "".join(line[column] for line in lines[frame.body[0] :] if column < len(line))
        assert int(digits) == origin + u
        assert int(lines[frame.middle(0, u)[0]][: frame.left]) == origin + u


def test_the_ground_scrolls_with_what_stands_on_it_and_only_the_scale_stays_in_sight():
    bricks = [Brick(2, 2, 0, 0, z) for z in range(5)]
    surface = outside_surface(owner_grid(bricks, WORLD), bounding_box(bricks, WORLD, margin=1), "front")
    assert surface.ground
    picture = draw_plan(surface, paint_bricks(bricks, "part"), PlanStyle())
    lines = text(picture)
    scale = lines[len(lines) - picture.fixed_bottom :]
    assert UNICODE.ground not in "".join(scale)
    assert UNICODE.ground in lines[len(lines) - picture.fixed_bottom - 1]
