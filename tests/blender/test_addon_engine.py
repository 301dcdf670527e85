"""The add-on's side of the protocol, with a fake and with the real engine; no Blender needed."""

import os
import time

import pytest

from blender_addon import engine_process
from blender_addon.engine_process import EngineError, EngineProcess, find_engine
from blender_addon.model import Brick, BrickModel
from blender_addon.runs import Run, Runs, new_run_name

BRICKS = [[2, 4, 4, 5, 0], [2, 2, 3, 6, 1], [4, 2, 1, 7, 2]]
PATIENCE = 60


@pytest.fixture
def runs(request):
    """Runs on the engine that the test chose."""
    made = []

    def make(program):
        made.append(Runs(lambda: EngineProcess(program)))
        return made[-1]

    yield make
    for one in made:
        one.abandon()


def begin(runs, **options):
    run = Run(new_run_name(), BrickModel(prompt="a tower"), **options)
    rows = [brick.row for brick in run.model.bricks]
    runs.begin(run, {"prompt": "a tower", "config": {"seed": 4}, **({"bricks": rows} if rows else {})})
    return run


def finish(runs, *waited):
    until = time.monotonic() + PATIENCE
    while not all(run.over for run in waited):
        assert time.monotonic() < until
        runs.update()
        time.sleep(0.005)


def rows(run):
    return [brick.row for brick in run.model.bricks]


def test_a_run_collects_its_bricks(runs, fake_engine):
    all_runs = runs(fake_engine())
    run = begin(all_runs)
    finish(all_runs, run)
    assert (run.state, rows(run), run.model.seed, run.notes) == ("finished", BRICKS, 7, ["a note"])
    assert {brick.colour for brick in run.model.bricks} == {4}
    assert run.model.stable
    assert all_runs.active == []


def test_two_runs_of_one_engine_do_not_mix(runs, fake_engine):
    all_runs = runs(fake_engine())
    first, second = begin(all_runs), begin(all_runs)
    finish(all_runs, first, second)
    assert rows(first) == rows(second) == BRICKS
    assert first.model is not second.model


def test_noise_between_messages_is_kept_as_log(runs, fake_engine):
    all_runs = runs(fake_engine(at=1, do="noise"))
    run = begin(all_runs)
    finish(all_runs, run)
    assert (run.state, rows(run)) == ("finished", BRICKS)
    assert "a library says hello" in all_runs.engine.log


def test_a_rollback_takes_bricks_away(runs, fake_engine):
    all_runs = runs(fake_engine(at=1, do="roll"))
    run = begin(all_runs)
    finish(all_runs, run)
    assert (rows(run), run.regenerations) == (BRICKS, 1)


def test_another_model_takes_the_place_of_one_that_lacks_something(runs, fake_engine):
    all_runs = runs(fake_engine(at=1, do="over"))
    run = begin(all_runs)
    finish(all_runs, run)
    assert rows(run) == BRICKS and run.state == "finished" and run.best["bricks"] == BRICKS


def drawn_again():
    """A run from two bricks with colours, of which rollback took one, while a second model is drawn."""
    run = Run(new_run_name(), BrickModel([Brick(2, 4, 0, 0, 0, 14), Brick(1, 1, 9, 9, 0, 2)]), "continue")
    run.colour = 4
    run.apply({"type": "rolled_back", "kept": 1, "removed": 1, "regeneration": 1})
    run.apply({"type": "brick", "index": 1, "brick": [2, 2, 0, 0, 1]})
    run.changed_from = 9
    best = {"bricks": [[2, 4, 0, 0, 0], [2, 2, 0, 0, 1]], "report": {"message": "it stands"}}
    start = [[2, 4, 0, 0, 0], [1, 1, 9, 9, 0]]
    over = {"type": "started_over", "bricks": start, "attempt": 2, "missing": ["4 legs", "armrests"]}
    run.apply(over | {"best": best})
    return run


def test_a_second_model_begins_with_what_the_first_began_with():
    run = drawn_again()
    start = [([2, 4, 0, 0, 0], 14), ([1, 1, 9, 9, 0], 2)]
    assert [(list(brick.row), brick.colour) for brick in run.model.bricks] == start
    assert run.changed_from == 1
    assert run.message == "drawing number 2: the last was not as asked (4 legs, armrests)"
    said = [{"words": "4 legs", "holds": False}, {"words": "back", "holds": True}]
    finished = {"bricks": [[2, 4, 0, 0, 0]], "report": None, "seconds": 1.0, "regenerations": 0}
    run.apply({"type": "finished", **finished, "statements": said})
    assert run.message.endswith("; not as asked: 4 legs")


@pytest.mark.parametrize(
    "end", [lambda run: run.apply({"type": "cancelled"}), lambda run: run.fail("it broke")]
)
def test_a_run_that_ends_while_a_second_model_is_drawn_keeps_the_best(end):
    run = drawn_again()
    run.apply({"type": "brick", "index": 2, "brick": [1, 1, 3, 3, 3]})
    end(run)
    assert [list(row) for row in rows(run)] == [[2, 4, 0, 0, 0], [2, 2, 0, 0, 1]]
    assert run.model.report == {"message": "it stands"}


@pytest.mark.parametrize(
    ("do", "says"),
    [
        ("crash", "the engine ended with code 3: out of luck"),
        ("half", "the engine ended with code 0"),
        ("nonsense", "makes no sense"),
        ("fail", "no solver gave an answer"),
    ],
)
def test_a_run_that_breaks_leaves_nothing_unless_it_is_kept(runs, fake_engine, do, says):
    all_runs = runs(fake_engine(at=2, do=do))
    run = begin(all_runs)
    finish(all_runs, run)
    assert (run.state, rows(run)) == ("failed", [])
    assert says in run.message
    kept = begin(all_runs, keep=True)
    finish(all_runs, kept)
    assert (kept.state, rows(kept)) == ("failed", BRICKS[:2])


