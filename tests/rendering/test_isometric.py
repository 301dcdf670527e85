"""The picture, checked against ray casting, plain trigonometry and counted pixels."""

import math
import random
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from brickgpt_engine.bricks import FOOTPRINTS, Brick, BrickStructure
from brickgpt_engine.bricks.colours import paint as repaint
from brickgpt_engine.errors import ConfigError, OutputError
from brickgpt_engine.rendering import Look, contact_sheet, png_bytes, render_isometric, save_png
from brickgpt_engine.rendering.geometry import STUD, Projection, stamps
from brickgpt_engine.rendering.raster import bounds, paint
from brickgpt_engine.rendering.scene import build_scene, viewing_frame

RED, BLUE, GREEN, WHITE = 4, 1, 2, 15


def random_structure(seed: int, count: int, dim: int) -> BrickStructure:
    rng = random.Random(seed)
    structure = BrickStructure(world_dim=dim)
    for _ in range(count * 30):
        h, w = rng.choice(FOOTPRINTS)
        colour = rng.choice([RED, BLUE, GREEN, WHITE, 14])
        structure.add(Brick(h, w, rng.randrange(dim), rng.randrange(dim), rng.randrange(dim), colour))
        if len(structure) == count:
            break
    return structure


def painted(structure: BrickStructure, a: int, *, studs: bool, turns: int = 0):
    scene = build_scene(viewing_frame(structure, turns), studs=studs)
    view = Projection.isometric(a)
    kinds = stamps(view, studs=studs)
    layers = paint(scene, view, bounds(scene, view, studs=studs), kinds)
    return scene, view, layers


def masks(image: Image.Image) -> dict[str, np.ndarray]:
    """Which pixels are clearly red, green or blue."""
    red, green, blue = (np.asarray(image.convert("RGB"), dtype=int)[..., c] for c in range(3))
    return {
        "red": (red > 2 * green + 20) & (red > 2 * blue + 20),
        "green": (green > red + 25) & (green > blue + 25),
        "blue": (blue > red + 30) & (blue > green + 25),
    }


def components(mask: np.ndarray) -> list[int]:
    """Sizes of the 4-connected components."""
    left, sizes = {tuple(spot) for spot in np.argwhere(mask)}, []
    while left:
        stack, size = [left.pop()], 0
        while stack:
            y, x = stack.pop()
            size += 1
            for near in ((y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)):
                if near in left:
                    left.remove(near)
                    stack.append(near)
        sizes.append(size)
    return sizes


def cast_rays(owners: np.ndarray, view: Projection, layers) -> np.ndarray:
    """The brick that each pixel sees, by intersecting its line of sight with every cell."""
    height, width = layers.face.shape
    sx = np.arange(width)[None, :] + layers.origin[0] + 0.5
    sy = np.arange(height)[:, None] + layers.origin[1] + 0.5 + 1e-6  # no pixel lies on an edge
    down = np.broadcast_to(sy / view.b, (height, width))
    start = np.stack([(down + sx / view.a) / 2, (down - sx / view.a) / 2, np.zeros((height, width))])
    slope = np.array([1.0, 1.0, 2 * view.b / view.c])  # leaves both screen coordinates as they are
    best, seen = np.full((height, width), -np.inf), np.full((height, width), -1)
    for cell in np.argwhere(owners >= 0):
        enter = (cell[:, None, None] - start) / slope[:, None, None]
        leave = (cell[:, None, None] + 1 - start) / slope[:, None, None]
        near, far = enter.max(axis=0), leave.min(axis=0)
        hit = (near < far - 1e-9) & (far > best + 1e-9)
        best[hit], seen[hit] = far[hit], owners[tuple(cell)]
    return seen


@pytest.mark.parametrize("seed", range(6))
def test_every_pixel_shows_what_its_ray_hits_first(seed):
    structure = random_structure(seed, 30, 7)
    scene, view, layers = painted(structure, 7 + seed, studs=False, turns=seed)
    shown = np.where(layers.face >= 0, scene.bricks[layers.face], -1)
    assert (shown == cast_rays(scene.owners, view, layers)).all()


