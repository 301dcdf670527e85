"""A real LDraw editor reads what we write, and places every brick where we do."""

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from brickgpt_engine.bricks import FOOTPRINTS, LIBRARY, Brick, BrickStructure
from brickgpt_engine.formats import read_structure, write_structure

SHARED = Path(os.environ.get("BRICKGPT_SHARED") or Path(__file__).resolve().parents[3] / "shared")
PARTS = SHARED / "ldraw-mini"
DATA = Path(__file__).parent / "data"
CELL = np.array([20.0, 20.0, 24.0])
STUD_HEIGHT = 4.0

needs_parts = pytest.mark.skipif(
    not (PARTS / "parts" / "3001.dat").is_file(),
    reason="no LDraw parts: put ldraw-mini into ../shared, or set BRICKGPT_SHARED to its parent folder",
)
needs_leocad = pytest.mark.skipif(
    not (shutil.which("leocad") and shutil.which("xvfb-run")), reason="leocad or xvfb-run is not installed"
)


def part_vertices(name):
    """All vertices that an LDraw part draws, shape (n, 3), in LDU; references followed."""
    path = next(
        p for folder in ("parts", "p") if (p := PARTS / folder / name.replace("\\", "/").lower()).is_file()
    )
    found = []
    for line in path.read_text().splitlines():
        words = line.split()
        if words[:1] == ["1"]:
            numbers = np.array(words[2:14], float)
            child = part_vertices(" ".join(words[14:]))
            found.append(child @ numbers[3:].reshape(3, 3).T + numbers[:3])
        elif words[:1] in (["3"], ["4"]):
            found.append(np.array(words[2:], float).reshape(-1, 3))
    return np.concatenate(found) if found else np.empty((0, 3))


@needs_parts
@pytest.mark.parametrize("part", LIBRARY, ids=lambda part: part.name)
def test_library_parts_are_the_boxes_we_take_them_for(part):
    """Long side along X, origin in the middle of the body's top, 24 LDU down, a 4 LDU stud up."""
    vertices = part_vertices(f"{part.ldraw}.dat")
    assert vertices.min(axis=0) == pytest.approx([-10 * part.long, -STUD_HEIGHT, -10 * part.short])
    assert vertices.max(axis=0) == pytest.approx([10 * part.long, 24, 10 * part.short])


def run_leocad(*arguments):
    command = ["xvfb-run", "-a", "leocad", "-l", str(PARTS), *map(str, arguments)]
    environment = os.environ | {"LIBGL_ALWAYS_SOFTWARE": "1"}
    subprocess.run(command, check=True, capture_output=True, timeout=120, env=environment)


def leocad_boxes(model, folder):
    """Lowest and highest corner in cells, shape (n, 2, 3), of each piece as LeoCAD exports it, studs cut off.

    LeoCAD's OBJ has LDraw's X, Z, -Y: our x, y, z.
    """
    run_leocad("-obj", folder / "out.obj", model)
    vertices, pieces = [], []
    for line in (folder / "out.obj").read_text().splitlines():
        kind, *words = line.split() or [""]
        if kind == "v":
            vertices.append([float(word) for word in words])
        elif kind == "g":
            pieces.append(set())
        elif kind == "f":
            pieces[-1].update(int(word.split("/")[0]) - 1 for word in words)
    points = np.array(vertices)
    corners = [(points[list(piece)].min(axis=0), points[list(piece)].max(axis=0)) for piece in pieces]
    return np.array([[low / CELL, (high - [0, 0, STUD_HEIGHT]) / CELL] for low, high in corners])


def our_boxes(structure):
    return np.array([[(b.x, b.y, b.z), (b.x + b.h, b.y + b.w, b.z + 1)] for b in structure], float)


def every_footprint_on_every_layer():
    """All 14 footprints, spread over a 40³ world, on layers 0 to 3, the first one not at the origin."""
    bricks = []
    for layer in range(4):
        for index, (h, w) in enumerate(FOOTPRINTS):
            column, row = divmod(index, 4)
            bricks.append(Brick(h, w, 1 + 9 * column + layer % 2, 2 + 9 * row, layer, colour=index + 1))
    return BrickStructure(bricks, world_dim=40)


@needs_parts
@needs_leocad
@pytest.mark.leocad
def test_leocad_puts_every_brick_where_we_do(tmp_path):
    structure = every_footprint_on_every_layer()
    write_structure(structure, tmp_path / "model.ldr", title="all footprints")
    boxes = leocad_boxes(tmp_path / "model.ldr", tmp_path)
    assert boxes.shape == (len(structure), 2, 3)
    np.testing.assert_allclose(boxes, our_boxes(structure), atol=0.001)


@needs_parts
@needs_leocad
@pytest.mark.leocad
def test_we_read_submodels_and_turns_as_leocad_does(tmp_path):
    house = our_boxes(read_structure(DATA / "house.mpd"))
    boxes = leocad_boxes(DATA / "house.mpd", tmp_path)
    np.testing.assert_allclose(boxes - boxes[0, 0], house - house[0, 0], atol=0.001)


@needs_parts
@needs_leocad
@pytest.mark.leocad
def test_leocad_renders_the_colours(tmp_path):
    """The picture of a red 2x4 on a blue one is mainly red and blue, the red above the blue."""
    from PIL import Image

    structure = BrickStructure([Brick(2, 4, 8, 8, 0, colour=1), Brick(2, 4, 8, 8, 1, colour=4)])
    write_structure(structure, tmp_path / "model.ldr")
    run_leocad("-i", tmp_path / "out.png", "-w", 256, "-h", 256, tmp_path / "model.ldr")
    pixels = np.asarray(Image.open(tmp_path / "out.png").convert("RGB")).astype(int)
    red = (pixels[..., 0] > 100) & (pixels[..., 2] < 60)
    blue = (pixels[..., 2] > 80) & (pixels[..., 0] < 60)
    assert red.sum() > 2000
    assert blue.sum() > 2000
    assert np.nonzero(red)[0].mean() < np.nonzero(blue)[0].mean()