def test_an_engine_that_is_killed_fails_its_runs_and_the_next_run_gets_a_new_one(runs, fake_engine):
    program = fake_engine(at=1, do="hang")
    all_runs = runs(program)
    run = begin(all_runs)
    while not run.model.bricks:
        all_runs.update()
    first = all_runs.engine
    first.kill()
    finish(all_runs, run)
    assert "signal 9" in run.message
    fake_engine()
    again = begin(all_runs)
    finish(all_runs, again)
    assert again.state == "finished"
    assert all_runs.engine.pid != first.pid


def test_cancel_keeps_what_is_there(runs, fake_engine):
    all_runs = runs(fake_engine(at=1, do="hang"))
    run = begin(all_runs)
    while not run.model.bricks:
        all_runs.update()
    all_runs.cancel(run)
    finish(all_runs, run)
    assert (run.state, rows(run)) == ("cancelled", BRICKS[:1])


def test_an_engine_of_another_version_is_refused(runs, fake_engine):
    program = fake_engine(protocol=2)
    all_runs = runs(program)
    run = begin(all_runs)
    finish(all_runs, run)
    assert (run.state, "protocol 2 and this add-on 1" in run.message) == ("failed", True)
    with pytest.raises(EngineError, match="same release"):
        engine_process.probe(program)


def test_a_check_gives_the_stress(runs, fake_engine):
    all_runs = runs(fake_engine())
    run = Run(new_run_name(), BrickModel([Brick(2, 4, 0, 0, 0)]), "check")
    all_runs.begin(run, {"bricks": [[2, 4, 0, 0, 0]]})
    finish(all_runs, run)
    assert run.model.stress == [0.5]


def test_closing_ends_the_process(fake_engine):
    engine = EngineProcess(fake_engine())
    engine.close()
    until = time.monotonic() + PATIENCE
    while engine.alive and time.monotonic() < until:
        time.sleep(0.01)
    assert not engine.alive


def test_one_that_does_not_listen_is_ended_by_force(fake_engine, monkeypatch):
    monkeypatch.setattr(engine_process, "_CLOSE_SECONDS", 0.2)
    engine = EngineProcess(fake_engine(do="sleep"))
    engine.close()
    until = time.monotonic() + PATIENCE
    while engine.alive and time.monotonic() < until:
        time.sleep(0.01)
    assert not engine.alive


def test_blenders_python_does_not_leak_into_the_engine():
    kept = engine_process.child_environment({"PYTHONPATH": "x", "LD_LIBRARY_PATH": "y", "HOME": "z"})
    assert "PYTHONPATH" not in kept
    assert "LD_LIBRARY_PATH" not in kept
    assert (kept["HOME"], kept["PYTHONUTF8"]) == ("z", "1")


def test_the_engine_is_found_on_the_path_in_environments_and_by_name(tmp_path, monkeypatch):
    monkeypatch.setattr(engine_process.Path, "home", lambda: tmp_path / "home")
    folder = tmp_path / "project" / ".venv" / ("Scripts" if os.name == "nt" else "bin")
    folder.mkdir(parents=True)
    program = folder / "brickgpt"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    nowhere = {"PATH": str(tmp_path)}
    assert find_engine("", [tmp_path / "project"], nowhere) == str(program)
    assert find_engine("", [], {"PATH": str(folder)}) == str(program)
    assert find_engine(str(tmp_path / "project" / ".venv"), [], nowhere) == str(program)
    assert find_engine("", [], {"PATH": "", "BRICKGPT_ENGINE": str(program)}) == str(program)
    for wish in ("", "/no/such/engine"):
        with pytest.raises(EngineError, match="pip install") as caught:
            find_engine(wish, [], nowhere)
        assert "\n" not in str(caught.value)


def test_a_python_serves_by_its_module_and_a_program_by_its_command():
    assert engine_process.command_for("/x/bin/python3.11")[1:3] == ["-m", "brickgpt_engine.cli"]
    assert engine_process.command_for("/x/bin/brickgpt") == ["/x/bin/brickgpt", "serve", "--stdio"]


def test_something_else_than_an_engine_is_told(tmp_path):
    program = tmp_path / "brickgpt"
    program.write_text("#!/bin/sh\necho no such command: serve >&2\nexit 2\n")
    program.chmod(0o755)
    with pytest.raises(EngineError, match=r"code 2: no such command: serve; .*pip install"):
        engine_process.probe(str(program))


def test_the_real_engine_builds_what_it_says(runs, real_engine):
    hello = engine_process.probe(real_engine)
    assert hello["protocol"] == engine_process.PROTOCOL_VERSION
    all_runs = runs(real_engine)
    run = Run(new_run_name(), BrickModel(prompt="a red chair"))
    all_runs.begin(run, {"prompt": "a red chair", "config": {"seed": 1, "max_bricks": 12}})
    streamed = []
    until = time.monotonic() + PATIENCE
    while not run.over and time.monotonic() < until:
        all_runs.update()
        streamed.append(len(run.model.bricks))
        time.sleep(0.005)
    assert run.state == "finished"
    assert 0 < len(run.model.bricks) <= 12
    assert len(run.model.stress) == len(run.model.bricks)
    assert {brick.colour for brick in run.model.bricks} == {4}
