"""The inspector: what is known about the selected brick, in words, with its neighbours to click on."""

from __future__ import annotations

from collections.abc import Iterator

from textual.content import Content
from textual.reactive import reactive
from textual.style import Style

from brickgpt_tui.snapshot import ModelSnapshot
from brickgpt_tui.views.inspection import Inspection, Neighbour, inspect_brick
from brickgpt_tui.widgets.model_view import ModelView
from brickgpt_tui.widgets.words import DIM, Words

_LABEL = 9
_BAR = 10
_MOST_NEIGHBOURS = 6
_EASY, _WORKING = 0.5, 0.85  # stress below which a brick is at ease, and below which it merely works


class BrickInspector(Words):
    """What the selected brick is, how hard it works, and what holds it.

    A click on a neighbour posts :class:`ModelView.BrickSelected` for it.

    Attributes:
        snapshot: the model, of which ``selected`` is described.
        ascii_only: use no character beyond ASCII.
    """

    DEFAULT_CSS = """
    BrickInspector {
        height: auto;
        padding: 0 1;
    }
    """

    snapshot: reactive[ModelSnapshot | None] = reactive[ModelSnapshot | None](None, repaint=False)
    ascii_only: reactive[bool] = reactive(False)

    def watch_snapshot(self) -> None:
        """Describe another brick, or the same one anew; whether there is one decides about the height."""
        self.set_class(self.snapshot is not None and self.snapshot.selected is not None, "-selecting")
        self.describe()

    def watch_ascii_only(self) -> None:
        """Use other characters."""
        self.describe()

    def on_mount(self) -> None:
        """Say something from the start."""
        self.describe()

    def describe(self) -> None:
        """Write the description; the screen is laid out again only where its height changes."""
        facts = inspect_brick(self.snapshot) if self.snapshot is not None else None
        lines = _no_brick(self.snapshot) if facts is None else describe(facts, ascii_only=self.ascii_only)
        self.say(Content("\n").join(lines))

    def action_select_brick(self, index: int) -> None:
        """Select another brick."""
        self.post_message(ModelView.BrickSelected(index))


def _no_brick(snapshot: ModelSnapshot | None) -> Iterator[Content]:
    if snapshot is None or not snapshot.bricks:
        yield Content.styled("No model yet.", DIM)
        return
    yield Content.styled("No brick selected.", DIM)
    yield Content.styled("Click one, or use the arrow keys.", DIM)


def describe(facts: Inspection, ascii_only: bool = False) -> Iterator[Content]:
    """The description, line by line."""
    brick = facts.brick
    times = "x" if ascii_only else "×"
    yield Content.assemble(
        (f"{brick.h}x{brick.w} at ({brick.x},{brick.y},{brick.z})", "bold"),
        ("" if facts.shown else "  not built yet", "$text-warning"),
    )
    yield _line("part", f"{facts.part}, {facts.mass_g:.2f} g")
    yield _line("size", f"{times.join(f'{value:g}' for value in facts.size_cm)} cm")
    yield _line("cells", f"x {_span(brick.x, brick.h)}, y {_span(brick.y, brick.w)}, layer {brick.z}")
    yield _line("colour", facts.colour)
    yield _line("step", f"{facts.index + 1:,} of {facts.total:,}")
    yield from _stress(facts, ascii_only)
    yield _line("hold", facts.hold)
    yield from _neighbours("below", facts.below)
    yield from _neighbours("above", facts.above)


def _line(label: str, text: str) -> Content:
    return Content.assemble((f"{label:<{_LABEL}}", DIM), text)


def _span(start: int, length: int) -> str:
    return str(start) if length == 1 else f"{start}-{start + length - 1}"


def _stress(facts: Inspection, ascii_only: bool) -> Iterator[Content]:
    """Stress as a bar and a number, the score, and why the brick fails where it does."""
    if facts.stress is None or facts.score is None:
        yield _line("stress", "not analysed yet")
    else:
        stress = min(max(facts.stress, 0.0), 1.0)
        kind = "error" if stress >= _WORKING else "warning" if stress >= _EASY else "success"
        full = round(stress * _BAR)
        on, off = ("#", "-") if ascii_only else ("█", "░")
        bar, label = on * full + off * (_BAR - full), f"{'stress':<{_LABEL}}"
        yield Content.assemble((label, DIM), (bar, f"$text-{kind}"), f" {stress:.2f}")
        yield _line("score", f"{facts.score:.2f} ({facts.criterion})")
    if facts.failure is not None:
        yield Content.styled(facts.failure, "$text-error")


def _neighbours(label: str, neighbours: tuple[Neighbour, ...]) -> Iterator[Content]:
    """One line per neighbour, that selects it when clicked."""
    for number, other in enumerate(neighbours[:_MOST_NEIGHBOURS]):
        brick = other.brick
        studs = f"{other.studs} stud{'' if other.studs == 1 else 's'}"
        link = Style.from_meta({"@click": f"select_brick({other.index})"}) + Style(underline=True)
        yield Content.assemble(
            (f"{label if not number else '':<{_LABEL}}", DIM),
            (f"{brick.h}x{brick.w} ({brick.x},{brick.y},{brick.z})", link),
            (f" {studs}", DIM),
        )
    if len(neighbours) > _MOST_NEIGHBOURS:
        yield _line("", f"and {len(neighbours) - _MOST_NEIGHBOURS} more")
