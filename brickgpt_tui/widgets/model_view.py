"""The model in the middle of the studio: layers, elevations, an isometric view, and a true image."""

from __future__ import annotations

from typing import ClassVar, Literal, Self, cast, get_args

import numpy as np
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive

from brickgpt_engine.bricks.structure import EMPTY
from brickgpt_tui.snapshot import ModelSnapshot
from brickgpt_tui.views import surfaces
from brickgpt_tui.views.colouring import COLOURINGS, Colouring, Paint
from brickgpt_tui.views.graphics import colour_wanted
from brickgpt_tui.views.isometric import Graphics
from brickgpt_tui.views.plan import SIZES as CELL_SIZES
from brickgpt_tui.views.plan import PlanFrame, PlanStyle, best_size, draw_plan, plan_frame
from brickgpt_tui.views.scene import ModelScene, scene_of
from brickgpt_tui.views.surfaces import Box, Side, Surface
from brickgpt_tui.widgets.canvas import Canvas
from brickgpt_tui.widgets.rooms import Frame, Row
from brickgpt_tui.widgets.true_image import TrueImage
from brickgpt_tui.widgets.view_bar import MODES, Pressable, legend, room_for_place, tabs
from brickgpt_tui.widgets.view_keys import MOVES, VIEW_BINDINGS

Mode = Literal["layer", "front", "side", "top", "iso", "image"]
_FLAT = ("layer", "front", "side", "top")
_SEEN = ("mode", "turn", "colouring", "ascii_only", "colour", "ghost", "cell_size", "dots", "pointing")


