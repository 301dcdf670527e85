"""Structures in a terminal: a small picture of half blocks, and every layer as a plan."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.bricks.colours import Rgb
from brickgpt_engine.bricks.structure import EMPTY, BrickStructure
from brickgpt_engine.errors import ConfigError
from brickgpt_engine.rendering.isometric import Look, render_to_fit
from brickgpt_engine.rendering.shading import brick_rgb

if TYPE_CHECKING:
    from rich.text import Text

ASCII_SHADES = " .:-=+*#%@"
"""From nothing to the brightest surface, for terminals without colour or Unicode."""
_UPPER, _LOWER = "▀", "▄"
_OVERSAMPLE = 4
_PLAIN = Look(studs=False, lines=False, shadow=False, margin=0.0)
_OPAQUE = 110  # alpha from which a pixel counts as part of the model


def terminal_picture(
    structure: BrickStructure,
    *,
    width: int = 60,
    height: int = 30,
    colour: bool = True,
    ascii_only: bool = False,
    default_colour: int | Rgb | None = None,
    turns: int = 0,
) -> Text:
    """A small isometric picture of at most ``width`` columns and ``height`` lines.

    Args:
        structure: what to draw; an empty one gives an empty text.
        width: space in columns.
        height: space in lines; a character counts as twice as tall as wide.
        colour: use 24-bit colours (rich fits them to the terminal); without, brightness picks a character.
        ascii_only: use no character beyond ASCII.
        default_colour: LDraw code or RGB of bricks without a colour.
        turns: quarter turns of the viewer, as for the large picture.

    Raises:
        ConfigError: the space is smaller than 4 columns or 2 lines.
    """
    from rich.text import Text

    if width < 4 or height < 2:
        raise ConfigError(f"{width}x{height} characters are too few for a picture; give at least 4x2")
    picture = Text(no_wrap=True, end="")
    if len(structure) == 0:
        return picture
    blocks = colour and not ascii_only
    box = (width, 2 * height)
    pixels = _small_picture(structure, box, default_colour, turns, vivid=colour)
    if not blocks:
        pixels = _merge_rows(pixels)
    for number, cells in enumerate(_coloured(pixels) if blocks else _shaded(pixels, colour)):
        if number:
            picture.append("\n")
        for character, style in cells:
            picture.append(character, style)
    return picture


def _small_picture(
    structure: BrickStructure,
    box: tuple[int, int],
    default_colour: int | Rgb | None,
    turns: int,
    *,
    vivid: bool,
) -> NDArray[np.float64]:
    """An RGBA picture of at most ``box`` pixels, shape (rows, columns, 4), with an even number of rows."""
    from PIL import Image

    rgb = brick_rgb([brick.colour for brick in structure], default_colour)
    if not vivid:
        rgb = np.full_like(rgb, 205.0)  # without colour, only the light may decide on a character
    rgb *= 1.0 + 0.05 * np.cos(np.arange(len(rgb)) * 2.4)[:, None]
    large = render_to_fit(
        structure, rgb.clip(0, 255), (box[0] * _OVERSAMPLE, box[1] * _OVERSAMPLE), turns=turns, look=_PLAIN
    )
    size = max(1, large.width // _OVERSAMPLE), max(1, large.height // _OVERSAMPLE)
    pixels = np.asarray(large.resize(size, Image.Resampling.BOX), dtype=np.float64)
    return np.pad(pixels, ((0, pixels.shape[0] % 2), (0, 0), (0, 0)))


def _merge_rows(pixels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Two rows of pixels as one, colours weighted by coverage."""
    pairs = pixels.reshape(-1, 2, pixels.shape[1], 4)
    weight = pairs[..., 3:]
    colours = (pairs[..., :3] * weight).sum(axis=1) / np.maximum(weight.sum(axis=1), 1)
    return np.concatenate([colours, weight.mean(axis=1)], axis=-1)


_Cells = list[tuple[str, str]]


def _coloured(pixels: NDArray[np.float64]) -> Iterator[_Cells]:
    """Lines of half blocks: the upper pixel in the foreground, the lower in the background."""
    for upper, lower in zip(pixels[0::2], pixels[1::2], strict=True):
        yield _trimmed([_half_block(one, two) for one, two in zip(upper, lower, strict=True)])


def _half_block(upper: NDArray[np.float64], lower: NDArray[np.float64]) -> tuple[str, str]:
    if upper[3] < _OPAQUE:
        return (_LOWER, _hex(lower)) if lower[3] >= _OPAQUE else (" ", "")
    return (_UPPER, f"{_hex(upper)} on {_hex(lower)}" if lower[3] >= _OPAQUE else _hex(upper))


def _hex(pixel: NDArray[np.float64]) -> str:
    red, green, blue = (int(channel) for channel in pixel[:3])
    return f"#{red:02x}{green:02x}{blue:02x}"


