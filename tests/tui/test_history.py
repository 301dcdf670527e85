"""The history: saved as it goes, readable after a crash, silent about nothing."""

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import brickgpt_engine
from brickgpt_engine.bricks import Brick, BrickStructure
from brickgpt_engine.errors import FormatError, InputError, ModelError
from brickgpt_engine.generation import (
    BrickPlaced,
    Failed,
    Finished,
    GenerationConfig,
    GenerationResult,
    RolledBack,
    Started,
    StartedOver,
)
from brickgpt_tui import history
from brickgpt_tui.history import Recorder

CONFIG = GenerationConfig(temperature=0.9, world_dim=30)
BRICKS = tuple(Brick(2, 4, 0, 0, z, colour=z or None) for z in range(5))


def record(folder, prompt="a tower", bricks=BRICKS, *, seed=11, finish=True):
    recorder = Recorder(folder)
    recorder.start(prompt, CONFIG, seed)
    recorder.write(Started(prompt, CONFIG, seed))
    for index, brick in enumerate(bricks):
        recorder.write(BrickPlaced(brick, index, 0))
    if finish:
        recorder.close()
    return recorder


def result(bricks, **more):
    structure = BrickStructure(bricks, 30)
    values = {"report": None, "prompt": "a tower", "config": CONFIG, "rejections": {}, "regenerations": 0}
    values |= {"seconds": 1.0, "tokens": 9, "seed": 11, "stop_reason": "end"}
    return Finished(GenerationResult(structure=structure, **(values | more)))


def test_a_run_comes_back_with_prompt_options_and_seed(tmp_path):
    record(tmp_path)
    (entry,) = history.entries(tmp_path)
    assert (entry.prompt, entry.seed, entry.options, entry.bricks) == ("a tower", 11, CONFIG, 5)
    assert entry.state == "stopped" and entry.model == "nano"
    run = history.load(entry)
    assert run == (BRICKS, "a tower", CONFIG, 11)
    assert [brick.colour for brick in run.bricks] == [None, 1, 2, 3, 4]


def test_a_model_that_is_drawn_anew_takes_the_place_of_the_one_before(tmp_path):
    recorder = record(tmp_path, finish=False)
    recorder.write(StartedOver(BRICKS[:1], 2, ("4 legs",), result(BRICKS).result))
    recorder.write(BrickPlaced(BRICKS[1], 1, 0))
    (entry,) = history.entries(tmp_path)
    assert entry.bricks == 2 and history.load(entry).bricks == BRICKS[:2]
    recorder.close()
    (entry,) = history.entries(tmp_path)
    assert entry.state == "stopped" and history.load(entry).bricks == BRICKS, "the whole one is kept"


def test_every_line_is_on_disk_at_once(tmp_path):
    recorder = record(tmp_path, finish=False)
    recorder.write(RolledBack(2, BRICKS[2:], 1))
    (entry,) = history.entries(tmp_path)
    assert entry.state == "interrupted" and entry.bricks == 2
    assert history.load(entry).bricks == BRICKS[:2]
    recorder.write(BrickPlaced(Brick(1, 1, 9, 9, 0), 2, 0))
    assert history.load(entry).bricks == (*BRICKS[:2], Brick(1, 1, 9, 9, 0))
    recorder.close()


