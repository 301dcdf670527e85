"""How the terminal studio feels, measured from outside: a real program in a pseudo-terminal.

    python benchmarks/tui.py [--quick] [--json]

First paint is the time from starting the process to the frame of the studio on the terminal, by the clock
and of the processor, which is what is left of it where other programs take no time away. Input latency is the
time from a key or the mouse to the answer on the terminal, while the embedded model generates on the same
cores, for each of the common actions in terminals of three sizes; the claim is the worst of their medians.
Opening is the time from the first paint to 2,000 bricks on screen, and scrubbing the time from the key to
the next moment of the build order among them. Needs a system with pseudo-terminals (not Windows).
"""

from __future__ import annotations

import fcntl
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
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks._report import Row, environment, options, publish
from benchmarks.rendering import heap
from brickgpt_engine.formats import write_structure

SIZE = 120, 40
SIZES = (80, 24), (120, 40), (200, 60)
"""Columns and lines."""
BRICKS = 2000
PROMPT = "a castle tower with battlements"
_PATIENCE_S = 20.0
_ANSWER_S = 3.0
_NOTICE_S = 4.5  # until a notice of the studio, which may hide the answer, has gone
_HIDDEN_AT_MOST = 3  # rounds left out for that
_CALM_S = 0.03  # between an answer and the next key
_GROWN = r"\d\d/\d\d layer [1-9]"
"""The timeline of a model with ten bricks or more and two layers or more."""
_LOG_LINES = {24: 6, 40: 9, 60: 14}
"""Lines of the unfolded log, by the lines of the terminal."""


@dataclass(frozen=True, slots=True)
class Action:
    """Something that users do while a model grows.

    Attributes:
        name: what.
        steps: keys or mouse reports in a row, each with a pattern of what answers it and nothing else.
        before: keys that make ready for it.
        after: keys that end it.
    """

    name: str
    steps: tuple[tuple[str, str], ...]
    before: str = ""
    after: str = ""


def actions(lines: int) -> tuple[Action, ...]:
    """What is measured in a terminal of so many lines."""
    up, down = r"(?<!\d)1/\d", r"(?<!\d)0/\d"
    turns = tuple(("t", rf"from \{x}x \{y}y") for x, y in ("--", "-+", "++", "+-"))
    colours = tuple(("c", name) for name in ("part", "build order", "stress", "brick colour"))
    folds = click(5, lines - 1), click(5, lines - _LOG_LINES[lines])
    return (
        Action("fold the log", (("l", "▾ Log"), ("l", "▸ Log"))),
        Action("fold the log, mouse", ((folds[0], "▾ Log"), (folds[1], "▸ Log"))),
        Action("layer up and down", (("+", up), ("-", down)), before="1-----"),
        Action("layer up and down, wheel", ((wheel(64), up), (wheel(65), down)), before="1-----"),
        Action("another view", (("2", "from -y"), ("5", r"from \+x"))),
        Action("turn", turns, before="5"),
        Action("colours", colours, before="1"),
        Action("timeline", (("[", r" 0/\d"), (".", up), ("]", r"(\d+)/\1(?!\d)"))),
        Action("select a brick", (("n", "cells  "), ("x", "Stability|No brick selected"))),
        Action("command palette", (("\x10", "Search for"),), after="\x1b"),
    )


def click(column: int, line: int) -> str:
    """What a terminal reports when the left button is pressed and released at a place, from 1."""
    return f"\x1b[<0;{column};{line}M\x1b[<0;{column};{line}m"


def wheel(button: int) -> str:
    """The same for a turn of the wheel over the model: 64 up, 65 down."""
    return f"\x1b[<{button};12;10M"


