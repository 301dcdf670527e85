"""Contacts against a count by hand and against a plain walk over cells."""

import numpy as np
import pytest
from random_structures import grow

from brickgpt_engine.bricks import Brick, BrickStructure
from brickgpt_engine.physics.contacts import GROUND, extract_contacts


def test_a_narrow_brick_touches_each_stud_at_four_points():
    contacts = extract_contacts(BrickStructure([Brick(1, 2, 3, 4, 0)]))
    assert contacts.lower.tolist() == [GROUND]
    expected = {(3.5, 4.25), (3.25, 4.5), (3.5, 4.75), (3.75, 4.5)}
    expected |= {(x, y + 1) for x, y in expected}
    assert {tuple(point) for point in contacts.point_xy.tolist()} == expected
    # Of the eight, the two in the middle face each other and are no corners of the hull.
    inner = {tuple(p) for p in contacts.point_xy[~contacts.point_extreme].tolist()}
    assert inner == {(3.5, 4.75), (3.5, 5.25)}


def test_a_wide_brick_touches_each_stud_at_three_points():
    contacts = extract_contacts(BrickStructure([Brick(2, 2, 0, 0, 0)]))
    first = {(0.625, 0.375), (0.25, 0.5), (0.625, 0.625)}
    expected = {(x + dx, y + dy) for x, y in first for dx in (0, 1) for dy in (0, 1)}
    assert {tuple(point) for point in contacts.point_xy.tolist()} == expected


def test_the_upper_brick_decides_the_pattern_and_pairs_come_once():
    structure = BrickStructure([Brick(2, 4, 0, 0, 0), Brick(1, 2, 0, 1, 1), Brick(2, 2, 0, 3, 1)])
    contacts = extract_contacts(structure)
    assert contacts.lower.tolist() == [GROUND, 0, 0]
    assert contacts.upper.tolist() == [0, 1, 2]
    assert np.bincount(contacts.point_pair).tolist() == [24, 8, 6]
    assert contacts.weight == pytest.approx([0.021168, 0.007938, 0.01127])


def test_neighbours_are_found_once_per_axis_with_the_lower_coordinate_first():
    structure = BrickStructure([Brick(2, 2, 2, 0, 0), Brick(2, 2, 0, 0, 0), Brick(1, 4, 0, 2, 0)])
    along_x, along_y = extract_contacts(structure).sides
    assert along_x.tolist() == [[1, 0]]
    assert along_y.tolist() == [[1, 2]]


def test_bricks_at_the_edge_of_the_world_have_no_neighbours_outside():
    structure = BrickStructure([Brick(2, 2, 2, 2, 3), Brick(2, 2, 0, 0, 0)], world_dim=4)
    contacts = extract_contacts(structure)
    assert [len(side) for side in contacts.sides] == [0, 0]
    assert contacts.upper.tolist() == [1]


def test_an_empty_structure_has_no_contacts():
    contacts = extract_contacts(BrickStructure())
    assert contacts.brick_count == len(contacts.point_pair) == len(contacts.lower) == 0


@pytest.mark.parametrize("seed", range(10))
def test_points_marked_as_hull_corners_are_exactly_the_corners(seed):
    contacts = extract_contacts(grow(seed, 20, spread=1.0))
    for pair in range(len(contacts.lower)):
        mine = contacts.point_pair == pair
        corners = {tuple(p) for p in contacts.point_xy[mine & contacts.point_extreme].tolist()}
        assert corners == hull([tuple(p) for p in contacts.point_xy[mine].tolist()])


def hull(points):
    """Corners of the convex hull by Andrew's monotone chain."""

    def chain(ordered):
        out = []
        for p in ordered:
            while len(out) > 1 and cross(out[-2], out[-1], p) <= 1e-12:
                out.pop()
            out.append(p)
        return out

    ordered = sorted(points)
    return set(chain(ordered)) | set(chain(ordered[::-1]))


def cross(o, a, b):
    return (a[0] - o[0]) * (b[1] - o[1]) - (a[1] - o[1]) * (b[0] - o[0])
