"""How the terminal studio feels, measured from outside: a real program in a pseudo-terminal.

    python benchmarks/tui.py [--quick] [--json] [--size 80x24] [--action turn]... [--into FILE]

First paint is the time from starting the process to the frame of the studio on the terminal, by the clock
and of the processor, which is what is left of it where other programs take no time away. Input latency is the
time from a key or the mouse to the answer on the terminal, while the embedded model generates on the same
cores, for each of the common actions in terminals of three sizes; the claim is the worst of their medians.
What is on the screen decides: an answer is there when a complete picture shows it that was not there before,
and one that does not come is an error with the screen in it. What is answered after the model is finished
does not count, and is measured once more. ``--size``, ``--action`` and ``--into`` measure in pieces.
Opening is the time from the first paint to 2,000 bricks on screen, and scrubbing the time from the key to
the next moment of the build order among them. Needs a system with pseudo-terminals (not Windows).
"""

from __future__ import annotations

import argparse
import codecs
import fcntl
import json
import math
import os
import pty
import re
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks._report import Row, environment, json_line, options, publish
from benchmarks._screen import Screen
from benchmarks.rendering import heap
from brickgpt_engine.formats import write_structure
from brickgpt_tui.settings import APP_NAME, FILE_NAME, Settings, save

SIZE = 120, 40
SIZES = (80, 24), (120, 40), (200, 60)
"""Columns and lines."""
BRICKS = 2000
PROMPT = "a castle tower with battlements"
COMMAND = ["-m", "brickgpt_tui"]
"""What Python is given to run the studio."""
_PATIENCE_S = 20.0
_ANSWER_S = 3.0
_SETTLED_S = 0.2  # after keys of which some may still be to come when their effect is there already
_GROWING_S = 1.5
_RUNS = 20
"""Models that are begun, each watched for so long, until one is seen that has grown but is not finished."""
_CALM_S = 0.03  # between an answer and the next key
_BREAK_S = 0.002  # without anything written, after which there is time to look at it
_GROWN = r"building[^\0]*bricks +(\d\d+)  +[\d.]+/s[^\0]*\b\1/\1 layer [1-9]"
"""A run that has built ten bricks or more, which are those on the screen, in two layers or more: until its
first brick the studio shows the model before."""
_LOG_LINES = {24: 6, 40: 9, 60: 14}
"""Lines of the unfolded log, by the lines of the terminal."""
_KEEPS_FRAMES = b"\x1b[?2026;2$y"  # the terminal keeps a picture until it is complete


@dataclass(frozen=True, slots=True)
class Action:
    """Something that users do while a model grows.

    Attributes:
        name: what.
        steps: keys or mouse reports in a row, each with a pattern of the screen that answers it: not there
            before, and not made by anything else. After the last the studio is as it was before the first.
        before: keys that make ready for it.
        ready: a pattern of the screen when that is done.
        after: keys that end it; they are answered when the pattern of the last step is gone.
    """

    name: str
    steps: tuple[tuple[str, str], ...]
    before: str = ""
    ready: str = ""
    after: str = ""


def actions(lines: int) -> tuple[Action, ...]:
    """What is measured in a terminal of so many lines."""
    levels = {"before": "1" + 20 * "-", "ready": at_layer(0)}
    turns = tuple(("t", rf"seen from \{x}x \{y}y") for x, y in ("--", "-+", "++", "+-"))
    colours = tuple(
        ("c", rf"(?m)^ *│? *{name}  ") for name in ("part", "build order", "stress", "brick colour")
    )
    folds = click(5, lines - 1), click(5, lines - _LOG_LINES[lines])
    return (
        Action("fold the log", (("l", "▾ Log"), ("l", "▸ Log"))),
        Action("fold the log, mouse", ((folds[0], "▾ Log"), (folds[1], "▸ Log"))),
        Action("layer up and down", (("+", at_layer(1)), ("-", at_layer(0))), **levels),
        Action("layer up and down, wheel", ((wheel(64), at_layer(1)), (wheel(65), at_layer(0))), **levels),
        Action("another view", (("2", "seen from -y"), ("5", r"seen from \+x -y")), "5", r"seen from \+x -y"),
        Action("turn", turns, "5", r"seen from \+x -y"),
        Action("colours", colours, "1", at_layer(r"\d+")),
        Action("timeline", (("[", at_brick("1")), (".", at_brick("2")), ("]", at_brick(r"(\d+)", r"\1")))),
        Action("select a brick", (("n", "cells  "), ("x", gone("cells  ")))),
        Action("command palette", (("\x10", "Search for"),), after="\x1b"),
    )


