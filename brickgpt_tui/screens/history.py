"""The history of all runs: search, look, open one, remove one."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, DataTable, Input, Static

from brickgpt_engine.errors import BrickGPTError
from brickgpt_engine.generation.config import GenerationConfig
from brickgpt_engine.generation.events import STOP_REASONS
from brickgpt_tui import history
from brickgpt_tui.history import Entry
from brickgpt_tui.screens.dialogue import Dialogue

_STATES = {
    "end": "built",
    "max_bricks": "full",
    "max_brick_rejections": "stuck",
    "max_regenerations": "unstable",
    "unverified": "unverified",
    "context": "full",
}
_MEANINGS = STOP_REASONS | {
    "stopped": "it was stopped",
    "failed": "the model or the solver failed",
    history.INTERRUPTED: "the program was closed or crashed; what was built until then is here",
}


def state_word(entry: Entry) -> str:
    """How a run ended, in a word."""
    if entry.state == "end" and entry.stable is not None:
        return "stands" if entry.stable else "unstable"
    return _STATES.get(entry.state, entry.state)


def details(entry: Entry) -> str:
    """How a run ended and which options were not the default, in one or two lines."""
    default = GenerationConfig()
    skipped = ("seed", "model_name_or_path")
    changed = [
        f"{item.name} {getattr(entry.options, item.name)}"
        for item in fields(GenerationConfig)
        if item.name not in skipped and getattr(entry.options, item.name) != getattr(default, item.name)
    ]
    options = f"Options: {', '.join(changed)}" if changed else "All options at their default"
    return f"{_MEANINGS.get(entry.state, entry.state).capitalize()}. {options}; model {entry.model}."


class HistoryScreen(Dialogue[Entry | None]):
    """Answers with the run to open, or None.

    Args:
        folder: where the runs are; the user's data folder by default.
    """

    HEADING = "History"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "to_list", "List", tooltip="Go to the list of runs.", id="history.list", show=False),
        Binding("slash", "to_search", "Search", tooltip="Go to the search line.", id="history.search"),
        Binding("enter", "open", "Open", tooltip="Open the run in the studio.", id="history.open"),
        Binding(
            "delete,d",
            "remove",
            "Remove",
            tooltip="Remove the run; asks first.",
            id="history.remove",
        ),
    ]
    DEFAULT_CSS = """
    HistoryScreen {
        & #history-table { height: 1fr; overflow-x: hidden; }
        & #history-details { height: 2; color: $text-muted; }
    }
    """

    def __init__(self, folder: Path | None = None) -> None:
        super().__init__()
        self._folder = folder
        self._all: list[Entry] = []
        self._shown: list[Entry] = []
        self._to_remove: Entry | None = None

    def content(self) -> ComposeResult:
        """Search line, list, what is known of the run under the cursor, and buttons."""
        yield Input(placeholder="Search prompt, model, seed, date", id="history-search", compact=True)
        yield DataTable(id="history-table", cursor_type="row", zebra_stripes=True)
        yield Static("reading the history", id="history-details", markup=False)
        with Horizontal(classes="buttons"):
            yield Button("Remove", id="history-remove", compact=True, tooltip="Remove the run for good")
            yield Button("Cancel", id="history-cancel", compact=True, tooltip="Open nothing")
            yield Button(
                "Open", id="history-open", compact=True, variant="primary", tooltip="Open the run (Enter)"
            )

    @property
    def table(self) -> DataTable[str]:
        """The list of runs."""
        return self.query_one("#history-table", DataTable)

    def on_mount(self) -> None:
        """Read the history in a thread; a large one takes a moment."""
        super().on_mount()
        self.table.add_columns("When", "Bricks", "Result", "Seed", "Prompt")
        self._read()

    @work(thread=True, exclusive=True, exit_on_error=False)
    def _read(self) -> None:
        try:
            found, problem = history.entries(self._folder), ""
        except BrickGPTError as error:
            found, problem = [], str(error)
        self.app.call_from_thread(self._have, found, problem)

    def _have(self, found: list[Entry], problem: str) -> None:
        self._all = found
        self.say(problem)
        self._list()

    @on(Input.Changed, "#history-search")
    def _list(self) -> None:
        """Show the runs that the search finds."""
        text = self.query_one("#history-search", Input).value
        self._shown = history.search(text, among=self._all)
        self._to_remove = None
        table = self.table
        table.clear()
        for entry in self._shown:
            when = entry.started.strftime("%d %b %Y %H:%M")
            table.add_row(when, f"{entry.bricks:,}", state_word(entry), str(entry.seed), entry.prompt)
        self._show_details()

    @on(DataTable.RowHighlighted)
    def _show_details(self) -> None:
        entry = self._current()
        if entry is not None:
            text = details(entry)
        elif self._all:
            text = f"none of {len(self._all):,} runs has these words; search for fewer"
        else:
            text = "no run yet; every model that you build will be listed here"
        self.query_one("#history-details", Static).update(text)

    def _current(self) -> Entry | None:
        row = self.table.cursor_row
        return self._shown[row] if 0 <= row < len(self._shown) else None

    def action_to_list(self) -> None:
        """From the search line into the list."""
        self.table.focus()

    def action_to_search(self) -> None:
        """Back to the search line."""
        self.query_one("#history-search", Input).focus()

    @on(DataTable.RowSelected)
    @on(Input.Submitted)
    @on(Button.Pressed, "#history-open")
    def action_open(self) -> None:
        """Answer with the run under the cursor."""
        entry = self._current()
        if entry is None:
            self.say("no run is chosen")
        else:
            self.dismiss(entry)

    @on(Button.Pressed, "#history-remove")
    def action_remove(self) -> None:
        """Ask once, then remove."""
        entry = self._current()
        if entry is None:
            return
        if self._to_remove is not entry:
            self._to_remove = entry
            self.say(f"remove “{entry.prompt}” for good? Press d or Remove again")
            return
        try:
            history.delete(entry)
        except BrickGPTError as error:
            self.say(str(error))
            return
        self._all.remove(entry)
        self.say("removed", good=True)
        self._list()

    @on(Button.Pressed, "#history-cancel")
    def action_leave(self) -> None:
        """Open nothing."""
        self.dismiss(None)
