"""Text that is painted only where it is new: what the studio writes many times a second."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.content import Content
from textual.widgets import Static

from brickgpt_tui.widgets.rooms import steady_size

if TYPE_CHECKING:
    from textual.css.styles import RulesMap

DIM = "$foreground 65%"
"""The style of labels and of what matters less."""


class Words(Static):
    """A static text that knows what it says.

    Painting what is there already, and laying out the screen where no size has changed, would take most of
    the time between two pictures of a model that grows.
    """

    virtual_size = steady_size()
    _said: Content | None = None
    _extent = (-1, -1)

    def say(self, content: Content | str) -> None:
        """Show ``content``: does nothing where it is there, lays the screen out where its size changes."""
        content = content if isinstance(content, Content) else Content(content)
        before, self._said = self._said, content
        if before is not None and before.plain == content.plain and before.spans == content.spans:
            return
        extent = self._measured(content)
        self.update(content, layout=extent != self._extent)
        self._extent = extent

    def _measured(self, content: Content) -> tuple[int, int]:
        """Columns and lines, where they decide about the size of the widget; else 0."""
        wide, high = self.styles.width, self.styles.height
        columns = content.cell_length if wide is not None and wide.is_auto else 0
        if high is None or not high.is_auto:
            return columns, 0
        return columns, content.get_height(cast("RulesMap", self.styles), max(1, self.content_size.width))
