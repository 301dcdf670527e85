"""Containers that cost next to nothing, neither when the screen is laid out nor when it is painted.

Textual lays the screen out once more, and paints a container again, whenever the container has got another
size, since what is in it might have to be scrolled now. Here nothing is ever scrolled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.geometry import Size
from textual.reactive import Reactive
from textual.strip import Strip
from textual.widget import Widget

if TYPE_CHECKING:
    from textual.geometry import Region


def steady_size() -> Reactive[Size]:
    """A ``virtual_size`` for widgets that are never scrolled: nothing to lay the screen out for."""
    return Reactive(Size(0, 0), repaint=False)


class Frame(Widget):
    """A container of which nothing is seen but its border and what is in it."""

    virtual_size = steady_size()

    def render_line(self, y: int) -> Strip:
        """A blank line."""
        return Strip.blank(self.size.width, self.visual_style.rich_style)


class Room(Widget):
    """A container without border and padding: one blank line stands for all of them."""

    virtual_size = steady_size()

    def render_lines(self, crop: Region) -> list[Strip]:
        """The same strip for every line."""
        strip, ground = Strip.blank(crop.width, self.visual_style.rich_style), self.background_colors[1]
        for line_filter in self.get_line_filters():
            strip = strip.apply_filter(line_filter, ground)
        return [strip] * crop.height


class Row(Room):
    """Widgets beside each other."""

    DEFAULT_CSS = """
    Row { layout: horizontal; width: 1fr; height: 1fr; overflow: hidden hidden; }
    """


class Column(Room):
    """Widgets one under the other."""

    DEFAULT_CSS = """
    Column { layout: vertical; width: 1fr; height: 1fr; overflow: hidden hidden; }
    """
