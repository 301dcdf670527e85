"""The studio's state, the folding of events, and the brake on messages: without an app."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest

from brickgpt_engine.bricks import Brick, BrickStructure, Rejection
from brickgpt_engine.bricks.structure import DEFAULT_WORLD_DIM
from brickgpt_engine.errors import ModelError
from brickgpt_engine.generation import (
    BrickPlaced,
    BrickRejected,
    Failed,
    Finished,
    GenerationConfig,
    GenerationResult,
    RolledBack,
    StabilityChecked,
    Started,
    StartedOver,
)
from brickgpt_engine.physics import connectivity_report
from brickgpt_engine.statements.judging import Verdict
from brickgpt_tui.actions import ACTIONS, GROUPS, REASONS
from brickgpt_tui.feed import IDLE_SECONDS, POST_SECONDS, Feed
from brickgpt_tui.progress import Progress
from brickgpt_tui.snapshot import WORLD_DIM, ModelSnapshot, structure_of
from brickgpt_tui.state import UNDO_STEPS, Document, StudioState
from brickgpt_tui.widgets.stats import elapsed, sparkline

TOWER = tuple(Brick(2, 2, 0, 0, z) for z in range(6))


def tower():
    state = StudioState()
    state.put(Document(TOWER, step="build"))
    return state


def test_undo_and_redo_walk_through_the_steps():
    state = tower()
    state.delete(5)
    state.delete(4)
    assert state.undo() == "delete 2x2 at (0,0,4)" and len(state.document.bricks) == 5
    assert state.redoable == "delete 2x2 at (0,0,4)" and state.undoable == "delete 2x2 at (0,0,5)"
    assert state.undo() and state.document.bricks == TOWER
    assert state.redo() == "delete 2x2 at (0,0,5)"
    state.delete_above(1)
    assert state.redoable is None and len(state.document.bricks) == 2
    assert [state.undo() is not None for _ in range(4)] == [True, True, True, False]


def test_the_past_is_bounded():
    state = StudioState()
    for _ in range(UNDO_STEPS + 5):
        state.put(Document())
    assert sum(state.undo() is not None for _ in range(UNDO_STEPS + 5)) == UNDO_STEPS


def test_a_step_that_came_to_nothing_leaves_no_trace():
    state = tower()
    state.put(Document(step="build again"))
    state.abandon()
    assert state.document.bricks == TOWER and state.redoable is None


def test_what_is_visible_follows_the_end_until_one_scrubs_back():
    state = StudioState()
    state.grow(TOWER[:2], None, 1)
    assert state.shown == 2
    state.scrub(1)
    state.grow(TOWER[:4], None, 1)
    assert state.shown == 1
    state.scrub(99)
    state.grow(TOWER[:1], None, 1)
    assert state.shown == 1
    state.scrub(-3)
    assert state.shown == 0


def test_a_selection_that_is_gone_is_forgotten():
    state = tower()
    state.select(5)
    state.grow(TOWER[:3], None, 1)
    assert state.selected is None
    state.select(-1)
    assert state.selected is None


def test_verdicts_reach_the_documents_that_they_are_about():
    state = tower()
    first = state.document.revision
    state.delete(5)
    report = connectivity_report(BrickStructure(TOWER))
    assert not state.judge(first, report, 2.0)
    assert state.document.report is None
    state.undo()
    assert state.document.report is report and state.document.safety == 2.0
    assert state.judge(state.document.revision, report, None)


def test_every_change_of_bricks_has_a_revision_of_its_own():
    state = tower()
    seen = {state.document.revision}
    state.delete(0)
    seen.add(state.document.revision)
    state.grow(TOWER[:1], None, 1)
    seen.add(state.document.revision)
    assert len(seen) == 3


def test_the_structure_of_a_snapshot_has_the_visible_bricks():
    whole = ModelSnapshot(TOWER, WORLD_DIM, 6)
    assert structure_of(whole) == BrickStructure(TOWER)
    assert structure_of(whole.showing(2)) == BrickStructure(TOWER[:2])
    assert structure_of(whole.showing(2)) is structure_of(whole.showing(2))
    assert structure_of(whole) == BrickStructure(TOWER), "what is cut off is not cut off the original"
    assert whole.showing(99).shown == 6 and whole.showing(-1).visible == ()


def test_the_world_is_the_engines():
    assert WORLD_DIM == DEFAULT_WORLD_DIM


def progress_of(*events, colour=4):
    progress = Progress("a tower", "nano", colour, 0.0)
    for second, event in enumerate(events):
        progress.take(event, float(second))
    return progress


def test_events_become_bricks_numbers_and_lines():
    floating = Brick(2, 2, 9, 9, 3)
    report = connectivity_report(BrickStructure((TOWER[0], floating)))
    progress = progress_of(
        Started("a tower", GenerationConfig(), 5),
        BrickPlaced(TOWER[0], 0, 0),
        BrickRejected("2x2 (0,0,0)\n", TOWER[0], Rejection.COLLISION, 1, 0.6),
        BrickPlaced(floating, 1, 1),
        StabilityChecked(report, 2),
        RolledBack(1, (floating,), 1),
        BrickPlaced(TOWER[1], 1, 0),
    )
    run = progress.snapshot(6.5, 40)
    assert progress.bricks == list(TOWER[:2]) and {brick.colour for brick in progress.bricks} == {4}
    assert (run.seed, run.bricks, run.tokens, run.running) == (5, 2, 40, True)
    assert run.rejections == (("collision", 1),)
    assert run.rollbacks == ("#1 2 → 1 bricks: brick 2, 2x2 at (9,9,3), floating",)
    assert run.placement_rate == (0, 1, 0, 1, 0, 0, 1), "one place for each second so far"
    assert [line.kind for line in progress.drain()] == [
        "info", "placed", "rejected", "placed", "bad", "rollback", "placed",
    ]  # fmt: skip
    assert progress.drain() == ()


def test_what_was_taken_for_the_prompt_is_in_the_line_that_stays():
    structure = BrickStructure(TOWER)
    notes = ("taking 'dragon' as 'dinosaur'",)
    report = connectivity_report(structure)
    result = GenerationResult(
        structure, report, "a", GenerationConfig(), {}, 0, 1.0, 9, 5, "end", notes=notes
    )
    last = list(progress_of(Started("a", GenerationConfig(), 5), Finished(result)).drain())[-1]
    assert last.kind == "good"
    assert last.text.startswith("taking 'dragon' as 'dinosaur'; done: 6 bricks in ")


def one_of_two():
    """A whole model that lacks legs, and the events up to where another is drawn in its place."""
    best = BrickStructure(TOWER[:2])
    report = connectivity_report(best)
    said = (Verdict("parts", "back", True, True), Verdict("counts", "legs", 4, False))
    result = GenerationResult(best, report, "a", GenerationConfig(), {}, 0, 1.0, 9, 5, "end", statements=said)
    over = StartedOver(TOWER[:1], 2, ("4 legs",), result)
    return result, (Started("a", GenerationConfig(), 5, TOWER[:1]), BrickPlaced(TOWER[1], 1, 0), over)


def test_another_model_is_drawn_for_what_the_first_lacks_and_the_end_says_what_is_there():
    result, events = one_of_two()
    progress = progress_of(*events)
    assert progress.bricks == [replace(TOWER[0], colour=4)] and progress.report is None
    run = progress.snapshot(3.0, 0)
    assert run.drawn == 2 and run.asked == ()
    assert run.message == "drawing number 2: the last was not as asked (4 legs)"
    assert list(progress.drain())[-1].text == "not as asked (4 legs): drawing another, number 2"
    progress.take(Finished(replace(result, attempts=10)), 4.0)
    run = progress.snapshot(4.0, 0)
    assert run.drawn == 10 and run.asked == (("back", True), ("4 legs", False))
    assert list(progress.drain())[-1].text.endswith("; not as asked: 4 legs")


@pytest.mark.parametrize("end", [Progress.stop, lambda progress: progress.fail("it broke")])
def test_a_run_that_ends_while_another_model_is_drawn_keeps_the_best(end):
    result, events = one_of_two()
    progress = progress_of(*events, BrickPlaced(TOWER[3], 1, 0))
    assert len(progress.bricks) == 2
    end(progress)
    assert progress.bricks == [replace(brick, colour=4) for brick in TOWER[:2]]
    assert progress.report == result.report
    assert progress.snapshot(5.0, 0).asked == (("back", True), ("4 legs", False))


def test_bricks_to_begin_with_do_not_count_as_placed():
    progress = progress_of(Started("x", GenerationConfig(), 5, TOWER[:3]), BrickPlaced(TOWER[3], 3, 0))
    assert progress.snapshot(1.0, 0).bricks == 1 and len(progress.bricks) == 4


def test_a_failure_keeps_the_bricks_and_says_why():
    error = ModelError("the model's output is not a number")
    progress = progress_of(
        Started("x", GenerationConfig(), 5), BrickPlaced(TOWER[0], 0, 0), Failed(error, BrickStructure())
    )
    run = progress.snapshot(2.0, 0)
    assert progress.bricks and not run.running and run.stop_reason == "failed" and run.error == str(error)


def test_no_message_is_sent_before_the_last_one_is_on_screen():
    clock, sent = [0.0], []
    progress = progress_of(Started("x", GenerationConfig(), 5))
    feed = Feed(sent.append, progress, lambda: clock[0])
    feed.take(BrickPlaced(TOWER[0], 0, 0), 1)
    clock[0] = 1.0
    feed.take(BrickPlaced(TOWER[1], 1, 0), 2)
    assert len(sent) == 1
    sent[0].taken.set()
    feed.take(BrickPlaced(TOWER[2], 2, 0), 3)
    assert len(sent) == 2 and sent[1].run.tokens == 3 and len(sent[1].bricks) == 3
    sent[1].taken.set()
    clock[0] += POST_SECONDS / 2
    feed.take(BrickPlaced(TOWER[3], 3, 0), 4)
    assert len(sent) == 2, "not faster than can be seen"
    clock[0] += POST_SECONDS
    feed.tick()
    assert len(sent[2].bricks) == 4, "the last brick is shown though no other follows"
    sent[2].taken.set()
    feed.tick()
    assert len(sent) == 3
    clock[0] += IDLE_SECONDS
    feed.tick()
    assert len(sent) == 4, "the clock goes on"
    feed.send(ended=True)
    sent[4].taken.set()
    clock[0] += 1
    feed.tick()
    assert sent[4].ended and len(sent) == 5


@pytest.mark.parametrize(
    ("seconds", "said"), [(7.34, "7.3 s"), (60, "1:00 min"), (125, "2:05 min"), (3723, "1:02:03 h")]
)
def test_times_are_said_as_people_do(seconds, said):
    assert elapsed(seconds) == said


def test_sparklines_scale_to_their_highest_value():
    assert sparkline((0, 1, 2), 10, ascii_only=False) == "▁▅█"
    assert sparkline(range(100), 4, ascii_only=True).isascii()
    assert sparkline((), 4, ascii_only=False) == ""


def test_the_table_of_actions_is_in_order():
    keys = [key for action in ACTIONS for key in action.keys.split(",")]
    assert len(keys) == len(set(keys)), "no key does two things"
    assert {action.group for action in ACTIONS} == set(GROUPS)
    assert {need for action in ACTIONS for need in action.needs} <= set(REASONS)


def test_the_first_paint_needs_neither_numpy_nor_models_nor_solvers():
    code = "import brickgpt_tui.__main__, brickgpt_tui.app, sys, json; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    loaded = {name.split(".")[0] for name in json.loads(done.stdout)}
    assert not loaded & {"numpy", "tokenizers", "highspy", "gurobipy", "PIL", "torch", "textual_image"}
