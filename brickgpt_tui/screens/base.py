"""What all parts of the studio screen share: the state, its widgets, and how one tells the other."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from textual.reactive import reactive
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Static

from brickgpt_tui.actions import BY_CALL, REASONS, Action
from brickgpt_tui.messages import LogLine
from brickgpt_tui.snapshot import RunSnapshot
from brickgpt_tui.state import StudioState
from brickgpt_tui.widgets.log import EventLog
from brickgpt_tui.widgets.prompt import PromptLine
from brickgpt_tui.widgets.stats import StatsPanel
from brickgpt_tui.widgets.timeline import Timeline
from brickgpt_tui.widgets.words import Words
from brickgpt_tui.worker import Engine

if TYPE_CHECKING:
    from brickgpt_tui.app import StudioApp
    from brickgpt_tui.widgets.inspector import BrickInspector
    from brickgpt_tui.widgets.model_view import ModelView

PLAY_SECONDS = 6.0
"""How long a model plays from the first brick to the last, where it has enough bricks."""
_JUDGE_SECONDS = 0.15  # after the last of several changes in a row
_SLOWEST, _FRAMES = 12.0, 20.0  # bricks a second at least; pictures a second


class StudioBase(Screen[None]):
    """State and widgets; the actions are in the classes derived from it."""

    playing: reactive[bool] = reactive(False)

    def __init__(self, engine: Engine | None = None) -> None:
        super().__init__()
        self.state = StudioState()
        self.run_now = RunSnapshot()
        self.engine = engine or Engine(self.post_message)
        self.next_seed: int | None = None
        self.furnished = self.repairing = False
        self._met_before: dict[str, bool] = {}
        self._played = 0.0
        self._judging: Timer | None = None

    @property
    def studio(self) -> StudioApp:
        """The app, by its own type."""
        return cast("StudioApp", self.app)

    @property
    def prompt(self) -> PromptLine:
        """The prompt line."""
        return self.query_one(PromptLine)

    @property
    def view(self) -> ModelView:
        """The model."""
        from brickgpt_tui.widgets.model_view import ModelView

        return self.query_one(ModelView)

    @property
    def inspector(self) -> BrickInspector:
        """What is known about the selected brick."""
        from brickgpt_tui.widgets.inspector import BrickInspector

        return self.query_one(BrickInspector)

    def unmet(self, action: Action) -> set[str]:
        """What ``action`` needs and is not so: keys of :data:`~brickgpt_tui.actions.REASONS`."""
        met = self._met()
        return {need for need in action.needs if not met[need]}

    def _met(self) -> dict[str, bool]:
        """Which needs of actions are met now."""
        state, document = self.state, self.state.document
        return {
            "idle": not self.run_now.running,
            "running": self.run_now.running,
            "bricks": bool(document.bricks),
            "selected": state.selected is not None,
            "past": state.undoable is not None,
            "future": state.redoable is not None,
            "prompt": bool(document.prompt or self.prompt.value),
        }

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide from the footer what makes no sense now, and grey out what has to wait."""
        known = BY_CALL.get(action)
        if known is not None and not self.furnished:
            return action == "leave"
        unmet = set() if known is None else self.unmet(known)
        if not unmet:
            return True
        return None if unmet <= {"idle", "bricks"} else False

    def perform(self, action: Action) -> None:
        """Do what the palette says, or say why not."""
        unmet = self.unmet(action)
        if unmet:
            self.tell(next(REASONS[need] for need in action.needs if need in unmet), warning=True)
        else:
            self.call_next(self.run_action, action.action)

    def show_model(self) -> None:
        """Give the model as it is now to every widget that shows it."""
        snapshot = self.state.snapshot
        self.view.snapshot = snapshot
        panel = self.query_one(StatsPanel)
        panel.safety = self.state.document.safety
        panel.model = snapshot
        self.query_one(Timeline).snapshot = snapshot
        self.inspector.snapshot = snapshot
        self.show_title()
        if self._met() != self._met_before:  # the footer is made anew, which takes a while
            self._met_before = self._met()
            self.refresh_bindings()

    def show_run(self, run: RunSnapshot) -> None:
        """Give the numbers of the run to every widget that shows them."""
        self.run_now = run
        self.query_one(StatsPanel).run = run
        self.prompt.running = run.running

    def show_title(self) -> None:
        """Say on top what is on screen and how it does."""
        document = self.state.document
        title = document.title or "no model yet"
        verdict = (
            ""
            if document.report is None
            else {"stable": "stands", "unstable": "does not stand"}.get(document.report.status, "no verdict")
        )
        if self.run_now.running:
            verdict = "building"
        count = f"{len(document.bricks):,} bricks" if document.bricks else ""
        parts = [part for part in ("BrickGPT Studio", title, count, verdict) if part]
        self.query_one("#title", Words).say(("  |  " if self.studio.plain else "  ·  ").join(parts))

    def log_lines(self, lines: Iterable[LogLine]) -> None:
        """Write lines into the event log."""
        self.query_one(EventLog).add(lines)

    def say(self, text: str, kind: str = "info") -> None:
        """Write a line into the event log."""
        self.log_lines([LogLine(kind, text)])  # type: ignore[arg-type]

    def tell(self, text: str, *, warning: bool = False, seconds: float = 4.0) -> None:
        """Say something for a few seconds."""
        severity = "warning" if warning else "information"
        self.notify(text, severity=severity, timeout=seconds, markup=False)  # type: ignore[arg-type]

    def show_trouble(self, text: str) -> None:
        """Show an error where everyone sees it, until something else is done."""
        notice = self.query_one("#notice", Static)
        notice.update(text)
        notice.set_class(bool(text), "-shown")
        if text:
            self.say(text, "bad")

    def clear_trouble(self) -> None:
        """Take the error away."""
        self.query_one("#notice", Static).remove_class("-shown")

    def judge(self) -> None:
        """Let the engine judge the model on screen, unless that is known."""
        document = self.state.document
        known = document.report is not None and (not document.report.stable or document.safety is not None)
        if self._judging is not None:
            self._judging.stop()
        if document.bricks and not known:
            self._judging = self.set_timer(_JUDGE_SECONDS, self._judge_now)

    def _judge_now(self) -> None:
        snapshot, settings = self.state.snapshot, self.studio.settings.generation
        self.run_worker(
            lambda: self.engine.judge(
                snapshot, settings.criterion, settings.solver, physics=settings.physics
            ),
            thread=True,
            group="judge",
            exclusive=True,
            exit_on_error=False,
            name="judge the model",
        )

    def seed_for_run(self) -> int:
        """The seed of the next run: what the user asked for, until a run begins with it, else a fresh one."""
        seed = self.next_seed if self.next_seed is not None else self.studio.settings.generation.seed
        return random.randrange(2**32) if seed is None else seed

    def play_step(self) -> None:
        """One picture further, while it plays or builds."""
        self.engine.tick()
        if not self.playing:
            return
        total = len(self.state.document.bricks)
        self._played += max(_SLOWEST, total / PLAY_SECONDS) / _FRAMES
        step = int(self._played)
        if step:
            self._played -= step
            self.state.scrub(self.state.shown + step)
            self.show_moment()
        if self.state.shown >= total and not self.run_now.running:
            self.playing = False

    def show_moment(self) -> None:
        """As :meth:`show_model` where only the visible part has changed."""
        self.show_model()

    def end_repair(self) -> None:
        """The repair is over, however it went."""
        if self.repairing:
            self.repairing = False
            self.refresh_bindings()
            self.show_run(self.with_run(running=False, message="", stop_reason="end"))
            self.show_model()

    def with_run(self, **changes: object) -> RunSnapshot:
        """The run's numbers with some of them replaced."""
        return replace(self.run_now, **changes)  # type: ignore[arg-type]
