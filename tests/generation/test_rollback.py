"""Where runs go on after a failed check: early checks, what they spare, and what repeats change."""

import numpy as np
import pytest

from brickgpt_engine.bricks import Brick, BrickStructure
from brickgpt_engine.errors import SolverError
from brickgpt_engine.generation import (
    BrickGenerator,
    BrickPlaced,
    Finished,
    GenerationConfig,
    RolledBack,
    StabilityChecked,
)
from brickgpt_engine.generation import generator as generator_module
from brickgpt_engine.generation.rollback import Escalation, past_help, standing_part
from brickgpt_engine.physics import StabilityAnalyzer, StabilityReport, connectivity_report

END = "</s>"
# An arch: the brick in the middle hangs from the one on top, which comes later.
ARCH = ["2x2 (0,0,0)", "2x2 (0,4,0)", "2x2 (0,0,1)", "2x2 (0,2,1)", "2x2 (0,4,1)", "2x6 (0,0,2)"]


def build(*lines):
    return BrickStructure([Brick.parse(line) for line in lines])


def config(**options):
    return GenerationConfig(**({"seed": 3, "physics": False} | options))


def events_of(model, **options):
    return list(BrickGenerator(model).generate("a thing", config(**options)))


def rolled(events):
    return [event for event in events if isinstance(event, RolledBack)]


def texts(structure):
    return [brick.text for brick in structure]


def test_what_a_later_brick_can_hold_is_not_past_help():
    arch = build(*ARCH[:5])
    report = connectivity_report(arch)
    assert [failure.index for failure in report.failures] == [3]
    assert past_help(arch, report, (2, 0)) is None  # the next brick may lie on it
    assert past_help(arch, report, (2, 1)) is None
    assert past_help(arch, report, (2, 2)) == 3  # raster order has passed it
    assert past_help(arch, report, (3, 0)) == 3
    whole = build(*ARCH)
    assert past_help(whole, connectivity_report(whole), (3, 0)) is None


def test_floating_bricks_wait_for_each_other():
    # What floats below hangs on to a floating brick that can still be held.
    hanging = build("2x2 (0,0,0)", "2x2 (8,8,4)", "2x4 (8,8,5)")
    report = connectivity_report(hanging)
    assert past_help(hanging, report, (6, 0)) is None
    assert past_help(hanging, report, (7, 0)) == 1


def test_tipping_bricks_below_the_open_layer_are_past_help():
    leaning = build("1x1 (0,0,0)", *[f"1x8 (0,{3 * z},{z + 1})" for z in range(5)])
    report = StabilityAnalyzer(solver="highs").analyze(leaning)
    assert not report.stable and not any(failure.kind == "floating" for failure in report.failures)
    assert past_help(leaning, report, (report.failures[0].brick.z, 0)) is None
    assert past_help(leaning, report, (9, 0)) == report.first_unstable


def test_cutting_strictly_takes_what_hangs_and_otherwise_leaves_it():
    floating = build(*ARCH[:5], "2x2 (9,9,1)", "2x2 (9,9,2)")
    report = connectivity_report(floating)
    cut = standing_part(floating, report, 5, connectivity_report, strict=True)
    assert cut == 3
    assert standing_part(floating, report, 5, connectivity_report, strict=False) == 5


def test_a_part_without_a_verdict_is_an_error():
    def lost(structure):
        return StabilityReport(
            "paper", "none", "unknown", connectivity_report(structure).stress * float("nan")
        )

    floating = build(*ARCH[:5])
    with pytest.raises(SolverError, match="no verdict on the first 3 bricks"):
        standing_part(floating, connectivity_report(floating), 3, lost, strict=True)


def test_repeats_cut_a_layer_deeper_each_time_and_progress_counts_anew():
    tower = [Brick(2, 2, 0, 0, z) for z in range(6)]
    escalation = Escalation()
    assert [escalation.cut(tower, 5) for _ in range(5)] == [5, 5, 4, 3, 2]
    higher = [*tower, Brick(2, 2, 0, 0, 6)]
    assert [escalation.cut(higher, 6) for _ in range(3)] == [6, 6, 5]
    assert [escalation.cut(tower, 1) for _ in range(4)] == [0, 1, 1, 0]  # all anew, then as at first


