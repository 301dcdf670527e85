"""The timeline: the build order as a strip that is scrubbed like a video."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from brickgpt_tui.snapshot import ModelSnapshot

_HEIGHTS, _ASCII_HEIGHTS = "▁▂▃▄▅▆▇█", "._-=+*%#"
_BUTTON = 4  # columns of the play button with its space


class Timeline(Widget, can_focus=True):
    """A play button, a slider over the build order, and how far it is; above it, the layer of each brick.

    Attributes:
        snapshot: the model.
        playing: whether it plays.
        ascii_only: draw with ASCII.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "timeline--done",
        "timeline--rest",
        "timeline--knob",
        "timeline--text",
        "timeline--button",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,down", "step(-1)", "Back", tooltip="One brick less.", id="timeline.back"),
        Binding("right,up", "step(1)", "Forward", tooltip="One brick more.", id="timeline.forward"),
        Binding("home", "step(-1000000)", "First", tooltip="To the first brick.", id="timeline.first"),
        Binding("end", "step(1000000)", "Last", tooltip="To the last brick.", id="timeline.last"),
    ]
    snapshot: reactive[ModelSnapshot] = reactive(ModelSnapshot())
    playing: reactive[bool] = reactive(False)
    ascii_only: reactive[bool] = reactive(False)

    class Scrubbed(Message):
        """The first ``count`` bricks shall be shown."""

        def __init__(self, count: int) -> None:
            super().__init__()
            self.count = count

    class PlayToggled(Message):
        """Play or pause."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.tooltip = "Click or drag to scrub through the build order; the button plays it."
        self._profile: tuple[int, int, list[int]] = (-1, 0, [])
        self._dragging = False

    @property
    def _label(self) -> str:
        total = len(self.snapshot.bricks)
        layers = f" layer {self.snapshot.bricks[self.snapshot.shown - 1].z}" if self.snapshot.shown else ""
        count = f"{self.snapshot.shown}/{total}" if total else "no bricks"
        return f" {count}{layers if self.size.width >= 60 else ''}".rjust(20 if self.size.width >= 60 else 10)

    @property
    def _track(self) -> int:
        """Columns of the slider."""
        return max(1, self.size.width - _BUTTON - len(self._label))

    def render_line(self, y: int) -> Strip:
        """The last line is the slider; the one above it, the profile."""
        if y == self.size.height - 1:
            return self._slider()
        if y == self.size.height - 2:
            return self._heights()
        return Strip.blank(self.size.width, self.rich_style)

    def _slider(self) -> Strip:
        done, rest, knob = ("=", "-", "o") if self.ascii_only else ("━", "─", "●")
        place = self._column(self.snapshot.shown)
        style = self.get_component_rich_style
        button = {False: " ▶  ", True: " ⏸  "} if not self.ascii_only else {False: " >  ", True: " || "}
        segments = [
            Segment(button[self.playing], style("timeline--button")),
            Segment(done * place, style("timeline--done")),
            Segment(knob, style("timeline--knob")),
            Segment(rest * (self._track - place - 1), style("timeline--rest")),
            Segment(self._label, style("timeline--text")),
        ]
        return Strip(segments).adjust_cell_length(self.size.width, self.rich_style)

    def _heights(self) -> Strip:
        """The layer of the brick under each column."""
        marks = _ASCII_HEIGHTS if self.ascii_only else _HEIGHTS
        place = self._column(self.snapshot.shown)
        text = "".join(" " if level < 0 else marks[level] for level in self._levels())
        segments = [
            Segment(" " * _BUTTON, self.rich_style),
            Segment(text[: place + 1], self.get_component_rich_style("timeline--done")),
            Segment(text[place + 1 :], self.get_component_rich_style("timeline--rest")),
        ]
        return Strip(segments).adjust_cell_length(self.size.width, self.rich_style)

    def _levels(self) -> list[int]:
        """Height class of each column, -1 without bricks; kept until model or width change."""
        bricks, width = self.snapshot.bricks, self._track
        if self._profile[:2] != (self.snapshot.revision, width):
            top = max((brick.z for brick in bricks), default=0) + 1
            last = max(1, width - 1)
            levels = [
                min(7, bricks[min(len(bricks) - 1, column * len(bricks) // last)].z * 8 // top)
                if bricks
                else -1
                for column in range(width)
            ]
            self._profile = (self.snapshot.revision, width, levels)
        return self._profile[2]

    def _column(self, count: int) -> int:
        """The column of the knob when ``count`` bricks are shown."""
        total = len(self.snapshot.bricks)
        return round(count / total * (self._track - 1)) if total else 0

    def _count(self, x: int) -> int:
        """How many bricks a pointer at column ``x`` means."""
        share = (x - _BUTTON) / max(1, self._track - 1)
        return round(max(0.0, min(share, 1.0)) * len(self.snapshot.bricks))

    def action_step(self, bricks: int) -> None:
        """Show some bricks more or fewer."""
        self.post_message(self.Scrubbed(self.snapshot.shown + bricks))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Play, or begin to drag."""
        if event.x < _BUTTON:
            self.post_message(self.PlayToggled())
            return
        self._dragging = True
        self.capture_mouse()
        self.post_message(self.Scrubbed(self._count(event.x)))

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Drag."""
        if self._dragging:
            self.post_message(self.Scrubbed(self._count(event.x)))

    def on_mouse_up(self) -> None:
        """End of the drag."""
        if self._dragging:
            self._dragging = False
            self.release_mouse()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel scrubs too."""
        event.stop()
        self.post_message(self.Scrubbed(self.snapshot.shown + 1))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel scrubs too."""
        event.stop()
        self.post_message(self.Scrubbed(self.snapshot.shown - 1))
