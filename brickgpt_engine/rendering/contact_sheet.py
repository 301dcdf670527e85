"""Several pictures with captions on one sheet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from brickgpt_engine.bricks.colours import Rgb
from brickgpt_engine.errors import ConfigError

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont, ImageFont

_INK: Rgb = (52, 58, 70)


def contact_sheet(
    pictures: Sequence[tuple[Image, str]],
    *,
    columns: int = 4,
    cell: int = 420,
    font_size: int = 20,
    background: Rgb = (255, 255, 255),
) -> Image:
    """Lay pictures out in rows, each centred over its caption.

    Args:
        pictures: pictures with their captions, row by row.
        columns: pictures per row.
        cell: side of the square that each picture is fitted into, in pixels.
        font_size: height of the captions in pixels.
        background: RGB of the sheet.

    Raises:
        ConfigError: there are no pictures, or ``columns`` or ``cell`` is too small.
    """
    from PIL import Image, ImageDraw, ImageFont

    if not pictures or columns < 1 or cell < 16:
        raise ConfigError("a contact sheet needs a picture, a column and cells of at least 16 pixels")
    font = ImageFont.load_default(size=font_size)
    gap = max(8, cell // 20)
    captions = [_wrap(caption, font, cell) for _, caption in pictures]
    starts = range(0, len(pictures), columns)
    text_heights = [_text_height(captions[start : start + columns], font_size) for start in starts]
    used = min(columns, len(pictures))
    size = (gap + used * (cell + gap), gap + sum(cell + height + gap for height in text_heights))
    sheet = Image.new("RGB", size, background)
    pen = ImageDraw.Draw(sheet)
    top = gap
    for start, height in zip(starts, text_heights, strict=True):
        for column, (picture, _) in enumerate(pictures[start : start + columns]):
            left = gap + column * (cell + gap)
            _place(sheet, picture, left, top, cell)
            spot = (left + cell // 2, top + cell + font_size // 3)
            pen.multiline_text(
                spot, captions[start + column], fill=_INK, font=font, anchor="ma", align="center"
            )
        top += cell + height + gap
    return sheet


def _place(sheet: Image, picture: Image, left: int, top: int, cell: int) -> None:
    """Paste a picture, scaled to fit its square, centred across and standing on its lower edge."""
    from PIL import Image

    scale = min(cell / picture.width, cell / picture.height)
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    small = picture.convert("RGBA").resize(size, Image.Resampling.LANCZOS)
    sheet.paste(small, (left + (cell - size[0]) // 2, top + cell - size[1]), small)


def _text_height(captions: Sequence[str], font_size: int) -> int:
    lines = max(caption.count("\n") + 1 for caption in captions)
    return round(lines * font_size * 1.35) + font_size // 3


def _wrap(caption: str, font: FreeTypeFont | ImageFont, width: int) -> str:
    lines: list[str] = []
    for word in caption.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return "\n".join(lines)
