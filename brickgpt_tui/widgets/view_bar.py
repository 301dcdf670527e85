"""The two lines around a model: which view is on, and what its colours mean; both work with the mouse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.message import Message
from textual.style import Style

from brickgpt_tui.views.picture import unpacked
from brickgpt_tui.widgets.words import DIM, Words

if TYPE_CHECKING:
    from brickgpt_tui.views.colouring import Paint

MODES = ("layer", "front", "side", "top", "iso", "image")
"""The views, in the order of their keys."""


class Pressable(Words):
    """A line of words, some of which do something when clicked."""

    class Pressed(Message):
        """A word was clicked; ``action`` is an action of the model view."""

        def __init__(self, action: str) -> None:
            super().__init__()
            self.action = action

    def action_press(self, action: str) -> None:
        """Pass on what the word stands for."""
        self.post_message(self.Pressed(action))


def button(text: str, action: str, style: str = "") -> tuple[str, Style]:
    """A piece of :class:`Pressable` that stands for ``action``."""
    meta = Style.from_meta({"@click": f"press({action!r})"})
    return text, (Style.parse(style) + meta if style else meta)


def tabs(mode: str, width: int) -> Content:
    """The names of the views, the current one reversed; only initials where there is no room."""
    names = [f" {name.capitalize()} " for name in MODES]
    if sum(map(len, names)) > width:
        names = [name[1:] for name in names]
    if sum(map(len, names)) > width:
        names = [f" {name[:2]} " for name in names]
    parts = [
        button(name, f"mode('{one}')", "reverse bold" if one == mode else "")
        for name, one in zip(names, MODES, strict=True)
    ]
    return Content.assemble(*parts)


def room_for_place(width: int) -> int:
    """Columns left beside the shortest tabs."""
    return width - 4 * len(MODES) - 1


def legend(paint: Paint, width: int, *, colour: bool, ascii_only: bool) -> Content:
    """What the colours mean, as far as there is room; without colour, what the marks on the studs mean."""
    pieces: list[tuple[str, str | Style]] = [button(paint.title, "next_colouring", "underline")]
    used = len(paint.title)
    block = "#" if ascii_only else "■"
    for number, entry in enumerate(paint.legend):
        sign = block if colour else entry.mark
        text = f" {entry.text}"
        left = len(paint.legend) - number
        rest = f"  +{left}" if left > 1 else ""
        if used + 3 + len(text) + len(rest) > width:
            pieces.append((f"  +{left}", DIM))
            break
        red, green, blue = unpacked(entry.colour)
        pieces += [
            ("  ", ""),
            (sign, f"rgb({red},{green},{blue})" if colour else "bold"),
            (text, DIM),
        ]
        used += 3 + len(text)
    return Content.assemble(*pieces)