def test_bricks_seen_do_not_depend_on_the_size():
    structure = random_structure(3, 40, 8)
    found = []
    for a in (16, 40):
        scene, _, layers = painted(structure, a, studs=False)
        share = np.bincount(scene.bricks[layers.face[layers.face >= 0]], minlength=40)
        found.append(share / share.sum())
    assert np.abs(found[0] - found[1]).max() < 0.01


def test_a_2x4_shows_eight_whole_studs():
    scene, _, layers = painted(BrickStructure([Brick(2, 4, 0, 0, 0)]), 30, studs=True)
    sizes = components((layers.face >= 0) & (scene.kinds[layers.face] == STUD))
    assert len(sizes) == 8
    assert max(sizes) == min(sizes)
    # a lid of an ellipse and a mantle below it, of the real stud's proportions (4.8 x 1.7 mm, pitch 8 mm)
    wide, deep = 0.3 * math.sqrt(2) * 30, 0.3 * math.sqrt(2) * 30 / math.sqrt(3)
    rise = 1.7 / 8 * 30 * 2 / math.sqrt(3)
    assert sizes[0] == pytest.approx(math.pi * wide * deep + 2 * wide * rise, rel=0.06)


def test_studs_under_a_brick_are_gone():
    structure = BrickStructure([Brick(2, 4, 0, 0, 0), Brick(2, 2, 0, 2, 1)])
    scene, _, layers = painted(structure, 20, studs=True)
    shown = np.unique(layers.face[layers.face >= 0])
    studs = shown[scene.kinds[shown] == STUD]
    assert sorted(scene.bricks[studs].tolist()) == [0] * 4 + [1] * 4


def test_a_brick_in_front_of_the_next_layer_does_not_hide_its_front():
    # the stud of the front brick reaches up before the brick behind, never the other way round
    structure = BrickStructure([Brick(1, 1, 1, 0, 0), Brick(1, 1, 0, 0, 0), Brick(1, 1, 0, 0, 1)])
    scene, _, layers = painted(structure, 30, studs=True)
    front_stud = np.flatnonzero((scene.kinds == STUD) & (scene.bricks == 0))[0]
    alone = painted(BrickStructure([Brick(1, 1, 1, 0, 0)]), 30, studs=True)
    whole = (alone[2].face == np.flatnonzero(alone[0].kinds == STUD)[0]).sum()
    assert (layers.face == front_stud).sum() == whole


@pytest.mark.parametrize(("h", "w", "layers"), [(2, 4, 1), (4, 2, 1), (1, 1, 6), (6, 2, 3)])
def test_silhouette_has_isometric_proportions(h, w, layers):
    structure = BrickStructure([Brick(h, w, 0, 0, z) for z in range(layers)])
    alpha = np.asarray(
        render_isometric(structure, size=600, background=None, look=Look(studs=False, shadow=False))
    )
    rows, columns = np.nonzero(alpha[..., 3] > 127)
    seen = (np.ptp(columns) + 1) / (np.ptp(rows) + 1)
    cos, sin = math.cos(math.radians(30)), math.sin(math.radians(30))
    assert seen == pytest.approx((h + w) * cos / ((h + w) * sin + 1.2 * layers), rel=0.015)


def test_a_brick_walled_in_is_invisible_until_the_roof_comes_off():
    walls = [Brick(1, 4, x, 0, z, GREEN) for x in (0, 3) for z in range(2)]
    walls += [Brick(2, 1, 1, y, z, GREEN) for y in (0, 3) for z in range(2)]
    core = [Brick(2, 2, 1, 1, 0, RED)]
    roof = [Brick(2, 4, x, 0, 2, GREEN) for x in (0, 2)]
    closed = masks(render_isometric(BrickStructure(walls + core + roof), size=300))
    opened = masks(render_isometric(BrickStructure(walls + core), size=300))
    assert closed["red"].sum() == 0
    assert closed["green"].sum() > 20000
    assert opened["red"].sum() > 300


