"""The first basis of the program of shared joints: square, solvable, and worth having."""

import numpy as np
import pytest
from random_structures import grow, top_heavy

from brickgpt_engine.bricks import Brick, BrickStructure
from brickgpt_engine.physics.bodies import Bodies, Joints
from brickgpt_engine.physics.condensed import Condensed
from brickgpt_engine.physics.contacts import extract_contacts
from brickgpt_engine.physics.joint_start import footing
from brickgpt_engine.physics.solvers import highs


def program(structure):
    """The program in which every brick moves, its supports and presses as a matrix, and its footing."""
    contacts = extract_contacts(structure)
    joints = Joints.of(contacts)
    bodies = Bodies.of(joints, np.arange(contacts.brick_count))
    made = Condensed(contacts, joints, bodies)
    entries = made._fixed
    matrix = np.zeros((bodies.rows + 1, len(made.corners.upper) + len(made.sides)))
    np.add.at(matrix, (entries.row, entries.column), entries.value)
    return made, matrix[:-1], footing(contacts, joints, contacts.standing)


def basis(made, matrix, start):
    """The basis that a footing stands for."""
    bodies = made.bodies
    joints = np.array(start.slack, dtype=np.int64)
    rows = [bodies.vertical[start.hanging], *(bodies.joint_row(joints, axis) for axis in (0, 1))]
    return np.hstack([matrix[:, start.corners], np.eye(bodies.rows)[:, np.concatenate(rows)]])


@pytest.mark.parametrize("structure", [grow(3, 40), top_heavy(4, 40), grow(5, 25, spread=0.05)])
def test_a_footing_is_a_basis(structure):
    made, matrix, start = program(structure)
    square = basis(made, matrix, start)
    assert square.shape == (made.bodies.rows, made.bodies.rows)
    assert np.linalg.cond(square) < 1e9


def test_a_wall_stands_on_its_footing():
    bricks = [Brick(2, 4, 4, 4 * i + 2 * (z % 2), z) for z in range(4) for i in range(4 - z % 2)]
    made, matrix, start = program(BrickStructure(bricks))
    assert not start.hanging and not start.slack
    forces = np.linalg.solve(basis(made, matrix, start), made._load())
    assert forces.min() > -1e-9


def test_it_saves_most_pivots(monkeypatch):
    def pivots():
        made, *_ = program(grow(2, 60))
        made._by_sets(highs.ColumnSession())
        return counted

    counted = 0
    solve = highs.ColumnSession.solve

    def counting(session, **options):
        nonlocal counted
        dual = solve(session, **options)
        counted += session._engine.getInfo().simplex_iteration_count
        return dual

    monkeypatch.setattr(highs.ColumnSession, "solve", counting)
    near = pivots()
    counted = 0
    monkeypatch.setattr(Condensed, "_begin", lambda *_: 0.0)
    assert near < 0.7 * pivots()
