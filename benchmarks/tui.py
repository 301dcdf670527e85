"""How the terminal studio feels, measured from outside: a real program in a pseudo-terminal.

    python benchmarks/tui.py [--quick] [--json]

First paint is the time from starting the process to the frame of the studio on the terminal, by the clock
and of the processor, which is what is left of it where other programs take no time away. Input latency is the
time from a key press to the answer on the terminal, while the embedded model generates on the same cores.
Opening is the time from the first paint to 2,000 bricks on screen, and scrubbing the time from the key to
the next moment of the build order among them. Needs a system with pseudo-terminals (not Windows).
"""

from __future__ import annotations

import fcntl
import math
import os
import pty
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks._report import Row, environment, options, publish
from benchmarks.rendering import heap
from brickgpt_engine.formats import write_structure

COLUMNS, LINES = 120, 40
BRICKS = 2000
PROMPT = "a castle tower with battlements"
_PATIENCE_S = 60.0
_PRESSES_PER_RUN = 4


class Terminal:
    """The studio in a pseudo-terminal.

    Args:
        arguments: what follows ``brickgpt-tui``.
        home: folder for settings and history.
    """

    def __init__(self, arguments: list[str], home: str) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
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

    def wait_for(self, *signs: str) -> float:
        """Read what is painted until one of ``signs`` is; answers when.

        Raises:
            SystemExit: it never comes, or the studio has ended.
        """
        seen, end = "", time.perf_counter() + _PATIENCE_S
        while time.perf_counter() < end:
            ready, _, _ = select.select([self._master], [], [], 1.0)
            if ready:
                try:
                    seen = seen[-200:] + os.read(self._master, 65536).decode(errors="replace")
                except OSError:
                    break
                if any(sign in seen for sign in signs):
                    return time.perf_counter()
        raise SystemExit(f"error: the studio never painted {' or '.join(signs)}")

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
                os.read(self._master, 65536)


def first_paint(home: str) -> tuple[float, float]:
    """Seconds from the start of the process to the first picture, by the clock and of the processor."""
    with Terminal([], home) as terminal:
        seconds = terminal.wait_for("BrickGPT Studio") - terminal.began
        return seconds, terminal.processor_seconds()


def latencies(home: str, presses: int) -> list[float]:
    """Seconds from a key to its answer while a model is being built."""
    found = []
    with Terminal(["--prompt", PROMPT, "--seed", "1"], home) as terminal:
        for number in range(presses):
            if number % _PRESSES_PER_RUN == 0:
                terminal.press("a" if number else "")  # once more, unless it still goes on
                terminal.wait_for("● building")
            pressed = terminal.press("l")
            found.append(terminal.wait_for("▸ Log" if number % 2 else "▾ Log") - pressed)
            terminal.drain(0.03)
    return found


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


def rows(repeats: int, presses: int) -> Iterator[Row]:
    """Every claim."""
    with tempfile.TemporaryDirectory() as home:
        first_paint(home)  # reads the files once, so that the disk is not measured
        paints = [first_paint(home) for _ in range(repeats)]
        clock, processor = (statistics.median(times) for times in zip(*paints, strict=True))
        yield Row.compare("first paint, from the shell", clock, "s", goal=0.5)
        if not math.isnan(processor):
            yield Row.compare("first paint, processor time", processor, "s")
        times = latencies(home, presses)
        yield Row.compare(
            "key to paint while generating, median", statistics.median(times) * 1e3, "ms", goal=50
        )
        yield Row.compare("key to paint while generating, 95 %", worst(times) * 1e3, "ms")
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
    publish(rows(1, 24) if wanted.quick else rows(5, 60), wanted)


if __name__ == "__main__":
    main()
