"""The app: themes, settings, and the one screen that everything happens on."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import App
from textual.binding import Binding, BindingType
from textual.screen import Screen

from brickgpt_tui.screens.studio import StudioScreen
from brickgpt_tui.themes import THEMES, other
from brickgpt_tui.worker import Engine, LoadGenerator, load_generator

if TYPE_CHECKING:
    from brickgpt_tui.feed import Recorder
    from brickgpt_tui.settings import Settings

_ASCII_KEYS = {
    "up": "up", "down": "down", "left": "left", "right": "right", "enter": "enter", "escape": "esc",
    "space": "space", "tab": "tab", "backspace": "bksp", "delete": "del", "home": "home", "end": "end",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Opening:
    """What the command line asks for.

    Attributes:
        file: model file to open.
        prompt: what to build at once.
        model: language model, over the settings.
        seed: seed of the first run.
        ascii: draw with ASCII only.
    """

    file: Path | None = None
    prompt: str = ""
    model: str | None = None
    seed: int | None = None
    ascii: bool = False


class StudioApp(App[None]):
    """The terminal studio.

    Args:
        opening: what the command line asks for.
        settings: the user's settings; read from disk by default.
        load: makes generators; tests give a mock.
        recorder: makes the keeper of a run; None asks the settings.
    """

    TITLE = "BrickGPT Studio"
    CSS_PATH = "theme.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-middling"), (150, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-short"), (32, "-tall"), (50, "-towering")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "leave", "Quit", show=False, priority=True, system=True)
    ]

    def __init__(
        self,
        opening: Opening = Opening(),
        *,
        settings: Settings | None = None,
        load: LoadGenerator = load_generator,
        recorder: Callable[[], Recorder] | None = None,
    ) -> None:
        super().__init__()
        self._opening, self._load, self._make_recorder = opening, load, recorder
        for theme in THEMES:
            self.register_theme(theme)
        self.settings = self._with_opening(_loaded() if settings is None else settings)
        self.theme = self.settings.theme if self.settings.theme in self.available_themes else THEMES[0].name

    @property
    def plain(self) -> bool:
        """Whether only ASCII characters may be drawn."""
        return self.settings.ascii or self._opening.ascii or os.environ.get("TERM") == "dumb"

    @property
    def main(self) -> StudioScreen:
        """The studio screen, whatever dialogue is over it."""
        return next(screen for screen in self.screen_stack if isinstance(screen, StudioScreen))

    def get_default_screen(self) -> Screen[None]:
        """The studio."""
        screen = StudioScreen()
        screen.engine = Engine(screen.post_message, self._load, self._recorder())
        screen.next_seed = self._opening.seed
        return screen

    def on_mount(self) -> None:
        """Once the first picture is painted, do what the command line asks for."""
        self.call_after_refresh(self._open)

    def _open(self) -> None:
        if self.settings.problem:
            self.main.show_trouble(self.settings.problem)
        if self._opening.file is not None:
            self.main.open_path(self._opening.file)
        if self._opening.prompt:
            self.main.prompt.value = self._opening.prompt
            if self._opening.file is None:
                self.main.build(self._opening.prompt)

    def _with_opening(self, settings: Settings) -> Settings:
        if self._opening.model is None:
            return settings
        return settings.with_value("model_name_or_path", self._opening.model)

    def _recorder(self) -> Callable[[], Recorder] | None:
        if self._make_recorder is not None:
            return self._make_recorder
        if not self.settings.history:
            return None
        return _history_recorder

    def use_settings(self, settings: Settings) -> None:
        """Take over settings that the user has saved."""
        self.settings = settings
        if settings.theme in self.available_themes:
            self.theme = settings.theme
        self.main.engine.recorder = self._recorder()
        self.main.use_settings()

    def toggle_theme(self) -> None:
        """Light for dark, and the other way."""
        self.theme = other(self.current_theme)

    def get_key_display(self, binding: Binding) -> str:
        """Keys in words where only ASCII may be drawn."""
        if not self.plain:
            return super().get_key_display(binding)
        return _ASCII_KEYS.get(binding.key, super().get_key_display(binding))

    def action_leave(self) -> None:
        """End the run and the program."""
        self.main.engine.stop()
        self.exit()


def _loaded() -> Settings:
    from brickgpt_tui import settings

    return settings.load()


def _history_recorder() -> Recorder:
    from brickgpt_tui.recorder import Recorder as HistoryRecorder

    return HistoryRecorder()


def prepare_terminal() -> None:
    """Before the app is made: a terminal that knows no colours gets none."""
    if os.environ.get("TERM") == "dumb":
        os.environ.setdefault("NO_COLOR", "1")


def make(opening: Opening) -> StudioApp:
    """The app for a command line."""
    prepare_terminal()
    return StudioApp(replace(opening))
