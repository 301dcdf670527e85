"""Looking: views, layers, colours, the selection, and moments of the build order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on

from brickgpt_tui.screens.base import StudioBase
from brickgpt_tui.widgets.timeline import Timeline

if TYPE_CHECKING:
    from brickgpt_tui.views.colouring import Colouring
    from brickgpt_tui.widgets.model_view import Mode

VIEWS: tuple[Mode, ...] = ("layer", "front", "side", "top", "iso", "image")
COLOURINGS: tuple[Colouring, ...] = ("colour", "part", "order", "stress")


class ViewActions(StudioBase):
    """Actions that change what is seen, never the model."""

    def action_view(self, mode: Mode) -> None:
        """Look at the model as ``mode`` says, one of :data:`VIEWS`."""
        self.view.mode = mode

    def action_next_view(self) -> None:
        """The next of :data:`VIEWS`."""
        self.action_view(VIEWS[(VIEWS.index(self.view.mode) + 1) % len(VIEWS)])

    def action_next_colouring(self) -> None:
        """The next of :data:`COLOURINGS`."""
        place = COLOURINGS.index(self.view.colouring)
        self.view.colouring = COLOURINGS[(place + 1) % len(COLOURINGS)]

    def action_turn(self, quarters: int) -> None:
        """Turn the isometric view."""
        if self.view.mode not in ("iso", "image"):
            self.view.mode = "iso"
        self.view.turn = (self.view.turn + quarters) % 4

    def action_layer(self, step: int) -> None:
        """Look at a layer further up or down."""
        if self.view.mode != "layer":
            self.view.mode = "layer"
        self.view.action_layer(step)

    def action_follow(self) -> None:
        """Follow the building layer, or stop doing so."""
        self.view.follow = not self.view.follow
        words = "following the building layer" if self.view.follow else "the layer stays as it is"
        self.tell(words, seconds=2)

    def action_zoom(self) -> None:
        """Cells larger or smaller."""
        self.view.action_zoom()

    def action_ghost(self) -> None:
        """The layer below, or not."""
        self.view.ghost = not self.view.ghost

    def action_cursor(self) -> None:
        """Arrow keys for a cursor in the picture."""
        self.view.canvas.focus()
        self.view.action_cursor()

    def action_dots(self) -> None:
        """Braille or blocks."""
        self.view.dots = not self.view.dots

    def action_select_brick(self, step: int) -> None:
        """Select a brick further along the build order, among those shown."""
        count = self.state.shown
        if not count:
            return
        before = self.state.selected
        index = (0 if step > 0 else count - 1) if before is None else (before + step) % count
        self.state.select(index)
        self.show_model()

    def action_unselect(self) -> None:
        """Select nothing."""
        self.state.select(None)
        self.show_model()

    def action_scrub(self, step: int) -> None:
        """Show some bricks more or fewer."""
        self._scrub_to(self.state.shown + step)

    def action_scrub_to(self, count: int) -> None:
        """Show the first ``count`` bricks, or all for -1."""
        self._scrub_to(len(self.state.document.bricks) if count < 0 else count)

    def action_play(self) -> None:
        """Play the build order from here, or from the first brick at its end; or pause."""
        if not self.playing and self.state.following and not self.run_now.running:
            self.state.scrub(0)
        self.playing = not self.playing

    def watch_playing(self, playing: bool) -> None:
        """Turn the button of the timeline."""
        for timeline in self.query(Timeline):
            timeline.playing = playing

    @on(Timeline.Scrubbed)
    def _scrubbed(self, event: Timeline.Scrubbed) -> None:
        self._scrub_to(event.count)

    @on(Timeline.PlayToggled)
    async def _play_toggled(self) -> None:
        await self.run_action("play")

    def _scrub_to(self, count: int) -> None:
        self.playing = False
        self.state.scrub(count)
        self.show_moment()

    def on_model_view_brick_selected(self, event: object) -> None:
        """A brick was clicked in the view."""
        self.state.select(event.index)  # type: ignore[attr-defined]
        self.show_model()
