"""Which faces share a joint while bricks come and go, and in which rows of a program that a solver keeps.

A joint is what :class:`~brickgpt_engine.physics.bodies.Joints` calls one: all faces joined at a stud plane,
which have one dual along x and one along y. Rows of a solver are dear to change, so what a change does to
joints is said by more rows and columns. Where a new brick joins two of them, a free column couples both.
Where one falls apart, some of its faces get a joint with rows of its own beside the old ones, which they
keep: their dual is the sum of both, and begins as it was, since a new row's dual is zero.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.physics.bodies import Joints
from brickgpt_engine.physics.contacts import GROUND, Contacts

IntArray = NDArray[np.int64]

NONE = -1
"""No row, or the baseplate's joint."""

Coupling = tuple[int, int]
"""Two joints that are one: its column adds to the rows of the first and takes from those of the second."""


@dataclass(slots=True)
class Parting:
    """What has to change because joints fell apart.

    Attributes:
        joints: new joints, with rows of their own.
        closed: couplings to close, by their column along x; that along y is the next one.
        moved: of couplings that go on, by that column: new joints at the first and second end, or
            :data:`NONE`.
        coupled: couplings to add.
    """

    joints: list[int] = field(default_factory=list)
    closed: list[int] = field(default_factory=list)
    moved: dict[int, tuple[int, int]] = field(default_factory=dict)
    coupled: list[Coupling] = field(default_factory=list)