def test_axes_point_the_right_way_and_turn_with_the_viewer():
    structure = BrickStructure(
        [Brick(1, 1, 0, 0, 0, WHITE), Brick(1, 1, 5, 0, 0, RED), Brick(1, 1, 0, 5, 0, BLUE)]
    )
    # per quarter turn: the corners of the picture towards which +x (red) and +y (blue) lie
    corners = [("right", "low", "right", "high")]
    corners += [("right", "high", "left", "high")]
    corners += [("left", "high", "left", "low"), ("left", "low", "right", "low")]
    for turns, expected in enumerate(corners):
        found = masks(render_isometric(structure, size=400, turns=turns))
        white = np.asarray(render_isometric(structure, size=400, turns=turns, look=Look(shadow=False)))
        middle = np.argwhere((np.ptp(white, axis=-1) < 12) & (white.max(axis=-1) < 252)).mean(axis=0)
        for colour, (across, along) in (("red", expected[:2]), ("blue", expected[2:])):
            row, column = np.argwhere(found[colour]).mean(axis=0) - middle
            assert ("right" if column > 0 else "left") == across, (turns, colour)
            assert ("low" if row > 0 else "high") == along, (turns, colour)


def test_turning_the_viewer_is_turning_the_model():
    structure = random_structure(5, 25, 8)
    turned = [Brick(b.w, b.h, 8 - b.y - b.w, b.x, b.z, b.colour) for b in structure]  # (x, y) -> (-y, x)
    one = render_isometric(structure, size=300, turns=1)
    two = render_isometric(BrickStructure(turned, 8), size=300)
    assert one.tobytes() == two.tobytes()
    assert render_isometric(structure, size=300, turns=4).tobytes() == (
        render_isometric(structure, size=300).tobytes()
    )


def test_place_in_the_world_does_not_matter():
    near = [Brick(2, 4, 0, 0, 0), Brick(4, 2, 0, 0, 1)]
    far = [brick.shifted(9, 5, 3) for brick in near]
    pictures = [render_isometric(BrickStructure(bricks), size=200).tobytes() for bricks in (near, far)]
    assert pictures[0] == pictures[1]


def test_sizes_modes_and_backgrounds():
    structure = random_structure(1, 20, 9)
    for size in (16, 100, 333):
        assert max(render_isometric(structure, size=size).size) == size
    clear = render_isometric(structure, size=200, background=None)
    assert clear.mode == "RGBA"
    alpha = np.asarray(clear)[..., 3]
    assert alpha[0].max() == alpha[-1].max() == alpha[:, 0].max() == alpha[:, -1].max() == 0
    assert (alpha == 255).sum() > 0.2 * alpha.size
    solid = np.asarray(render_isometric(structure, size=200, background=(10, 20, 30)))
    assert solid.shape[-1] == 3
    assert tuple(solid[0, 0]) == (10, 20, 30)
    over = Image.alpha_composite(Image.new("RGBA", clear.size, (10, 20, 30, 255)), clear).convert("RGB")
    assert np.abs(np.asarray(over).astype(int) - solid).max() <= 1


def test_the_model_is_centred_and_fills_the_picture():
    alpha = np.asarray(
        render_isometric(random_structure(2, 60, 9), size=500, background=None, look=Look(shadow=False))
    )[..., 3]
    rows, columns = np.nonzero(alpha > 127)
    margins = [rows.min(), 500 - 1 - rows.max(), columns.min(), alpha.shape[1] - 1 - columns.max()]
    assert max(margins) < 0.08 * 500
    assert max(margins) - min(margins) <= 6


def test_an_empty_structure_gives_an_empty_picture():
    assert render_isometric(BrickStructure(), size=64).getextrema() == ((255, 255),) * 3
    assert render_isometric(BrickStructure(), size=64, background=None).getextrema()[3] == (0, 0)


