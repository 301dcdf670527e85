"""Joints that are kept while bricks come and go are those of a whole look, with the same duals."""

import random

import numpy as np
import pytest
from random_structures import grow

from brickgpt_engine.bricks import Brick, BrickStructure
from brickgpt_engine.physics import IncrementalAnalyzer, StabilityAnalyzer
from brickgpt_engine.physics.bodies import Joints
from brickgpt_engine.physics.contacts import extract_contacts
from brickgpt_engine.physics.live_joints import NONE, LiveJoints


def faces(live):
    """Joint of each face with those that couplings tie to it: a label (2 n,) each."""
    label = {joint: joint for joint in range(NONE, live.count)}
    for _ in label:
        for one, other in live.couplings:
            label[one] = label[other] = min(label[one], label[other])
    return [label[joint] for joint in [*live.bottom.tolist(), *live.top.tolist()]]


def assert_same_joints(live, structure):
    joints = Joints.of(extract_contacts(structure))
    whole = [*joints.bottom.tolist(), *joints.top.tolist()]
    mine = faces(live)
    assert len(set(zip(mine, whole, strict=True))) == len(set(mine)) == len(set(whole))


def test_a_bridge_joins_two_joints_and_leaves_them_apart_again():
    piers = [Brick(2, 2, 0, 0, 0), Brick(2, 2, 0, 2, 0)]
    live = LiveJoints()
    live.begin(Joints.of(extract_contacts(BrickStructure(piers))), 2)
    assert live.rows[:, :-1, 0].tolist() == [[2, 3], [4, 5]]
    new, coupled = live.place([0, 1], [], 10)
    assert new == 1 and coupled == [(0, 1)]
    live.couplings[coupled[0]] = 40
    assert_same_joints(live, BrickStructure([*piers, Brick(2, 4, 0, 0, 1)]))
    live.remove(2)
    parting = live.part(extract_contacts(BrickStructure(piers)), 12)
    assert parting.closed == [40] and not live.couplings and not parting.joints


def test_faces_that_leave_a_joint_keep_its_rows_beside_new_ones():
    piers = [Brick(2, 2, 0, 0, 0), Brick(2, 2, 0, 2, 0)]
    live = LiveJoints()
    live.begin(Joints.of(extract_contacts(BrickStructure([*piers, Brick(2, 4, 0, 0, 1)]))), 3)
    live.remove(2)
    parting = live.part(extract_contacts(BrickStructure(piers)), 20)
    assert_same_joints(live, BrickStructure(piers))
    stays, leaves = sorted(live.rows[0, live.top].tolist(), key=max)
    assert leaves[0] == 20 and leaves[1] == stays[0] and len(parting.joints) == 1


@pytest.mark.parametrize("seed", range(8))
def test_edits_anywhere_are_judged_as_if_cold_by_the_same_program(seed):
    """Shared joints part and are coupled again; verdict, optimum and stress stay those of a fresh look."""
    rng = random.Random(seed)
    cold = StabilityAnalyzer("paper", "highs")
    session = IncrementalAnalyzer(cold, grow(seed, 30, spread=0.6))
    session.report()
    growing = session._memory.growing
    before, out = growing._joints.count, []
    for _ in range(10):
        if not out or rng.random() < 0.6:
            gone = rng.randrange(len(session.structure))
            out.append(session.structure[gone])
            report = session.remove(gone)
        else:
            report = session.add(out.pop(rng.randrange(len(out))))
        whole = cold.analyze(session.structure)
        assert report.status == whole.status and report.first_unstable == whole.first_unstable
        assert report.objective == pytest.approx(whole.objective, rel=1e-6, abs=1e-10)
        np.testing.assert_allclose(report.stress, whole.stress, atol=1e-5)
        assert_same_joints(growing._joints, session.structure)
    assert session._memory.growing is growing and growing._joints.count > before
