"""Taking the model along: as which kind of file, under which name."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Input, OptionList, Static
from textual.widgets.option_list import Option
from textual.worker import get_current_worker

from brickgpt_engine.errors import BrickGPTError, OutputError
from brickgpt_engine.exporting import EXPORTS
from brickgpt_tui import exporting
from brickgpt_tui.exporting import OFFERED
from brickgpt_tui.screens.dialogue import Dialogue
from brickgpt_tui.snapshot import ModelSnapshot


class ExportScreen(Dialogue[Path | None]):
    """Answers with the path that was written, or None.

    Args:
        snapshot: what to export: its visible bricks.
        title: what the model is called; the file's name is made from it.
        folder: where to; the current folder by default.
    """

    HEADING = "Export"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "export", "Export", tooltip="Write the file.", id="export.write")
    ]
    DEFAULT_CSS = """
    ExportScreen {
        & > #dialogue { height: auto; max-height: 94%; }
        & #export-kinds { height: auto; max-height: 9; border: none; padding: 0; margin-bottom: 1; }
    }
    """

    def __init__(self, snapshot: ModelSnapshot, title: str = "", folder: Path | None = None) -> None:
        super().__init__()
        self._snapshot, self._title = snapshot, title
        self._folder = folder
        self._may_replace: Path | None = None
        self._writing = False

    def content(self) -> ComposeResult:
        """Kinds, name, title, colour, buttons."""
        yield OptionList(*map(_kind, OFFERED), id="export-kinds", compact=True)
        name = exporting.with_extension(exporting.file_name(self._title), OFFERED[0])
        where = str(self._folder / name) if self._folder is not None else name
        fields = {
            "name": ("File", where, "name or path"),
            "title": ("Title", exporting.heading(self._title), "for LDraw files and instructions"),
            "colour": ("Colour", "", "as it is; or a name such as dark red"),
        }
        for field, (label, value, hint) in fields.items():
            with Horizontal(classes="row"):
                yield Static(label, classes="label")
                yield Input(value, placeholder=hint, id=f"export-{field}", compact=True)
        with Horizontal(classes="buttons"):
            yield Button("Cancel", id="export-cancel", compact=True, tooltip="Write nothing")
            yield Button(
                "Export",
                id="export-write",
                compact=True,
                variant="primary",
                tooltip="Write it (Ctrl+S)",
            )

    @on(OptionList.OptionHighlighted, "#export-kinds")
    def _kind_chosen(self, event: OptionList.OptionHighlighted) -> None:
        """The name follows the kind."""
        name = self.query_one("#export-name", Input)
        if event.option.id is not None and name.value:
            name.value = exporting.with_extension(name.value, event.option.id)

    @on(Input.Changed, "#export-name")
    def _name_typed(self) -> None:
        """Another name: nothing is allowed to be replaced yet."""
        self._may_replace = None
        self._label("Export")
        if not self._writing:
            self.say("")

    @on(OptionList.OptionSelected, "#export-kinds")
    @on(Input.Submitted)
    @on(Button.Pressed, "#export-write")
    def action_export(self) -> None:
        """Write the file; an existing one only after a second press."""
        if self._writing:
            return
        try:
            path = exporting.target(self._field("name"))
            colour = exporting.colour_code(self._field("colour"))
        except BrickGPTError as error:
            self.say(str(error))
            return
        if exporting.exists(path) and self._may_replace != path:
            self._may_replace = path
            self._label("Overwrite")
            self.say(f"{path} exists; press Overwrite to replace it, or change the name")
            self.query_one("#export-write").focus()
            return
        self._writing = True
        self.say(f"writing {path}", good=True)
        title, replace = self._field("title"), self._may_replace == path
        self.run_worker(
            lambda: self._write(path, title, colour, replace), thread=True, name="export", exit_on_error=False
        )

    def _field(self, name: str) -> str:
        return self.query_one(f"#export-{name}", Input).value

    def _label(self, text: str) -> None:
        self.query_one("#export-write", Button).label = text

    def _write(self, path: Path, title: str, colour: int | None, overwrite: bool) -> None:
        """In a thread: write, then close or say what went wrong."""
        worker = get_current_worker()

        def progress(done: int, steps: int) -> None:
            if worker.is_cancelled:
                raise OutputError("cancelled")
            self.app.call_from_thread(self.say, f"drawing step {done} of {steps}", good=True)

        try:
            exporting.write(
                self._snapshot, path, title=title, colour=colour, overwrite=overwrite, progress=progress
            )
        except (BrickGPTError, MemoryError) as error:
            if not worker.is_cancelled:
                self.app.call_from_thread(self._failed, str(error) or "not enough memory")
            return
        self.app.call_from_thread(self._written, path)

    def _failed(self, text: str) -> None:
        self._writing = False
        self.say(text)

    def _written(self, path: Path) -> None:
        if self.is_current:
            self.dismiss(path)

    @on(Button.Pressed, "#export-cancel")
    def action_leave(self) -> None:
        """Write nothing more."""
        self.workers.cancel_node(self)
        self.dismiss(None)


def _kind(extension: str) -> Option:
    export = EXPORTS[extension]
    text = Text.assemble((f"{export.name:<17}", "bold"), f"{extension:<7}", (export.help, "dim"))
    text.no_wrap, text.overflow = True, "ellipsis"
    return Option(text, id=extension)