def at_layer(level: int | str) -> str:
    """Pattern of the line above the model in the layer view, whose names of views may be shortened."""
    return rf"(?m)^.*La.*Fr.* {level}/\d"


def gone(sign: str) -> str:
    """Pattern of a screen without ``sign``."""
    return rf"\A(?![^\0]*{sign})"


def at_brick(shown: str, total: str = r"\d+") -> str:
    """Pattern of the timeline."""
    return rf"(?<!\d){shown}/{total} layer"


def click(column: int, line: int) -> str:
    """What a terminal reports when the left button is pressed and released at a place, from 1."""
    return f"\x1b[<0;{column};{line}M\x1b[<0;{column};{line}m"


def wheel(button: int) -> str:
    """The same for a turn of the wheel over the model: 64 up, 65 down."""
    return f"\x1b[<{button};12;10M"


class UnansweredError(Exception):
    """The studio has not shown what it should have; the message has all that it shows."""


class Terminal:
    """The studio in a pseudo-terminal.

    Args:
        arguments: what follows ``brickgpt-tui``.
        home: folder for settings and history.
        size: columns and lines.
    """

    def __init__(self, arguments: list[str], home: str, size: tuple[int, int] = SIZE) -> None:
        self._screen = Screen(*size)
        self._decode = codecs.getincrementaldecoder("utf-8")(errors="replace").decode
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        settings = environment() | {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
        settings |= {"XDG_CONFIG_HOME": home, "XDG_DATA_HOME": home}
        self.began = time.perf_counter()
        command = [sys.executable, *COMMAND, *arguments]
        self._process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=settings, start_new_session=True
        )
        os.close(slave)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()
        os.close(self._master)

    @property
    def building(self) -> bool:
        """Whether the title says that a model is being built."""
        return "building" in self._screen.text.partition("\n")[0]

    def shows(self, sign: str) -> bool:
        """Whether the pattern ``sign`` is on the screen."""
        return re.search(sign, self._screen.text) is not None

    def press(self, keys: str) -> float:
        """Type ``keys``; answers when."""
        os.write(self._master, keys.encode())
        return time.perf_counter()

    def answer(self, keys: str, sign: str) -> float:
        """Seconds from ``keys`` to the complete picture with the pattern ``sign``.

        Raises:
            UnansweredError: it was there before, or does not come.
        """
        if self.shows(sign):
            raise UnansweredError(self._report(f"before {keys!r} the studio already shows {sign}"))
        before, pressed = self._screen.text, self.press(keys)
        try:
            return self.wait_for(sign, _ANSWER_S) - pressed
        except UnansweredError as problem:
            raise UnansweredError(f"{keys!r}: {problem}\n\nbefore:\n{before}") from None

    def wait_for(self, sign: str, patience: float = _PATIENCE_S) -> float:
        """Read until a complete picture has the pattern ``sign``; answers when it was complete.

        Raises:
            UnansweredError: it does not come within ``patience`` seconds, or the studio has ended.
        """
        if self.shows(sign):
            return time.perf_counter()
        end = time.perf_counter() + patience
        found: float | None = None
        try:
            while found is None and (left := end - time.perf_counter()) > 0:
                for when, written in self._read(left):
                    self._take(written)
                    if found is None and not self._screen.in_frame and self.shows(sign):
                        found = when
        except OSError:
            raise UnansweredError(self._report("the studio has ended")) from None
        if found is None:
            raise UnansweredError(self._report(f"the studio never showed {sign}"))
        return found

    def drain(self, seconds: float) -> None:
        """Only look for so many ``seconds``."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            for _, written in self._read(left):
                self._take(written)

    def _read(self, patience: float) -> list[tuple[float, bytes]]:
        """What is written until there is a break, and when it came; to be looked at in the break.

        Raises:
            OSError: the studio has ended.
        """
        found: list[tuple[float, bytes]] = []
        while select.select([self._master], [], [], _BREAK_S if found else patience)[0]:
            written = os.read(self._master, 65536)
            found.append((time.perf_counter(), written))
        return found

    def _take(self, written: bytes) -> None:
        self._screen.feed(self._decode(written))
        if self._screen.asked:
            self._screen.asked = False
            os.write(self._master, _KEEPS_FRAMES)

    def _report(self, problem: str) -> str:
        return f"{problem}; it shows:\n{self._screen.text}"

    def processor_seconds(self) -> float:
        """Processor time of the studio so far, without its engine's process; NaN where unknown."""
        try:
            stat = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="utf-8")
        except OSError:
            return math.nan
        fields = stat.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def first_paint(home: str) -> tuple[float, float]:
    """Seconds from the start of the process to the first picture, by the clock and of the processor."""
    with Terminal([], home) as terminal:
        seconds = terminal.wait_for("BrickGPT Studio") - terminal.began
        return seconds, terminal.processor_seconds()


