"""The event log: one line for each thing that happens, folded away or not."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import RichLog, Static

from brickgpt_tui.messages import LogLine

MAX_LINES = 2_000
_CLASSES = {kind: f"log--{kind}" for kind in ("info", "placed", "rejected", "rollback", "good", "bad")}


class LogHeading(Static):
    """The line that folds and unfolds, with the last event on it."""

    def on_click(self) -> None:
        """Fold or unfold."""
        self.post_message(EventLog.Toggled())


class EventLog(Vertical):
    """Heading with the last event; below it, when unfolded, the events before.

    Attributes:
        folded: whether only the heading is seen.
        ascii_only: draw with ASCII.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = set(_CLASSES.values())
    folded: reactive[bool] = reactive(True, init=False)
    ascii_only: reactive[bool] = reactive(False)

    class Toggled(Message):
        """The heading was clicked."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, classes="-folded")
        self._last = LogLine("info", "")
        self._furnished = False
        self.written: deque[LogLine] = deque(maxlen=MAX_LINES)
        """The last lines, folded away or not."""

    def compose(self) -> ComposeResult:
        """Heading and lines."""
        yield LogHeading("", id="log-heading", markup=False)
        yield RichLog(id="log-lines", max_lines=MAX_LINES, wrap=False, auto_scroll=True, min_width=20)

    def on_mount(self) -> None:
        """Explain the heading."""
        self._furnished = True
        self.query_one(LogHeading).tooltip = "Click to fold or unfold the event log (l)."
        self._show_heading()
        self.app.theme_changed_signal.subscribe(self, lambda _: self._recolour())

    def _recolour(self) -> None:
        """Write the lines anew in the colours of another theme."""
        lines = tuple(self.written)
        self.written.clear()
        self.query_one(RichLog).clear()
        self.add(lines)

    def watch_folded(self, folded: bool) -> None:
        """Fold or unfold."""
        self.set_class(folded, "-folded")
        self._show_heading()

    def watch_ascii_only(self) -> None:
        """Draw the heading anew."""
        self._show_heading()

    def add(self, lines: Iterable[LogLine]) -> None:
        """Append lines."""
        log = self.query_one(RichLog)
        for line in lines:
            log.write(self._styled(line))
            self._last = line
            self.written.append(line)
        self._show_heading()

    def _styled(self, line: LogLine) -> Text:
        text = line.text.encode("ascii", "replace").decode() if self.ascii_only else line.text
        return Text(text, self.get_component_rich_style(_CLASSES[line.kind], partial=True), no_wrap=True)

    def _show_heading(self) -> None:
        if not self._furnished:
            return
        mark = ("+" if self.folded else "-") if self.ascii_only else ("▸" if self.folded else "▾")
        text = Text(f"{mark} Log", no_wrap=True, overflow="crop" if self.ascii_only else "ellipsis")
        if self.folded and self._last.text:
            text.append("  ").append_text(self._styled(LogLine(self._last.kind, self._last.text.strip())))
        self.query_one(LogHeading).update(text, layout=False)
