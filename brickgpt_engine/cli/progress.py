"""Progress of a generation on stderr: one live line, only where a person looks at it."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from brickgpt_engine.cli import console
from brickgpt_engine.cli.run import Listener
from brickgpt_engine.generation import (
    BrickPlaced,
    BrickRejected,
    Event,
    RolledBack,
    StabilityChecked,
    Started,
    StartedOver,
)

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.text import Text

    from brickgpt_engine.cli.together import Team

_BARS = "▁▂▃▄▅▆▇█"
_MOST_BARS = 24


class ProgressLine:
    """Counts events and draws itself.

    Attributes:
        layers: bricks standing by layer.
        rejected: attempts that failed so far.
        rollbacks: rollbacks so far.
    """

    def __init__(self, title: str) -> None:
        from rich.spinner import Spinner

        self._title = title
        self._spinner = Spinner("dots", style="cyan")
        self._began = time.perf_counter()
        self._drawn = 0  # bricks placed by the model, taken down or not: what the speed counts
        self._doing = "reading the prompt"
        self.layers: Counter[int] = Counter()
        self.rejected = 0
        self.rollbacks = 0

    @property
    def bricks(self) -> int:
        """Bricks that stand now."""
        return self.layers.total()

    def update(self, event: Event) -> None:
        """Take one event into account."""
        if isinstance(event, Started):
            self.layers.update(brick.z for brick in event.bricks)
        elif isinstance(event, BrickPlaced):
            self.layers[event.brick.z] += 1
            self._drawn += 1
            self._doing = f"{event.brick}"
        elif isinstance(event, BrickRejected):
            self.rejected += 1
        elif isinstance(event, RolledBack):
            self.layers.subtract(brick.z for brick in event.removed)
            self.rollbacks += 1
            self._doing = f"rebuilding from brick {event.kept + 1}"
        elif isinstance(event, StartedOver):
            self.layers = Counter(brick.z for brick in event.bricks)
            self._doing = f"not as asked ({event.missing[0]}), drawing number {event.attempt}"
        elif isinstance(event, StabilityChecked):
            self._doing = "it stands" if event.report.stable else "something would fall"

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Two lines: what is built and how it grows, then the counts."""
        from rich.table import Table
        from rich.text import Text

        table = Table.grid(padding=(0, 1))
        table.add_row(self._spinner, Text(self._title, style="bold", no_wrap=True, overflow="ellipsis"))
        table.add_row("", self._counts(blocks=options.encoding.startswith("utf")))
        yield table

    def _counts(self, *, blocks: bool) -> Text:
        from rich.text import Text

        seconds = time.perf_counter() - self._began
        top = max((layer for layer, count in self.layers.items() if count), default=-1)
        line = Text(no_wrap=True, overflow="ellipsis")
        line.append(f"{self.bricks} brick{'' if self.bricks == 1 else 's'}", style="green bold")
        line.append(f"  {top + 1} layers  {self.rejected} rejected  {self.rollbacks} rollbacks  ")
        line.append(f"{self._drawn / max(seconds, 0.1):.0f} bricks/s  {seconds:.1f} s  ")
        if blocks:
            line.append(self._silhouette(top), style="cyan")
        line.append(f"  {self._doing}", style="dim")
        return line

    def _silhouette(self, top: int) -> str:
        """Bricks per layer as small bars, lowest layer first."""
        first = max(0, top + 1 - _MOST_BARS)
        counts = [self.layers[layer] for layer in range(first, top + 1)]
        most = max(counts, default=1) or 1
        return "".join(_BARS[min(7, (8 * count - 1) // most)] if count > 0 else " " for count in counts)


@contextmanager
def show_progress(title: str, *, quiet: bool) -> Iterator[Listener]:
    """A listener that draws a live line while the block runs, or one that does nothing."""
    if quiet or not console.is_terminal(sys.stderr):
        yield lambda event: None
        return
    from rich.live import Live

    line = ProgressLine(title)
    with Live(line, console=console.progress(), transient=True, refresh_per_second=10):
        yield line.update


class _Counts:
    """One line about many structures, made anew whenever it is drawn."""

    def __init__(self, team: Team, total: int) -> None:
        self._team, self._total = team, total

    def __rich__(self) -> str:
        return f"{self._team.done} of {self._total} models, {self._team.bricks} bricks"


@contextmanager
def show_together(team: Team, total: int, *, quiet: bool) -> Iterator[None]:
    """A live count of what ``team`` has made while the block runs, where a person looks at it."""
    if quiet or not console.is_terminal(sys.stderr):
        yield
        return
    from rich.live import Live

    with Live(_Counts(team, total), console=console.progress(), transient=True, refresh_per_second=10):
        yield


@contextmanager
def show_wait(message: str, *, quiet: bool = False) -> Iterator[None]:
    """A spinner on stderr while the block runs, where a person looks at it."""
    if quiet or not console.is_terminal(sys.stderr):
        yield
        return
    with console.progress().status(message, spinner="dots"):
        yield