def test_the_light_makes_tops_brightest_and_right_sides_darkest():
    bricks = [Brick(2, 2, 0, 0, z, WHITE) for z in range(3)]
    look = Look(studs=False, shadow=False)
    image = np.asarray(render_isometric(BrickStructure(bricks), size=400, look=look))
    height, width = image.shape[:2]
    top = image[int(height * 0.25), width // 2].mean()
    left, right = image[int(height * 0.6), width // 3].mean(), image[int(height * 0.6), 2 * width // 3].mean()
    assert top > left + 10 > right + 20


def test_a_pillar_casts_its_shadow_to_the_right_on_bricks():
    slab = [Brick(2, 6, x, 0, 0, WHITE) for x in (0, 2, 4)]
    look = Look(studs=False, lines=False, shadow=False)
    lit = []
    for corner in (0, 4):  # the left and the right corner of the slab, which hide equally little of it
        pillar = [Brick(2, 2, corner, corner, z, RED) for z in range(1, 5)]
        pixels = np.asarray(render_isometric(BrickStructure(slab + pillar), size=400, look=look), dtype=int)
        lit.append(
            ((np.ptp(pixels, axis=-1) < 12) & (pixels.min(axis=-1) > 225) & (pixels < 255).any(-1)).sum()
        )
    assert lit[0] < 0.85 * lit[1]


def test_the_ground_takes_a_soft_shadow_on_the_right():
    pillar = BrickStructure([Brick(2, 2, 0, 0, z, WHITE) for z in range(4)])
    alpha = np.asarray(render_isometric(pillar, size=400, background=None))[..., 3].astype(int)
    bare = np.asarray(render_isometric(pillar, size=400, background=None, look=Look(shadow=False)))[..., 3]
    half = bare.shape[1] // 2
    assert alpha.shape[0] == bare.shape[0] and alpha.shape[1] < 1.35 * bare.shape[1]  # tight all the same
    bare = np.pad(bare, ((0, 0), (0, alpha.shape[1] - bare.shape[1])))
    shade = np.where(bare == 0, alpha, 0)
    assert shade[:, half:].sum() > 2 * shade[:, :half].sum() > 0
    assert shade.max() < 128
    assert np.abs(np.diff(shade[bare.max(axis=1) == 0], axis=1)).max() < 12  # soft: no hard edge


def shadow_per_stud(bricks, margin):
    """Shadow on the ground in square studs of full black, whatever the scale of the picture."""
    structure = BrickStructure(bricks)
    alpha = np.asarray(render_isometric(structure, size=500, background=None, look=Look(margin=margin)))
    model = alpha[..., 3] == 255
    columns = np.flatnonzero(model.any(axis=0))
    studs = sum(structure.size[:2]) / (columns[-1] - columns[0] + 1)
    return alpha[..., 3][~model].sum() / 255 * studs**2


@pytest.mark.parametrize("legs", [1, 3])
def test_the_frame_takes_in_the_whole_shadow(legs):
    feet = [Brick(2, 2, x, y, z, WHITE) for z in range(legs) for x in (0, 6) for y in (0, 4)]
    bench = [*feet, *(Brick(4, 2, x, y, legs, WHITE) for x in (0, 4) for y in (0, 2, 4))]
    tight, wide = shadow_per_stud(bench, 0.06), shadow_per_stud(bench, 0.4)
    assert tight == pytest.approx(wide, rel=0.08)


def test_bricks_of_one_colour_are_set_apart_by_seams():
    one = BrickStructure([Brick(1, 8, 0, 0, 0, WHITE)])
    two = BrickStructure([Brick(1, 4, 0, 0, 0, WHITE), Brick(1, 4, 0, 4, 0, WHITE)])
    look = Look(studs=False, shadow=False)
    pictures = [np.asarray(render_isometric(s, size=600, look=look), dtype=int) for s in (one, two)]
    assert pictures[0].shape == pictures[1].shape
    darker = (pictures[0] - pictures[1]).max(axis=-1) > 40
    columns = np.nonzero(darker)[1]
    assert 50 < darker.sum() < 2500
    assert np.ptp(columns) < 0.2 * pictures[0].shape[1]  # the seam, and nothing else


def test_heat_map_colours_follow_the_stress():
    structure = BrickStructure([Brick(2, 2, 0, 0, 0, GREEN), Brick(2, 2, 4, 0, 0, GREEN)])
    found = masks(render_isometric(structure, size=300, stress=[0.0, 1.0]))
    assert found["green"].sum() == 0
    assert found["red"].sum() > 1000
    assert found["blue"].sum() > 1000
    swapped = masks(render_isometric(structure, size=300, stress=np.array([7.0, 0.0])))
    assert np.argwhere(swapped["red"]).mean(axis=0)[1] < np.argwhere(swapped["blue"]).mean(axis=0)[1]


def test_colours_come_from_the_bricks_or_the_default():
    plain = BrickStructure([Brick(2, 4, 0, 0, 0)])
    assert masks(render_isometric(plain, size=200, default_colour=RED))["red"].sum() > 5000
    assert masks(render_isometric(plain, size=200, default_colour=(0, 0, 200)))["blue"].sum() > 5000
    assert masks(render_isometric(repaint(plain, RED), size=200, default_colour=BLUE))["red"].sum() > 5000


def test_wrong_options_are_refused():
    structure = BrickStructure([Brick(2, 4, 0, 0, 0)])
    with pytest.raises(ConfigError, match="size is 3"):
        render_isometric(structure, size=3)
    with pytest.raises(ConfigError, match="2 values for 1 bricks"):
        render_isometric(structure, stress=[0.1, 0.2])


def test_two_thousand_bricks_are_quick_and_always_the_same():
    structure = random_structure(9, 1200, 20)
    for z in range(20):
        for x in range(20):
            for y in range(20):
                if len(structure) < 2000:
                    structure.add(Brick(1, 1, x, y, z, RED))
    assert len(structure) == 2000
    render_isometric(structure, size=64)
    start = time.perf_counter()
    first = render_isometric(structure)
    seconds = time.perf_counter() - start
    assert seconds < 4  # 0.4 s on a quiet core; see benchmarks/rendering.py
    assert first.tobytes() == render_isometric(structure.copy()).tobytes()


def test_large_worlds_can_be_drawn():
    structure = BrickStructure([Brick(2, 4, 0, 0, 0), Brick(2, 4, 198, 196, 199)], world_dim=200)
    assert max(render_isometric(structure, size=256).size) == 256


def test_saving(tmp_path):
    image = render_isometric(BrickStructure([Brick(2, 4, 0, 0, 0)]), size=64)
    save_png(image, tmp_path / "a.png")
    save_png(image, tmp_path / "a.png")
    assert Image.open(tmp_path / "a.png").tobytes() == image.tobytes()
    assert png_bytes(image).startswith(b"\x89PNG")
    with pytest.raises(OutputError, match="cannot write"):
        save_png(image, tmp_path / "none" / "a.png")
    with pytest.raises(OutputError, match="cannot write"):
        save_png(image, tmp_path / "a.png" / "b.png")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError, match="cannot write"):
        save_png(image, tmp_path / "folder")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "folder"]