def _shaded(pixels: NDArray[np.float64], colour: bool) -> Iterator[_Cells]:
    """Lines of characters by brightness, scaled to what the picture holds."""
    light = pixels[..., :3] @ np.array([0.299, 0.587, 0.114])
    seen = pixels[..., 3] >= _OPAQUE
    low, high = light[seen].min(initial=255.0), light[seen].max(initial=1.0)
    steps = len(ASCII_SHADES) - 2
    level = 1 + np.rint((light - low) / max(high - low, 1.0) * steps).clip(0, steps).astype(int)
    for row, line in enumerate(np.where(seen, level, 0)):
        styles = [
            _hex(pixel) if colour and shade else "" for pixel, shade in zip(pixels[row], line, strict=True)
        ]
        yield _trimmed([(ASCII_SHADES[shade], style) for shade, style in zip(line, styles, strict=True)])


def _trimmed(cells: _Cells) -> _Cells:
    last = max((index for index, (character, _) in enumerate(cells) if character != " "), default=-1)
    return cells[: last + 1]


def layers_text(
    structure: BrickStructure, *, ascii_only: bool = False, layers: Iterable[int] | None = None
) -> str:
    """Every layer as a plan from above, bottom layer first: bricks as outlined boxes full of studs.

    x runs to the right and y upwards; both are counted in studs and written along the edges. All
    plans show the same columns and rows of the world.

    Args:
        structure: what to show.
        ascii_only: use no character beyond ASCII.
        layers: the layers wanted, 0 being the lowest; those that hold bricks by default.

    Returns:
        The plans, separated by empty lines, without a line end; empty for an empty structure.

    Raises:
        ConfigError: a wanted layer lies outside the world.
    """
    if len(structure) == 0:
        return ""
    wanted = sorted({brick.z for brick in structure} if layers is None else set(layers))
    for layer in wanted:
        if not 0 <= layer < structure.world_dim:
            raise ConfigError(
                f"there is no layer {layer}; this world has layers 0 to {structure.world_dim - 1}"
            )
    x0, y0 = min(b.x for b in structure), min(b.y for b in structure)
    x1, y1 = max(b.x + b.h for b in structure), max(b.y + b.w for b in structure)
    plans = []
    for layer in wanted:
        bricks = sum(brick.z == layer for brick in structure)
        title = f"Layer {layer}: {bricks} brick{'' if bricks == 1 else 's'}"
        plan = _plan(structure.grid[x0:x1, y0:y1, layer], x0, y0, ascii_only)
        plans.append("\n".join([title, *plan]))
    return "\n\n".join(plans)


def _plan(owners: NDArray[np.int32], x0: int, y0: int, ascii_only: bool) -> list[str]:
    """One layer as lines of text; ``owners`` has shape (x, y)."""
    stud, gap = ("o", ".") if ascii_only else ("o", "·")
    rows = np.pad(owners, 1, constant_values=EMPTY).T[::-1]  # y upwards: the last row comes first
    label = max(len(str(y0 + owners.shape[1] - 1)), 1)
    lines = []
    for row in range(1, rows.shape[0]):
        border = _border(rows[row - 1], rows[row], ascii_only)
        if row == 1 or border.strip():
            lines.append(("y" if row == 1 else "").rjust(label) + " " + border)
        if row < rows.shape[0] - 1:
            y = y0 + owners.shape[1] - row
            lines.append(f"{y:>{label}} " + _studs(rows[row], stud, gap, "|" if ascii_only else "│"))
    lines += [" " * (label + 2) + line for line in _x_axis(x0, owners.shape[0])]
    return [line.rstrip() for line in lines]


def _studs(row: NDArray[np.int32], stud: str, gap: str, wall: str) -> str:
    text = ""
    for left, right in itertools.pairwise(row):
        text += wall if left != right else " "
        text += gap if right == EMPTY else stud
    return text[:-1]  # the padding on the right is no cell


def _border(above: NDArray[np.int32], below: NDArray[np.int32], ascii_only: bool) -> str:
    """The line between two rows: corners where walls meet, dashes where the owner changes."""
    dash = "-" if ascii_only else "─"
    text = ""
    for column in range(1, above.size):
        up, down = above[column - 1] != above[column], below[column - 1] != below[column]
        left, right = above[column - 1] != below[column - 1], above[column] != below[column]
        text += _corner(bool(up), bool(down), bool(left), bool(right), ascii_only)
        if column < above.size - 1:
            text += dash if right else " "
    return text


@functools.cache
def _corner(up: bool, down: bool, left: bool, right: bool, ascii_only: bool) -> str:
    """The character that joins the walls that meet in one point."""
    if not ascii_only:
        return " ╴╶─╷┐┌┬╵┘└┴│┤├┼"[up * 8 + down * 4 + right * 2 + left]
    if not (up or down or left or right):
        return " "
    if (up or down) != (left or right):
        return "|" if up or down else "-"
    return "+"


def _x_axis(x0: int, count: int) -> list[str]:
    """The x coordinates under their columns, digits written downwards."""
    labels = [str(x) for x in range(x0, x0 + count)]
    tall = max(len(label) for label in labels)
    lines = [" ".join(label.rjust(tall)[digit] for label in labels) for digit in range(tall)]
    return [*lines[:-1], lines[-1] + "  x"]
