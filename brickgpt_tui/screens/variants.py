"""Several models of one prompt, side by side, to keep one of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, HorizontalScroll, Vertical
from textual.events import Click, Resize
from textual.message import Message
from textual.widgets import Button, Static

from brickgpt_engine.bricks import BrickStructure
from brickgpt_engine.bricks.library import BRICK_HEIGHT_CM, STUD_PITCH_CM
from brickgpt_tui.screens.dialogue import Dialogue
from brickgpt_tui.snapshot import ModelSnapshot

_LEAST_PICTURE = (4, 2)


def facts(snapshot: ModelSnapshot) -> str:
    """Bricks and mass, size, and how it stands, a line each; no line is longer than 24 characters."""
    structure = BrickStructure(snapshot.bricks, snapshot.world_dim)
    count = len(structure)
    x, y, z = structure.size
    cm = "x".join(f"{side:.0f}" for side in (x * STUD_PITCH_CM, y * STUD_PITCH_CM, z * BRICK_HEIGHT_CM))
    return "\n".join(
        (
            f"{count:,} brick{'' if count == 1 else 's'}, {structure.mass_g:,.0f} g",
            f"{x}x{y} studs, {z} high",
            f"{cm} cm",
            _verdict(snapshot),
        )
    )


def _verdict(snapshot: ModelSnapshot) -> str:
    report = snapshot.report
    if report is None:
        return "not judged"
    if report.status == "unknown":
        return "no verdict"
    word = "stands" if report.stable else "does not stand"
    return f"{word}, {report.min_score:.2f}"


class VariantPicture(Static):
    """A small isometric picture, drawn in a thread as large as there is room."""

    DEFAULT_CSS = """
    VariantPicture { height: 1fr; width: 1fr; content-align: center middle; }
    """

    def __init__(self, snapshot: ModelSnapshot) -> None:
        super().__init__()
        self._snapshot = snapshot

    def on_resize(self, event: Resize) -> None:
        """Draw it again."""
        width, height = event.size
        if width >= _LEAST_PICTURE[0] and height >= _LEAST_PICTURE[1]:
            self._draw(width, height, bool(getattr(self.app, "plain", False)))

    @work(thread=True, exclusive=True, exit_on_error=False)
    def _draw(self, width: int, height: int, plain: bool) -> None:
        from brickgpt_engine.rendering import terminal_picture

        structure = BrickStructure(self._snapshot.bricks, self._snapshot.world_dim)
        colour = not getattr(self.app, "no_color", False)
        text = terminal_picture(structure, width=width, height=height, colour=colour, ascii_only=plain)
        self.app.call_from_thread(self._show, text)

    def _show(self, picture: Text) -> None:
        if self.is_mounted:
            self.update(picture)


class VariantCard(Vertical, can_focus=True):
    """One variant: its picture and facts. The one with the focus is the chosen one.

    Args:
        number: counted from 1.
        snapshot: the model.
    """

    DEFAULT_CSS = """
    VariantCard {
        width: 1fr;
        min-width: 24;
        height: 1fr;
        border: round $panel-lighten-2;
        border-title-color: $text-muted;
        padding: 0 1;
        &:focus { border: round $accent; border-title-color: $text-accent; background: $boost; }
        & > .facts { height: 4; }
    }
    """

    class Kept(Message):
        """The user wants this one."""

        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

    def __init__(self, number: int, snapshot: ModelSnapshot) -> None:
        super().__init__(id=f"variant-{number}")
        self.number, self.snapshot = number, snapshot
        self.border_title = f"Variant {number}"
        self.tooltip = "Click to choose, double-click to keep"

    def compose(self) -> ComposeResult:
        """Picture over facts."""
        yield VariantPicture(self.snapshot)
        yield Static(facts(self.snapshot), classes="facts", markup=False)

    def on_click(self, event: Click) -> None:
        """A click chooses, as the focus does by itself; a double click keeps."""
        if event.chain > 1:
            self.post_message(self.Kept(self.number))


def _arrow(keys: str, step: int, label: str, tooltip: str) -> Binding:
    """A key for the neighbour; it goes before the scrolling of the row, which follows by itself."""
    return Binding(
        keys, f"step({step})", label, tooltip=tooltip, id=f"variants.{label.lower()}", priority=True
    )


class VariantsScreen(Dialogue[int | None]):
    """Answers with the position of the variant to keep, counted from 0, or None.

    Args:
        variants: at least one model.
    """

    HEADING = "Variants: keep one"
    BINDINGS: ClassVar[list[BindingType]] = [
        _arrow("left,h", -1, "Previous", "The variant to the left."),
        _arrow("right,l", 1, "Next", "The variant to the right."),
        Binding("enter,k", "keep", "Keep", tooltip="Keep the chosen variant.", id="variants.keep"),
        *(
            Binding(str(n), f"choose({n})", f"Variant {n}", show=False, id=f"variants.choose-{n}")
            for n in range(1, 10)
        ),
    ]
    DEFAULT_CSS = """
    VariantsScreen {
        & > #dialogue { max-width: 100%; width: 98%; }
        & #variants { height: 1fr; scrollbar-size-horizontal: 1; }
        &.-ascii VariantCard { border: ascii $panel-lighten-2; &:focus { border: ascii $accent; } }
    }
    """

    def __init__(self, variants: Sequence[ModelSnapshot]) -> None:
        super().__init__()
        self._variants = tuple(variants)
        self._chosen = 0

    def content(self) -> ComposeResult:
        """A card for each variant, and buttons."""
        with HorizontalScroll(id="variants", can_focus=False):
            for number, snapshot in enumerate(self._variants, start=1):
                yield VariantCard(number, snapshot)
        with Horizontal(classes="buttons"):
            yield Button("None of them", id="variants-none", compact=True, tooltip="Keep what was before")
            yield Button(
                "Keep",
                id="variants-keep",
                compact=True,
                variant="primary",
                tooltip="Keep it (Enter)",
            )

    def on_mount(self) -> None:
        """Begin with the best: one that stands, and stands best."""
        super().on_mount()
        self._chosen = self._best()
        self.cards[self._chosen].focus()

    def _best(self) -> int:
        def rank(number: int) -> tuple[bool, float]:
            report = self._variants[number].report
            if report is None or report.status == "unknown":
                return False, 0.0
            return report.stable, report.min_score

        return max(range(len(self._variants)), key=rank)

    @property
    def cards(self) -> list[VariantCard]:
        """The cards, from left to right."""
        return list(self.query(VariantCard))

    @property
    def chosen(self) -> int:
        """Position of the card that has the focus, or had it last."""
        focused = self.focused
        if isinstance(focused, VariantCard):
            self._chosen = focused.number - 1
        return self._chosen

    def action_step(self, step: int) -> None:
        """Choose the variant to the left or the right; the last is followed by the first."""
        cards = self.cards
        cards[(self.chosen + step) % len(cards)].focus()

    def action_choose(self, number: int) -> None:
        """Choose a variant by its number."""
        if number <= len(self._variants):
            self.cards[number - 1].focus()

    def on_descendant_focus(self) -> None:
        """Remember the card, since the buttons take the focus from it."""
        self._chosen = self.chosen

    @on(Button.Pressed, "#variants-keep")
    def action_keep(self) -> None:
        """Answer with the chosen variant."""
        self.dismiss(self.chosen)

    @on(VariantCard.Kept)
    def _kept(self, message: VariantCard.Kept) -> None:
        self.dismiss(message.number - 1)

    @on(Button.Pressed, "#variants-none")
    def action_leave(self) -> None:
        """Keep none."""
        self.dismiss(None)
