"""Colours and their legends, and what the inspector knows."""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brickgpt_engine.bricks import FOOTPRINTS, LIBRARY, Brick, BrickStructure
from brickgpt_engine.physics import Criterion, StabilityReport, connectivity_report
from brickgpt_engine.physics.report import BrickFailure
from brickgpt_tui.snapshot import ModelSnapshot, structure_of
from brickgpt_tui.views.colouring import COLOURINGS, contrast, paint_bricks
from brickgpt_tui.views.inspection import inspect_brick
from brickgpt_tui.views.picture import blank, packed, unpacked, write
from brickgpt_tui.views.scene import scene_of
from brickgpt_tui.views.tally import Tally

TOWER = (
    Brick(2, 4, 0, 0, 0, colour=4),
    Brick(2, 2, 0, 0, 1, colour=1),
    Brick(2, 2, 0, 2, 1),
    Brick(1, 8, 1, 0, 2, colour=14),
)


def report(stress, failures=()):
    return StabilityReport(Criterion.PAPER, "none", "stable", np.array(stress, dtype=float), tuple(failures))


def shot(bricks=TOWER, *, selected=None, shown=None, verdict=None):
    return ModelSnapshot(bricks, 20, len(bricks) if shown is None else shown, verdict, selected, 1)


@pytest.mark.parametrize("colouring", COLOURINGS)
def test_every_colouring_paints_every_brick_and_explains_itself(colouring):
    paint = paint_bricks(TOWER, colouring, np.array([0.0, 0.3, 0.6, 1.0]))
    assert paint.rgb.shape == (4, 3) and paint.marks.shape == (4,)
    assert paint.rgb.min() >= 0 and paint.rgb.max() <= 255
    assert paint.title and paint.legend
    empty = paint_bricks((), colouring)
    assert empty.rgb.shape == (0, 3) and empty.marks.shape == (0,)


def test_brick_colours_are_the_bricks_own_and_the_legend_names_them():
    paint = paint_bricks(TOWER, "colour")
    assert paint.rgb[0].tolist() == [0xB4, 0, 0]
    assert {entry.text for entry in paint.legend} == {"red", "blue", "bright light orange", "yellow"}
    assert {entry.colour for entry in paint.legend} == set(packed(paint.rgb).tolist())


def test_a_part_has_one_colour_in_both_orientations_and_no_other_part_has_it():
    bricks = [Brick(h, w, 0, 0, 0) for h, w in FOOTPRINTS]
    paint = paint_bricks(bricks, "part")
    colours = {}
    for brick, colour, mark in zip(bricks, packed(paint.rgb).tolist(), paint.marks.tolist(), strict=True):
        colours.setdefault(brick.part.name, set()).add((colour, mark))
    assert all(len(found) == 1 for found in colours.values())
    assert len(set.union(*colours.values())) == len(LIBRARY)
    assert {entry.text for entry in paint.legend} == {part.name for part in LIBRARY}


def test_the_build_order_runs_from_one_end_of_the_scale_to_the_other():
    paint = paint_bricks([Brick(1, 1, x, 0, 0) for x in range(11)], "order")
    assert paint.marks.tolist() == [*"0123456789", "X"]
    assert [entry.text for entry in paint.legend] == ["#1", "#3", "#6", "#9", "#11"]
    assert len(set(packed(paint.rgb).tolist())) == 11
    assert paint_bricks([Brick(1, 1, 0, 0, 0)], "order").marks.tolist() == ["0"]


def test_stress_is_a_heat_map_and_the_unknown_is_grey():
    paint = paint_bricks(TOWER, "stress", np.array([0.0, 0.55, 1.0, math.nan]))
    blue, _, red, grey = (tuple(row) for row in paint.rgb.tolist())
    assert blue[2] > blue[0] and red[0] > red[2] and len(set(grey)) == 1
    assert paint.marks.tolist() == ["0", "5", "X", "?"]
    assert paint.legend[-1].text == "not analysed" and paint.legend[0].colour == packed(paint.rgb[:1])[0]
    assert set(paint_bricks(TOWER, "stress", None).marks) == {"?"}
    assert paint_bricks(TOWER, "stress", np.array([0.1])).marks.tolist() == ["1", "?", "?", "?"]


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_ink_stands_out_from_any_colour(rgb):
    def light(colour):
        linear = [
            c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in colour)
        ]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05

    ink = unpacked(int(contrast(np.array(rgb, dtype=float))))
    high, low = max(light(ink), light(rgb)), min(light(ink), light(rgb))
    assert high / low > 3.0  # WCAG: large or bold text and graphics


def test_runs_are_the_line_cut_where_the_look_changes():
    picture = blank(1, 6)
    write(picture, 0, 1, "abc", ink=0x112233)
    picture.paper[0, 2] = 0
    assert picture.runs(0) == [
        (" ", -1, -1, 0),
        ("a", 0x112233, -1, 0),
        ("b", 0x112233, 0, 0),
        ("c", 0x112233, -1, 0),
        ("  ", -1, -1, 0),
    ]
    assert blank(1, 0).runs(0) == []


