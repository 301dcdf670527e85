"""Draw a flat view: every brick a box full of studs, coordinates along the edges.

Cells form a lattice of ``across`` columns by ``down`` lines; the walls run along its lines, and two
neighbours share theirs. Character (line, column) of the plan's body is

    line = down · (V − 1 − v) + i      column = across · u + j      for cell (u, v)

where i = 0 or j = 0 is a wall, and i = down or j = across the wall that the next cell has as its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.bricks.structure import EMPTY
from brickgpt_tui.views import boxes
from brickgpt_tui.views.boxes import Lines
from brickgpt_tui.views.colouring import Paint, contrast
from brickgpt_tui.views.picture import BOLD, DIM, NONE, REVERSE, Picture, blank, packed, write
from brickgpt_tui.views.surfaces import Surface

AXIS_INK = 0x7C8794
FLOOR_INK = 0x6A7480
_GHOST_GREY = np.array([118.0, 126.0, 138.0])
_FADE = 0.45  # how much of its colour the hindmost brick loses
SIZES = ((6, 3), (4, 2), (2, 2))
"""Cell sizes (across, down) to choose from, largest first."""


@dataclass(frozen=True, slots=True)
class PlanStyle:
    """How a plan is drawn.

    Attributes:
        across, down: columns and lines per cell, at least 2 each.
        ascii_only: use no character beyond ASCII.
        colour: use colours; without, marks on the studs say what colours would.
        selected: build-order position of the brick drawn with heavy lines, or None.
        cursor: cell (u, v) of the surface that the keyboard points at, or None.
    """

    across: int = 4
    down: int = 2
    ascii_only: bool = False
    colour: bool = True
    selected: int | None = None
    cursor: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class PlanFrame:
    """Where the cells of a plan lie; the inverse of drawing.

    Attributes:
        cells: number of cells across and up.
        across, down: columns and lines per cell.
        left: columns before the body.
        bottom: lines after the body.
    """

    cells: tuple[int, int]
    across: int
    down: int
    left: int
    bottom: int

    @property
    def body(self) -> tuple[int, int]:
        """Lines and columns of the body."""
        return self.down * self.cells[1] + 1, self.across * self.cells[0] + 1

    @property
    def size(self) -> tuple[int, int]:
        """Columns and lines of the whole plan."""
        lines, columns = self.body
        return self.left + columns, lines + self.bottom

    def middle(self, u: int, v: int) -> tuple[int, int]:
        """Line and column of the middle of cell (u, v), where its stud is."""
        line = self.down * (self.cells[1] - 1 - v) + self.down // 2
        return line, self.left + self.across * u + self.across // 2

    def cell(self, line: int, column: int) -> tuple[int, int] | None:
        """The cell (u, v) that a character lies in; a wall belongs to the cell right of it and below."""
        lines, columns = self.body
        column -= self.left
        if not (0 <= line < lines and 0 <= column < columns):
            return None
        u = min(column // self.across, self.cells[0] - 1)
        return u, self.cells[1] - 1 - min(line // self.down, self.cells[1] - 1)


def plan_frame(surface: Surface, across: int, down: int) -> PlanFrame:
    """The frame of ``surface`` drawn with cells of this size."""
    columns, rows = surface.owners.shape
    left = max(len(str(surface.origin[1] + rows - 1)), len(surface.axes[1])) + 1
    widest = len(str(surface.origin[0] + columns - 1))
    digits = 1 if widest < across else widest
    return PlanFrame((columns, rows), across, down, left, digits + surface.ground)


def best_size(surface: Surface, width: int, height: int) -> tuple[int, int]:
    """The largest of :data:`SIZES` at which the plan fits into the space, else the smallest."""
    for across, down in SIZES:
        columns, lines = plan_frame(surface, across, down).size
        if columns <= width and lines <= height:
            return across, down
    return SIZES[-1]


def draw_plan(surface: Surface, paint: Paint, style: PlanStyle) -> Picture:
    """Draw ``surface`` with its bricks in the colours of ``paint``."""
    frame = plan_frame(surface, style.across, style.down)
    width, height = frame.size
    digits = frame.bottom - surface.ground  # the ground scrolls with what stands on it
    picture = blank(height, width, fixed_left=frame.left, fixed_bottom=digits)
    body = picture.part(slice(0, frame.body[0]), slice(frame.left, None))
    owners = np.ascontiguousarray(surface.owners.T[::-1])
    body.hits[:] = _owner_of_characters(owners, style)
    _draw_floor(body, surface, style)
    if surface.ghost is not None:
        _draw_ghost(body, np.ascontiguousarray(surface.ghost.T[::-1]), paint, style)
    _draw_bricks(body, owners, surface, paint, style)
    _draw_cursor(body, frame, style)
    _draw_axes(picture, surface, frame, style)
    return picture


def _owner_of_characters(owners: NDArray[np.int32], style: PlanStyle) -> NDArray[np.int32]:
    """The brick of every character of the body: of a wall's two or four cells, the first that is filled."""
    padded = np.pad(owners, 1, constant_values=EMPTY)
    before_line, after_line = _neighbours(owners.shape[0], style.down)
    before_column, after_column = _neighbours(owners.shape[1], style.across)
    result = padded[np.ix_(after_line, after_column)]
    for line in (after_line, before_line):
        for column in (after_column, before_column):
            result = np.where(result == EMPTY, padded[np.ix_(line, column)], result)
    return result