def test_a_killed_program_loses_nothing_that_was_placed(tmp_path):
    code = (
        "import os, signal\n"
        "from pathlib import Path\n"
        "from brickgpt_engine.bricks import Brick\n"
        "from brickgpt_engine.generation import BrickPlaced, GenerationConfig\n"
        "from brickgpt_tui.history import Recorder\n"
        f"recorder = Recorder(Path({str(tmp_path)!r}))\n"
        "recorder.start('a tower', GenerationConfig(), 3)\n"
        "for z in range(20): recorder.write(BrickPlaced(Brick(2, 4, 0, 0, z), z, 0))\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(brickgpt_engine.__file__).parent.parent)}
    killed = subprocess.run([sys.executable, "-c", code], env=environment, check=False)
    assert killed.returncode == -signal.SIGKILL
    (entry,) = history.entries(tmp_path)
    assert entry.state == "interrupted" and len(history.load(entry).bricks) == entry.bricks == 20


def test_the_end_of_a_run(tmp_path):
    recorder = record(tmp_path, finish=False)
    recorder.write(result(BRICKS[:3]))  # the best of several outcomes, not the last one
    recorder.close()
    (entry,) = history.entries(tmp_path)
    assert (entry.state, entry.stable, entry.bricks) == ("end", False, 3)
    assert history.load(entry).bricks == BRICKS[:3]


def test_a_run_that_fails(tmp_path):
    recorder = record(tmp_path, finish=False)
    recorder.write(Failed(ModelError("the model gave no numbers"), BrickStructure(BRICKS, 30)))
    recorder.close()
    (entry,) = history.entries(tmp_path)
    assert entry.state == "failed" and entry.bricks == 5
    assert "the model gave no numbers" in recorder.path.read_text()


def test_a_run_that_continues_begins_with_bricks(tmp_path):
    recorder = Recorder(tmp_path)
    recorder.start("more", CONFIG, 1, BRICKS[:2])
    recorder.write(BrickPlaced(BRICKS[2], 2, 0))
    recorder.close()
    assert history.load(history.entries(tmp_path)[0]).bricks == BRICKS[:3]


def test_long_runs_keep_their_seed_and_count(tmp_path):
    recorder = Recorder(tmp_path)
    recorder.start("long", GenerationConfig())  # the seed comes with the first event
    recorder.write(Started("long", GenerationConfig(), 123_456))
    for number in range(1500):
        recorder.write(BrickPlaced(Brick(1, 1, number % 20, number // 20 % 20, number // 400), number, 0))
    (entry,) = history.entries(tmp_path)
    assert (entry.seed, entry.bricks) == (123_456, 1500)
    recorder.close()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ["a red chair", "a blue boat"]),
        ("BOAT", ["a blue boat"]),
        ("chair red", ["a red chair"]),
        ("22", ["a blue boat"]),
        ("nano stopped", ["a red chair", "a blue boat"]),
        ("castle", []),
    ],
)
def test_search_finds_words_in_any_order(tmp_path, text, found):
    for prompt, seed in (("a red chair", 13), ("a blue boat", 2_200_000_000)):
        record(tmp_path, prompt, seed=seed)
    entries = history.entries(tmp_path)
    for number, entry in enumerate(entries):  # away from what the day's date may hold
        entries[number] = type(entry)(
            **{name: getattr(entry, name) for name in entry.__slots__ if name != "started"},
            started=entry.started.replace(year=2031, month=1, day=1, hour=3, minute=4),
        )
    assert sorted(entry.prompt for entry in history.search(text, among=entries)) == sorted(found)
    if not text:
        assert len(history.search("", tmp_path)) == 2


def test_newest_first(tmp_path):
    for number in range(3):
        recorder = record(tmp_path, f"run {number}")
        lines = recorder.path.read_text().splitlines()
        start = json.loads(lines[0]) | {"time": f"2026-01-0{number + 1}T00:00:00+00:00"}
        recorder.path.write_text("\n".join([json.dumps(start), *lines[1:]]) + "\n")
    assert [entry.prompt for entry in history.entries(tmp_path)] == ["run 2", "run 1", "run 0"]


@pytest.mark.parametrize(
    "content", [b"", b"{}\n", b"not json\n", b"\xff\0\n", b'{"kind":"start"}\n', b"[1]\n"]
)
def test_files_that_are_no_runs_are_left_out(tmp_path, content):
    (tmp_path / "x.jsonl").write_bytes(content)
    record(tmp_path)
    assert [entry.prompt for entry in history.entries(tmp_path)] == ["a tower"]


def test_half_a_line_and_damage_leave_what_stands_before(tmp_path):
    recorder = record(tmp_path, finish=False)
    recorder.close()
    content = recorder.path.read_bytes().splitlines(keepends=True)
    recorder.path.write_bytes(b"".join(content[:5]) + content[5][:12])
    (entry,) = history.entries(tmp_path)
    assert history.load(entry).bricks == BRICKS[:3]
    recorder.path.write_bytes(b"".join([*content[:3], b"~~~\n", *content[4:]]))
    assert history.load(entry).bricks == BRICKS[:1]


def test_bricks_that_collide_are_no_run(tmp_path):
    recorder = record(tmp_path, bricks=(BRICKS[0], BRICKS[0]))
    with pytest.raises(FormatError, match="the run is damaged"):
        history.load(history.entries(tmp_path)[0])
    entry = history.entries(tmp_path)[0]
    recorder.path.unlink()
    with pytest.raises(InputError, match="cannot be read"):
        history.load(entry)


def test_options_of_another_version_take_their_default(tmp_path):
    recorder = record(tmp_path)
    text = recorder.path.read_text()
    text = text.replace('"solver":"auto"', '"solver":"quantum","future":1').replace(
        '"top_k":20', '"top_k":-3'
    )
    recorder.path.write_text(text)
    assert history.entries(tmp_path)[0].options == CONFIG


def test_no_folder_and_no_history(tmp_path):
    assert history.entries(tmp_path / "none") == []
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be listed"):
        history.entries(tmp_path / "file")


def test_a_place_that_cannot_be_written_is_said_once_and_nothing_breaks(tmp_path):
    (tmp_path / "file").write_text("")
    recorder = record(tmp_path / "file" / "history")
    assert "is not saved in the history" in recorder.problem and "\n" not in recorder.problem


def test_a_full_disk_ends_the_saving_and_not_the_run(tmp_path, monkeypatch):
    recorder = record(tmp_path, finish=False)

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    recorder.write(result(BRICKS))
    assert "No space left on device" in recorder.problem
    recorder.write(BrickPlaced(Brick(1, 1, 5, 5, 0), 5, 0))
    recorder.close()
    monkeypatch.undo()
    recorder.start("again", CONFIG, 1)
    assert recorder.problem is None
    recorder.close()
    assert len(history.entries(tmp_path)) == 2


def test_removing_a_run(tmp_path):
    record(tmp_path)
    (entry,) = history.entries(tmp_path)
    history.delete(entry)
    history.delete(entry)
    assert history.entries(tmp_path) == []