def latencies(
    home: str, size: tuple[int, int], wanted: Sequence[str], rounds: int
) -> Iterator[tuple[str, list[float]]]:
    """Each action, and the seconds from a key or the mouse to the answer while a model is being built.

    One model a run, without drafts and with a check of every brick, so that the model grows for most of a
    second; by default it is finished in a tenth of one, before anybody can press a key.
    """
    slower = Settings().with_values({"speculation": False, "check": "every-brick", "max_attempts": 1})
    save(slower, Path(home) / APP_NAME / FILE_NAME)
    with Terminal(["--prompt", PROMPT, "--seed", "1"], home, size) as terminal:
        with suppress(UnansweredError):
            terminal.wait_for(_GROWN, _GROWING_S)
        for action in actions(size[1]):
            if action.name not in wanted:
                continue
            times: list[float] = []
            while len(times) < rounds * len(action.steps):
                times += one_round(terminal, action)
            yield action.name, times


def begin_anew(terminal: Terminal) -> None:
    """Build the prompt again, and again where it was finished before it was seen growing.

    Raises:
        UnansweredError: it never is.
    """
    for _ in range(_RUNS):
        if not terminal.building:
            terminal.press("a")
        with suppress(UnansweredError):
            terminal.wait_for(_GROWN, _GROWING_S)
            return
    terminal.wait_for(_GROWN, 0.0)


def one_round(terminal: Terminal, action: Action) -> list[float]:
    """Seconds to the answer of each step, without those that were answered when the model was finished.

    Raises:
        UnansweredError: an answer does not come, whether a model is being built or not.
    """
    if not terminal.building:
        begin_anew(terminal)
    if action.before:
        terminal.press(action.before)
        terminal.wait_for(action.ready)
        terminal.drain(_SETTLED_S)
    times = []
    for keys, sign in action.steps:
        grows, seconds = terminal.building, terminal.answer(keys, sign)
        if grows and terminal.building:
            times.append(seconds)
        terminal.drain(_CALM_S)
    if action.after:
        terminal.answer(action.after, gone(action.steps[-1][1]))
        terminal.drain(_CALM_S)
    return times


def opening(home: str, path: Path) -> float:
    """Seconds from the first paint to all bricks of a file on screen."""
    with Terminal([str(path)], home) as terminal:
        painted = terminal.wait_for("BrickGPT Studio")
        return terminal.wait_for(f"{BRICKS}/{BRICKS}") - painted


def scrubbing(home: str, path: Path, steps: int) -> list[float]:
    """Seconds from a key to the moment before, among many bricks."""
    found = []
    with Terminal([str(path)], home) as terminal:
        terminal.wait_for(f"{BRICKS}/{BRICKS}")
        terminal.drain(1.0)
        for step in range(1, steps + 1):
            pressed = terminal.press(",")
            found.append(terminal.wait_for(f"{BRICKS - step}/{BRICKS}") - pressed)
    return found


def worst(times: list[float]) -> float:
    """The 95th percentile."""
    return sorted(times)[int(0.95 * (len(times) - 1))]


