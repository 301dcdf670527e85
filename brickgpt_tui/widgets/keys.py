"""The keys that do something now, on one line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.reactive import reactive
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the line.

    Attributes:
        key: what to press.
        shown: what to call it.
        label: what it does, in a word or two.
        tooltip: what it does, in a sentence.
        enabled: whether it does that now.
    """

    key: str
    shown: str
    label: str
    tooltip: str
    enabled: bool

    @property
    def width(self) -> int:
        """Columns."""
        return cell_len(self.shown) + 1 + cell_len(self.label)


class KeyBar(Widget):
    """A footer that is one widget and is painted only when its keys have changed.

    Textual's own makes a widget for each key whenever any of them changes, in which time a model could be
    drawn several times over.
    """

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"keys--key", "keys--label", "keys--off"}
    DEFAULT_CSS = """
    KeyBar {
        dock: bottom;
        height: 1;
        background: $footer-background;
        & > .keys--key { color: $footer-key-foreground; text-style: bold; }
        & > .keys--label { color: $footer-description-foreground; }
        & > .keys--off { color: $footer-description-foreground; text-style: dim; }
    }
    """
    keys: reactive[tuple[Key, ...]] = reactive(())
    pointed: reactive[Key | None] = reactive[Key | None](None)

    def on_mount(self) -> None:
        """Follow the bindings of the screen."""
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_changed)

    def _bindings_changed(self, screen: Screen[Any]) -> None:
        elsewhere = bool(self.keys) and not screen.app.app_focus  # another window has the keyboard: all stays
        if self.is_attached and screen is self.screen and not elsewhere:
            self.keys = self._current()

    def _current(self) -> tuple[Key, ...]:
        """One key for each action that is to be shown; that of the command palette comes last."""
        found: dict[str, Key] = {}
        palette = self.app.COMMAND_PALETTE_BINDING
        for key, (_, binding, enabled, tooltip) in self.screen.active_bindings.items():
            if binding.action not in found and (binding.show or key == palette):
                name = self.app.get_key_display(binding)
                words = tooltip or binding.tooltip or binding.description
                found[binding.action] = Key(binding.key, name, binding.description, words, enabled)
        ordered = sorted(found.values(), key=lambda key: key.key == palette)
        return tuple(ordered)

    def _placed(self) -> list[tuple[int, Key]]:
        """Column and key of all that fit; the last one stands at the right."""
        *others, last = self.keys or (Key("", "", "", "", False),)
        room, column, placed = self.size.width - last.width - 2, 0, []
        for key in others:
            if column + key.width > room:
                break
            placed.append((column, key))
            column += key.width + 1
        return [*placed, (self.size.width - last.width - 1, last)] if self.keys else placed

    def render_line(self, y: int) -> Strip:
        """The line."""
        base, strips, column = self.rich_style, [], 0
        for start, key in self._placed():
            strong, weak = ("keys--key", "keys--label") if key.enabled else ("keys--off", "keys--off")
            if key is self.pointed and key.enabled:
                weak = strong
            strips += [
                Segment(" " * (start - column), base),
                Segment(key.shown, base + self.get_component_rich_style(strong, partial=True)),
                Segment(f" {key.label}", base + self.get_component_rich_style(weak, partial=True)),
            ]
            column = start + key.width
        return Strip(strips).adjust_cell_length(self.size.width, base)

    def _at(self, x: int) -> Key | None:
        """The key under a pointer."""
        return next((key for start, key in self._placed() if start <= x < start + key.width), None)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Say what the key under the pointer does."""
        self.pointed = self._at(event.x)
        self.tooltip = self.pointed.tooltip if self.pointed else None

    def on_leave(self) -> None:
        """Point at nothing."""
        self.pointed = None

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """As if the key were pressed."""
        key = self._at(event.x)
        if key is not None and key.enabled:
            self.app.simulate_key(key.key)
        elif key is not None:
            self.app.bell()
