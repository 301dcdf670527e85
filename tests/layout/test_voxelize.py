"""Meshes to voxels, against volumes and shapes that geometry gives."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brickgpt_engine.errors import ConfigError, FormatError
from brickgpt_engine.layout.cells import dilated, fill_cavities, hollowed, label_parts, settled
from brickgpt_engine.layout.mesh import MAX_FACES, clean_mesh
from brickgpt_engine.layout.surface import touched_cells
from brickgpt_engine.layout.voxelize import voxelize_mesh

QUADS = {
    "-x": (0, 1, 3, 2), "+x": (4, 6, 7, 5), "-y": (0, 4, 5, 1),
    "+y": (2, 3, 7, 6), "-z": (0, 2, 6, 4), "+z": (1, 5, 7, 3),
}  # fmt: skip


def box(low, high, without=()):
    """Vertices and outward faces of a box, sides left out by name."""
    vertices = np.array(list(product(*zip(low, high, strict=True))), dtype=float)
    quads = [quad for side, quad in QUADS.items() if side not in without]
    return vertices, np.array([tri for a, b, c, d in quads for tri in ((a, b, c), (a, c, d))])


def joined(*meshes):
    """Several meshes as one."""
    starts = np.cumsum([0, *[len(vertices) for vertices, _ in meshes]])
    faces = [faces + start for (_, faces), start in zip(meshes, starts, strict=False)]
    return np.concatenate([vertices for vertices, _ in meshes]), np.concatenate(faces)


def patch(point, rows, columns):
    """A closed surface over two angles, as triangles."""
    u, v = np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij")
    vertices = point(2 * np.pi * u.ravel() / rows, 2 * np.pi * v.ravel() / columns)
    a, b = u * columns + v, (u + 1) % rows * columns + v
    c, d = (u + 1) % rows * columns + (v + 1) % columns, u * columns + (v + 1) % columns
    quads = np.stack([a, b, c, d], axis=-1).reshape(-1, 4)
    return vertices, np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


def torus(ring=3.0, tube=1.0):
    """Around the z axis."""

    def point(u, v):
        far = ring + tube * np.cos(v)
        return np.stack([far * np.cos(u), far * np.sin(u), tube * np.sin(v)], axis=1)

    return patch(point, 60, 32)


def sphere():
    """Of radius 1: an octahedron, refined and pushed out."""
    vertices = np.array([(1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1)], dtype=float)
    corners = vertices[[(x, y, z) for x in (0, 1) for y in (2, 3) for z in (4, 5)]]
    for _ in range(4):
        a, b, c = np.moveaxis(corners, 1, 0)
        ab, bc, ca = (a + b) / 2, (b + c) / 2, (c + a) / 2
        parts = ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))
        corners = np.concatenate([np.stack(part, axis=1) for part in parts])
    corners /= np.linalg.norm(corners, axis=2, keepdims=True)
    return corners.reshape(-1, 3), np.arange(len(corners) * 3).reshape(-1, 3)


STATUE = joined(
    box((0, 0, 0), (3.1, 2.3, 1.2)),
    box((0.4, 0.5, 1.0), (1.3, 1.5, 3.7)),
    box((1.9, 0.2, 0.9), (2.0, 0.3, 4.4)),
)
"""A plinth, a body that reaches into it, and a thin mast."""


def test_a_box_fills_exactly_its_cells_and_cells_are_taller_than_wide():
    cells = voxelize_mesh(*box((1, 2, 3), (9, 18, 10.2)), size=16)
    assert cells.shape == (8, 16, 6) and cells.all()  # 7.2 studs of height are 6 layers
    cube = voxelize_mesh(*box((0, 0, 0), (1, 1, 1)), size=12)
    assert cube.shape == (12, 12, 10) and cube.all()


def test_without_a_size_the_world_is_filled():
    assert voxelize_mesh(*box((0, 0, 0), (1, 1, 1))).shape == (20, 20, 17)  # 20 studs are 16⅔ layers
    assert voxelize_mesh(*box((0, 0, 0), (1, 1, 3)), world_dim=10).shape == (4, 4, 10)


@pytest.mark.parametrize("size", [11, 20, 31])
def test_a_sphere_has_its_volume(size):
    cells = voxelize_mesh(*sphere(), size=size)
    exact = np.pi / 6 * size**3 * 5 / 6
    assert abs(cells.sum() / exact - 1) < 0.03
    assert (cells == cells[::-1]).all() and (cells == cells[:, ::-1]).all()


def test_a_torus_has_its_volume_and_its_hole():
    cells = voxelize_mesh(*torus(), size=24)
    exact = 2 * np.pi**2 * 3 * 1 * (24 / 8) ** 3 * 5 / 6
    assert abs(cells.sum() / exact - 1) < 0.05
    assert not cells[9:15, 9:15].any()
    assert len(np.unique(label_parts(cells))) == 2  # empty, and one ring


def test_triangles_may_face_either_way():
    vertices, faces = torus()
    straight = voxelize_mesh(vertices, faces, size=20)
    assert (voxelize_mesh(vertices, faces[:, ::-1], size=20) == straight).all()
    mixed = np.where(np.arange(len(faces))[:, None] % 3, faces, faces[:, ::-1])
    assert (voxelize_mesh(vertices, mixed, size=20) == straight).all()
    both = np.concatenate([faces, faces[:, ::-1]])
    assert (voxelize_mesh(vertices, both, size=20) == straight).all()


@pytest.mark.parametrize("side", QUADS)
def test_a_box_that_lacks_a_side_is_full_all_the_same(side):
    open_box = box((0, 0, 0), (8, 8, 7.2), without=[side])
    assert voxelize_mesh(*open_box, size=8).all()


def test_a_surface_stays_open():
    cells = voxelize_mesh(*box((0, 0, 0), (8, 8, 7.2), without=["+z"]), size=8, surface=True)
    assert cells.shape == (8, 8, 6)
    assert not cells[1:-1, 1:-1, 1:].any()
    assert cells[0].all() and cells[:, -1].all() and cells[:, :, 0].all()


def test_holes_and_cracks_everywhere_do_no_harm():
    vertices, faces = sphere()
    whole = voxelize_mesh(vertices, faces, size=12).sum()
    rng = np.random.default_rng(0)
    holed = voxelize_mesh(vertices, faces[rng.random(len(faces)) > 0.05], size=12).sum()
    cracked = voxelize_mesh(vertices + rng.normal(0, 0.002, vertices.shape), faces, size=12).sum()
    assert abs(holed / whole - 1) < 0.03 and abs(cracked / whole - 1) < 0.05


def test_bodies_that_overlap_do_not_cancel_out():
    meshes = box((0, 0, 0), (6, 6, 6)), box((3, 0, 0), (10, 6, 6))
    cells = voxelize_mesh(*joined(*meshes), size=10)
    assert cells.shape == (10, 6, 5) and cells.all()


def test_a_wall_is_hollow_inside_and_cavities_are_filled_in_solid():
    shell = joined(box((0, 0, 0), (9, 9, 9.6)), box((2, 2, 2.4), (7, 7, 7.2)))
    assert voxelize_mesh(*shell, size=9.6).all()
    cells = voxelize_mesh(*box((0, 0, 0), (9, 9, 9.6)), size=9.6, hollow=1)
    assert cells.shape == (9, 9, 8)
    assert not cells[1:-1, 1:-1, 2:-2].any() and cells.sum() == 9 * 9 * 8 - 7 * 7 * 4


@pytest.mark.parametrize("offset", [0.0, 0.2, 0.37, 0.5])
def test_thin_parts_are_kept_and_joined(offset):
    table = joined(
        box((0, 0, 9), (20, 14, 10.2)),
        *[box((x + offset, y, 0), (x + offset + 0.15, y + 0.2, 9)) for x in (1, 18) for y in (1, 12)],
    )
    cells = voxelize_mesh(*table, size=20)
    assert len(np.unique(label_parts(cells))) == 2
    assert len(np.unique(label_parts(cells[:, :, :4]))) == 5, "four legs"
    assert cells[:, :, 2].sum() <= 4 * 4


def test_a_sheet_without_thickness_is_one_cell_thick():
    sheet = np.array([(0, 0, 0), (10, 0, 0), (10, 8, 0), (0, 8, 0)], float), [(0, 1, 2), (0, 2, 3)]
    assert voxelize_mesh(*sheet, size=10).shape == (10, 8, 1)
    upright = voxelize_mesh(*sheet, size=12, up="y")
    assert upright.shape == (12, 1, 8) and upright.all()  # 9.6 studs high


def test_quarter_turns_commute():
    vertices, faces = STATUE
    cells = voxelize_mesh(vertices, faces, size=17)
    for quarter in range(1, 4):
        vertices = vertices[:, [1, 0, 2]] * (-1, 1, 1)  # x, y → -y, x
        turned = voxelize_mesh(vertices, faces, size=17)
        assert (turned == np.rot90(cells, quarter, axes=(0, 1))).all()


@pytest.mark.parametrize(
    ("up", "columns"),
    [("x", (1, 2, 0)), ("y", (2, 0, 1)), ("z", (0, 1, 2))],
)
def test_up_turns_the_mesh_and_never_mirrors_it(up, columns):
    """A statue lying with ``up`` as its vertical is the standing one, turned about z perhaps."""
    vertices, faces = STATUE
    standing = voxelize_mesh(vertices, faces, size=15)
    lying = np.empty_like(vertices)
    lying[:, columns] = vertices  # a cyclic change of axes mirrors nothing
    turns = [np.rot90(standing, quarter, axes=(0, 1)) for quarter in range(4)]

    def is_a_turn(cells):
        return any(cells.shape == turn.shape and (cells == turn).all() for turn in turns)

    assert is_a_turn(voxelize_mesh(lying, faces, size=15, up=up))
    over = voxelize_mesh(lying, faces, size=15, up=f"-{up}")
    assert not is_a_turn(over) and over.sum() == pytest.approx(standing.sum(), rel=0.1)


def clipped_area(triangle, low):
    """Whether a triangle has a point in a unit box, by cutting it with the box's six planes."""
    polygon = [np.array(corner) for corner in triangle]
    for axis in range(3):
        for sign, bound in ((1, low[axis]), (-1, -(low[axis] + 1))):
            cut = []
            for a, b in zip(polygon, polygon[1:] + polygon[:1], strict=True):
                da, db = sign * a[axis] - bound, sign * b[axis] - bound
                if da >= 0:
                    cut.append(a)
                if (da < 0) != (db < 0):
                    cut.append(a + (b - a) * da / (da - db))
            polygon = cut
            if not polygon:
                return False
    return True


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_overlap_agrees_with_clipping(seed):
    triangle = np.random.default_rng(seed).uniform(-1, 6, (3, 3))
    touched = touched_cells(triangle[None], (5, 5, 5))
    expected = {low for low in product(range(5), repeat=3) if clipped_area(triangle, low)}
    differing = expected ^ set(zip(*(axis.tolist() for axis in np.nonzero(touched)), strict=True))
    assert all(is_grazed(triangle, low) for low in differing)


