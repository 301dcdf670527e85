"""Make the picture of ``docs/physics.md``: where the published test and an exact balance part ways.

``python docs/make_physics_pictures.py`` builds masts of 1x1 bricks with a 1x4 held at its end, judges
each by both criteria, and writes ``docs/images/two-criteria.png``. Every number comes from the analysis.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from brickgpt_engine.bricks import Brick, BrickStructure
from brickgpt_engine.physics import StabilityAnalyzer, StabilityReport
from brickgpt_engine.physics.explain import connections
from brickgpt_engine.physics.force_map import force_map
from brickgpt_engine.physics.force_model import ALPHA, BETA
from brickgpt_engine.rendering import render_isometric, save_png

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

IMAGES = Path(__file__).resolve().parent / "images"
HEIGHTS = range(1, 15)
SHOWN = 8
INK, GREY, PAPER, EXACT = "#343a46", "#c9ced6", "#3a6ea5", "#d9822b"
GOOD, BAD = "#2f9e5a", "#be1c24"


@dataclass(frozen=True)
class Mast:
    """One mast, judged twice.

    Attributes:
        structure: the bricks.
        paper, exact: its reports by both criteria.
        balance: what balancing it exactly costs in the published objective, newtons.
    """

    structure: BrickStructure
    paper: StabilityReport
    exact: StabilityReport
    balance: float

    @classmethod
    def of(cls, height: int) -> Mast:
        """A mast of ``height`` 1x1 bricks below the arm."""
        structure = BrickStructure(
            [*(Brick(1, 1, 5, 5, z) for z in range(height)), Brick(1, 4, 5, 5, height)]
        )
        paper, exact = (
            StabilityAnalyzer(name, "highs").analyze(structure) for name in ("paper", "equilibrium")
        )
        forces = force_map(structure, exact, solver="highs")
        largest = np.zeros(len(structure))
        for one in connections(forces):
            largest[one.upper] = max(largest[one.upper], one.worst)
        balance = ALPHA * float(largest.sum()) + BETA * float(forces.pull.sum())
        return cls(structure, paper, exact, balance)


def two_criteria(target: Path) -> None:
    """Two heat maps of one mast, and a chart over its height."""
    from PIL import Image, ImageDraw, ImageFont

    masts = {height: Mast.of(height) for height in HEIGHTS}
    sheet = Image.new("RGB", (1500, 720), "white")
    pen = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(size=19)
    mast = masts[SHOWN]
    captions = (
        "paper: unstable.\nThe arm's moment is\nleft unbalanced.",
        f"equilibrium: stable.\nNo point pulls above\n{mast.exact.max_stress:.1%} of friction.",
    )
    for column, (report, caption) in enumerate(zip((mast.paper, mast.exact), captions, strict=True)):
        view = _cut(render_isometric(mast.structure, size=600, stress=report.stress))
        sheet.paste(view, (40 + 300 * column, 20))
        pen.multiline_text((40 + 300 * column, 620), caption, fill=INK, font=font, spacing=2)
    _chart(pen, masts, (760, 60, 1440, 560))
    save_png(sheet, target)
    for height, one in masts.items():
        print(height, one.paper.status, one.exact.status, f"{_value(one.paper):.3g} {one.balance:.3g}")


def _value(report: StabilityReport) -> float:
    return report.objective if report.objective is not None else float("nan")


def _cut(view: Image) -> Image:
    """The middle of a picture of something slender."""
    from PIL import Image as Pictures

    wide = min(view.width, 280)
    left = (view.width - wide) // 2
    cut = Pictures.new("RGB", (280, 600), "white")
    cut.paste(view.crop((left, 0, left + wide, view.height)), (0, (600 - view.height) // 2))
    return cut


def _chart(pen: ImageDraw, masts: dict[int, Mast], box: tuple[int, int, int, int]) -> None:
    from PIL import ImageFont

    font = ImageFont.load_default(size=19)
    left, top, right, bottom = box
    most = 1.08 * max(mast.balance for mast in masts.values())

    def place(height: float, value: float) -> tuple[float, float]:
        x = left + (height - min(masts)) / (max(masts) - min(masts)) * (right - left)
        return x, bottom - value / most * (bottom - top)

    for step in range(0, int(most * 1e6) + 1, 40):
        y = place(1, step / 1e6)[1]
        pen.line((left, y, right, y), fill=GREY)
        pen.text((left - 10, y), str(step), fill=INK, font=font, anchor="rm")
    for height in masts:
        pen.text((place(height, 0)[0], bottom + 10), str(height), fill=INK, font=font, anchor="ma")
    exact = [place(height, mast.balance) for height, mast in masts.items()]
    paper = [place(height, _value(mast.paper)) for height, mast in masts.items()]
    pen.line(exact, fill=EXACT, width=4)
    pen.line(paper, fill=PAPER, width=4)
    for (x, y), mast in zip(paper, masts.values(), strict=True):
        pen.ellipse((x - 7, y - 7, x + 7, y + 7), fill=GOOD if mast.paper.stable else BAD)
    pen.text(
        (left, top - 14),
        "cost in the published objective, millionths of a newton",
        fill=INK,
        font=font,
        anchor="ls",
    )
    pen.text(((left + right) / 2, bottom + 44), "1x1 bricks below the arm", fill=INK, font=font, anchor="ma")
    pen.text((left, bottom + 84), "balancing the arm exactly (always possible)", fill=EXACT, font=font)
    pen.text((left, bottom + 112), "the published optimum; dots: its verdict,", fill=PAPER, font=font)
    pen.text((left + 372, bottom + 112), "stable", fill=GOOD, font=font)
    pen.text((left + 432, bottom + 112), "or", fill=PAPER, font=font)
    pen.text((left + 458, bottom + 112), "unstable", fill=BAD, font=font)


if __name__ == "__main__":
    IMAGES.mkdir(exist_ok=True)
    two_criteria(IMAGES / "two-criteria.png")
