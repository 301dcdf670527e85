"""The event log: one line for each thing that happens, folded away or not."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.app import ComposeResult
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widgets import Static

from brickgpt_tui.messages import LogLine
from brickgpt_tui.widgets.rooms import Column, steady_size

MAX_LINES = 2_000
_CLASSES = {kind: f"log--{kind}" for kind in ("info", "placed", "rejected", "rollback", "good", "bad")}


class LogHeading(Static):
    """The line that folds and unfolds, with the last event on it."""

    ALLOW_SELECT = False  # it would begin with painting the whole screen
    virtual_size = steady_size()

    def on_mouse_down(self) -> None:
        """Fold or unfold, at once and not when the button is let go."""
        self.post_message(EventLog.Toggled())


class LogLines(ScrollView, can_focus=True):
    """The lines, of which only those in sight are made; stays at the end until it is scrolled from there.

    Textual's own would lay the screen out for each line, seen or not.

    Args:
        look: text and style of a line.
    """

    virtual_size = steady_size()

    def __init__(self, look: Callable[[LogLine], tuple[str, Style]], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._look = look
        self.written: deque[LogLine] = deque(maxlen=MAX_LINES)
        """The last lines, seen or not."""
        self.at_end = True
        """Whether the last line is in sight, and will be when there are more."""
        self.more = "…"
        """What ends a line that is longer than the widget is wide."""

    def add(self, lines: Iterable[LogLine]) -> None:
        """Append lines."""
        new = tuple(lines)
        dropped = max(0, len(self.written) + len(new) - MAX_LINES)
        self.written.extend(new)
        if new and self.is_on_screen:
            self._measure(dropped)
            self.refresh()

    def _measure(self, dropped: int = 0) -> None:
        """Take the number of lines over; ``dropped`` were the first and are gone."""
        count = len(self.written)
        self.virtual_size = Size(self.size.width, count)
        if (count > self.size.height) != self.show_vertical_scrollbar:
            self.refresh(layout=True)
        place = self.max_scroll_y if self.at_end else self.scroll_y - dropped
        self.scroll_to(y=place, animate=False, force=True)  # the scrollbar may be still to come
        if count > self.size.height:
            self.vertical_scrollbar.window_virtual_size = count
            self.vertical_scrollbar.position = self.scroll_y

    def on_resize(self) -> None:
        """Stay at the end."""
        self._measure()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Stay at the end, or leave it."""
        super().watch_scroll_y(old_value, new_value)
        self.at_end = new_value >= self.max_scroll_y

    def render_line(self, y: int) -> Strip:
        """One line of those in sight."""
        base, count = self.visual_style.rich_style, len(self.written)
        place = y + (max(0, count - self.size.height) if self.at_end else self.scroll_offset.y)
        if place >= count:
            return Strip.blank(self.size.width, base)
        text, style = self._look(self.written[place])
        strip, room = Strip([Segment(text, base + style)]), self.scrollable_content_region.width
        if strip.cell_length > room:
            strip = Strip([*strip.crop(0, room - 1), Segment(self.more, base + style)])
        return strip.adjust_cell_length(self.size.width, base)


class EventLog(Column):
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
        self._furnished = False
        self._lines = LogLines(self._look, id="log-lines")

    @property
    def written(self) -> deque[LogLine]:
        """The last lines, folded away or not."""
        return self._lines.written

    def compose(self) -> ComposeResult:
        """Heading and lines."""
        yield LogHeading("", id="log-heading", markup=False)
        yield self._lines

    def on_mount(self) -> None:
        """Explain the heading."""
        self._furnished = True
        self.query_one(LogHeading).tooltip = "Click to fold or unfold the event log (l)."
        self._show_heading()
        self.app.theme_changed_signal.subscribe(self, lambda _: self._show_heading())

    def watch_folded(self, folded: bool) -> None:
        """Fold or unfold."""
        self.set_class(folded, "-folded")
        self._show_heading()

    def watch_ascii_only(self) -> None:
        """Draw everything anew."""
        self._lines.more = "~" if self.ascii_only else "…"
        self._show_heading()
        self._lines.refresh()

    def add(self, lines: Iterable[LogLine]) -> None:
        """Append lines."""
        self._lines.add(lines)
        self._show_heading()

    def _look(self, line: LogLine) -> tuple[str, Style]:
        """The line in characters that may be drawn, and its style."""
        text = line.text.encode("ascii", "replace").decode() if self.ascii_only else line.text
        return text, Style(color=self.get_component_rich_style(_CLASSES[line.kind]).color)

    def _show_heading(self) -> None:
        if not self._furnished:
            return
        mark = ("+" if self.folded else "-") if self.ascii_only else ("▸" if self.folded else "▾")
        text = Text(f"{mark} Log", no_wrap=True, overflow="crop" if self.ascii_only else "ellipsis")
        if self.folded and self.written:
            last, style = self._look(self.written[-1])
            text.append("  ").append(last.strip(), style)
        self.query_one(LogHeading).update(text, layout=False)
