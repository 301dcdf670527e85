"""Choosing a file: a line to type its path into, and the folder's files below."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Input, OptionList, Static
from textual.widgets.option_list import Option

from brickgpt_engine.formats import FORMATS
from brickgpt_tui.screens.dialogue import Dialogue

_LONGEST_PATH = 44
_MOST_LISTED = 2_000
_MOST_LOOKED_AT = 20_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What sort of thing is chosen.

    Attributes:
        heading: title of the dialogue.
        fits: whether a file name is one of them.
        kinds: what they are, for people.
        folders: whether a folder is chosen in place of a file.
    """

    heading: str
    fits: Callable[[str], bool]
    kinds: str
    folders: bool = False


MODELS = Wanted("Open a model", lambda name: Path(name).suffix.lower() in FORMATS, ", ".join(FORMATS))
MODEL_FILES = Wanted("Choose a GGUF file", lambda name: name.lower().endswith(".gguf"), ".gguf")
MODEL_FOLDERS = Wanted("Choose a model folder", lambda name: False, "folders", folders=True)


@dataclass(frozen=True, slots=True)
class _Item:
    """A line of the list: a folder to go to, or a file."""

    path: Path
    label: str
    is_folder: bool
    size: int = 0


def listing(folder: Path, wanted: Wanted) -> list[_Item]:
    """The folder above, the folders in ``folder``, and the files that fit, by name.

    Raises:
        OSError: the folder cannot be listed.
    """
    found: list[_Item] = []
    with os.scandir(folder) as entries:
        for number, entry in enumerate(entries):
            if number >= _MOST_LOOKED_AT or len(found) >= _MOST_LISTED:
                break
            if entry.name.startswith("."):
                continue
            if _is_dir(entry):
                found.append(_Item(Path(entry.path), f"{entry.name}/", True))
            elif wanted.fits(entry.name):
                found.append(_Item(Path(entry.path), entry.name, False, _size(entry)))
    found.sort(key=lambda item: (not item.is_folder, item.label.casefold()))
    return [_Item(folder.parent, "../", True), *found]


def _is_dir(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _size(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat().st_size
    except OSError:
        return 0


class OpenFileScreen(Dialogue[Path | None]):
    """Answers with the chosen path, or None. Whether the file holds a model is for its reader to say.

    Args:
        folder: where to begin; the current folder by default.
        what: what is chosen.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "to_list", "List", tooltip="Go to the list of files.", id="open.list", show=False),
        Binding("ctrl+o,alt+up", "up", "Folder above", tooltip="Go to the folder above.", id="open.up"),
    ]
    DEFAULT_CSS = """
    OpenFileScreen {
        & #open-list { height: 1fr; border: none; padding: 0; }
        & #open-kinds { width: 1fr; color: $text-muted; }
    }
    """

    def __init__(self, folder: Path | None = None, what: Wanted = MODELS) -> None:
        super().__init__()
        self._folder = Path(os.path.abspath(folder or "."))  # noqa: PTH100 - resolve() follows links
        self._what = what
        self._items: list[_Item] = []

    def content(self) -> ComposeResult:
        """Path line, list, and buttons."""
        yield Input(placeholder="path, or part of a name", id="open-path", compact=True)
        yield OptionList(id="open-list", compact=True)
        with Horizontal(classes="buttons"):
            yield Static(f"Shown: {self._what.kinds}", id="open-kinds", markup=False)
            yield Button("Cancel", id="open-cancel", compact=True, tooltip="Open nothing")
            yield Button("Open", id="open-open", compact=True, variant="primary", tooltip="Open it (Enter)")

    def on_mount(self) -> None:
        """List the folder."""
        super().on_mount()
        self._go(self._folder)

    def _go(self, folder: Path) -> bool:
        """Show another folder; says why where that fails, and stays."""
        try:
            items = listing(folder, self._what)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            self.say(f"{folder!s:.150} cannot be listed: {reason}")
            return False
        self._folder, self._items = folder, items
        self.query_one("#dialogue").border_title = f"{self._what.heading}: {_end(str(folder))}"
        self.query_one("#open-path", Input).value = ""
        self._list("")
        self.say("")
        return True

    def _list(self, part: str) -> None:
        words = part.casefold().split()
        files = self.query_one("#open-list", OptionList)
        shown = [
            (number, item)
            for number, item in enumerate(self._items)
            if item.label == "../" or all(word in item.label.casefold() for word in words)
        ]
        files.clear_options()
        files.add_options([Option(_words(item), id=str(number)) for number, item in shown])
        first = 1 if len(shown) > 1 and part else 0
        files.highlighted = first if shown else None

    @on(Input.Changed, "#open-path")
    def _typed(self, event: Input.Changed) -> None:
        """Words narrow the list; a path that ends with a slash goes there."""
        text = event.value
        self.say("")
        if text.endswith(("/", os.sep)) and self._path(text).is_dir():
            self._go(self._path(text))
        elif os.sep not in text and not text.startswith("~"):
            self._list(text)

    def _path(self, text: str) -> Path:
        try:
            typed = Path(text.strip()).expanduser()
        except RuntimeError:
            typed = Path(text.strip())
        return Path(os.path.normpath(self._folder / typed))

    @on(Input.Submitted, "#open-path")
    @on(Button.Pressed, "#open-open")
    def _open(self) -> None:
        """Open what is typed, else what the list points to."""
        text = self.query_one("#open-path", Input).value.strip()
        if text:
            path = self._path(text)
            try:
                there = path.exists()
            except (OSError, ValueError):
                there = False
            if there:
                self._take(path)
                return
            if os.sep in text:
                self.say(f"{path}: no such file; check the name")
                return
        self._take_highlighted()

    def _take_highlighted(self) -> None:
        files = self.query_one("#open-list", OptionList)
        chosen = files.highlighted_option
        typed = self.query_one("#open-path", Input).value.strip()
        if self._what.folders and not typed and not files.has_focus:
            self.dismiss(self._folder)
        elif chosen is None or chosen.id is None:
            self.say("no file is chosen")
        else:
            self._take(self._items[int(chosen.id)].path)

    @on(OptionList.OptionSelected, "#open-list")
    def _selected(self, event: OptionList.OptionSelected) -> None:
        if event.option.id is not None:
            self._take(self._items[int(event.option.id)].path)

    def _take(self, path: Path) -> None:
        """Go into a folder, or answer with a file."""
        if path.is_dir():
            if self._go(path) and self._what.folders:
                self.say("Open with the path line empty takes this folder", good=True)
                self.query_one("#open-path", Input).focus()
        elif self._what.folders:
            self.say(f"{path.name} is a file; choose a folder")
        elif not self._what.fits(path.name):
            self.say(f"{path.name} is of no kind that can be read; choose one of {self._what.kinds}")
        else:
            self.dismiss(path)

    def action_to_list(self) -> None:
        """From the path line into the list."""
        self.query_one("#open-list", OptionList).focus()

    def action_up(self) -> None:
        """To the folder above."""
        self._go(self._folder.parent)

    @on(Button.Pressed, "#open-cancel")
    def action_leave(self) -> None:
        """Open nothing."""
        self.dismiss(None)


def _end(path: str) -> str:
    """The end of a long path, which tells folders apart better than its beginning."""
    return path if len(path) <= _LONGEST_PATH else f"...{path[3 - _LONGEST_PATH :]}"


def _words(item: _Item) -> Text:
    if item.is_folder:
        return Text(item.label, style="bold")
    size = f"{item.size / 1000:,.1f} kB" if item.size >= 1000 else f"{item.size} B"
    return Text.assemble(item.label, (f"  {size}", "dim"))
