"""The settings form: every option with its help, judged as it is typed, saved when all of it can work."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widget import Widget
from textual.widgets import Button, Input, Static

from brickgpt_engine.errors import BrickGPTError, ConfigError, OutputError
from brickgpt_tui import model_choice, settings
from brickgpt_tui.model_choice import EMBEDDED, EMBEDDED_NAME, FOLDER, KINDS
from brickgpt_tui.options import OPTIONS, SECTIONS, Option, Value, parse
from brickgpt_tui.screens.dialogue import Dialogue
from brickgpt_tui.settings import Settings
from brickgpt_tui.widgets.form import Choice, Tick

_MODEL = "model_name_or_path"


class SettingsScreen(Dialogue[Settings | None]):
    """Answers with the settings that were saved, or None.

    Args:
        current: what the form begins with.
        path: the file to save to; the user's own by default.
    """

    HEADING = "Settings"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "ctrl+s", "save", "Save", tooltip="Check everything, save it, and use it.", id="settings.save"
        ),
        Binding(
            "ctrl+r",
            "defaults",
            "Defaults",
            tooltip="Every field to its default.",
            id="settings.defaults",
        ),
    ]
    DEFAULT_CSS = """
    SettingsScreen {
        & #settings-form { height: 1fr; scrollbar-size-vertical: 1; }
        & .section { margin-top: 1; text-style: bold; color: $text-accent; }
        & .option { height: auto; }
        & .option .hint { padding-left: 20; }
        & .option .fault { display: none; padding-left: 20; height: auto; color: $text-error; }
        & .option.-faulty .fault { display: block; }
        & .option.-faulty .label { color: $text-error; }
    }
    """

    def __init__(self, current: Settings, path: Path | None = None) -> None:
        super().__init__()
        self._current, self._path = current, path
        self._theme_before: str | None = None
        self._saving_failed = False
        self._ready = False

    def content(self) -> ComposeResult:
        """A field for every option, under its section."""
        with VerticalScroll(id="settings-form", can_focus=False):
            for section, heading in SECTIONS.items():
                yield Static(heading, classes="section")
                for option in OPTIONS:
                    if option.section == section:
                        yield from self._row(option)
        with Horizontal(classes="buttons"):
            yield Button(
                "Defaults", id="settings-defaults", compact=True, tooltip="Every field to its default"
            )
            yield Button("Cancel", id="settings-cancel", compact=True, tooltip="Change nothing")
            yield Button(
                "Save", id="settings-save", compact=True, variant="primary", tooltip="Check and save (Ctrl+S)"
            )

    def _row(self, option: Option) -> Iterator[Widget]:
        with Vertical(classes="option", id=f"option-{option.name}"):
            if option.name == _MODEL:
                yield from self._model_rows(option)
            else:
                with Horizontal(classes="row"):
                    yield Static(option.label, classes="label")
                    yield self._field(option)
            yield Static(classes="fault", markup=False)
            yield Static(option.help, classes="hint", markup=False)

    def _model_rows(self, option: Option) -> Iterator[Widget]:
        kind = model_choice.kind_of(self._current.model)
        with Horizontal(classes="row"):
            yield Static(option.label, classes="label")
            yield Choice(KINDS, kind, id="model-kind")
        with Horizontal(classes="row", id="model-row"):
            yield Static("", classes="label")
            name = "" if kind == EMBEDDED else self._current.model
            yield Input(name, placeholder="folder, owner/name or file", id=f"field-{_MODEL}", compact=True)
            yield Button("Browse", id="model-browse", compact=True, tooltip="Look for the folder or file")
        yield Static(model_choice.backends(), classes="hint", markup=False)

    def _field(self, option: Option) -> Widget:
        value, name = self._current.value(option.name), f"field-{option.name}"
        if option.kind == "switch":
            return Tick(bool(value), id=name)
        if option.name == "theme":
            return Choice(tuple(sorted(self.app.available_themes)), str(value), id=name)
        if option.kind == "choice":
            return Choice(option.choices, str(value), id=name)
        return Input("" if value is None else str(value), id=name, compact=True, placeholder=option.unset)

    def on_mount(self) -> None:
        """Remember the theme, which the form shows at once when another is chosen."""
        super().on_mount()
        self._theme_before = self.app.theme
        self._show_model_row()
        self._ready = True
        if self._current.problem:
            self.say(self._current.problem)

    @on(Input.Changed)
    def _typed(self) -> None:
        if self._ready:
            self._mark(self._faults())

    @on(Choice.Changed)
    def _chosen(self, event: Choice.Changed) -> None:
        if event.choice.id == "field-theme":
            self.app.theme = event.choice.value
        if event.choice.id == "model-kind":
            self._show_model_row()

    def _show_model_row(self) -> None:
        kind = self.query_one("#model-kind", Choice).value
        self.query_one("#model-row").display = kind != EMBEDDED
        self.query_one("#model-browse").display = kind in (FOLDER, model_choice.GGUF)

    @on(Button.Pressed, "#model-browse")
    def _browse(self) -> None:
        from brickgpt_tui.screens.open_file import MODEL_FILES, MODEL_FOLDERS, OpenFileScreen

        folders = self.query_one("#model-kind", Choice).value == FOLDER

        def found(path: Path | None) -> None:
            if path is not None:
                self.query_one(f"#field-{_MODEL}", Input).value = str(path)

        self.app.push_screen(OpenFileScreen(what=MODEL_FOLDERS if folders else MODEL_FILES), found)

    def _value(self, option: Option) -> Value:
        """What the field of ``option`` says.

        Raises:
            ValueError: it is not of the right kind.
            ConfigError: it names no model.
        """
        field = self.query_one(f"#field-{option.name}")
        if option.name == _MODEL:
            return self._model()
        if isinstance(field, Tick | Choice):
            return field.value
        return parse(option, field.value if isinstance(field, Input) else "")

    def _model(self) -> str:
        kind = self.query_one("#model-kind", Choice).value
        name = self.query_one(f"#field-{_MODEL}", Input).value.strip()
        problem = model_choice.problem_with(kind, name)
        if problem is not None:
            raise ConfigError(problem)
        return EMBEDDED_NAME if kind == EMBEDDED else name

    def _faults(self) -> dict[str, str]:
        """What is wrong in the form, by option: of the wrong kind, out of range, or at odds with another."""
        values: dict[str, Value] = {}
        faults: dict[str, str] = {}
        for option in OPTIONS:
            try:
                values[option.name] = self._value(option)
            except (ValueError, BrickGPTError) as error:
                faults[option.name] = str(error)
        while True:
            try:
                Settings().with_values(values)
                return faults
            except ConfigError as error:
                blamed = _blamed(values, str(error))
                faults.setdefault(blamed, str(error))
                if not _drop(values, blamed, str(error)):
                    return faults

    def _mark(self, faults: dict[str, str]) -> None:
        for row in self.query(".option"):
            fault = faults.get((row.id or "").removeprefix("option-"))
            if row.has_class("-faulty") or fault is not None:
                row.query_one(".fault", Static).update(fault or "")
                row.set_class(fault is not None, "-faulty")

    def _gathered(self) -> Settings | None:
        """The settings as the form has them, or None with every fault marked."""
        faults = self._faults()
        self._mark(faults)
        wrong = next((option for option in OPTIONS if option.name in faults), None)
        if wrong is not None:
            self._complain(wrong, f"{wrong.label}: {faults[wrong.name]}")
            return None
        return Settings().with_values({option.name: self._value(option) for option in OPTIONS})

    def _complain(self, option: Option, text: str) -> None:
        self.say(text)
        self.query_one(f"#field-{option.name}").focus()

    @on(Button.Pressed, "#settings-save")
    def action_save(self) -> None:
        """Check everything, save it, and answer with it."""
        gathered = self._gathered()
        if gathered is None:
            return
        if self._saving_failed:  # the user knows, and presses again
            self.dismiss(gathered)
            return
        try:
            kept = settings.save(gathered, self._path)
        except OutputError as error:
            self._saving_failed = True
            self.say(f"{error}; press Save again to use these settings until you leave")
            return
        if kept is not None:
            self.app.notify(f"the old settings file could not be used as it was; it is kept as {kept}")
        self.dismiss(gathered)

    @on(Button.Pressed, "#settings-cancel")
    def action_leave(self) -> None:
        """Change nothing, the theme included."""
        if self._theme_before is not None:
            self.app.theme = self._theme_before
        self.dismiss(None)

    @on(Button.Pressed, "#settings-defaults")
    def action_defaults(self) -> None:
        """Every field to its default; nothing is saved yet."""
        fresh = Settings()
        self.query_one("#model-kind", Choice).value = EMBEDDED
        self.query_one(f"#field-{_MODEL}", Input).value = ""
        self._show_model_row()
        for option in OPTIONS:
            if option.name == _MODEL:
                continue
            field, value = self.query_one(f"#field-{option.name}"), fresh.value(option.name)
            if isinstance(field, Tick):
                field.value = bool(value)
            elif isinstance(field, Choice):
                field.value = str(value)
            elif isinstance(field, Input):
                field.value = "" if value is None else str(value)
        self._mark({})
        self.app.theme = fresh.theme if fresh.theme in self.app.available_themes else self.app.theme
        self.say("these are the defaults; Save keeps them", good=True)


_NAMES = frozenset(option.name for option in OPTIONS)


def _named(text: str) -> list[str]:
    """The words of a message, of which some are names of options."""
    return re.findall(r"\w+", text)


def _blamed(values: dict[str, Value], text: str) -> str:
    """The option that a message is about: the first that it names, else the one that is wrong by itself."""
    for name in _named(text):
        if name in _NAMES:
            return name
    for name, value in values.items():
        try:
            Settings().with_value(name, value)
        except ConfigError:
            return name
    return _MODEL


def _drop(values: dict[str, Value], blamed: str, text: str) -> bool:
    """Take out what is to blame, else what else the message names; False where nothing is left."""
    for name in (blamed, *_named(text)):
        if name in values:
            del values[name]
            return True
    return False
