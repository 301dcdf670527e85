"""The prompt line: what to build, with the sentences of before at the arrow keys."""

from __future__ import annotations

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Button, Input, Static

PLACEHOLDER = "What shall we build? For example: a high-backed chair with four legs"
CONTINUE_PLACEHOLDER = "How shall it go on? Enter continues from the bricks shown, Escape forgets it"


class PromptInput(Input):
    """The line itself; up and down walk through earlier prompts."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Build", tooltip="Build what the line says.", id="prompt.submit"),
        Binding("escape", "leave", "To the model", tooltip="Leave the prompt line.", id="prompt.leave"),
        Binding("up", "recall(-1)", "Earlier", show=False, tooltip="The prompt before.", id="prompt.earlier"),
        Binding("down", "recall(1)", "Later", show=False, tooltip="The prompt after.", id="prompt.later"),
    ]

    def __init__(self) -> None:
        super().__init__(placeholder=PLACEHOLDER, compact=True, id="prompt-input", max_length=2000)
        self.earlier: list[str] = []
        self._place = 0

    class Left(Message):
        """The user is done with the line and built nothing."""

    def action_leave(self) -> None:
        """Tell that the user leaves."""
        self.post_message(self.Left())

    def action_recall(self, step: int) -> None:
        """Put the prompt ``step`` places later into the line."""
        self._place = max(0, min(self._place + step, len(self.earlier)))
        self.value = self.earlier[self._place] if self._place < len(self.earlier) else ""
        self.cursor_position = len(self.value)

    def remember(self, prompt: str) -> None:
        """Keep a prompt for the arrow keys."""
        if prompt in self.earlier:
            self.earlier.remove(prompt)
        self.earlier.append(prompt)
        self._place = len(self.earlier)


class PromptLine(Horizontal):
    """Label, line, and one button that builds or stops.

    Attributes:
        running: whether a model is being built: the button then stops it.
        continuing: whether the prompt shall continue from the bricks shown.
        model: name of the language model, shown beside the line.
    """

    running: reactive[bool] = reactive(False, init=False)
    continuing: reactive[bool] = reactive(False, init=False)
    model: reactive[str] = reactive("nano", init=False)

    class Submitted(Message):
        """A prompt was given.

        Args:
            prompt: what to build.
            continuing: from the bricks shown.
        """

        def __init__(self, prompt: str, *, continuing: bool) -> None:
            super().__init__()
            self.prompt = prompt
            self.continuing = continuing

    class StopPressed(Message):
        """The user wants the run to end."""

    def compose(self) -> ComposeResult:
        """Label, line, model, button."""
        yield Static(">", id="prompt-label")
        yield PromptInput()
        yield Static("nano", id="prompt-model", markup=False)
        yield Button("Build", id="prompt-button", compact=True, tooltip="Build what the line says (Enter).")

    @property
    def line(self) -> PromptInput:
        """The line itself."""
        return self.query_one(PromptInput)

    @property
    def value(self) -> str:
        """What the line says, without spaces around."""
        return self.line.value.strip()

    @value.setter
    def value(self, text: str) -> None:
        self.line.value = text
        self.line.cursor_position = len(text)

    def watch_continuing(self, continuing: bool) -> None:
        """Say what Enter will do."""
        self.query_one("#prompt-label", Static).update("Go on >" if continuing else ">")
        self.line.placeholder = CONTINUE_PLACEHOLDER if continuing else PLACEHOLDER
        self.set_class(continuing, "-continuing")

    def watch_running(self, running: bool) -> None:
        """Turn the button."""
        button = self.query_one("#prompt-button", Button)
        button.label = "Stop" if running else "Build"
        button.variant = "error" if running else "default"
        words = "Stop after the brick in hand (s)." if running else "Build what the line says (Enter)."
        button.tooltip = words

    def watch_model(self, model: str) -> None:
        """Show the model's name, its end where it is long."""
        name = model if len(model) <= 16 else "…" + model[-15:]
        self.query_one("#prompt-model", Static).update(name)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Submitted(self.value, continuing=self.continuing))

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if self.running:
            self.post_message(self.StopPressed())
        else:
            self.post_message(self.Submitted(self.value, continuing=self.continuing))

    def on_click(self, event: events.Click) -> None:
        """A click beside the line goes to the line."""
        if event.widget is not None and event.widget.id in ("prompt-label", "prompt-model"):
            self.line.focus()