def test_bricks_that_were_there_at_the_start_stay_unless_they_fail():
    tower = [Brick(2, 2, 0, 0, z) for z in range(6)]
    escalation = Escalation(floor=4)
    assert [escalation.cut(tower, 5) for _ in range(4)] == [5, 5, 4, 5]
    assert escalation.cut(tower, 2) == 2


def test_repeats_forbid_and_warm_and_only_where_they_failed():
    tower = [Brick(2, 2, 0, 0, z) for z in range(4)]
    escalation = Escalation()
    assert not escalation.forbidden(tower) and escalation.warmer(tower) == 0
    escalation.cut(tower, 3)
    assert escalation.forbidden(tower[:3]) == {tower[3]}
    assert not escalation.forbidden(tower[:2])
    assert escalation.warmer(tower[:3]) == 0  # the first failure is bad luck
    warmth = []
    for _ in range(2):
        escalation.cut(tower, 3)
        warmth.append(round(escalation.warmer(tower[:2]), 3))
    assert warmth == [0.1, 0.2]
    assert escalation.warmer([*tower, Brick(2, 2, 0, 0, 4)]) == 0  # beyond the trouble


def doomed(done):
    """After the likely first brick nothing can stand; after the unlikely one, it can."""
    if not done:
        return {"2x4 (0,0,0)": 0.98, "2x4 (4,4,0)": 0.02}
    if done[0] == "2x4 (4,4,0)":
        return {END: 1.0}
    return {END: 1.0} if len(done) == 3 else {f"2x4 (10,{n},{5 + len(done)})": 0.5 for n in (0, 9)}


def test_a_doomed_beginning_is_left_where_published_rollback_stays_with_it(scripted):
    published = events_of(scripted(doomed), rollback="published", max_regenerations=40)[-1].result
    assert (published.regenerations, published.stop_reason, published.stable) == (
        40,
        "max_regenerations",
        False,
    )
    escalating = events_of(scripted(doomed), max_regenerations=40)[-1].result
    assert escalating.stable and texts(escalating.structure) == ["2x4 (4,4,0)"]
    assert 1 < escalating.regenerations < 40


def test_a_failed_brick_is_not_drawn_again_after_the_same_bricks(scripted):
    def script(done):
        return {1: {"2x4 (9,9,5)": 0.999, "2x4 (0,0,1)": 0.001}, 0: {"2x4 (0,0,0)": 1.0}}.get(
            len(done), {END: 1}
        )

    events = events_of(scripted(script))
    assert [event.kept for event in rolled(events)] == [1]
    assert texts(events[-1].result.structure) == ["2x4 (0,0,0)", "2x4 (0,0,1)"]


def hanging(done):
    """Before anything else a brick in the air, in one of many places, unless the model is made to rest it."""
    if len(done) in (0, 3):
        return {"2x4 (0,0,0)": 1.0} if not done else {END: 1.0}
    in_the_air = {f"2x4 ({x},{y},{4 + len(done)})": 0.09 for x in (6, 9, 12) for y in (0, 5, 10)}
    return in_the_air | {f"2x4 (0,{len(done) - 1},{len(done)})": 0.19}


@pytest.mark.parametrize("seed", range(8))
def test_after_bricks_hung_in_the_air_the_rest_lies_on_something(scripted, seed):
    events = events_of(scripted(hanging), seed=seed)
    assert len(rolled(events)) <= 1  # at odds of 0.03 for two that rest, forbidding alone takes more
    assert texts(events[-1].result.structure) == ["2x4 (0,0,0)", "2x4 (0,0,1)", "2x4 (0,1,2)"]


def test_what_hangs_is_still_drawn_where_nothing_else_can_be(scripted):
    """The arch falls once, and its top is the only brick that the model knows."""

    def script(done):
        if len(done) == 1 and not rolled_once:
            rolled_once.append(True)
            return {"2x2 (9,9,1)": 1.0}
        return {ARCH[len(done)] if len(done) < len(ARCH) else END: 1.0}

    rolled_once = []
    events = events_of(scripted(script), check="every-brick")
    assert len(rolled(events)) == 1
    assert texts(events[-1].result.structure) == ARCH


