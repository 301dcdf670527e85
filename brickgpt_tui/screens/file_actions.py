"""Files and dialogues: open, export, history, settings, help."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from textual import on
from textual.worker import Worker, WorkerState

from brickgpt_tui.messages import Opened, Reopened, Trouble
from brickgpt_tui.screens.base import StudioBase
from brickgpt_tui.state import Document

if TYPE_CHECKING:
    from brickgpt_tui.history import Entry
    from brickgpt_tui.settings import Settings


class FileActions(StudioBase):
    """Actions that leave the screen for a while, and what comes back."""

    def action_open_file(self) -> None:
        """Ask which file to open."""
        from brickgpt_tui.screens.open_file import OpenFileScreen

        def chosen(path: Path | None) -> None:
            if path is not None:
                self.open_path(path)

        self.app.push_screen(OpenFileScreen(), chosen)

    def open_path(self, path: Path) -> None:
        """Read a file in a thread; the model on screen stays if that fails."""
        self.clear_trouble()
        self.run_worker(
            lambda: self.engine.open(path),
            thread=True,
            group="open",
            exclusive=True,
            exit_on_error=False,
            name=f"opening {path.name}",
        )

    @on(Opened)
    def _opened(self, message: Opened) -> None:
        structure = message.structure
        document = Document(
            structure.bricks, structure.world_dim, title=message.path.name, step=f"open {message.path.name}"
        )
        self._put(document, f"opened {message.path}: {len(structure):,} bricks")

    @on(Reopened)
    def _reopened(self, message: Reopened) -> None:
        run = message.run
        document = Document(
            run.bricks,
            run.options.world_dim,
            prompt=run.prompt,
            seed=run.seed,
            title=run.prompt,
            step=f"reopen “{run.prompt}”",
        )
        self.prompt.value = run.prompt
        self.next_seed = run.seed
        settings = self.studio.settings
        options = replace(run.options, seed=settings.generation.seed)
        self.studio.settings = replace(settings, generation=options)
        self.prompt.model = self.studio.settings.model
        self._put(document, f"reopened “{run.prompt}”, seed {run.seed}: {len(run.bricks):,} bricks")

    def _put(self, document: Document, what: str) -> None:
        self.playing = False
        self.state.put(document)
        self.say(what)
        self.show_model()
        self.view.canvas.focus()
        self.judge()

    @on(Trouble)
    def _trouble(self, message: Trouble) -> None:
        self.end_repair()
        self.show_trouble(message.text)

    def action_export(self) -> None:
        """Ask where to and in which form; what is written is what is shown."""
        from brickgpt_tui.screens.export import ExportScreen

        document = self.state.document
        title = document.prompt or Path(document.title).stem

        def written(path: Path | None) -> None:
            if path is not None:
                self.say(f"exported {path}", "good")
                self.tell(f"exported {path}")

        self.app.push_screen(ExportScreen(self.state.snapshot, title), written)

    def action_history(self) -> None:
        """Search earlier runs and open one."""
        from brickgpt_tui.screens.history import HistoryScreen

        def chosen(entry: Entry | None) -> None:
            if entry is not None:
                self.reopen(entry)

        self.app.push_screen(HistoryScreen(), chosen)

    def reopen(self, entry: Entry) -> None:
        """Read a run of the history in a thread."""
        self.clear_trouble()
        self.run_worker(
            lambda: self.engine.reopen(entry),
            thread=True,
            group="open",
            exclusive=True,
            exit_on_error=False,
            name="opening the run",
        )

    def action_settings(self) -> None:
        """Every option."""
        from brickgpt_tui.screens.settings import SettingsScreen

        def changed(settings: Settings | None) -> None:
            if settings is not None:
                self.studio.use_settings(settings)

        self.app.push_screen(SettingsScreen(self.studio.settings), changed)

    def action_show_help(self) -> None:
        """All keys."""
        from brickgpt_tui.screens.help import HelpScreen

        self.app.push_screen(HelpScreen())

    def action_leave(self) -> None:
        """End the run and the program."""
        self.engine.stop()
        self.app.exit()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Show what no one foresaw in place of dying of it."""
        if event.state is WorkerState.ERROR:
            self.end_repair()
            error = event.worker.error
            what = f"{type(error).__name__}: {error}" if error else "an unknown error"
            if isinstance(error, MemoryError):
                what = "not enough memory"
            advice = "the model on screen is kept; try again, or save it (e)"
            self.show_trouble(f"{event.worker.name} broke down ({what}); {advice}")
