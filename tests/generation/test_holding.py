"""Bricks that hang, and those that hold them at the last moment."""

import itertools

import numpy as np
import pytest

from brickgpt_engine.bricks import FOOTPRINTS, Brick, BrickStructure
from brickgpt_engine.decoding.legality import Legality, LegalRules
from brickgpt_engine.decoding.pivot_grammar import PivotGrammar
from brickgpt_engine.decoding.pivot_legality import legality_for
from brickgpt_engine.generation import BrickGenerator, BrickPlaced, GenerationConfig, RolledBack
from brickgpt_engine.generation.holding import Hanging
from brickgpt_engine.layout import legolize
from brickgpt_engine.physics import connectivity_report
from training.data.shapes import sample_shape

END = "</s>"
PILLAR = ["1x2 (0,0,0)", "1x2 (0,0,1)", "1x2 (0,2,1)"]
"""A pillar, and a brick beside its upper half that hangs."""


def build(*lines):
    return BrickStructure([Brick.parse(line) for line in lines])


def rescuers(lines, drawn):
    """What would hold the structure of ``lines``, brick by brick, before ``drawn``."""
    hanging, structure = Hanging(FOOTPRINTS), BrickStructure()
    for line in lines:
        brick = Brick.parse(line)
        assert hanging.rescuers(structure, brick) == []
        assert structure.add(brick) is None
    return hanging.rescuers(structure, None if drawn is None else Brick.parse(drawn))


def brute_force(lines, layer):
    """Bricks in this layer that join all of the structure of ``lines`` to the ground."""
    found = set()
    for (h, w), x, y in itertools.product(FOOTPRINTS, range(20), range(20)):
        structure, brick = build(*lines), Brick(h, w, x, y, layer)
        if brick.in_bounds(20) and structure.add(brick) is None and connectivity_report(structure).stable:
            found.add(brick)
    return found


@pytest.mark.parametrize(
    "drawn",
    ["1x1 (0,4,2)", "2x2 (5,0,2)", "1x1 (0,0,3)", None],
    ids=["behind it", "further on", "a layer too high", "the end"],
)
def test_what_can_no_longer_be_held_is_joined_to_what_stands(drawn):
    found = rescuers(PILLAR, drawn)
    assert set(found) == brute_force(PILLAR, 2) and len(found) > 5


@pytest.mark.parametrize(
    "drawn",
    ["1x2 (0,0,2)", "1x4 (0,0,2)", "1x1 (0,3,2)", "2x2 (4,4,1)"],
    ids=["before it", "upon both", "upon it", "in its own layer"],
)
def test_what_can_still_be_held_is_left_alone(drawn):
    assert rescuers(PILLAR, drawn) == []


def test_where_nothing_joins_it_a_brick_upon_it_keeps_the_chance():
    # The only free cell above what hangs is a hole: its neighbours are covered already.
    around = [*PILLAR, "1x2 (0,0,2)"]
    found = rescuers(around, "1x1 (0,4,2)")
    assert found and all(
        {(0, 2), (0, 3)} & set(itertools.product([b.x], range(b.y, b.y + b.w))) for b in found
    )
    assert not set(found) & brute_force(around, 2)
    assert rescuers(around, None) == []  # at the end there is no later chance


def test_pieces_that_hang_together_are_one():
    tower = ["2x2 (0,0,0)", "2x2 (8,8,4)", "2x4 (8,8,5)"]
    assert rescuers(tower, "2x2 (0,0,6)") == []
    assert rescuers(tower, None) == []  # too far from what stands
    assert {brick.z for brick in rescuers(tower, "2x2 (0,0,7)")} == {6}


def test_nothing_is_said_about_bricks_in_another_order():
    hanging, structure = Hanging(FOOTPRINTS), BrickStructure()
    for line in ["1x2 (0,0,0)", "1x2 (0,2,1)", "1x2 (0,0,1)"]:  # back again
        brick = Brick.parse(line)
        assert hanging.rescuers(structure, brick) == []
        structure.add(brick)
    assert hanging.rescuers(structure, Brick.parse("2x2 (5,5,7)")) == []
    assert hanging.rescuers(structure, None) == []


def test_bricks_that_are_taken_down_are_forgotten():
    hanging, structure = Hanging(FOOTPRINTS), build(*PILLAR)
    assert hanging.rescuers(structure, None)
    structure.truncate(2)
    assert hanging.rescuers(structure, None) == []
    structure.add(Brick.parse("1x2 (0,2,1)"))
    assert hanging.rescuers(structure, None)


def test_whatever_hangs_together_in_the_end_is_never_interfered_with():
    waited = 0
    for seed in range(60):
        shape = legolize(sample_shape(np.random.default_rng(seed)).voxels, seed=seed)
        bricks = sorted(shape, key=lambda brick: (brick.z, brick.x, brick.y))
        if not connectivity_report(shape).stable:
            continue
        hanging, structure = Hanging(FOOTPRINTS), BrickStructure()
        for brick in bricks:
            assert hanging.rescuers(structure, brick) == []
            structure.add(brick)
            waited += not connectivity_report(structure).stable
        assert hanging.rescuers(structure, None) == []
    assert waited > 50  # bricks that hung for a while


