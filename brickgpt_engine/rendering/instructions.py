"""Building instructions as one HTML file that prints well: cover, parts list, and a picture for every step.

The file needs nothing else: pictures, drawings and styles are inside it, and it runs no scripts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from brickgpt_engine.bricks import Brick, BrickStructure
from brickgpt_engine.bricks.library import BRICK_HEIGHT_CM, STUD_PITCH_CM
from brickgpt_engine.bricks.parts import PartsLine, parts_list
from brickgpt_engine.errors import ConfigError
from brickgpt_engine.rendering.instruction_pictures import (
    ACCENTS,
    Manner,
    Picture,
    accent_for,
    model_picture,
    step_picture,
)
from brickgpt_engine.rendering.instruction_plan import STUD_PATTERN, Plan, part_drawing
from brickgpt_engine.rendering.instruction_steps import Step, building_steps
from brickgpt_engine.rendering.instruction_style import STYLE

Progress = Callable[[int, int], None]
_COVER_SIZE, _STEP_SIZE = 900, 560
_LONGEST_TITLE = 200


def instructions_html(
    structure: BrickStructure, *, title: str | None = None, progress: Progress | None = None
) -> str:
    """Instructions for building ``structure`` from the ground up, layer by layer.

    Args:
        structure: what to build.
        title: heading of the cover; "Brick model" by default.
        progress: called with the steps drawn so far and the steps in all, from the calling thread.

    Returns:
        A whole HTML document; about 25 kB a step.

    Raises:
        ConfigError: the structure has no bricks.
    """
    if len(structure) == 0:
        raise ConfigError("there are no bricks to build; instructions need one at least")
    name = escape(" ".join((title or "").split())[:_LONGEST_TITLE] or "Brick model")
    steps = building_steps(structure)
    body = [
        STUD_PATTERN,
        _cover(structure, name, len(steps)),
        _parts_page(structure),
        _steps(structure, steps, progress),
        f"<footer>{name}: {_count(len(structure), 'brick')}, done. Instructions by BrickGPT Studio.</footer>",
    ]
    return _DOCUMENT.format(title=name, style=STYLE, body="\n".join(body))


_DOCUMENT = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="BrickGPT Studio">
<title>{title}: building instructions</title>
<style>
{style}</style>
</head>
<body>
{body}
</body>
</html>
"""


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def _cover(structure: BrickStructure, name: str, steps: int) -> str:
    x, y, z = structure.size
    width, depth, height = x * STUD_PITCH_CM, y * STUD_PITCH_CM, z * BRICK_HEIGHT_CM
    facts = {
        "Bricks": f"{len(structure):,}",
        "Steps": f"{steps:,}",
        "Size": f"{x} × {y} studs, {_count(z, 'layer')}",
        "Measures": f"{width:.1f} × {depth:.1f} × {height:.1f} cm",
        "Mass": f"{structure.mass_g:,.0f} g" if structure.mass_g >= 10 else f"{structure.mass_g:.1f} g",
    }
    rows = "".join(f"<div><dt>{label}</dt><dd>{value}</dd></div>" for label, value in facts.items())
    picture = _image(model_picture(structure, _COVER_SIZE), f"The finished model: {name}")
    return (
        f'<header class="cover">\n<h1>{name}</h1>\n<p class="sub">Building instructions</p>\n'
        f"{picture}\n<dl>{rows}</dl>\n</header>"
    )


def _image(picture: Picture, text: str) -> str:
    size = f'width="{picture.width}" height="{picture.height}"'
    return f'<img src="{picture.uri}" {size} alt="{text}">'


def _parts_page(structure: BrickStructure) -> str:
    rows = "\n".join(_parts_row(line) for line in parts_list(structure))
    return (
        '<section class="inventory">\n<h2>Parts</h2>\n<table>\n<thead><tr><th>Brick</th><th>Size</th>'
        "<th>Colour</th><th>Part number</th><th>Quantity</th></tr></thead>\n"
        f"<tbody>\n{rows}\n</tbody>\n<tfoot><tr><td></td><td></td><td></td><td>All together</td>"
        f"<td>{len(structure):,}</td></tr></tfoot>\n</table>\n</section>"
    )


def _parts_row(line: PartsLine) -> str:
    drawing = part_drawing(line.part, line.colour)
    cells = (drawing, line.part.name, line.colour_name, line.part.ldraw, f"{line.quantity:,}")
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _steps(structure: BrickStructure, steps: Sequence[Step], progress: Progress | None) -> str:
    accent = accent_for(structure)
    manner = Manner.fitting(structure, _STEP_SIZE, ACCENTS[accent])
    plan = Plan(structure, manner.accent)
    placed: list[Brick] = []
    pages = []
    for step in steps:
        picture = step_picture(placed, step.new, structure.world_dim, manner)
        pages.append(_step(step, picture, _plan(plan, placed, step)))
        placed += step.new
        if progress is not None:
            progress(step.number, len(steps))
    legend = _LEGEND.format(accent=accent)
    return f'<section class="steps">\n<h2>Steps</h2>\n{legend}' + "\n".join(pages) + "\n</section>"


_LEGEND = (
    '<p class="legend">New bricks have a {accent} outline. The plan shows the layer from above; the pictures '
    "look at the model from the plan's lower right corner. Dashed: the layer below.</p>\n"
)


def _plan(plan: Plan, placed: Sequence[Brick], step: Step) -> str:
    below = [brick for brick in placed if brick.z == step.layer - 1]
    there = [brick for brick in placed if brick.z == step.layer]
    return plan.drawing(below, there, step.new)


def _step(step: Step, picture: Picture, plan: str) -> str:
    part = f", part {step.part} of {step.parts}" if step.parts > 1 else ""
    parts = "".join(
        f"<li>{part_drawing(line.part, line.colour)}<span><b>{line.quantity}×</b> {line.part.name} "
        f"{line.colour_name}</span></li>"
        for line in parts_list(step.new)
    )
    text = f"Step {step.number}: {_count(len(step.new), 'new brick')} on layer {step.layer + 1}"
    note = f'<p class="note">{_hold(step.hanging)}</p>' if step.hanging else ""
    return (
        f'<article class="step">\n<h3>{step.number}<small>Layer {step.layer + 1}{part}</small></h3>\n'
        f'<ul>{parts}</ul>\n<div class="views"><figure>{_image(picture, text)}</figure>\n'
        f"{plan}</div>{note}\n</article>"
    )


def _hold(hanging: int) -> str:
    if hanging == 1:
        return "One of these bricks rests on nothing yet: it is held by the bricks that go on top of it."
    return (
        f"{hanging} of these bricks rest on nothing yet: they are held by the bricks that go on top of them."
    )