def is_grazed(triangle, low):
    """Whether a slightly smaller and a slightly larger box disagree: then either answer is right."""
    middle = np.asarray(low) + 0.5
    answers = {clipped_area((triangle - middle) * scale + middle, low) for scale in (0.9999, 1.0001)}
    return len(answers) == 2


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_corners_that_are_no_numbers_are_left_out(bad):
    vertices, faces = box((0, 0, 0), (4, 4, 4.8))
    vertices = np.vstack([vertices, [bad, 0, 0]])
    mesh = clean_mesh(vertices, np.vstack([faces, [0, 1, 8], [2, 3, 99], [5, 5, 6]]))
    assert (len(mesh.faces), mesh.not_numbers, mesh.flat) == (12, 2, 1)
    assert voxelize_mesh(vertices, np.vstack([faces, [0, 1, 8]]), size=4.8).all()


@pytest.mark.parametrize(
    ("vertices", "faces", "words"),
    [
        ([], [], "no triangles"),
        ([(0, 0, 0)], np.zeros((0, 3), int), "no triangles"),
        ([(1, 1, 1)] * 3, [(0, 1, 2)], "no triangle with an area"),
        ([(0, 0, 0), (1, 1, 1), (2, 2, 2)], [(0, 1, 2)], "no triangle with an area"),
        ([(np.nan, 0, 0), (1, 0, 0), (0, 1, 0)], [(0, 1, 2)], "no triangle with an area"),
        ([(-1e308, 0, 0), (1e308, 0, 0), (0, 1, 0)], [(0, 1, 2)], "scale it down"),
        (np.eye(3), np.broadcast_to([0, 1, 2], (MAX_FACES + 1, 3)), "Decimate"),
    ],
)
def test_meshes_that_cannot_be_used(vertices, faces, words):
    with pytest.raises(FormatError, match=words):
        voxelize_mesh(vertices, faces)


