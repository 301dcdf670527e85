"""Changing the model by hand, and taking it back."""

from __future__ import annotations

from dataclasses import replace

from textual import on

from brickgpt_tui.messages import Repaired
from brickgpt_tui.screens.base import StudioBase


class EditActions(StudioBase):
    """Actions that make another document out of the one on screen."""

    def action_undo(self) -> None:
        """One step back."""
        step = self.state.undo()
        if step is not None:
            self._changed(f"undone: {step}")

    def action_redo(self) -> None:
        """One step forward."""
        step = self.state.redo()
        if step is not None:
            self._changed(f"redone: {step}")

    def action_delete_brick(self) -> None:
        """Take the selected brick away."""
        if self.state.selected is not None:
            self.state.delete(self.state.selected)
            self.state.select(None)
            self._changed(self.state.document.step)

    def action_delete_above(self) -> None:
        """Take away what is above the selected brick, or above the layer in view."""
        selected = self.state.selected
        layer = self.view.level if selected is None else self.state.document.bricks[selected].z
        if self.state.delete_above(layer):
            self.state.select(None)
            self._changed(self.state.document.step)
        else:
            self.tell(f"there is nothing above layer {layer}")

    def action_repair(self) -> None:
        """Let the engine lay weak regions again."""
        snapshot, settings = self.state.snapshot, self.studio.settings.generation
        self.clear_trouble()
        self.say("repairing: weak regions are laid again, or supported")
        self.engine.stopping = False
        self.repairing = True
        self.show_run(self.with_run(running=True, message="repairing", stop_reason=None))
        self.refresh_bindings()
        self.run_worker(
            lambda: self.engine.repair(snapshot, settings.criterion, settings.solver, snapshot.revision),
            thread=True,
            group="repair",
            exclusive=True,
            exit_on_error=False,
            name="the repair",
        )

    @on(Repaired)
    def _repaired(self, message: Repaired) -> None:
        document, done = self.state.document, message.repair
        self.end_repair()
        if message.revision != document.revision:
            self.say("the repair came too late: the model has changed since; repair it again")
        elif done.how == "none":
            self.say("nothing to repair: the model stands", "good")
            self.tell("nothing to repair: the model stands")
        elif done.how == "failed":
            self.show_trouble(f"not repaired: {done.report.message}; delete what hangs free")
        else:
            if done.how == "relaid":
                what = f"{len(done.relaid)} bricks laid anew"
            else:
                count = len(done.supports)
                what = f"{count} brick{'' if count == 1 else 's'} added as support"
            repaired = document.having(done.structure.bricks, "repair")
            self.state.put(replace(repaired, report=done.report))
            self._changed(f"repaired: {what}")

    def _changed(self, what: str) -> None:
        """Show the new document and have it judged."""
        self.playing = False
        self.clear_trouble()
        self.say(what)
        if self.state.document.prompt:
            self.prompt.value = self.state.document.prompt
        self.show_model()
        self.judge()