class Terminal:
    """The studio in a pseudo-terminal.

    Args:
        arguments: what follows ``brickgpt-tui``.
        home: folder for settings and history.
        size: columns and lines.

    Attributes:
        building: whether a model was being built when something was last painted.
    """

    def __init__(self, arguments: list[str], home: str, size: tuple[int, int] = SIZE) -> None:
        self.building = False
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        settings = environment() | {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
        settings |= {"XDG_CONFIG_HOME": home, "XDG_DATA_HOME": home}
        self.began = time.perf_counter()
        command = [sys.executable, "-m", "brickgpt_tui", *arguments]
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

    def press(self, keys: str) -> float:
        """Type ``keys``; answers when."""
        os.write(self._master, keys.encode())
        return time.perf_counter()

    def wait_for(self, sign: str, patience: float = _PATIENCE_S) -> float:
        """Read what is painted until the pattern ``sign`` is; answers when.

        Raises:
            TimeoutError: it does not come within ``patience`` seconds, or the studio has ended.
        """
        seen, end = "", time.perf_counter() + patience
        while time.perf_counter() < end:
            ready, _, _ = select.select([self._master], [], [], 1.0)
            if ready:
                try:
                    seen = seen[-200:] + self._read()
                except OSError:
                    break
                if re.search(sign, seen):
                    return time.perf_counter()
        raise TimeoutError(f"the studio never painted {sign}")

    def _read(self) -> str:
        """What is painted now."""
        painted = os.read(self._master, 65536).decode(errors="replace")
        began, ended = painted.rfind("● "), painted.rfind("done: ")
        if began >= 0 or ended >= 0:
            self.building = began > ended
        return painted

    def processor_seconds(self) -> float:
        """Processor time of the studio so far, without its engine's process; NaN where unknown."""
        try:
            stat = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="utf-8")
        except OSError:
            return math.nan
        fields = stat.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def drain(self, seconds: float) -> None:
        """Throw away what is painted in the next ``seconds``."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            if select.select([self._master], [], [], left)[0]:
                self._read()


def first_paint(home: str) -> tuple[float, float]:
    """Seconds from the start of the process to the first picture, by the clock and of the processor."""
    with Terminal([], home) as terminal:
        seconds = terminal.wait_for("BrickGPT Studio") - terminal.began
        return seconds, terminal.processor_seconds()


def latencies(home: str, size: tuple[int, int], rounds: int) -> Iterator[tuple[str, list[float]]]:
    """Each action, and the seconds from a key or the mouse to the answer while a model is being built."""
    with Terminal(["--prompt", PROMPT, "--seed", "1"], home, size) as terminal:
        terminal.wait_for(_GROWN)
        hidden = 0
        for action in actions(size[1]):
            times = []
            for key in action.before:
                terminal.press(key)
                terminal.drain(_CALM_S)
            for _ in range(rounds):
                try:
                    times += one_round(terminal, action)
                except TimeoutError:
                    hidden += 1
                    if hidden > _HIDDEN_AT_MOST:
                        raise
                    terminal.drain(_NOTICE_S)
            if not times:
                raise TimeoutError(f"nothing answered: {action.name}")
            yield action.name, times


def one_round(terminal: Terminal, action: Action) -> list[float]:
    """Seconds to the answer of each step, while a model is being built."""
    if not terminal.building:
        terminal.press("a")
        terminal.wait_for(_GROWN)
    times = []
    for keys, sign in action.steps:
        pressed = terminal.press(keys)
        times.append(terminal.wait_for(sign, _ANSWER_S) - pressed)
        terminal.drain(_CALM_S)
    if action.after:
        terminal.press(action.after)
        terminal.drain(0.3)  # how long Textual waits for what may follow an Escape
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


def answers(home: str, rounds: int) -> Iterator[Row]:
    """How soon each action is answered while a model is being built, and the worst of them."""
    medians, lasts = [], []
    for size in SIZES:
        for name, times in latencies(home, size, rounds):
            medians.append(statistics.median(times) * 1e3)
            lasts.append(worst(times) * 1e3)
            what = f"{name}, {size[0]}x{size[1]}"
            yield Row.compare(f"{what}, median", medians[-1], "ms", goal=50)
            yield Row.compare(f"{what}, 95 %", lasts[-1], "ms")
    yield Row.compare("input to paint, worst median", max(medians), "ms", goal=50)
    yield Row.compare("input to paint, worst 95 %", max(lasts), "ms")


def rows(repeats: int, presses: int) -> Iterator[Row]:
    """Every claim."""
    with tempfile.TemporaryDirectory() as home:
        first_paint(home)  # reads the files once, so that the disk is not measured
        paints = [first_paint(home) for _ in range(repeats)]
        clock, processor = (statistics.median(times) for times in zip(*paints, strict=True))
        yield Row.compare("first paint, from the shell", clock, "s", goal=0.5)
        if not math.isnan(processor):
            yield Row.compare("first paint, processor time", processor, "s")
        yield from answers(home, presses // 8)
        path = Path(home) / "heap.txt"
        write_structure(heap(BRICKS), path)
        opened = statistics.median(opening(home, path) for _ in range(repeats))
        yield Row.compare(f"opening {BRICKS:,} bricks", opened, "s", goal=0.5)
        times = scrubbing(home, path, presses)
        yield Row.compare(
            f"a step among {BRICKS:,} bricks, median", statistics.median(times) * 1e3, "ms", goal=50
        )
        yield Row.compare(f"a step among {BRICKS:,} bricks, 95 %", worst(times) * 1e3, "ms")


def main() -> None:
    """Measure and print."""
    wanted = options(__doc__, "fewer repeats")
    try:
        publish(rows(1, 24) if wanted.quick else rows(5, 60), wanted)
    except TimeoutError as problem:
        raise SystemExit(f"error: {problem}") from None


if __name__ == "__main__":
    main()