def test_the_end_is_as_likely_after_a_fall_as_before(scripted):
    """A model that wants to go on in the air, nine to one, ends one time in ten and not nearly always."""

    def script(done):
        if not done:
            return {"2x4 (0,0,0)": 1.0}
        if not fallen:
            fallen.append(True)
            return {"2x4 (9,9,5)": 1.0}
        return {END: 1.0} if len(done) == 2 else {"2x4 (9,9,6)": 0.899, END: 0.1, "2x4 (0,0,1)": 0.001}

    ended = 0
    for seed in range(60):
        fallen = []
        ended += len(events_of(scripted(script), seed=seed, temperature=1.0)[-1].result.structure) == 1
    assert ended < 20


def test_after_tipping_bricks_may_hang_as_before():
    tower = [Brick(2, 2, 0, 0, z) for z in range(3)]
    escalation = Escalation()
    escalation.cut(tower, 2)
    assert not escalation.supported
    escalation.cut(tower, 2, floating=True)
    escalation.cut(tower, 2)
    assert escalation.supported


LOST = ["2x4 (0,0,0)", "2x4 (9,9,1)", "2x4 (0,0,2)", "2x4 (0,0,3)", "2x4 (0,0,4)", END]
SOUND = ["2x4 (0,0,0)", "2x4 (0,0,1)", "2x4 (0,0,2)", "2x4 (0,0,3)", "2x4 (0,0,4)", END]


@pytest.mark.parametrize(("check", "placed"), [("end", 5), ("every-layer", 4), ("every-brick", 4)])
def test_early_checks_roll_back_early(scripted, check, placed):
    first = iter([True])

    def script(done):
        if len(done) == 1:
            script.lines = LOST if next(first, False) else SOUND
        return {getattr(script, "lines", LOST)[len(done)]: 1.0}

    events = events_of(scripted(script), check=check)
    back = rolled(events)
    assert [event.kept for event in back] == [1]
    assert sum(isinstance(event, BrickPlaced) for event in events[: events.index(back[0])]) == placed
    looked = events[events.index(back[0]) - 1]
    assert isinstance(looked, StabilityChecked) and looked.report.first_unstable == 1
    result = events[-1].result
    assert texts(result.structure) == SOUND[:-1] and result.stable and result.regenerations == 1


@pytest.mark.parametrize("check", ["end", "every-layer", "every-brick"])
@pytest.mark.parametrize("physics", [True, False])
def test_early_checks_leave_an_arch_alone(scripted, check, physics):
    events = events_of(scripted(ARCH), check=check, physics=physics)
    assert not rolled(events)
    assert texts(events[-1].result.structure) == ARCH
    assert sum(isinstance(event, StabilityChecked) for event in events) == 1


def test_early_checks_end_with_the_last_regeneration_and_are_off_without(scripted):
    for regenerations in (0, 2):
        events = events_of(scripted(LOST[:-1]), check="every-layer", max_regenerations=regenerations)
        assert len(rolled(events)) == regenerations
        assert isinstance(events[-1], Finished) and texts(events[-1].result.structure) == LOST[:-1]


@pytest.mark.parametrize("sampling", ["exact", "rejection"])
def test_checks_and_rollback_change_nothing_where_nothing_fails(scripted, sampling):
    def script(done):
        if len(done) == 12:
            return {END: 1.0}
        x, y = len(done) % 4, len(done) // 4
        return {f"1x1 ({4 * x + dx},{4 * y + dy},0)": 1.0 for dx in range(3) for dy in range(3)}

    made = {
        (check, rollback): texts(
            events_of(scripted(script), check=check, rollback=rollback, sampling=sampling)[
                -1
            ].result.structure
        )
        for check in ("end", "every-layer", "every-brick")
        for rollback in ("escalating", "published")
    }
    assert len({tuple(lines) for lines in made.values()}) == 1


@pytest.mark.parametrize("check", ["end", "every-layer", "every-brick"])
def test_a_solver_without_an_answer_takes_nothing_down(scripted, monkeypatch, check):
    def lost(structure):
        score = np.full(len(structure), np.nan)
        return StabilityReport("paper", "none", "unknown", score, message="numerical trouble")

    monkeypatch.setattr(generator_module, "_make_judge", lambda config: lost)
    events = events_of(scripted(ARCH), check=check, physics=True)
    assert not rolled(events)
    result = events[-1].result
    assert (texts(result.structure), result.stop_reason, result.report.status) == (
        ARCH,
        "unverified",
        "unknown",
    )