def test_the_inspector_says_what_a_brick_is():
    facts = inspect_brick(shot(selected=3, verdict=report([0.1, 0.2, 0.3, 0.25])))
    assert (facts.index, facts.total, facts.part) == (3, 4, "1x8 brick, LDraw 3008")
    assert facts.size_cm == pytest.approx((0.8, 6.4, 0.96))
    assert (facts.mass_g, facts.colour, facts.shown) == (3.03, "yellow", True)
    assert facts.stress == pytest.approx(0.25) and facts.score == pytest.approx(0.75)
    assert inspect_brick(shot(selected=2)).colour == "bright light orange (none given)"


def test_the_inspector_counts_the_studs_that_join():
    facts = inspect_brick(shot(selected=0))
    assert facts.on_ground and facts.below == ()
    assert [(n.index, n.studs) for n in facts.above] == [(1, 4), (2, 4)]
    facts = inspect_brick(shot(selected=3))
    assert [(n.index, n.studs) for n in facts.below] == [(1, 2), (2, 2)] and facts.above == ()
    assert facts.hold == "Rests on 4 studs of 2 bricks."


def test_what_is_not_built_yet_does_not_hold():
    facts = inspect_brick(shot(selected=1, shown=2))
    assert [n.index for n in facts.below] == [0] and facts.above == ()
    assert not inspect_brick(shot(selected=3, shown=2)).shown


def test_hanging_and_floating_bricks_are_called_so():
    hanging = (Brick(2, 2, 0, 0, 0), Brick(1, 1, 0, 0, 1), Brick(1, 4, 0, 0, 2), Brick(1, 1, 0, 3, 1))
    assert inspect_brick(shot(hanging, selected=3)).hold == "Hangs from 1 brick by 1 stud."
    alone = (Brick(1, 1, 0, 0, 3),)
    verdict = connectivity_report(BrickStructure(alone, 20))
    facts = inspect_brick(shot(alone, selected=0, verdict=verdict))
    assert facts.hold.startswith("Nothing holds it") and "floats" in facts.failure and facts.score == 0


def test_what_nobody_knows_is_not_made_up():
    assert inspect_brick(shot()) is None
    assert inspect_brick(shot(selected=9)) is None
    assert inspect_brick(shot(selected=0)).score is None
    assert inspect_brick(shot(selected=0, verdict=report([math.nan] * 4))).stress is None
    assert inspect_brick(shot(selected=3, verdict=report([0.0]))).stress is None
    failing = report([1, 0, 0, 0], [BrickFailure(0, TOWER[0], "tips", "it tips")])
    assert inspect_brick(shot(selected=0, verdict=failing)).failure == "it tips"


@st.composite
def models(draw):
    structure = BrickStructure(world_dim=20)
    for _ in range(draw(st.integers(1, 20))):
        h, w = draw(st.sampled_from(FOOTPRINTS))
        x, y, z = draw(st.integers(0, 8)), draw(st.integers(0, 8)), draw(st.integers(0, 3))
        structure.add(Brick(h, w, x, y, z))
    return tuple(structure)


@settings(max_examples=40, deadline=None)
@given(models(), st.data())
def test_neighbours_are_those_of_the_structure(bricks, data):
    if not bricks:
        return
    shown = data.draw(st.integers(1, len(bricks)))
    index = data.draw(st.integers(0, shown - 1))
    now = shot(bricks, selected=index, shown=shown)
    facts, structure = inspect_brick(now), structure_of(now)
    assert [n.index for n in facts.below] == structure.neighbours_below(index)
    assert [n.index for n in facts.above] == structure.neighbours_above(index)
    for other in (*facts.below, *facts.above):
        one, two = bricks[index], other.brick
        across = min(one.x + one.h, two.x + two.h) - max(one.x, two.x)
        along = min(one.y + one.w, two.y + two.w) - max(one.y, two.y)
        assert other.studs == across * along


def test_scenes_are_kept_by_identity():
    now = shot()
    assert scene_of(now) is scene_of(shot(selected=2, shown=1))
    other = tuple(Brick(b.h, b.w, b.x, b.y, b.z, colour=15) for b in TOWER)
    assert scene_of(shot(other)) is not scene_of(now)  # equal bricks in other colours are another picture
    assert scene_of(shot(other)).paint("colour", None).rgb[0].tolist() == [0xF4] * 3


@given(
    st.lists(st.sampled_from([*TOWER, Brick(4, 2, 9, 3, 7), Brick(1, 8, 0, 11, 2)]), min_size=1), st.data()
)
def test_a_tally_counts_as_one_would_by_hand(bricks, data):
    count = data.draw(st.integers(1, len(bricks)))
    found, shown = Tally(bricks).of(count), bricks[:count]
    assert math.isclose(found.mass_g, sum(brick.part.mass_g for brick in shown))
    assert dict(found.parts) == Counter(brick.part.name for brick in shown)
    assert [number for _, number in found.parts] == sorted(dict(found.parts).values(), reverse=True)
    assert found.studs == (
        max(b.x + b.h for b in shown) - min(b.x for b in shown),
        max(b.y + b.w for b in shown) - min(b.y for b in shown),
        max(b.z for b in shown) - min(b.z for b in shown) + 1,
    )
