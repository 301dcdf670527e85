"""The help: every action with its keys, made from the one table of actions."""

from __future__ import annotations

from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Footer, Static

from brickgpt_tui.actions import ACTIONS, GROUPS, Action

_INTRO = """\
Type what to build and press Enter. While the model grows, and after, go through its layers with \
the up and down keys and through time with left and right; click a brick to learn what holds it. \
Scrub back and press g to let the model go on from there. Every run is kept in the history."""


class HelpScreen(ModalScreen[None]):
    """Keys by group; Escape closes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,f1,question_mark", "dismiss", "Close", tooltip="Close the help.", id="help.close")
    ]

    def compose(self) -> ComposeResult:
        """Introduction and one table for each group."""
        with VerticalScroll(id="help") as box:
            box.border_title = "Help"
            yield Static(_INTRO, markup=False)
            for group in GROUPS:
                yield Static(self._table(group), classes="help-group")
        yield Footer(compact=True, show_command_palette=False)

    def _table(self, group: str) -> Table:
        table = Table.grid(padding=(0, 2), expand=True)
        table.title, table.title_justify = Text(group, "bold"), "left"
        table.add_column(width=11, no_wrap=True)
        table.add_column(ratio=1)
        for action in ACTIONS:
            if action.group == group:
                table.add_row(Text(self._keys(action), "bold"), self._words(action))
        return table

    def _keys(self, action: Action) -> str:
        binding = action.binding
        return " ".join(self.app.get_key_display(binding.with_key(key)) for key in action.keys.split(","))

    def _words(self, action: Action) -> Text:
        return Text.assemble(f"{action.title}. ", (action.help, "dim"))