@pytest.mark.parametrize(
    "options", [{"size": 0}, {"size": 1000}, {"size": np.nan}, {"world_dim": 0}, {"up": "w"}, {"hollow": 0}]
)
def test_options_out_of_range(options):
    with pytest.raises(ConfigError):
        voxelize_mesh(*box((0, 0, 0), (1, 1, 1)), **options)


@pytest.mark.parametrize("shape", [(3, 2), (3,), (3, 3, 3)])
def test_arrays_that_are_no_mesh(shape):
    with pytest.raises(ConfigError):
        voxelize_mesh(np.ones(shape), [(0, 1, 2)])


def test_units_and_places_do_not_matter():
    vertices, faces = STATUE
    cells = voxelize_mesh(vertices, faces)
    for scale, shift in ((1e-30, 0), (1e30, 0), (25.4, 1000)):
        assert (voxelize_mesh(vertices * scale + shift, faces) == cells).all()


def test_loose_parts_go_or_come_down():
    cells = np.zeros((9, 5, 12), dtype=bool)
    cells[0:4, :, 0:3] = True
    cells[1:3, 1:3, 6:10] = True  # 16 of 77 cells: large
    cells[8, 4, 11] = True
    found = settled(cells)
    assert (found.dropped, found.dropped_cells, found.lowered) == (1, 1, 1)
    assert found.cells.sum() == 76 and found.cells[1:3, 1:3, 3:7].all() and not found.cells[8].any()
    two = np.zeros((9, 5, 3), dtype=bool)
    two[:3] = two[6:] = True
    assert (settled(two).cells == two).all()  # two bodies on the ground both stay


def test_cell_operations_on_small_grids():
    ring = np.ones((3, 3, 3), dtype=bool)
    ring[1, 1, 1] = False
    assert fill_cavities(ring).all()
    ring[1, 1, 2] = False  # a way in
    assert (fill_cavities(ring) == ring).all()
    assert hollowed(np.ones((2, 2, 2), bool), 3).all()
    dot = np.zeros((5, 5, 5), bool)
    dot[2, 2, 2] = True
    assert dilated(dot, (1, 2, 0)).sum() == 3 * 5 * 1
