"""``python -m training curves --run FOLDER``: what a run logged, as one picture of small curves."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from brickgpt_engine.errors import BrickGPTError, InputError
from brickgpt_engine.formats.atomic import write_bytes
from brickgpt_engine.rendering import png_bytes
from training.trackers import LOG, read_log

_PANEL = (380, 200)
_EDGE = 60
_WINDOW = 10
_INK, _PALE, _LINE, _SMOOTH = (52, 58, 70), (225, 228, 232), (170, 200, 235), (35, 100, 180)
NAMES = (
    "reward", "valid", "stable", "reward/statements", "bricks", "kl", "loss", "learning_rate",
    "eval/reward", "eval/valid", "eval/stable", "eval/reward/statements",
    "eval_loss", "eval_valid", "eval_stable", "eval_statements",
)  # fmt: skip
"""What is drawn where the log has it, in this order."""

Curve = list[tuple[float, float]]


def curves_of(lines: Sequence[dict[str, Any]], names: Sequence[str] = NAMES) -> dict[str, Curve]:
    """Points (update, value) of each of ``names`` that the log has at least twice."""
    found: dict[str, Curve] = {}
    for name in names:
        points = [(float(line["step"]), float(line[name])) for line in lines if line.get(name) is not None]
        if len(points) > 1:
            found[name] = points
    return found


def smoothed(curve: Curve, window: int = _WINDOW) -> Curve:
    """Each value as the mean of the last ``window``."""
    means = []
    for place, (step, _) in enumerate(curve):
        recent = [value for _, value in curve[max(0, place + 1 - window) : place + 1]]
        means.append((step, sum(recent) / len(recent)))
    return means


def trend(name: str, curve: Curve) -> Curve:
    """What is drawn strong: the moving mean, or the values where they are few or do not scatter."""
    return curve if len(curve) < 3 * _WINDOW or name == "learning_rate" else smoothed(curve)


def draw(curves: dict[str, Curve], columns: int = 3) -> Any:
    """A picture with one panel a curve: the values pale, their :func:`trend` strong.

    Raises:
        InputError: there is nothing to draw.
    """
    from PIL import Image, ImageDraw, ImageFont

    if not curves:
        raise InputError("the log has no curve yet; let the run go on for a few more logged updates")
    width, height = _PANEL
    rows = -(-len(curves) // columns)
    picture = Image.new("RGB", (width * min(columns, len(curves)), height * rows), (255, 255, 255))
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(size=12)
    for number, (name, curve) in enumerate(curves.items()):
        _panel(pen, font, (number % columns * width, number // columns * height), name, curve)
    return picture


def _panel(pen: Any, font: Any, corner: tuple[int, int], name: str, curve: Curve) -> None:
    left, top = corner[0] + _EDGE, corner[1] + 26
    right, bottom = corner[0] + _PANEL[0] - 14, corner[1] + _PANEL[1] - 24
    low, high = min(value for _, value in curve), max(value for _, value in curve)
    first, last = curve[0][0], curve[-1][0]
    span = (high - low) or 1.0

    def place(point: tuple[float, float]) -> tuple[float, float]:
        step, value = point
        across = (step - first) / ((last - first) or 1.0)
        return left + across * (right - left), bottom - (value - low) / span * (bottom - top)

    pen.rectangle((left, top, right, bottom), outline=_PALE)
    pen.text((left, corner[1] + 6), name, fill=_INK, font=font)
    for value, height in ((high, top), (low, bottom)):
        pen.text((left - 4, height), f"{value:.3g}", fill=_INK, font=font, anchor="rm")
    pen.text((left, bottom + 4), f"{first:.0f}", fill=_INK, font=font)
    pen.text((right, bottom + 4), f"{last:.0f}", fill=_INK, font=font, anchor="ra")
    pen.line([place(point) for point in curve], fill=_LINE, width=1)
    pen.line([place(point) for point in trend(name, curve)], fill=_SMOOTH, width=2)


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m training curves", description=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="folder of the run")
    parser.add_argument("--out", type=Path, help="PNG to write (default: curves.png in the folder)")
    args = parser.parse_args(arguments)
    try:
        if not (args.run / LOG).is_file():
            raise InputError(f"{args.run} has no {LOG}; name the folder of an sft or grpo run")
        target = args.out or args.run / "curves.png"
        write_bytes(target, png_bytes(draw(curves_of(read_log(args.run)))))
        print(target)
    except BrickGPTError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(int(error.exit_code))


if __name__ == "__main__":
    main()