def answers(home: str, sizes: Sequence[tuple[int, int]], names: Sequence[str], rounds: int) -> Iterator[Row]:
    """How soon each action is answered while a model is being built."""
    for size in sizes:
        for name, times in latencies(home, size, names, rounds):
            what = f"{name}, {size[0]}x{size[1]}"
            yield Row.compare(f"{what}, median", statistics.median(times) * 1e3, "ms", goal=50)
            yield Row.compare(f"{what}, 95 %", worst(times) * 1e3, "ms")


def painting(home: str, repeats: int) -> Iterator[Row]:
    """The first paint."""
    first_paint(home)  # reads the files once, so that the disk is not measured
    paints = [first_paint(home) for _ in range(repeats)]
    clock, processor = (statistics.median(times) for times in zip(*paints, strict=True))
    yield Row.compare("first paint, from the shell", clock, "s", goal=0.5)
    if not math.isnan(processor):
        yield Row.compare("first paint, processor time", processor, "s")


def many_bricks(home: str, repeats: int, presses: int) -> Iterator[Row]:
    """A large file."""
    path = Path(home) / "heap.txt"
    write_structure(heap(BRICKS), path)
    opened = statistics.median(opening(home, path) for _ in range(repeats))
    yield Row.compare(f"opening {BRICKS:,} bricks", opened, "s", goal=0.5)
    times = scrubbing(home, path, presses)
    yield Row.compare(
        f"a step among {BRICKS:,} bricks, median", statistics.median(times) * 1e3, "ms", goal=50
    )
    yield Row.compare(f"a step among {BRICKS:,} bricks, 95 %", worst(times) * 1e3, "ms")


def rows(wanted: argparse.Namespace) -> Iterator[Row]:
    """Every claim that is wanted."""
    repeats, presses = (1, 24) if wanted.quick else (5, 60)
    names = wanted.action or [action.name for action in actions(SIZE[1])]
    sizes = [size for size in SIZES if wanted.size in (None, f"{size[0]}x{size[1]}")]
    everything = wanted.size is None and not wanted.action
    with tempfile.TemporaryDirectory() as home:
        if everything or wanted.size == "none":
            yield from painting(home, repeats)
        yield from answers(home, sizes, names, presses // 8)
        if everything or wanted.size == "none":
            yield from many_bricks(home, repeats, presses)


def with_the_worst(measured: Iterable[Row], into: Path | None) -> Iterator[Row]:
    """The rows, put into a file where one is given; at the end the worst of all actions, once all are known.

    A row of the file makes way for a new one of the same name.
    """
    kept: dict[str, str] = {}
    if into is not None and into.exists():
        lines = into.read_text(encoding="utf-8").splitlines()
        kept = {json.loads(line)["name"]: line for line in lines}
    for row in chain(measured, worst_rows(kept)):
        kept[row.name] = json_line(row)
        if into is not None:
            into.write_text("".join(f"{line}\n" for line in kept.values()), encoding="utf-8")
        yield row


def worst_rows(kept: dict[str, str]) -> Iterator[Row]:
    """The worst of all actions and sizes, from rows in JSON by name; nothing where one is missing."""
    for last, goal in (("median", 50), ("95 %", None)):
        names = [f"{a.name}, {size[0]}x{size[1]}, {last}" for size in SIZES for a in actions(size[1])]
        if all(name in kept for name in names):
            most = max(json.loads(kept[name])["value"] for name in names)
            yield Row.compare(f"input to paint, worst {last}", most, "ms", goal=goal)


def main() -> None:
    """Measure and print, and keep."""
    names = [action.name for action in actions(SIZE[1])]
    wanted = options(
        __doc__,
        "fewer repeats",
        size={
            "choices": [f"{size[0]}x{size[1]}" for size in SIZES] + ["none"],
            "help": "only the actions in a terminal of this size; none: only first paint, opening, scrubbing",
        },
        action={"action": "append", "choices": names, "help": "only this action; may be given again"},
        into={"type": Path, "help": "a file of results: put each row in the place of the one of its name"},
    )
    try:
        publish(with_the_worst(rows(wanted), wanted.into), wanted)
    except UnansweredError as problem:
        raise SystemExit(f"error: {problem}") from None


if __name__ == "__main__":
    main()
