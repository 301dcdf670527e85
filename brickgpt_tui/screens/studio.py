"""The studio screen: prompt, model, numbers, timeline, log."""

from __future__ import annotations

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Static

from brickgpt_tui.actions import ACTIONS
from brickgpt_tui.commands import StudioCommands
from brickgpt_tui.screens.base import StudioBase
from brickgpt_tui.screens.edit_actions import EditActions
from brickgpt_tui.screens.file_actions import FileActions
from brickgpt_tui.screens.run_actions import RunActions
from brickgpt_tui.screens.view_actions import ViewActions
from brickgpt_tui.widgets.keys import KeyBar
from brickgpt_tui.widgets.log import EventLog
from brickgpt_tui.widgets.prompt import PromptLine
from brickgpt_tui.widgets.rooms import Column, Row
from brickgpt_tui.widgets.stats import StatsPanel
from brickgpt_tui.widgets.timeline import Timeline
from brickgpt_tui.widgets.words import Words

LEAST = (60, 16)
"""Columns and lines below which nothing sensible fits."""
_FRAME_SECONDS = 0.05


class StudioScreen(RunActions, EditActions, ViewActions, FileActions, StudioBase):
    """Everything at once; reflows with the terminal."""

    BINDINGS: ClassVar[list[BindingType]] = [action.binding for action in ACTIONS]
    COMMANDS: ClassVar = {StudioCommands}

    def compose(self) -> ComposeResult:
        """Lay out what needs no engine; sizes are in the style sheet."""
        yield Words("BrickGPT Studio", id="title", markup=False)
        yield PromptLine(id="prompt")
        yield Static("", id="notice", markup=False)
        yield Row(id="middle")
        yield Timeline(id="timeline")
        yield EventLog(id="log")
        yield KeyBar(id="keys")
        yield Static("", id="too-small", markup=False)

    def on_mount(self) -> None:
        """Be there at once, and complete after the first paint."""
        self.set_class(self.studio.plain, "-ascii")
        self.prompt.line.focus()
        self.call_after_refresh(self._furnish)

    async def _furnish(self) -> None:
        """Import what takes time, and put the model and its numbers into the middle."""
        from brickgpt_tui.widgets.inspector import BrickInspector
        from brickgpt_tui.widgets.model_view import ModelView

        side = Column(BrickInspector(id="inspector"), StatsPanel(id="stats"), id="side")
        await self.query_one("#middle").mount_all([ModelView(id="model"), side])
        if not self.query("#model"):
            return  # closed meanwhile
        self.furnished = True
        self.use_settings()
        self.show_model()
        self.set_interval(_FRAME_SECONDS, self.play_step)
        self.studio.furnished()

    def use_settings(self) -> None:
        """Take over what the settings say about the screen."""
        plain = self.studio.plain
        self.view.ascii_only = plain
        self.query_one(StatsPanel).ascii_only = plain
        self.query_one(Timeline).ascii_only = plain
        self.query_one(EventLog).ascii_only = plain
        self.inspector.ascii_only = plain
        self.set_class(plain, "-ascii")
        self.prompt.model = self.studio.settings.model
        self.show_title()

    def on_resize(self, event: events.Resize) -> None:
        """Fold the log where lines are few; say so where nothing fits."""
        columns, lines = event.size
        tiny = columns < LEAST[0] or lines < LEAST[1]
        self.set_class(tiny, "-tiny")
        if tiny:
            wanted = f"This terminal has {columns}x{lines} characters."
            advice = f"The studio needs {LEAST[0]}x{LEAST[1]}: enlarge the window, or use smaller letters."
            self.query_one("#too-small", Static).update(f"{wanted} {advice} Your model is safe.")

    def action_log(self) -> None:
        """Fold or unfold the event log."""
        log = self.query_one(EventLog)
        log.folded = not log.folded

    def action_panel(self) -> None:
        """Show or hide the statistics."""
        self.toggle_class("-no-panel")

    def action_next_theme(self) -> None:
        """Light or dark."""
        self.studio.toggle_theme()

    @on(EventLog.Toggled)
    def _log_toggled(self) -> None:
        self.action_log()

    def key_escape(self) -> None:
        """Forget the error, then the selection, then the run."""
        if self.query_one("#notice").has_class("-shown"):
            self.clear_trouble()
        elif self.state.selected is not None:
            self.action_unselect()
        elif self.run_now.running:
            self.action_stop()