def events_of(model, **options):
    config = GenerationConfig(**({"seed": 3, "physics": False} | options))
    return list(BrickGenerator(model).generate("a thing", config))


def forgetful(done):
    """Hangs a brick and goes on without it; of what lies on both it would rather have the longer one."""
    lines = [*PILLAR, "2x2 (5,5,0)"]
    if done == PILLAR:
        return {"1x1 (0,4,2)": 0.9, "1x4 (0,0,2)": 0.06, "1x2 (0,1,2)": 0.04}
    return {lines[len(done)] if len(done) < 3 else END: 1.0}


def test_a_run_holds_what_hangs_instead_of_falling(scripted):
    drawn = set()
    for seed in range(20):
        events = events_of(scripted(forgetful), seed=seed, temperature=1.0)
        assert not any(isinstance(event, RolledBack) for event in events)
        result = events[-1].result
        assert result.stable and result.regenerations == 0
        assert [brick.text for brick in result.structure][:3] == PILLAR
        assert sum(isinstance(event, BrickPlaced) for event in events) == len(result.structure) == 4
        drawn.add(result.structure[3].text)
    assert drawn == {"1x4 (0,0,2)", "1x2 (0,1,2)"}  # the model chooses


@pytest.mark.parametrize("options", [{"rollback": "published"}, {"sampling": "rejection"}])
def test_published_ways_let_it_fall(scripted, options):
    events = events_of(scripted(forgetful), max_regenerations=1, **options)
    assert any(isinstance(event, RolledBack) for event in events)


def test_without_rollback_nothing_is_held(scripted):
    result = events_of(scripted(forgetful), max_regenerations=0, seed=0)[-1].result
    assert not result.stable and result.structure[3].text == "1x1 (0,4,2)"


def test_a_text_that_has_ended_stays_ended_after_the_last_brick_is_held(scripted):
    def script(done):
        if done == PILLAR:
            return {END: 1.0, "1x4 (0,0,2)": 1e-6}
        return {PILLAR[len(done)] if len(done) < 3 else "1x1 (9,9,0)": 1.0}  # would go on for ever

    result = events_of(scripted(script))[-1].result
    assert [brick.text for brick in result.structure] == [*PILLAR, "1x4 (0,0,2)"]
    assert (result.stop_reason, result.stable) == ("end", True)


def test_legal_lines_can_be_narrowed_down_to_some_bricks(scripted):
    grammar = BrickGenerator(scripted([])).grammar(20)
    for rules in (LegalRules(), LegalRules.parse(budget="1x2=3,2x4=0")):
        legality = legality_for(grammar, rules)
        legality.follow(build(*PILLAR))
        wanted = [Brick.parse(line) for line in ("1x4 (0,0,2)", "2x4 (0,0,2)", "1x2 (0,0,1)", "1x2 (0,1,2)")]
        few = legality.among(wanted)
        allowed = {brick for brick in wanted if legality.allows(brick)}
        found = {brick for brick in _all_lines(few) if few.allows(brick)}
        assert found == allowed and Brick.parse("1x2 (0,0,1)") not in found
        assert legality.allows(Brick.parse("1x1 (9,9,0)"))  # the whole is as it was


def _all_lines(legality: Legality) -> set[Brick]:
    """Every brick that the flags of one field after the other lead to."""
    found = set()
    sides = legality._grammar.footprints
    for side in np.flatnonzero(legality.feasible([])[:-1]):
        for x in np.flatnonzero(legality.feasible([sides[side]])):
            for y in np.flatnonzero(legality.feasible([sides[side], (int(x),)])):
                for z in np.flatnonzero(legality.feasible([sides[side], (int(x),), (int(y),)])):
                    found.add(Brick(*sides[side], int(x), int(y), int(z)))
    return found


def test_pivot_lines_can_be_narrowed_down_too(pivot_scripted):
    generator = BrickGenerator(pivot_scripted([]))
    grammar = generator.grammar(20)
    assert isinstance(grammar, PivotGrammar)
    legality = legality_for(grammar, LegalRules())
    legality.follow(build(*PILLAR))
    wanted = Brick.parse("1x4 (0,0,2)")
    few = legality.among([wanted])
    assert few.allows(wanted) and not few.allows(Brick.parse("1x2 (0,0,2)"))
    back, shift = 1, grammar.shift  # from the brick that hangs
    values = [(back,), (1, 4), (shift,), (shift - 2,)]
    assert np.flatnonzero(few.feasible(values)).tolist() == [shift + 1]
    assert not few.feasible([(back,), (1, 2)]).any()