def test_contact_sheet_lays_out_rows_and_captions():
    tile = Image.new("RGB", (80, 40), (200, 0, 0))
    sheet = contact_sheet([(tile, "one"), (tile, "two"), (tile, "a long caption " * 4)], columns=2, cell=100)
    red = masks(sheet)["red"]
    assert sorted(components(red)) == [100 * 50] * 3  # scaled to the width of the cell
    pixels = np.asarray(sheet, dtype=int)
    ink = (pixels.max(axis=-1) < 140) & ~red
    assert ink[: sheet.height // 2].sum() > 50
    assert ink[sheet.height // 2 :].sum() > 200
    with pytest.raises(ConfigError):
        contact_sheet([])


def test_importing_loads_neither_pillow_nor_rich():
    code = "import sys, brickgpt_engine.rendering; print([m for m in ('PIL', 'rich') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_large_walls_are_free_of_shadow_stripes():
    bricks = [
        Brick(2, 4, x, y, z, WHITE) for z in range(20) for x in range(0, 20, 2) for y in range(0, 20, 4)
    ]
    image = render_isometric(BrickStructure(bricks), size=600, look=Look(studs=False, lines=False))
    pixels = np.asarray(image, dtype=int)[..., 0]
    height, width = pixels.shape
    wall = pixels[height // 2 : int(height * 0.62), int(width * 0.15) : int(width * 0.45)]
    steps = np.abs(np.diff(wall, axis=1))
    assert (steps > 2).mean() < 0.1  # only where one brick ends and the next begins
