"""The fast isometric view against the engine's painter, turned models, and small cases."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brickgpt_engine.bricks import FOOTPRINTS, Brick, BrickStructure
from brickgpt_engine.bricks.structure import EMPTY
from brickgpt_engine.rendering.geometry import Projection, stamps
from brickgpt_engine.rendering.raster import paint as engine_paint
from brickgpt_engine.rendering.scene import build_scene
from brickgpt_tui.views import isometric
from brickgpt_tui.views.colouring import paint_bricks
from brickgpt_tui.views.isometric import IsometricView, turned
from brickgpt_tui.views.picture import NONE
from brickgpt_tui.views.surfaces import bounding_box, first_bricks, owner_grid

WORLD = 8
ALL = ("blocks", "braille", "ascii")


def draw(bricks, *, world=WORLD, colouring="colour", **options):
    grid = owner_grid(bricks, world)
    view = IsometricView(grid, bounding_box(bricks, world))
    chosen = {"shown": len(bricks), "turn": 0, "width": 60, "height": 24, "graphics": "blocks"} | options
    return view.draw(paint_bricks(bricks, colouring), **chosen)


@st.composite
def models(draw):
    structure = BrickStructure(world_dim=WORLD)
    for _ in range(draw(st.integers(1, 20))):
        h, w = draw(st.sampled_from(FOOTPRINTS))
        x, y, z = (draw(st.integers(0, WORLD - 1)) for _ in range(3))
        structure.add(Brick(h, w, x, y, z))
    return list(structure) or [Brick(1, 1, 0, 0, 0)]


@settings(max_examples=25, deadline=None)
@given(models(), st.integers(2, 7), st.booleans(), st.integers(0, 3))
def test_each_pixel_sees_the_face_that_the_engines_painter_sees(bricks, a, studs, turn):
    view = Projection.isometric(a)
    frame = turned(owner_grid(bricks, WORLD), turn)
    scene = build_scene(frame, studs=studs)
    shape = (view.b * 2 * WORLD + view.c * WORLD + view.stud_rise + 1, view.a * 2 * WORLD)
    origin = view.a * WORLD, view.c * WORLD + view.stud_rise
    mine = isometric._visible_faces(scene, view, shape, origin, studs=studs)
    box = (-origin[0], -origin[1], shape[1] - origin[0], shape[0] - origin[1])
    theirs = engine_paint(scene, view, box, stamps(view, studs=studs)).face
    assert np.array_equal(mine, theirs)


@settings(max_examples=15, deadline=None)
@given(models(), st.integers(0, 3), st.sampled_from(ALL))
def test_turning_the_viewer_is_turning_the_model_the_other_way(bricks, turn, graphics):
    seen = draw(bricks, turn=turn, graphics=graphics)
    assert seen.plain() == draw(bricks, turn=turn + 4, graphics=graphics).plain()
    back = bricks
    for _ in range(turn):  # np.rot90 takes (x, y) to (WORLD − 1 − y, x)
        back = [Brick(b.w, b.h, WORLD - b.y - b.w, b.x, b.z) for b in back]
    again = draw(back, turn=0, graphics=graphics)
    assert np.array_equal(seen.hits, again.hits)
    assert seen.plain() == again.plain()


def test_from_the_first_side_x_runs_to_the_right_and_y_into_the_picture():
    # Viewer at +x −y: of four towers the one at high x, low y stands in front, low x to the left.
    corners = {"front": (7, 0), "back": (0, 7), "left": (0, 0), "right": (7, 7)}
    bricks = [Brick(1, 1, *corners[name], 0) for name in corners]
    hits = draw(bricks).hits
    middle = {name: np.argwhere(hits == i).mean(axis=0) for i, name in enumerate(corners)}
    assert middle["left"][1] < middle["front"][1] < middle["right"][1]
    assert middle["back"][0] < middle["left"][0] < middle["front"][0]
    assert middle["left"][0] == pytest.approx(middle["right"][0], abs=0.6)


def test_a_brick_behind_a_wall_is_hidden_until_the_viewer_walks_round():
    wall = [Brick(1, 8, 4, 0, z) for z in range(4)]
    bricks = [*wall, Brick(1, 1, 2, 3, 0)]
    assert not (draw(bricks, turn=0).hits == 4).any()
    assert any((draw(bricks, turn=turn).hits == 4).any() for turn in (1, 2, 3))


@pytest.mark.parametrize("graphics", ALL)
def test_the_picture_stays_put_while_the_model_is_scrubbed(graphics):
    bricks = [Brick(2, 4, 0, 0, 0), Brick(2, 2, 0, 0, 1), Brick(1, 8, 7, 0, 0)]
    whole, first = draw(bricks, graphics=graphics), draw(bricks, graphics=graphics, shown=1)
    assert whole.text.shape == first.text.shape
    assert set(np.unique(first.hits)) == {EMPTY, 0}
    assert (whole.hits[first.hits == EMPTY] != 0).all()


@pytest.mark.parametrize("graphics", ALL)
@pytest.mark.parametrize("width,height", [(1, 1), (3, 2), (10, 40), (120, 5), (200, 60)])
def test_any_space_is_respected(graphics, width, height):
    bricks = [Brick(2, 4, 0, 0, 0), Brick(2, 2, 0, 0, 7)]
    picture = draw(bricks, graphics=graphics, width=width, height=height)
    assert picture.width <= max(width, 2) and picture.height <= max(height, 2)


def test_a_model_without_bricks_is_an_empty_picture():
    for graphics in ALL:
        picture = draw([], graphics=graphics)
        assert picture.plain().strip() == "" and (picture.hits == EMPTY).all()
        assert draw([Brick(1, 1, 0, 0, 0)], shown=0, graphics=graphics).plain().strip() == ""


def test_characters_and_colours_are_those_of_the_terminal():
    bricks = [Brick(2, 4, 0, 0, 0, colour=4), Brick(2, 2, 0, 0, 1, colour=1)]
    blocks = draw(bricks)
    assert set(blocks.plain()) <= set("▀▄ \n")
    assert (blocks.paper[blocks.text == "▄"] == NONE).all()
    braille = draw(bricks, graphics="braille", colour=False)
    assert all(sign in " \n" or 0x2800 < ord(sign) < 0x2900 for sign in braille.plain())
    plain = draw(bricks, graphics="ascii", colour=False, selected=1)
    assert plain.plain().isascii() and "X" in plain.plain()
    for picture in (braille, plain):
        assert (picture.ink == NONE).all() and (picture.paper == NONE).all()
    assert (draw(bricks, graphics="blocks", colour=False).ink == NONE).all()


def test_bricks_keep_their_colours():
    picture = draw([Brick(2, 4, 0, 0, 0, colour=4), Brick(2, 4, 4, 0, 0, colour=1)])
    for brick, strongest in ((0, 16), (1, 0)):
        inks = picture.ink[(picture.hits == brick) & (picture.text == "▀")]
        channels = [(inks >> shift) & 255 for shift in (16, 8, 0)]
        others = [c for shift, c in zip((16, 8, 0), channels, strict=True) if shift != strongest]
        assert all((channels[(16, 8, 0).index(strongest)] >= other).mean() > 0.9 for other in others)


def test_the_selected_brick_is_pointed_out_wherever_it_is_seen():
    bricks = [Brick(2, 4, 0, 0, 0, colour=15), Brick(2, 4, 4, 0, 0, colour=15)]
    plain, picked = draw(bricks), draw(bricks, selected=1)
    changed = (plain.ink != picked.ink) | (plain.paper != picked.paper)
    assert changed[picked.hits == 1].mean() > 0.9
    apart = (
        np.abs(np.argwhere(changed)[:, None] - np.argwhere(picked.hits == 1)[None]).sum(axis=2).min(axis=1)
    )
    assert apart.max() <= 1


def test_what_was_painted_is_kept_and_colours_change_without_painting(monkeypatch):
    bricks = [Brick(2, 4, 0, 0, 0, colour=4), Brick(2, 2, 0, 0, 1, colour=1)]
    view = IsometricView(owner_grid(bricks, WORLD), bounding_box(bricks, WORLD))
    calls = []
    real = isometric._paint
    monkeypatch.setattr(isometric, "_paint", lambda *args: calls.append(args) or real(*args))
    options = {"shown": 2, "width": 40, "height": 20, "graphics": "blocks"}
    pictures = [
        view.draw(paint_bricks(bricks, colouring), turn=turn, selected=selected, **options)
        for colouring in ("colour", "part")
        for turn in (0, 1, 2, 3)
        for selected in (None, 1)
    ]
    assert len(calls) == 4
    assert len({picture.ink.tobytes() for picture in pictures}) > 8


def test_first_bricks_leaves_the_first():
    grid = owner_grid([Brick(1, 1, 0, 0, 0), Brick(1, 1, 1, 0, 0)], 2)
    assert first_bricks(grid, 1).tolist() == [[[0, -1], [-1, -1]], [[-1, -1], [-1, -1]]]


def test_two_thousand_bricks_turn_in_under_50_ms_of_processor_time():
    layers = range(10)
    bricks = [Brick(2, 4, x, y, z) for z in layers for x in range(0, 40, 2) for y in range(0, 40, 4)]
    assert len(bricks) == 2000
    grid, box = owner_grid(bricks, 40), bounding_box(bricks, 40)
    paint, times = paint_bricks(bricks, "colour"), []
    for turn in (0, 1, 2, 3):
        best = np.inf
        for _ in range(3):
            view = IsometricView(grid, box)
            start = time.process_time()
            view.draw(paint, shown=2000, turn=turn, width=120, height=40, graphics="blocks")
            best = min(best, time.process_time() - start)
        times.append(best)
    assert max(times) < 0.05
