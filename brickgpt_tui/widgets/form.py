"""Fields of one line for forms: a tick and a choice, by keyboard and by mouse, in any character set."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.events import Click
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget


class Tick(Widget, can_focus=True):
    """A switch: ``[x] on`` or ``[ ] off``.

    Args:
        value: whether it is on.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space,enter", "switch", "Switch", tooltip="Switch this on or off.", id="form.switch")
    ]
    DEFAULT_CSS = """
    Tick { width: 1fr; height: 1; &:focus { background: $boost; text-style: bold; } }
    """
    value: reactive[bool] = reactive(False)

    class Changed(Message):
        """The user has switched ``tick``."""

        def __init__(self, tick: Tick) -> None:
            super().__init__()
            self.tick = tick

        @property
        def control(self) -> Tick:
            """The tick."""
            return self.tick

    def __init__(self, value: bool = False, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.set_reactive(Tick.value, value)

    def render(self) -> Text:
        """The box and a word, since a cross alone is easily misread."""
        return Text("[x] on" if self.value else "[ ] off")

    def action_switch(self) -> None:
        """The other way."""
        self.value = not self.value
        self.post_message(self.Changed(self))

    def on_click(self) -> None:
        """As the key does."""
        self.focus()
        self.action_switch()


class Choice(Widget, can_focus=True):
    """One of a few words: all of them in a row where they fit, else the chosen one between arrows.

    Args:
        choices: the words.
        value: the chosen one; one that is not among ``choices`` is added to them.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "step(-1)", "Previous", tooltip="Choose the one before.", id="form.previous"),
        Binding("right,l,space", "step(1)", "Next", tooltip="Choose the next one.", id="form.next"),
    ]
    DEFAULT_CSS = """
    Choice {
        width: 1fr; height: 1;
        &:focus { background: $boost; }
        & > .choice--chosen { text-style: bold; color: $text-accent; }
        & > .choice--other { color: $text-muted; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"choice--chosen", "choice--other"}
    value: reactive[str] = reactive("")

    class Changed(Message):
        """The user has chosen another word in ``choice``."""

        def __init__(self, choice: Choice) -> None:
            super().__init__()
            self.choice = choice

        @property
        def control(self) -> Choice:
            """The choice."""
            return self.choice

    def __init__(
        self, choices: tuple[str, ...], value: str, *, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.choices = choices if value in choices else (*choices, value)
        self.set_reactive(Choice.value, value)

    def render(self) -> Text:
        """All words, the chosen one in brackets; or the chosen one alone."""
        chosen, other = self.get_component_rich_style("choice--chosen"), "choice--other"
        if not self._fits:
            number = self.choices.index(self.value) + 1
            text = Text.assemble(("< ", self.get_component_rich_style(other)), (self.value, chosen))
            return text.append(f" >  {number} of {len(self.choices)}", self.get_component_rich_style(other))
        text = Text()
        for word in self.choices:
            here = word == self.value
            style = chosen if here else self.get_component_rich_style(other)
            text.append(f"[{word}] " if here else f" {word}  ", style)
        return text

    @property
    def _fits(self) -> bool:
        return sum(len(word) + 3 for word in self.choices) <= max(self.size.width, 1)

    def action_step(self, step: int) -> None:
        """The next word, or the one before; the last is followed by the first."""
        at = self.choices.index(self.value) + step
        self._choose(self.choices[at % len(self.choices)])

    def on_click(self, event: Click) -> None:
        """The word under the mouse; between arrows, the left half goes back."""
        self.focus()
        if not self._fits:
            self.action_step(-1 if event.x < 2 else 1)
            return
        left = 0
        for word in self.choices:
            if left <= event.x < left + len(word) + 3:
                self._choose(word)
            left += len(word) + 3

    def _choose(self, word: str) -> None:
        if word != self.value:
            self.value = word
            self.post_message(self.Changed(self))
