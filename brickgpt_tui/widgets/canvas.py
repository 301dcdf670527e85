"""A widget that shows a picture line by line, scrolled where it is too large for its space."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Offset, Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from brickgpt_tui.views.picture import BOLD, DIM, NONE, REVERSE, Picture, blank, unpacked
from brickgpt_tui.widgets.rooms import steady_size


class Canvas(ScrollView, can_focus=True, inherit_bindings=False):
    """Shows a picture in the middle of its space; scales stay in sight while the rest is scrolled.

    Only lines in sight become segments, and those are kept until the next picture.

    Args:
        fit: called while the widget is being painted in a space of another size, to :meth:`show` a picture
            for it, and then to have it shown once more: in between, nothing can be laid out.
    """

    DEFAULT_CSS = """
    Canvas {
        width: 1fr;
        height: 1fr;
        scrollbar-size: 1 1;
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(f"ctrl+{key}", f"pan({across}, {down})", f"Scroll {key}", id=f"view.scroll_{key}", show=False,
                tooltip=f"Scroll the picture {key}")
        for key, across, down in (("up", 0, -1), ("down", 0, 1), ("left", -2, 0), ("right", 2, 0))
    ]  # fmt: skip

    class Pressed(Message):
        """A character of the picture was clicked; ``column`` and ``line`` count from its upper left."""

        def __init__(self, canvas: Canvas, column: int, line: int) -> None:
            super().__init__()
            self.canvas = canvas
            self.column = column
            self.line = line

        @property
        def control(self) -> Canvas:
            """The canvas that was clicked."""
            return self.canvas

    class Wheeled(Message):
        """The wheel was turned: +1 away from the user (up), −1 towards the user (down)."""

        def __init__(self, canvas: Canvas, steps: int) -> None:
            super().__init__()
            self.canvas = canvas
            self.steps = steps

        @property
        def control(self) -> Canvas:
            """The canvas that the pointer is over."""
            return self.canvas

    virtual_size = steady_size()

    def __init__(
        self, fit: Callable[[], None] | None = None, *, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._fit, self._fitted, self._fitting = fit, (0, 0), False
        self._picture = blank(0, 0)
        self._strips: dict[int, Strip] = {}
        self._styles: dict[tuple[int, int, int], Style] = {}
        self._base = Style()
        self.wheel_scrolls = True
        """Whether the wheel scrolls the picture; otherwise it posts :class:`Wheeled`."""

    @property
    def picture(self) -> Picture:
        """What is shown."""
        return self._picture

    @property
    def space(self) -> tuple[int, int]:
        """Columns and lines that a picture may take without being scrolled."""
        return self.container_size.width or self.size.width, self.container_size.height or self.size.height

    def show(self, picture: Picture) -> None:
        """Show another picture; the place that was scrolled to is kept as far as possible."""
        changed = picture.differs_from(self._picture)
        self._picture = picture
        if self._fitting:
            self._strips.clear()
            return
        before, self.virtual_size = self.virtual_size, Size(picture.width, picture.height)
        if self.virtual_size != before and (any(self.scrollbars_enabled) or not self._fits(*self.space)):
            self.refresh(layout=True)
        if changed is None or (changed and picture.height > self.size.height):
            self._strips.clear()
            self.refresh()
            return
        top = self._margin().y
        for line in changed:
            self._strips.pop(line, None)
            self.refresh(Region(0, top + line, self.size.width, 1))

    def _fits(self, width: int, height: int) -> bool:
        """Whether the picture needs no more than so many columns and lines."""
        return self._picture.width <= width and self._picture.height <= height

    def bring_into_sight(self, column: int, line: int) -> None:
        """Scroll just far enough that a character is seen, with a little room around it."""
        region = Region(column - 3, line - 2, 8, 5)
        spot = region.intersection(Region(0, 0, self._picture.width, self._picture.height))
        left, bottom = self._picture.fixed_left, self._picture.fixed_bottom
        self.scroll_to_region(
            Region(max(0, spot.x - left), spot.y, spot.width + left, spot.height + bottom), animate=False
        )

    def _margin(self) -> Offset:
        """Free space left of the picture and above it."""
        spare = self.size.width - self._picture.width, self.size.height - self._picture.height
        return Offset(max(0, spare[0] // 2), max(0, spare[1] // 2))

    def _place(self, x: int, y: int) -> tuple[int, int]:
        """Column and line of the picture at a place of the widget; may lie outside."""
        picture, margin = self._picture, self._margin()
        column, line = x - margin.x, y - margin.y
        if self.size.height < picture.height and y >= self.size.height - picture.fixed_bottom:
            line = picture.height - (self.size.height - y)
        else:
            line += self.scroll_offset.y
        if column >= picture.fixed_left:
            column += self.scroll_offset.x
        return column, line

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines of the widget, of a picture that fits the space there is."""
        if self.space != self._fitted and self._fit is not None:
            self._fitted, self._fitting = self.space, True
            try:
                self._fit()
            finally:
                self._fitting = False
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """One line of the widget."""
        base = self.visual_style.rich_style
        if base != self._base:
            self._base = base
            self._styles.clear()
            self._strips.clear()
        picture, width = self._picture, self.size.width
        line = self._place(0, y)[1]
        if not 0 <= line < picture.height:
            return Strip.blank(width, base)
        strip = self._strip(line)
        if picture.width > width:
            left, start = picture.fixed_left, self.scroll_offset.x
            scrolled = strip.crop(left + start, start + width)
            strip = Strip.join([strip.crop(0, left), scrolled]) if left else scrolled
        else:
            margin = self._margin().x
            strip = Strip([Segment(" " * margin, base), *strip], margin + picture.width)
        return strip.adjust_cell_length(width, base)

    def _strip(self, line: int) -> Strip:
        found = self._strips.get(line)
        if found is None:
            runs = self._picture.runs(line)
            segments = [Segment(text, self._style(ink, paper, flags)) for text, ink, paper, flags in runs]
            found = self._strips[line] = Strip(segments, self._picture.width)
        return found

    def _style(self, ink: int, paper: int, flags: int) -> Style:
        key = (ink, paper, flags)
        found = self._styles.get(key)
        if found is None:
            found = self._styles[key] = self._base + Style(
                color=None if ink == NONE else Color.from_rgb(*unpacked(ink)),
                bgcolor=None if paper == NONE else Color.from_rgb(*unpacked(paper)),
                bold=bool(flags & BOLD) or None,
                dim=bool(flags & DIM) or None,
                reverse=bool(flags & REVERSE) or None,
            )
        return found

    def on_click(self, event: events.Click) -> None:
        """Tell what was clicked."""
        self.post_message(self.Pressed(self, *self._place(event.x, event.y)))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Hand the wheel on; with Ctrl it scrolls up and down in any case, with Shift sideways."""
        self._wheel(event, 1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Hand the wheel on; with Ctrl it scrolls up and down in any case, with Shift sideways."""
        self._wheel(event, -1)

    def _wheel(self, event: events.MouseEvent, steps: int) -> None:
        event.stop()
        event.prevent_default()
        if event.shift:
            self.action_pan(-2 * steps, 0)
        elif event.ctrl or self.wheel_scrolls:
            self.action_pan(0, -steps)
        else:
            self.post_message(self.Wheeled(self, steps))

    def action_pan(self, across: int, down: int) -> None:
        """Scroll by so many times three characters."""
        self.scroll_relative(3 * across, 3 * down, animate=False)
