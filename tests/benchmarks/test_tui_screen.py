"""What the studio's benchmark takes for an answer: the screen it reads, and the file it keeps rows in."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest

pytest.importorskip("pty", reason="needs pseudo-terminals")

ROOT = Path(__file__).parents[2]


def _load(name):
    spec = importlib.util.spec_from_file_location(f"benchmarks.{name}", ROOT / "benchmarks" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


tui = _load("tui")
Screen = tui.Screen


def test_text_goes_where_the_cursor_is_and_colours_are_left_out():
    screen = Screen(12, 3)
    screen.feed("\x1b]0;title\x07\x1b[2;3H\x1b[38;2;1;2;3mred\x1b[0m and\r\nnext\x1b[1;11Hwide")
    assert screen.text == "          wi\n  red and\nnext"
    screen.feed("\x1b[2;1H\x1b[K\x1b[3;3H\x1b[K")
    assert screen.text == "          wi\n\nne"
    screen.feed("\x1b[2J")
    assert screen.text == "\n\n"


def test_a_sequence_in_two_pieces_is_one():
    screen = Screen(12, 2)
    for piece in ("a\x1b", "[2;", "4", "Hb\x1b]0;ti", "tle\x1b", "\\c"):
        screen.feed(piece)
    assert screen.text == "a\n   bc"


def test_a_picture_is_complete_at_its_end():
    screen = Screen(12, 2)
    screen.feed("\x1b[?2026$p")
    assert screen.asked
    screen.feed("\x1b[?2026habc")
    assert screen.in_frame
    screen.feed("\x1b[?2026l")
    assert not screen.in_frame


class FakeTerminal:
    """A studio whose model is finished after so many answers."""

    def __init__(self, answers):
        self.answers, self.typed = answers, []

    @property
    def building(self):
        return self.answers > 0

    def press(self, keys):
        self.typed.append(keys)
        self.answers = 10 if keys == "a" else self.answers

    def wait_for(self, sign, patience=0.0):
        return 0.0

    def answer(self, keys, sign):
        self.typed.append(keys)
        self.answers -= 1
        return 0.01

    def drain(self, seconds):
        pass


def test_what_is_answered_after_the_end_of_a_run_does_not_count():
    action = tui.Action("both", (("x", "X"), ("y", "Y")))
    terminal = FakeTerminal(2)
    assert tui.one_round(terminal, action) == [0.01]
    assert terminal.typed == ["x", "y"]  # ended all the same, so that the studio is as it was
    assert tui.one_round(terminal, action) == [0.01, 0.01]
    assert terminal.typed[2:] == ["a", "x", "y"]


def test_every_action_leaves_the_studio_as_it_was():
    for lines in (24, 40, 60):
        for action in tui.actions(lines):
            assert len(action.steps) > 1 or action.after, action.name


def test_an_answer_that_does_not_come_shows_the_screen(monkeypatch, tmp_path):
    monkeypatch.setattr(tui, "_ANSWER_S", 0.2)
    program = (
        "import sys; print('ready', flush=True); sys.stdin.readline(); print('other', flush=True); input()"
    )
    monkeypatch.setattr(tui, "COMMAND", ["-c", program])
    with tui.Terminal([], str(tmp_path), (40, 5)) as terminal:
        terminal.wait_for("ready")
        with pytest.raises(tui.UnansweredError, match=r"never showed wanted; it shows:\nready\n[^\0]*other"):
            terminal.answer("x\n", "wanted")
        with pytest.raises(tui.UnansweredError, match="already shows ready"):
            terminal.answer("x", "ready")


def _row(name, value):
    return tui.Row.compare(name, value, "ms")


def test_pieces_add_up_in_a_file_and_the_worst_comes_with_the_last(tmp_path):
    path = tmp_path / "results.jsonl"
    names = [f"{a.name}, {w}x{h}" for w, h in tui.SIZES for a in tui.actions(h)]
    most = [_row(f"{name}, {what}", 5) for name in names for what in ("median", "95 %")]
    worst = tui.Row.compare("input to paint, worst median", 5, "ms", goal=50)
    assert list(tui.with_the_worst(most[:-1], path)) == [*most[:-1], worst]
    list(tui.with_the_worst([_row(f"{names[3]}, median", 7), most[-1]], path))
    kept = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    values = {row["name"]: row["value"] for row in kept}
    assert len(kept) == len(values) == len(most) + 2
    assert values["input to paint, worst median"] == 7
    assert values["input to paint, worst 95 %"] == 5
