"""Building: from a prompt, once more, onwards, several at once; and what comes back from the engine."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from textual import on

from brickgpt_engine.errors import BrickGPTError
from brickgpt_tui.messages import Judged, RunProgress, VariantsReady
from brickgpt_tui.screens.base import StudioBase
from brickgpt_tui.snapshot import STOPPED, ModelSnapshot, RunSnapshot
from brickgpt_tui.state import Document
from brickgpt_tui.widgets.prompt import PromptInput, PromptLine
from brickgpt_tui.worker import Job

if TYPE_CHECKING:
    from brickgpt_engine.bricks import Brick

_SOON = 0.05  # seconds until what came too early is looked at again
VARIANTS = 4
"""How many models "variants" builds."""


class RunActions(StudioBase):
    """Actions that let the engine build."""

    _pending: Document | None = None
    _run_before = RunSnapshot()
    """The numbers of what was on screen before the last run began."""

    def action_prompt(self) -> None:
        """Go to the prompt line for a new model."""
        self.prompt.continuing = False
        self.prompt.line.focus()

    def action_generate(self) -> None:
        """Build what the line says."""
        self.build(self.prompt.value)

    def action_stop(self) -> None:
        """End the run after the event in hand."""
        self.engine.stop()
        if self.run_now.running:
            what = "the attempt" if self.repairing else "the brick"
            self.show_run(self.with_run(message=f"stopping after {what} in hand"))

    def action_again(self) -> None:
        """The same prompt with the next seed."""
        document, run = self.state.document, self.run_now
        seed = run.seed if document.seed is None else document.seed
        self.build(document.prompt or self.prompt.value, seed=seed + 1)

    def action_continue_here(self) -> None:
        """Go on from the bricks shown with the same prompt."""
        self.build(self.state.document.prompt or self.prompt.value, start=self.state.snapshot.visible)

    def action_continue_new(self) -> None:
        """Ask for the prompt to go on with."""
        self.prompt.continuing = True
        self.prompt.value = ""
        self.prompt.line.focus()

    def action_variants(self) -> None:
        """Build several models of the prompt in the line, else of the model on screen."""
        self.build(self.prompt.value or self.state.document.prompt, variants=VARIANTS)

    @on(PromptLine.Submitted)
    def _submitted(self, event: PromptLine.Submitted) -> None:
        if not self.furnished:
            self.set_timer(_SOON, lambda: self._submitted(event))
            return
        start = self.state.snapshot.visible if event.continuing else ()
        self.build(event.prompt, start=start)

    @on(PromptLine.StopPressed)
    def _stop_pressed(self) -> None:
        self.action_stop()

    @on(PromptInput.Left)
    def _prompt_left(self) -> None:
        if not self.furnished:
            return
        self.prompt.continuing = False
        self.view.canvas.focus()

    def build(
        self, prompt: str, *, start: tuple[Brick, ...] = (), seed: int | None = None, variants: int = 1
    ) -> None:
        """Begin a run; what is on screen stays until the first brick is there.

        Args:
            prompt: what to build.
            start: bricks to continue from.
            seed: None for what the user asked for, else a fresh one.
            variants: how many models.
        """
        if self.run_now.running:
            self.tell("a model is being built; stop it first", warning=True)
            return
        if not prompt:
            self.show_trouble("the prompt is empty; type what to build, for example “a small red chair”")
            self.prompt.line.focus()
            return
        seed = self.seed_for_run() if seed is None else seed
        try:
            job = self._job(prompt, start, seed, variants)
        except BrickGPTError as error:
            self.show_trouble(str(error))
            return
        self._begin(job)

    def _job(self, prompt: str, start: tuple[Brick, ...], seed: int, variants: int) -> Job:
        config = replace(self.studio.settings.generation, seed=seed)
        if start:
            config = replace(config, world_dim=self.state.document.world_dim)
        return Job(prompt, config, start, variants=variants)

    def _begin(self, job: Job) -> None:
        self.clear_trouble()
        self.playing = self.engine.stopping = False
        step = f"{'continue with' if job.start else 'build'} “{job.prompt}”"
        fresh = Document().having(job.start, step)
        self._pending = replace(
            fresh, world_dim=job.config.world_dim, prompt=job.prompt, title=job.prompt, seed=job.config.seed
        )
        line = self.prompt
        line.line.remember(job.prompt)
        line.value, line.continuing = job.prompt, False
        model = job.config.model_name_or_path
        self._run_before = self.run_now
        self.show_run(RunSnapshot(running=True, prompt=job.prompt, seed=job.config.seed or 0, model=model))
        self.view.canvas.focus()
        self.run_worker(
            lambda: self.engine.generate(job),
            thread=True,
            group="run",
            exit_on_error=False,
            name="the engine",
        )

    @on(RunProgress)
    def _progress(self, message: RunProgress) -> None:
        if message.began:
            if self._pending is not None:
                self.state.put(self._pending)
                self._pending = self.next_seed = None
            self.state.grow(message.bricks, message.report, message.run.seed)
        run = message.run
        if run.running and self.engine.stopping:
            run = replace(run, message="stopping after the brick in hand")
        if not message.ended:
            run = replace(run, running=True)
        self.show_run(run)
        if message.ended:
            self._run_ended(message)
        self.show_model()
        self.log_lines(message.lines)
        self.call_after_refresh(message.taken.set)

    def _run_ended(self, message: RunProgress) -> None:
        if message.began and not message.bricks:
            self.state.abandon()
        self._pending = None
        if message.run.error is not None:
            self.show_trouble(message.run.error)
            if not message.began and self.focused is self.view.canvas:
                self.prompt.line.focus()  # most likely the prompt is to be typed anew
        elif not message.bricks and message.run.stop_reason != STOPPED:
            self.show_trouble(f"no brick was built: {message.run.message}; try again (a) or reword it (/)")
        elif message.run.stop_reason == "max_brick_rejections":
            self.tell(message.run.message)
        self.judge()

    @on(VariantsReady)
    def _variants_ready(self, message: VariantsReady) -> None:
        if len(message.variants) < 2:
            return
        from brickgpt_tui.screens.variants import VariantsScreen

        def keep(chosen: int | None) -> None:
            if chosen is None:
                self.state.undo()
                self.show_run(self._run_before)
                self.say("kept none of the variants")
                self.show_model()
            else:
                self._keep(message.variants[chosen], message.runs[chosen], chosen + 1)

        self.app.push_screen(VariantsScreen(list(message.variants)), keep)

    def _keep(self, variant: ModelSnapshot, run: RunSnapshot, number: int) -> None:
        if variant.bricks != self.state.document.bricks:
            document = self.state.document.having(variant.bricks, f"keep variant {number}")
            self.state.put(replace(document, seed=run.seed, report=variant.report))
        self.show_run(run)
        self.say(f"kept variant {number}, seed {run.seed}")
        self.show_model()
        self.judge()

    @on(Judged)
    def _judged(self, message: Judged) -> None:
        if self.state.judge(message.revision, message.report, message.safety):
            self.show_model()