class ModelView(Frame):
    """Shows a model and lets its bricks be picked; changes nothing itself, but says what was asked for.

    Attributes:
        snapshot: the model, or None before there is one.
        mode: the view: one layer, an elevation (front, side, top), isometric, or a true image.
        level: the layer that is shown, 0 on the baseplate (in Textual ``layer`` is a matter of style).
        follow: whether the layer is that of the last visible brick.
        turn: quarter turns of the viewer around the model, 0 … 3.
        colouring: what the colours say.
        ascii_only: use no character beyond ASCII.
        colour: use colours at all.
        ghost: whether the layer below shines through.
        cell_size: index into the sizes of a cell (0 largest), or None for the largest that fits.
        dots: draw the isometric view with Braille dots even where there is colour.
        pointing: whether the arrow keys move a cursor that picks bricks.
    """

    DEFAULT_CSS = """
    ModelView { layout: vertical; height: 1fr; width: 1fr; overflow: hidden hidden; }
    ModelView > #view-head { height: 1; }
    ModelView #view-tabs { width: 1fr; height: 1; }
    ModelView #view-place { width: auto; height: 1; color: $text-muted; }
    ModelView > #view-legend { height: 1; }
    ModelView > TrueImage { display: none; }
    ModelView.-image > Canvas { display: none; }
    ModelView.-image > TrueImage { display: block; }
    """

    BINDINGS: ClassVar[list[BindingType]] = VIEW_BINDINGS

    snapshot: reactive[ModelSnapshot | None] = reactive[ModelSnapshot | None](None, repaint=False)
    mode: reactive[Mode] = reactive[Mode]("layer", repaint=False)
    level: reactive[int] = reactive(0, repaint=False)
    follow: reactive[bool] = reactive(True, repaint=False)
    turn: reactive[int] = reactive(0, repaint=False)
    colouring: reactive[Colouring] = reactive[Colouring]("colour", repaint=False)
    ascii_only: reactive[bool] = reactive(False, repaint=False)
    colour: reactive[bool] = reactive(colour_wanted, repaint=False)
    ghost: reactive[bool] = reactive(True, repaint=False)
    cell_size: reactive[int | None] = reactive[int | None](None, repaint=False)
    dots: reactive[bool] = reactive(False, repaint=False)
    pointing: reactive[bool] = reactive(False, repaint=False)

    class BrickSelected(Message):
        """A brick was picked: its place in the build order, or None for a click beside the model."""

        def __init__(self, index: int | None) -> None:
            super().__init__()
            self.index = index

    class LayerChanged(Message):
        """Another layer is shown."""

        def __init__(self, layer: int) -> None:
            super().__init__()
            self.layer = layer

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._cursor = (0, 0, 0)
        self._extent: Box | None = None
        self._frame: tuple[PlanFrame, Surface] | None = None
        self._drawing = False
        self._place_width: dict[tuple[Mode, bool, int], int] = {}

    def compose(self) -> ComposeResult:
        """Names of the views, the picture, the legend."""
        with Row(id="view-head"):
            yield Pressable(id="view-tabs")
            yield Pressable(id="view-place")
        yield Canvas(self._fit, id="view-canvas")
        yield TrueImage(id="view-image")
        yield Pressable(id="view-legend")

    @property
    def canvas(self) -> Canvas:
        """The widget with the picture; it takes the keyboard."""
        return self.query_one(Canvas)

    def focus(self, scroll_visible: bool = True) -> Self:
        """Give the keyboard to the picture."""
        self.canvas.focus(scroll_visible)
        return self

    def validate_mode(self, mode: Mode) -> Mode:
        """Unknown views become the layer view."""
        return mode if mode in MODES else "layer"

    def validate_level(self, level: int) -> int:
        """Keep the layer inside the model."""
        top = 0 if self.snapshot is None else scene_of(self.snapshot).top_layer
        return max(0, min(level, top))

    def validate_turn(self, turn: int) -> int:
        """Four quarters are none."""
        return turn % 4

    def validate_colouring(self, colouring: Colouring) -> Colouring:
        """Unknown colourings become the bricks' own colours."""
        return colouring if colouring in get_args(Colouring) else "colour"

    def on_mount(self) -> None:
        """Draw whenever something changes that is seen."""
        for name in _SEEN:
            self.watch(self, name, self.redraw, init=False)
        self.redraw()

    def watch_snapshot(self, before: ModelSnapshot | None, now: ModelSnapshot | None) -> None:
        """Follow the building layer, or go to the layer of a brick that was just selected."""
        if now is None:
            self._extent = None
        else:
            self._extent = self._grown_extent(before, now)
            if now.selected is not None and (before is None or now.selected != before.selected):
                self._go_to_brick(now, now.selected)
            self._follow(now)
            self.level = self.validate_level(self.level)
        self.redraw()

    def watch_level(self, level: int) -> None:
        """Tell, and draw."""
        self.post_message(self.LayerChanged(level))
        self.redraw()

    def watch_follow(self, follow: bool) -> None:
        """Go where the model is growing."""
        if follow and self.snapshot is not None:
            self._follow(self.snapshot)
        self.redraw()

    def _grown_extent(self, before: ModelSnapshot | None, now: ModelSnapshot) -> Box:
        """What is drawn: the model with a margin; while it grows, never less than before."""
        box = surfaces.bounding_box(now.bricks, now.world_dim, margin=1)
        grown = (
            before is not None
            and self._extent is not None
            and before.world_dim == now.world_dim
            and 0 < len(before.bricks) <= len(now.bricks)
            and before.bricks[0] is now.bricks[0]
        )
        return surfaces.joined(self._extent, box) if grown and self._extent is not None else box

    def _follow(self, now: ModelSnapshot) -> None:
        if self.follow and 0 < now.shown <= len(now.bricks):
            self.level = now.bricks[now.shown - 1].z

    def _go_to_brick(self, now: ModelSnapshot, index: int) -> None:
        if not 0 <= index < len(now.bricks):
            return
        brick, (x, y, _) = now.bricks[index], self._cursor
        inside = brick.x <= x < brick.x + brick.h and brick.y <= y < brick.y + brick.w
        self._cursor = (x, y, brick.z) if inside else (brick.x, brick.y, brick.z)
        if self.mode == "layer" and brick.z != self.level:
            self.follow = False
            self.level = brick.z

    def redraw(self) -> None:
        """Draw anew, once, after whatever else changes in the same moment."""
        if not self._drawing and self.is_mounted:
            self._drawing = True
            self.call_next(self._draw)

    def _draw(self) -> None:
        self._drawing = False
        if not self.is_attached or self.snapshot is None:
            return
        scene, now = scene_of(self.snapshot), self.snapshot
        paint = scene.paint(self.colouring, now.report)
        note = ""
        if self.mode == "image":
            note = self.query_one(TrueImage).show(now, paint, self.turn, self._image_space())
        self.set_class(self.mode == "image" and not note, "-image")
        self.canvas.wheel_scrolls = self.mode in ("front", "side", "top")
        self._draw_picture(scene, now, paint)
        self._write_bars(scene, paint, note)

    def _draw_picture(self, scene: ModelScene, now: ModelSnapshot, paint: Paint) -> None:
        if self.mode in _FLAT:
            self._draw_flat(scene, now, paint)
        else:
            self._frame = None
            self._draw_isometric(scene, now, paint)

    def _fit(self) -> None:
        """Have a picture for another space at once, and all that belongs to it soon."""
        if self.snapshot is not None:
            scene = scene_of(self.snapshot)
            self._draw_picture(scene, self.snapshot, scene.paint(self.colouring, self.snapshot.report))
        self.redraw()

    def _image_space(self) -> tuple[int, int]:
        """Columns and lines between the two bars; the canvas has none while the image takes its place."""
        return self.size.width, max(1, self.size.height - 2)

    def _draw_flat(self, scene: ModelScene, now: ModelSnapshot, paint: Paint) -> None:
        surface, canvas = self._surface(scene, now), self.canvas
        size = best_size(surface, *canvas.space) if self.cell_size is None else CELL_SIZES[self.cell_size]
        frame = plan_frame(surface, *size)
        self._frame = frame, surface
        cursor = self._cursor_cell(surface) if self.pointing else None
        style = PlanStyle(*size, self.ascii_only, self.colour, now.selected, cursor)
        canvas.show(draw_plan(surface, paint, style))
        if cursor is not None:
            line, column = frame.middle(*cursor)
            self.call_after_refresh(canvas.bring_into_sight, column, line)

    def _surface(self, scene: ModelScene, now: ModelSnapshot) -> Surface:
        box = self._extent or scene.box
        if self.mode == "layer":
            return surfaces.layer_surface(scene.grid, box, self.level, shown=now.shown, ghost=self.ghost)
        return surfaces.outside_surface(scene.grid, box, cast(Side, self.mode), shown=now.shown)

    def _draw_isometric(self, scene: ModelScene, now: ModelSnapshot, paint: Paint) -> None:
        width, height = self.canvas.space
        picture = scene.isometric.draw(
            paint, shown=now.shown, turn=self.turn, width=width, height=height, graphics=self._graphics(),
            colour=self.colour, selected=now.selected,
        )  # fmt: skip
        self.canvas.show(picture)

    def _graphics(self) -> Graphics:
        if self.ascii_only:
            return "ascii"
        return "braille" if self.dots or not self.colour else "blocks"

    def _cursor_cell(self, surface: Surface) -> tuple[int, int]:
        """The cursor in cells of the surface, brought inside."""
        at = [
            self._cursor["xyz".index(axis)] - low
            for axis, low in zip(surface.axes, surface.origin, strict=True)
        ]
        u, v = (max(0, min(value, size - 1)) for value, size in zip(at, surface.owners.shape, strict=True))
        return u, v

    def _cursor_to_a_brick(self, surface: Surface) -> None:
        """Put the cursor on the uppermost brick on the left, unless it is on one or there is none."""
        filled = np.argwhere(surface.owners[:, ::-1].T != EMPTY)
        if len(filled) and surface.owners[self._cursor_cell(surface)] == EMPTY:
            down, across = filled[0].tolist()
            self._put_cursor(surface, (across, surface.owners.shape[1] - 1 - down))

    def _put_cursor(self, surface: Surface, cell: tuple[int, int]) -> None:
        cursor = list(self._cursor)
        for axis, low, value in zip(surface.axes, surface.origin, cell, strict=True):
            cursor["xyz".index(axis)] = low + value
        self._cursor = (cursor[0], cursor[1], cursor[2])

    def _write_bars(self, scene: ModelScene, paint: Paint, note: str) -> None:
        width = self.size.width
        place = self._steady(self._place(scene, room_for_place(width)), width)
        self.query_one("#view-place", Pressable).say(place)
        self.query_one("#view-tabs", Pressable).say(tabs(self.mode, width - len(place.plain) - 1))
        line = legend(paint, width, colour=self.colour, ascii_only=self.ascii_only)
        self.query_one("#view-legend", Pressable).say(Content.styled(note, "$text-warning") if note else line)

    def _steady(self, place: Content, width: int) -> Content:
        """The place, never narrower than before in this view: what moved aside would all be laid out anew."""
        kept = self._place_width.get((self.mode, self.follow, width), 0)
        widest = max(kept, len(place.plain))
        self._place_width = {(self.mode, self.follow, width): widest}
        return Content(" " * (widest - len(place.plain)) + place.plain)

    def _place(self, scene: ModelScene, room: int) -> Content:
        """Where the view is: layer and number of its bricks, or the direction that it looks from."""
        if self.mode == "layer":
            now = self.snapshot
            count = 0 if now is None else sum(brick.z == self.level for brick in now.visible)
            mark, place = " follow" if self.follow else "", f"{self.level}/{scene.top_layer}"
            bricks = f", {count} brick{'' if count == 1 else 's'}"
            words = (f"layer {place}{bricks}{mark}", f"layer {place}{mark}", place)
            return Content(next((one for one in words if len(one) <= room), place))
        if self.mode in ("iso", "image"):
            return Content(f"seen from {('+x -y', '-x -y', '-x +y', '+x +y')[self.turn]}")
        return Content({"front": "seen from -y", "side": "seen from +x", "top": "seen from above"}[self.mode])

    def on_canvas_pressed(self, event: Canvas.Pressed) -> None:
        """Select what was clicked, and put the cursor there."""
        event.stop()
        if self._frame is not None:
            frame, surface = self._frame
            cell = frame.cell(event.line, event.column)
            if cell is not None:
                self._put_cursor(surface, cell)
                self.redraw()
        self.post_message(self.BrickSelected(event.canvas.picture.hit(event.column, event.line)))

    def on_canvas_wheeled(self, event: Canvas.Wheeled) -> None:
        """Go through the layers, or turn the model."""
        event.stop()
        if self.mode == "layer":
            self.action_layer(event.steps)
        else:
            self.action_turn(event.steps)

    async def on_pressable_pressed(self, event: Pressable.Pressed) -> None:
        """Do what a word of the bars stands for."""
        event.stop()
        await self.run_action(event.action)

    def action_mode(self, mode: Mode) -> None:
        """Show another view."""
        self.mode = mode

    def action_layer(self, steps: int) -> None:
        """Go up or down by so many layers, which ends following."""
        self.follow = False
        self.level = self.level + steps

    def action_follow(self) -> None:
        """Follow the layer that is being built, or stop doing so."""
        self.follow = not self.follow

    def action_turn(self, quarters: int) -> None:
        """Turn the isometric view."""
        self.turn = self.turn + quarters

    def action_next_colouring(self) -> None:
        """Colour by the next property."""
        self.colouring = COLOURINGS[(COLOURINGS.index(self.colouring) + 1) % len(COLOURINGS)]

    def action_zoom(self) -> None:
        """Go through the sizes of a cell, and back to the one that fits."""
        sizes = (None, *range(len(CELL_SIZES)))
        self.cell_size = sizes[(sizes.index(self.cell_size) + 1) % len(sizes)]

    def action_ghost(self) -> None:
        """Show or hide the layer below."""
        self.ghost = not self.ghost

    def action_dots(self) -> None:
        """Draw the isometric view with Braille dots, or with blocks."""
        self.dots = not self.dots

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Arrow keys and Escape are the view's own only while the cursor is there."""
        if action == "move" or (action == "cursor" and parameters == (False,)):
            return self.pointing
        return True

    def action_cursor(self, on: bool = True) -> None:
        """Let the arrow keys move a cursor; where they already do, select what is under it."""
        if on and self.pointing:
            self.action_pick()
        elif on and self._frame is not None:
            self._cursor_to_a_brick(self._frame[1])
        self.pointing = on

    def action_move(self, direction: str) -> None:
        """Move the cursor by one cell and select the brick there; in the isometric view, turn or step."""
        across, up = MOVES[direction]
        if self._frame is None:
            self._move_in_space(across, up)
            return
        _, surface = self._frame
        (u, v), (wide, high) = self._cursor_cell(surface), surface.owners.shape
        self._put_cursor(surface, (max(0, min(u + across, wide - 1)), max(0, min(v + up, high - 1))))
        self.action_pick()
        self.redraw()

    def _move_in_space(self, across: int, up: int) -> None:
        """Turn the model, or select the next or the previous brick of the build order."""
        now = self.snapshot
        if across:
            self.action_turn(across)
        elif now is not None and now.shown:
            start = now.selected if now.selected is not None else (-1 if up > 0 else now.shown)
            self.post_message(self.BrickSelected(max(0, min(start + up, now.shown - 1))))

    def action_pick(self) -> None:
        """Select the brick under the cursor, or none where there is none."""
        if self._frame is None:
            return
        _, surface = self._frame
        owner = int(surface.owners[self._cursor_cell(surface)])
        self.post_message(self.BrickSelected(None if owner == EMPTY else owner))