def _neighbours(cells: int, pitch: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Padded cell before and after each character along one axis; equal inside a cell."""
    at = np.arange(cells * pitch + 1)
    after = at // pitch + 1
    return after - (at % pitch == 0), after


_Walls = tuple[NDArray[np.uint8], NDArray[np.uint8]]


def _walls(owners: NDArray[np.int32], selected: int | None) -> _Walls:
    """Weights of upright walls, shape (rows, columns + 1), and of level walls, shape (rows + 1, columns)."""
    padded = np.pad(owners, 1, constant_values=EMPTY)
    heavy = padded == (selected if selected is not None else EMPTY - 1)
    left, right = padded[1:-1, :-1], padded[1:-1, 1:]
    upright = (left != right).astype(np.uint8) * (1 + (heavy[1:-1, :-1] | heavy[1:-1, 1:]))
    above, below = padded[:-1, 1:-1], padded[1:, 1:-1]
    level = (above != below).astype(np.uint8) * (1 + (heavy[:-1, 1:-1] | heavy[1:, 1:-1]))
    return upright.astype(np.uint8), level.astype(np.uint8)


def _draw_walls(text: NDArray[np.str_], walls: _Walls, lines: Lines, style: PlanStyle) -> None:
    """Write walls and the joints between them; characters that are no wall stay as they are."""
    upright, level = walls
    up, down = np.pad(upright, ((1, 0), (0, 0))), np.pad(upright, ((0, 1), (0, 0)))
    left, right = np.pad(level, ((0, 0), (1, 0))), np.pad(level, ((0, 0), (0, 1)))
    code = boxes.joints(up, right, down, left)
    _write(text[:: style.down, :: style.across], lines.joints[code], code > 0)
    for offset in range(1, style.across):
        _write(text[:: style.down, offset :: style.across], lines.across[level], level > 0)
    for offset in range(1, style.down):
        _write(text[offset :: style.down, :: style.across], lines.upright[upright], upright > 0)


def _write(target: NDArray[np.str_], characters: NDArray[np.str_], where: NDArray[np.bool_]) -> None:
    np.copyto(target, characters, where=where)


def _middles(plane: NDArray[np.str_], style: PlanStyle) -> NDArray[np.str_]:
    """The characters in the middle of the cells, shape (rows, columns); a view."""
    return plane[style.down // 2 :: style.down, style.across // 2 :: style.across]


def _draw_floor(body: Picture, surface: Surface, style: PlanStyle) -> None:
    """A dot in every free cell of the ground; the sky of an elevation stays empty."""
    lines = boxes.ASCII if style.ascii_only else boxes.UNICODE
    if surface.axes[1] != "z":
        _middles(body.text, style)[:] = lines.floor
    body.ink[:] = FLOOR_INK if style.colour else NONE
    body.flags[:] = DIM


def _draw_ghost(body: Picture, ghost: NDArray[np.int32], paint: Paint, style: PlanStyle) -> None:
    """What lies below, dashed and pale, wherever the layer itself is empty."""
    lines = boxes.ASCII_GHOST if style.ascii_only else boxes.UNICODE_GHOST
    text = np.full(body.text.shape, " ", dtype="<U1")
    _draw_walls(text, _walls(ghost, None), lines, style)
    _write(_middles(text, style), np.array(lines.stud), ghost != EMPTY)
    seen = (text != " ") & (body.hits == EMPTY)
    np.copyto(body.text, text, where=seen)
    if style.colour and len(paint.rgb):
        pale = packed(0.45 * paint.rgb + 0.55 * _GHOST_GREY)
        owners = _owner_of_characters(ghost, style)
        np.copyto(body.ink, pale[owners], where=seen & (owners != EMPTY))
    body.flags[seen] = 0 if style.colour else DIM


def _draw_bricks(
    body: Picture, owners: NDArray[np.int32], surface: Surface, paint: Paint, style: PlanStyle
) -> None:
    lines = boxes.ASCII if style.ascii_only else boxes.UNICODE
    covered = body.hits != EMPTY
    body.text[covered] = " "
    _draw_walls(body.text, _walls(owners, style.selected), lines, style)
    filled = owners != EMPTY
    if filled.any():
        studs = paint.marks[np.where(filled, owners, 0)]
        plain = studs == "o"
        studs = np.where(plain | style.colour, lines.stud if surface.studs else " ", studs)
        _write(_middles(body.text, style), studs, filled)
        _colour_bricks(body, covered, surface, paint, style)


def _colour_bricks(
    body: Picture, covered: NDArray[np.bool_], surface: Surface, paint: Paint, style: PlanStyle
) -> None:
    chosen = covered & (body.hits == (EMPTY - 1 if style.selected is None else style.selected))
    body.flags[covered] = 0
    body.flags[chosen] = BOLD
    if not style.colour:
        body.ink[covered] = NONE
        return
    index = body.hits[covered]
    rgb = paint.rgb[index]
    if surface.depth is not None:
        rgb = rgb * (1 - _FADE * _depth_of_bricks(surface, len(paint.rgb))[index])[:, None]
    body.paper[covered] = packed(rgb)
    body.ink[covered] = contrast(rgb)


def _depth_of_bricks(surface: Surface, count: int) -> NDArray[np.float64]:
    """Depth of the nearest visible cell of each brick, shape (count,); 0 for those out of sight."""
    depth = np.full(count, np.inf)
    filled = surface.owners != EMPTY
    if surface.depth is not None:
        np.minimum.at(depth, surface.owners[filled], surface.depth[filled])
    return np.where(np.isinf(depth), 0.0, depth)


def _draw_cursor(body: Picture, frame: PlanFrame, style: PlanStyle) -> None:
    """Brackets around the middle of the cursor's cell, in reverse."""
    if style.cursor is None:
        return
    line, column = frame.middle(*style.cursor)
    column -= frame.left
    signs = (boxes.ASCII if style.ascii_only else boxes.UNICODE).cursor
    if body.hits[line, column] == EMPTY or style.across < 4:
        body.text[line, column] = signs[1]
    reach = 1 if style.across >= 4 else 0
    if reach:
        body.text[line, column - 1], body.text[line, column + 1] = signs[0], signs[2]
    body.flags[line, column - reach : column + reach + 1] = BOLD | REVERSE


def _draw_axes(picture: Picture, surface: Surface, frame: PlanFrame, style: PlanStyle) -> None:
    """Coordinates of the rows on the left and of the columns below."""
    ink = AXIS_INK if style.colour else NONE
    columns, rows = frame.cells
    write(picture, 0, frame.left - 2, surface.axes[1], ink=ink, flags=BOLD)
    for v in range(rows):
        label = str(surface.origin[1] + v)
        write(picture, frame.middle(0, v)[0], frame.left - 1 - len(label), label, ink=ink)
    lines, _ = frame.body
    if surface.ground:
        sign = (boxes.ASCII if style.ascii_only else boxes.UNICODE).ground
        write(picture, lines, frame.left, sign * (frame.across * columns + 1), ink=ink)
    shift = 1 if surface.ground else 0
    digits = frame.bottom - shift
    for u in range(columns):
        label = str(surface.origin[0] + u)
        column = frame.middle(u, 0)[1]
        if digits == 1:
            write(picture, lines + shift, column - (len(label) - 1) // 2, label, ink=ink)
            continue
        for line, digit in enumerate(label.rjust(digits)):
            write(picture, lines + shift + line, column, digit, ink=ink)
    write(picture, lines + shift, frame.left - 2, surface.axes[0], ink=ink, flags=BOLD)
