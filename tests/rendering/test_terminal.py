"""Models in a terminal: plans against golden files and read back, pictures by what they contain."""

import random
from pathlib import Path

import numpy as np
import pytest

from brickgpt_engine.bricks import FOOTPRINTS, Brick, BrickStructure
from brickgpt_engine.errors import ConfigError
from brickgpt_engine.rendering import Look, layers_text, render_isometric, terminal_picture

GOLDEN = Path(__file__).parent / "golden"


def table() -> BrickStructure:
    legs = [Brick(1, 1, x, y, z, 4) for z in range(2) for x in (8, 13) for y in (0, 3)]
    return BrickStructure([*legs, Brick(6, 2, 8, 0, 2, 4), Brick(4, 2, 8, 2, 2, 4), Brick(2, 2, 12, 2, 2, 4)])


def random_structure(seed: int) -> BrickStructure:
    rng = random.Random(seed)
    structure = BrickStructure(world_dim=12)
    for _ in range(150):
        h, w = rng.choice(FOOTPRINTS)
        structure.add(Brick(h, w, rng.randrange(12), rng.randrange(12), rng.randrange(4)))
    return structure


@pytest.mark.parametrize(("name", "ascii_only"), [("table_unicode.txt", False), ("table_ascii.txt", True)])
def test_plans_match_the_golden_files(name, ascii_only):
    assert layers_text(table(), ascii_only=ascii_only) + "\n" == (GOLDEN / name).read_text(encoding="utf-8")


def read_plan(lines: list[str]) -> set[tuple[int, int, int, int]]:
    """The bricks (h, w, x, y) of an ASCII plan, found by walking from stud to stud through open walls."""
    rows = [(n, line) for n, line in enumerate(lines) if set(line) & set("|.o") and line.split()[0].isdigit()]
    y_of = {n: int(line.split()[0]) for n, line in rows}
    start = len(str(max(y_of.values()))) + 2
    axis = [line[start] for line in lines[max(y_of) + 1 :] if not set(line) & set("+-|")]
    x0 = int("".join(axis).strip())
    stud = {(y, x0 + n): c == "o" for row, y in y_of.items() for n, c in enumerate(lines[row][start::2])}

    def steps(y: int, x: int):
        row, column = next(r for r in y_of if y_of[r] == y), start + 2 * (x - x0)
        for dx in (-1, 1):
            if stud.get((y, x + dx)) and lines[row][column + dx] == " ":
                yield y, x + dx
        for dy, direction in ((1, -1), (-1, 1)):
            if stud.get((y + dy, x)) and row + direction not in y_of:
                wall = lines[row + direction].ljust(200)[column]
                if wall == " ":
                    yield y + dy, x

    found, left = set(), {cell for cell, is_stud in stud.items() if is_stud}
    while left:
        stack, cells = [next(iter(left))], set()
        while stack:
            cell = stack.pop()
            if cell not in cells:
                cells.add(cell)
                stack += steps(*cell)
        left -= cells
        ys, xs = zip(*cells, strict=True)
        found.add((max(xs) - min(xs) + 1, max(ys) - min(ys) + 1, min(xs), min(ys)))
    return found


@pytest.mark.parametrize("seed", range(5))
def test_plans_can_be_read_back(seed):
    structure = random_structure(seed)
    plans = layers_text(structure, ascii_only=True).split("\n\n")
    assert len(plans) == 4
    for layer, plan in enumerate(plans):
        title, *lines = plan.split("\n")
        expected = {(b.h, b.w, b.x, b.y) for b in structure if b.z == layer}
        assert title == f"Layer {layer}: {len(expected)} bricks"
        assert read_plan(lines) == expected
        assert plan.isascii()


def test_both_alphabets_draw_the_same_walls():
    structure = random_structure(7)
    plain, fine = (layers_text(structure, ascii_only=flag) for flag in (True, False))
    table = {ord(character): "+" for character in "┐┌┬┘└┴┤├┼"}
    table |= {ord("─"): "-", ord("│"): "|", ord("·"): "."}
    assert fine.translate(table) == plain


def test_chosen_layers_and_wrong_ones():
    assert layers_text(table(), layers=[2]).startswith("Layer 2: 3 bricks\n")
    assert layers_text(table(), layers=[2, 0]).index("Layer 0") < layers_text(table(), layers=[0, 2]).index(
        "Layer 2"
    )
    assert "Layer 5: 0 bricks" in layers_text(table(), layers=[5])
    with pytest.raises(ConfigError, match="no layer 20"):
        layers_text(table(), layers=[20])
    assert layers_text(BrickStructure()) == ""


@pytest.mark.parametrize(("width", "height"), [(60, 30), (60, 8), (12, 30), (4, 2), (200, 60)])
@pytest.mark.parametrize("colour", [True, False])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_pictures_keep_within_their_space(width, height, colour, ascii_only):
    picture = terminal_picture(
        random_structure(1), width=width, height=height, colour=colour, ascii_only=ascii_only
    )
    lines = picture.plain.split("\n")
    assert len(lines) <= height
    assert max(len(line) for line in lines) <= width
    assert (
        len(lines) >= height - 1 or max(len(line) for line in lines) >= width - 1
    )  # one side is used in full
    assert all(line == line.rstrip() for line in lines)
    assert bool(picture.spans) == colour
    assert picture.plain.isascii() == (ascii_only or not colour)


def test_without_colour_no_escape_codes_reach_the_terminal():
    import io

    from rich.console import Console

    for colour in (True, False):
        out = io.StringIO()
        console = Console(file=out, force_terminal=True, color_system="truecolor", width=80)
        console.print(terminal_picture(table(), colour=colour))
        assert ("\x1b[" in out.getvalue()) == colour


def test_the_picture_has_the_shape_of_the_large_one():
    look = Look(studs=False, shadow=False, margin=0.0)
    large = render_isometric(table(), size=960, background=None, look=look)
    lines = terminal_picture(table(), width=60, height=40, colour=False).plain.split("\n")
    small = np.zeros((len(lines), 60), dtype=bool)
    for row, line in enumerate(lines):
        small[row, : len(line)] = [character != " " for character in line]
    rows, columns = np.nonzero(small)
    small = small[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    alpha = np.asarray(large.resize((small.shape[1], small.shape[0])))[..., 3] > 110
    assert (alpha == small).mean() > 0.95


def test_colours_of_bricks_arrive():
    def mean(colour: int) -> np.ndarray:
        structure = BrickStructure([Brick(2, 4, 0, 0, 0, colour)])
        spans = terminal_picture(structure).spans
        values = [str(span.style).split()[0].lstrip("#") for span in spans]
        return np.mean([[int(value[i : i + 2], 16) for i in (0, 2, 4)] for value in values], axis=0)

    red, blue = mean(4), mean(1)
    assert red[0] > 3 * red[2]
    assert blue[2] > 2 * blue[0]


def test_without_colour_light_alone_decides():
    dark, bright = (
        terminal_picture(BrickStructure([Brick(2, 4, 0, 0, 0, colour)]), colour=False).plain
        for colour in (0, 15)
    )
    assert dark == bright
    assert len(set(dark) - {" ", "\n"}) >= 3  # three sides, three shades


def test_nothing_to_draw_and_no_space():
    assert terminal_picture(BrickStructure()).plain == ""
    with pytest.raises(ConfigError, match="too few"):
        terminal_picture(table(), width=3)
