"""A true image of the model, in terminals that show images; drawn in a thread by the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import work
from textual.containers import Container
from textual.widget import Widget
from textual.worker import get_current_worker

from brickgpt_engine.bricks.colours import Rgb
from brickgpt_tui.snapshot import ModelSnapshot, structure_of
from brickgpt_tui.views.colouring import Paint
from brickgpt_tui.views.graphics import image_widget

if TYPE_CHECKING:
    from PIL.Image import Image

    from brickgpt_engine.bricks import BrickStructure

_PIXELS = 10, 20  # of a character; the terminal scales what it gets


class TrueImage(Container):
    """Shows the visible bricks as the engine's fine picture."""

    DEFAULT_CSS = """
    TrueImage { width: 1fr; height: 1fr; align: center middle; }
    TrueImage > * { width: auto; height: 1fr; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._asked: tuple[object, ...] = ()
        self._kept: object = None  # what the numbers in _asked stand for, so that they stay taken
        self._inner: Widget | None = None

    def show(self, snapshot: ModelSnapshot, paint: Paint, turn: int, space: tuple[int, int]) -> str:
        """Show a model in so many columns and lines; returns why it cannot be shown here, else ""."""
        kind, reason = image_widget()
        if kind is None:
            return reason
        ground = self.background_colors[1].rgb
        box = max(64, space[0] * _PIXELS[0]), max(64, space[1] * _PIXELS[1])
        asked = id(snapshot.bricks), snapshot.shown, id(paint), turn, box, ground
        if asked != self._asked:
            self._asked, self._kept = asked, (snapshot, paint)
            self._render_image(structure_of(snapshot), paint, turn, box, ground)
        return ""

    @work(thread=True, exclusive=True, group="true-image")
    def _render_image(
        self, structure: BrickStructure, paint: Paint, turn: int, box: tuple[int, int], ground: Rgb
    ) -> None:
        from brickgpt_engine.rendering.isometric import render_to_fit

        image = render_to_fit(structure, paint.rgb[: len(structure)], box, turns=turn, background=ground)
        if not get_current_worker().is_cancelled:
            self.app.call_from_thread(self.call_next, self._take, image)

    async def _take(self, image: Image) -> None:
        kind, _ = image_widget()
        if kind is None or not self.is_attached:
            return
        if self._inner is None:
            self._inner = kind(image)
            await self.mount(self._inner)
        else:
            self._inner.image = image  # type: ignore[attr-defined]  # textual-image's own attribute
