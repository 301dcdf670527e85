"""What all dialogues share: a framed box over the studio, a line for what is wrong, and the footer."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.scrollbar import ScrollBarRender
from textual.widgets import Footer, Static

Answer = TypeVar("Answer")


class PlainScrollBar(ScrollBarRender):
    """A scroll bar of blanks in two colours, without the blocks that end it between two lines."""

    VERTICAL_BARS: ClassVar[list[str]] = [" "] * 8
    HORIZONTAL_BARS: ClassVar[list[str]] = [" "] * 8


class Dialogue(ModalScreen[Answer]):
    """A dialogue over the studio; Escape leaves it without an answer.

    Derived classes give :attr:`HEADING` and :meth:`content`.
    """

    HEADING: ClassVar[str] = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Cancel", tooltip="Close without doing anything.", id="dialogue.cancel")
    ]
    DEFAULT_CSS = """
    Dialogue {
        align: center middle;
        & > #dialogue {
            width: 94%;
            max-width: 110;
            height: 94%;
            padding: 0 1;
            background: $surface;
            border: round $accent;
            border-title-color: $text-accent;
        }
        &.-ascii > #dialogue { border: ascii $accent; }
        & #dialogue-problem {
            display: none;
            height: auto;
            max-height: 3;
            color: $text-error;
            &.-shown { display: block; }
            &.-good { color: $text-success; }
        }
        & .row { height: auto; }
        & .label { width: 20; color: $text; }
        & .hint { color: $text-muted; height: auto; }
        & .buttons { height: 1; margin-top: 1; align-horizontal: right; }
        & .buttons Button { margin-left: 2; }
        & Input { width: 1fr; background: $background; }
        & Input:focus { background: $boost; }
        & OptionList, & DataTable { background: $surface; scrollbar-size-vertical: 1; }
    }
    """

    def compose(self) -> ComposeResult:
        """The box with its content, the line for problems, and the footer."""
        with Vertical(id="dialogue") as box:
            box.border_title = self.HEADING
            yield from self.content()
            yield Static(id="dialogue-problem", markup=False)
        yield Footer(compact=True, show_command_palette=False)

    def content(self) -> ComposeResult:
        """What is in the box."""
        yield from ()

    def on_mount(self) -> None:
        """Draw with ASCII where the studio does."""
        plain = bool(getattr(self.app, "plain", False))
        self.set_class(plain, "-ascii")
        if plain:
            for widget in self.query("VerticalScroll, HorizontalScroll, OptionList, DataTable"):
                for bar in (widget.vertical_scrollbar, widget.horizontal_scrollbar):
                    bar.renderer = PlainScrollBar  # type: ignore[misc]  # for this one alone

    @property
    def problem(self) -> str:
        """What the line for problems says now."""
        line = self.query_one("#dialogue-problem", Static)
        return str(line.content) if line.has_class("-shown") else ""

    def say(self, text: str, *, good: bool = False) -> None:
        """Show ``text`` at the foot of the box; nothing takes the line away."""
        line = self.query_one("#dialogue-problem", Static)
        line.update(text)
        line.set_class(bool(text), "-shown")
        line.set_class(good, "-good")

    def action_leave(self) -> None:
        """Close without an answer."""
        self.dismiss(None)