class LiveJoints:
    """Joints of bricks that are known by their position in build order.

    Attributes:
        bottom, top: (n,) joint at each brick's bottom and top face; :data:`NONE` is the baseplate's.
        rows: (2, joints + 1, depth) rows whose duals add up to the joint's, along x and y, :data:`NONE`
            beyond their number; the last joint is the baseplate's.
        couplings: the column along x of each.
    """

    def __init__(self) -> None:
        self.bottom = self.top = np.zeros(0, dtype=np.int64)
        self.rows = np.full((2, 1, 1), NONE)
        self.couplings: dict[Coupling, int] = {}
        self._loose: set[int] = set()

    @property
    def count(self) -> int:
        """Number of joints, the baseplate's not included."""
        return self.rows.shape[1] - 1

    def begin(self, joints: Joints, first: int) -> None:
        """Take these ``joints``; their rows begin with number ``first``, all along x, then all along y."""
        count = joints.count - 1
        self.bottom, self.top = joints.bottom - 1, joints.top - 1
        self.rows = np.full((2, count + 1, 1), NONE)
        self.rows[:, :-1, 0] = first + np.arange(2 * count).reshape(2, count)

    def remove(self, brick: int) -> None:
        """Forget the faces of ``brick``; :meth:`part` says later which joints that broke."""
        self._loose |= {int(self.bottom[brick]), int(self.top[brick])} - {NONE}
        self.bottom, self.top = np.delete(self.bottom, brick), np.delete(self.top, brick)

    def place(self, below: list[int], above: list[int], first: int) -> tuple[int, list[Coupling]]:
        """A brick more, on the bricks ``below`` and under those ``above``.

        Returns how many new joints it has, whose rows begin with number ``first``, and couplings to add.
        """
        before = self.count
        if below:
            bottom = NONE if below[0] == GROUND else int(self.top[below[0]])
        else:
            bottom = self._new(NONE, first)
        top = int(self.bottom[above[0]]) if above else self._new(NONE, first + 2 * (self.count - before))
        self.bottom, self.top = np.append(self.bottom, bottom), np.append(self.top, top)
        ends = [(int(self.top[brick]), bottom) for brick in below if brick != GROUND]
        ends += [(top, int(self.bottom[brick])) for brick in above]
        wanted = {(min(pair), max(pair)) for pair in ends if pair[0] != pair[1]}
        held = self.couplings.keys()
        return self.count - before, [
            pair for pair in sorted(wanted) if pair not in held and pair[::-1] not in held
        ]

    def part(self, contacts: Contacts, first: int) -> Parting:
        """Let joints fall apart whose faces are joined no more; new rows begin with number ``first``."""
        parting = Parting()
        group = self._reached()
        self._loose = set()
        if not group:
            return parting
        pieces = self._pieces(contacts, group)
        homes: dict[int, dict[int, int]] = {}
        for joint in sorted(group):
            ordered = sorted(pieces[joint].items(), key=lambda item: -len(item[1]))
            homes[joint] = {}
            for number, (piece, faces) in enumerate(ordered):
                home = joint
                if number:
                    home = self._new(joint, first + 2 * len(parting.joints))
                    parting.joints.append(home)
                    for brick, upper in faces:
                        (self.bottom if upper else self.top)[brick] = home
                homes[joint][piece] = home
        self._recouple(parting, homes)
        return parting

    def _new(self, parent: int, first: int) -> int:
        """A joint with two rows of its own from number ``first``, beside those of its ``parent``."""
        number, depth = self.count, self.rows.shape[2]
        above = self.rows[:, parent]
        if parent != NONE and (above[0, -1] != NONE):
            depth += 1
        rows = np.full((2, number + 2, depth), NONE)
        rows[:, :number, : self.rows.shape[2]] = self.rows[:, :number]
        rows[:, number, 0] = first, first + 1
        if parent != NONE:
            rows[:, number, 1:] = above[:, : depth - 1]
        self.rows = rows
        return number

    def _reached(self) -> set[int]:
        """Joints that lost a face, and those that couplings tie to them."""
        group, fresh = set(self._loose), set(self._loose)
        while fresh:
            ends = [pair for pair in self.couplings if not fresh.isdisjoint(pair)]
            fresh = {joint for pair in ends for joint in pair} - group
            group |= fresh
        return group

    def _pieces(self, contacts: Contacts, group: set[int]) -> dict[int, dict[int, list[tuple[int, bool]]]]:
        """Faces of each joint of ``group``, by the piece that they hang together in.

        A face is a brick, and whether it is that brick's bottom, which joins what is above the joint.
        """
        known = len(self.bottom)
        inside = np.zeros(self.count + 1, dtype=bool)
        inside[list(group)] = True
        mine = (contacts.upper < known) & (contacts.lower < known)
        mine[mine] = inside[self.bottom[contacts.upper[mine]]]
        bottoms, tops = (
            np.flatnonzero(inside[self.bottom]).tolist(),
            np.flatnonzero(inside[self.top]).tolist(),
        )
        root = {2 * brick: 2 * brick for brick in tops} | {2 * brick + 1: 2 * brick + 1 for brick in bottoms}

        def find(face: int) -> int:
            while root[face] != face:
                root[face] = face = root[root[face]]
            return face

        for low, up in zip(contacts.lower[mine].tolist(), contacts.upper[mine].tolist(), strict=True):
            root[find(2 * low)] = find(2 * up + 1)
        found: dict[int, dict[int, list[tuple[int, bool]]]] = {joint: defaultdict(list) for joint in group}
        for face in root:
            brick, upper = face >> 1, bool(face & 1)
            joint = int((self.bottom if upper else self.top)[brick])
            found[joint][find(face)].append((brick, upper))
        return found

    def _recouple(self, parting: Parting, homes: dict[int, dict[int, int]]) -> None:
        """Keep a coupling for each piece that two joints share, and close the rest."""
        for pair, column in list(self.couplings.items()):
            if pair[0] not in homes:
                continue
            one, other = homes[pair[0]], homes[pair[1]]
            shared = [piece for piece in one if piece in other]
            del self.couplings[pair]
            if not shared:
                parting.closed.append(column)
            for number, piece in enumerate(shared):
                ends = one[piece], other[piece]
                if number:
                    parting.coupled.append(ends)
                    continue
                self.couplings[ends] = column
                moved = (ends[0] if ends[0] != pair[0] else NONE, ends[1] if ends[1] != pair[1] else NONE)
                if moved != (NONE, NONE):
                    parting.moved[column] = moved
