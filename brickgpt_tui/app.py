"""The app: themes, settings, and the one screen that everything happens on."""

from __future__ import annotations

import gc
import os
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events
from textual.app import App
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.scrollbar import ScrollBar, ScrollBarRender

from brickgpt_tui import terminal
from brickgpt_tui.screens.studio import StudioScreen
from brickgpt_tui.themes import THEMES, other
from brickgpt_tui.worker import Engine, LoadGenerator, load_generator

if TYPE_CHECKING:
    from brickgpt_tui.feed import Recorder
    from brickgpt_tui.screens.palette import StudioPalette
    from brickgpt_tui.settings import Settings

_PALETTE = "palette"
_WARM_UP_SECONDS = 0.3
_PALETTE_SECONDS = 0.2
_LOOK_SECONDS = 1.0
_ASCII_KEYS = {
    "up": "up", "down": "down", "left": "left", "right": "right", "enter": "enter", "escape": "esc",
    "space": "space", "tab": "tab", "backspace": "bksp", "delete": "del", "home": "home", "end": "end",
}  # fmt: skip


class AsciiScrollBar(ScrollBarRender):
    """Scrollbars of whole characters, for terminals that know ASCII only."""

    VERTICAL_BARS: ClassVar[list[str]] = [" "] * 8
    HORIZONTAL_BARS: ClassVar[list[str]] = [" "] * 8


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
        self._settings = None if settings is None else self._with_opening(settings)
        self._look = _appearance() if settings is None else (settings.theme, settings.ascii)
        ScrollBar.renderer = AsciiScrollBar if self.plain else ScrollBarRender
        self.theme = self._look[0] if self._look[0] in self.available_themes else THEMES[0].name

    @property
    def settings(self) -> Settings:
        """The user's settings; read when first asked for, since they need the engine."""
        if self._settings is None:
            from brickgpt_tui.settings import load

            self._settings = self._with_opening(load())
        return self._settings

    @settings.setter
    def settings(self, settings: Settings) -> None:
        self._settings = settings
        self._look = settings.theme, settings.ascii

    @property
    def plain(self) -> bool:
        """Whether only ASCII characters may be drawn."""
        return self._look[1] or self._opening.ascii or os.environ.get("TERM") == "dumb"

    @property
    def main(self) -> StudioScreen:
        """The studio screen, whatever dialogue is over it."""
        return next(screen for screen in self.screen_stack if isinstance(screen, StudioScreen))

    async def on_event(self, event: events.Event) -> None:
        """What the user does comes before what the engine has to tell."""
        if isinstance(event, events.InputEvent) and not event.is_forwarded:
            for screen in self.screen_stack:
                if isinstance(screen, StudioScreen):
                    screen.engine.hold()
        await super().on_event(event)

    def get_default_screen(self) -> Screen[None]:
        """The studio."""
        screen = StudioScreen()
        screen.engine = Engine(screen.post_message, self._load)
        screen.next_seed = self._opening.seed
        return screen

    def furnished(self) -> None:
        """The screen is complete: do what the command line asks for."""
        if not gc.isenabled():  # as the command line left it
            gc.freeze()
            gc.enable()
        if terminal.is_there():
            self.main.set_interval(_LOOK_SECONDS, self._look_for_terminal)
        self.main.engine.recorder = self._recorder()
        if self.settings.problem:
            self.main.show_trouble(self.settings.problem)
        self.main.set_timer(_PALETTE_SECONDS, self._palette)
        if self._opening.file is not None:
            self.main.open_path(self._opening.file)
        if self._opening.prompt:
            self.main.prompt.value = self._opening.prompt
            if self._opening.file is None:
                self.main.build(self._opening.prompt)
                return
        from brickgpt_tui.model_choice import EMBEDDED_NAME

        if self.settings.model == EMBEDDED_NAME:  # a larger one waits until it is wanted
            self.main.set_timer(_WARM_UP_SECONDS, self._warm_up)

    def action_command_palette(self) -> None:
        """Show the commands, over the studio with the palette that is kept for it."""
        if isinstance(self.screen, StudioScreen):
            self.push_screen(self._palette())
        else:
            super().action_command_palette()

    def _palette(self) -> StudioPalette:
        """The palette, mounted before it is wanted."""
        from brickgpt_tui.screens.palette import StudioPalette

        if not self.is_screen_installed(_PALETTE):
            self.install_screen(StudioPalette(), _PALETTE)
        return cast("StudioPalette", self._get_screen(_PALETTE)[0])

    def _look_for_terminal(self) -> None:
        """Leave where the terminal has gone: Textual would wait for its keys for ever, at full speed."""
        if not terminal.is_there():
            self.action_leave()

    def _warm_up(self) -> None:
        """Have the model ready before the first prompt is typed."""
        engine, config = self.main.engine, self.settings.generation
        self.main.run_worker(
            lambda: engine.warm_up(config),
            thread=True,
            group="warm-up",
            exit_on_error=False,
            name="warming up",
        )

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


def _appearance() -> tuple[str, bool]:
    """Theme and ASCII as the settings file has them; all else in it waits until the first paint is done."""
    from platformdirs import user_config_dir

    try:
        path = Path(user_config_dir("brickgpt", appauthor=False)) / "settings.toml"
        studio = tomllib.loads(path.read_text(encoding="utf-8-sig")).get("studio", {})
        return str(studio.get("theme", "")), studio.get("ascii") is True
    except (OSError, ValueError, AttributeError):
        return "", False


def _history_recorder() -> Recorder:
    from brickgpt_tui.recorder import Recorder as HistoryRecorder

    return HistoryRecorder()


def prepare_terminal() -> None:
    """Before the app is made: a terminal that knows no colours gets none."""
    if os.environ.get("TERM") == "dumb":
        os.environ.setdefault("NO_COLOR", "1")


def make(opening: Opening, load: LoadGenerator = load_generator) -> StudioApp:
    """The app for a command line.

    Args:
        opening: what the command line asks for.
        load: makes generators.
    """
    prepare_terminal()
    return StudioApp(replace(opening), load=load)
