"""``brickgpt mesh2brick``: file kinds, bad meshes, what it writes, says and returns."""

import json
import os
import signal
import struct
import sys
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from brickgpt_engine.formats import read_structure
from brickgpt_engine.layout import mesh as mesh_module
from brickgpt_engine.layout import steady
from brickgpt_engine.layout.mesh import UP_AXES, UP_OF_EXTENSION, load_mesh, upright

KEYS = {
    "file", "files", "triangles", "dropped_triangles", "cells", "added_cells", "loose_parts",
    "removed_bricks", "bricks", "stable", "stability", "criterion", "solver", "mass_g", "size", "seed",
    "seconds",
}  # fmt: skip
FACES = [
    (0, 1, 3), (0, 3, 2), (4, 6, 7), (4, 7, 5), (0, 4, 5), (0, 5, 1),
    (2, 3, 7), (2, 7, 6), (0, 2, 6), (0, 6, 4), (1, 5, 7), (1, 7, 3),
]  # fmt: skip


def corners(*extent, at=(0, 0, 0)):
    """The eight corners of a box."""
    return [
        tuple(a + b for a, b in zip(at, corner, strict=True)) for corner in product(*((0, e) for e in extent))
    ]


def obj_text(*boxes):
    lines = [f"v {x} {y} {z}" for box in boxes for x, y, z in box]
    for number in range(len(boxes)):
        lines += ["f " + " ".join(str(8 * number + c + 1) for c in face) for face in FACES]
    return "\n".join(lines) + "\n"


def stl_bytes(box):
    data = bytes(80) + struct.pack("<I", len(FACES))
    for face in FACES:
        data += struct.pack("<12fH", 0, 0, 0, *[c for corner in face for c in box[corner]], 0)
    return data


def ply_text(box, faces=FACES):
    head = f"ply\nformat ascii 1.0\nelement vertex {len(box)}\n"
    head += "property float x\nproperty float y\nproperty float z\n"
    head += f"element face {len(faces)}\nproperty list uchar int vertex_indices\nend_header\n"
    rows = [" ".join(map(str, corner)) for corner in box] + [f"3 {a} {b} {c}" for a, b, c in faces]
    return head + "\n".join(rows) + "\n"


def glb_bytes(box, places=((0, 0, 0),)):
    """Binary glTF 2.0: one mesh, shown at each of ``places``."""
    points = np.array(box, "<f4")
    indices = np.array(FACES, "<u2")
    binary = points.tobytes() + indices.tobytes()
    document = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": list(range(len(places)))}],
        "nodes": [{"mesh": 0, "translation": place} for place in places],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1}]}],
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "count": 8, "type": "VEC3",
             "min": points.min(0).tolist(), "max": points.max(0).tolist()},
            {"bufferView": 1, "componentType": 5123, "count": indices.size, "type": "SCALAR"},
        ],
        "bufferViews": [
            {"buffer": 0, "byteOffset": 0, "byteLength": points.nbytes},
            {"buffer": 0, "byteOffset": points.nbytes, "byteLength": indices.nbytes},
        ],
        "buffers": [{"byteLength": len(binary)}],
    }  # fmt: skip
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    binary += bytes(-len(binary) % 4)
    chunks = struct.pack("<II", len(text), 0x4E4F534A) + text
    chunks += struct.pack("<II", len(binary), 0x004E4942) + binary
    return struct.pack("<III", 0x46546C67, 2, 12 + len(chunks)) + chunks


STANDING = corners(8, 4, 3.6)  # z up: 8 × 4 studs, 3 layers
LYING = corners(8, 3.6, 4)  # the same with y up
CUBE = corners(1, 1, 1)


@pytest.fixture
def mesh2brick(run):
    """Runs the command with one solver, whose verdicts do not depend on licences."""

    def call(*arguments):
        return run("mesh2brick", *arguments, "--solver", "highs")

    return call


def write(name, content):
    Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("box.obj", obj_text(LYING)),
        ("box.stl", stl_bytes(STANDING)),
        ("box.PLY", ply_text(STANDING)),
        ("box.glb", glb_bytes(LYING)),
    ],
    ids=["obj", "stl", "ply", "glb"],
)
def test_every_kind_of_file_with_its_usual_up(mesh2brick, name, content):
    write(name, content)
    ran = mesh2brick(name, "--size", "8")
    assert (ran.code, ran.err) == (0, "")
    structures = [read_structure(f"box.{extension}") for extension in ("txt", "ldr", "json")]
    assert structures[0] == structures[1] == structures[2]
    filled = structures[0].occupancy
    assert structures[0].size in ((8, 4, 3), (4, 8, 3)) and filled.sum() == 8 * 4 * 3
    assert Image.open("box.png").size[0] >= 256


def test_names_in_other_encodings_do_no_harm(mesh2brick):
    write("box.obj", "# Möbel\no Tür\n".encode("latin-1") + obj_text(LYING).encode())
    assert mesh2brick("box.obj", "--size", "8", "--no-physics").code == 0


def test_up_is_not_guessed_twice(mesh2brick):
    write("box.obj", obj_text(STANDING))
    mesh2brick("box.obj", "--up", "z", "--size", "8")
    assert read_structure("box.txt").size == (8, 4, 3)


@pytest.mark.parametrize("up", UP_AXES)
def test_every_axis_can_point_up_without_mirroring(up):
    turned = upright(np.eye(3), up)  # rows are where x, y, z go
    axis = {"x": 0, "y": 1, "z": 2}[up[-1]]
    assert turned[axis].tolist() == [0, 0, -1 if up.startswith("-") else 1]
    assert np.linalg.det(turned) == pytest.approx(1)


def test_upside_down(mesh2brick):
    write("pawn.stl", stl_bytes(corners(4, 4, 2.4)))
    pyramid = [*corners(8, 8, 2.4), *corners(2, 2, 4.8, at=(3, 3, 2.4))]
    write("pawn.obj", obj_text(pyramid[:8], pyramid[8:]))
    for up, bottom in (("z", 64), ("-z", 4)):
        ran = mesh2brick("pawn.obj", f"--up={up}", "--size", "8", "--force", "--no-reinforce")
        assert ran.code in (0, 1)
        assert read_structure("pawn.txt").occupancy[:, :, 0].sum() == bottom


def test_objects_of_a_scene_are_where_the_scene_puts_them(mesh2brick):
    write("two.glb", glb_bytes(CUBE, places=[(0, 0, 0), (3, 0, 0)]))
    assert load_mesh("two.glb").vertices.max(axis=0).tolist() == [4, 1, 1]
    assert mesh2brick("two.glb").code == 0
    filled = read_structure("two.txt").occupancy.any(axis=(1, 2))
    assert filled[:5].all() and not filled[5:15].any() and filled[15:].all()


def test_the_summary_says_everything(mesh2brick):
    write("My Bench!.obj", obj_text(LYING))
    ran = mesh2brick("My Bench!.obj", "--size", "8", "--colour", "dark red")
    facts = dict(line.strip().split(maxsplit=1) for line in ran.out.splitlines() if line.startswith("  "))
    assert ran.out.splitlines()[0] == "My Bench!.obj" and "▀" not in ran.out
    assert facts["Mesh"] == "12 triangles" and facts["Cells"] == "96"
    assert facts["Size"] == "8 × 4 studs, 3 layers (6.4 × 3.2 × 2.9 cm)"
    assert facts["Stability"] == "stands: minimum 1.000, mean 1.000 (paper criterion, no solver needed)"
    assert facts["Files"] == "my-bench.txt, .ldr, .json, .png"
    assert {brick.colour for brick in read_structure("my-bench.ldr")} == {320}


def test_json_has_exactly_the_promised_keys(mesh2brick):
    write("box.obj", obj_text(LYING))
    ran = mesh2brick("box.obj", "--json", "--size", "8", "--formats", "txt")
    entry = json.loads(ran.out)
    assert set(entry) == KEYS and ran.err == ""
    assert entry["files"] == ["box.txt"] and entry["cells"] == 96 and entry["stable"] is True
    assert entry["size"] == {"studs": [8, 4, 3], "cm": [6.4, 3.2, 2.88]}


def test_names_are_numbered_and_force_overwrites(mesh2brick):
    write("box.obj", obj_text(LYING))
    quick = ("--quiet", "--no-physics", "--formats", "txt", "--size", "8")
    for _ in range(2):
        ran = mesh2brick("box.obj", *quick)
        assert (ran.code, ran.out, ran.err) == (0, "", "")
    mesh2brick("box.obj", *quick, "--force", "--out", "new/")
    mesh2brick("box.obj", *quick, "--force", "--out", "new/")
    assert sorted(path.as_posix() for path in Path().rglob("*.txt")) == [
        "box-2.txt",
        "box.txt",
        "new/box.txt",
    ]


def test_a_table_is_made_to_stand_or_said_not_to(mesh2brick):
    legs = [corners(2, 2, 3.6, at=(x, 0, 0)) for x in (0, 24)]
    write("table.obj", obj_text(corners(26, 2, 1.2, at=(0, 0, 3.6)), *legs))
    honest = mesh2brick("table.obj", "--up", "z", "--size", "26", "--no-reinforce", "--json")
    assert honest.code == 1 and "does not stand" in honest.problem
    assert json.loads(honest.out)["stable"] is False and Path("table.ldr").exists()
    ran = mesh2brick("table.obj", "--up", "z", "--size", "26", "--json", "--force")
    entry = json.loads(ran.out)
    assert ran.code == 0 and entry["stable"] is True and entry["added_cells"] > 0


def test_hollow_surface_and_solid(mesh2brick):
    write("box.stl", stl_bytes(corners(8, 8, 9.6)))
    cells = {}
    for option in ((), ("--hollow", "1"), ("--surface",)):
        ran = mesh2brick("box.stl", *option, "--size", "9.6", "--json", "--no-physics", "--force")
        assert ran.code == 0
        cells[option[:1]] = json.loads(ran.out)["cells"] - json.loads(ran.out)["added_cells"]
    assert cells == {(): 512, ("--hollow",): 512 - 6 * 6 * 4, ("--surface",): 512 - 6 * 6 * 6}
    both = mesh2brick("box.stl", "--surface", "--hollow", "1")
    assert both.code == 2 and "use one of them" in both.problem


def test_what_is_left_out_is_said(mesh2brick):
    text = obj_text(LYING, corners(0.6, 0.6, 0.6, at=(0, 9, 0))) + "v nan 0 0\nf 1 2 17\nf 1 1 2\n"
    write("odd.obj", text)
    ran = mesh2brick("odd.obj", "--size", "9.6", "--json")
    assert ran.code == 0
    assert "1 triangle left out: coordinates that are no finite numbers" in ran.err
    assert "1 part (1 cell) left out: touching nothing" in ran.err
    entry = json.loads(ran.out)
    assert entry["dropped_triangles"] == {"not_numbers": 1, "flat": 1}
    assert entry["loose_parts"] == {"dropped": 1, "lowered": 0} and entry["cells"] == 96


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("none.obj", None, "none.obj: no such file; check the name"),
        ("empty.stl", b"", "empty.stl: the file is empty"),
        ("blank.obj", b" \n\n", "the file is empty"),
        ("model.fbx", b"x", "unknown extension '.fbx'; use one of .obj, .glb, .stl, .ply"),
        ("points.ply", ply_text(CUBE, faces=[]), "no triangles"),
        ("points.obj", "v 0 0 0\nv 1 1 1\n", "no triangles"),
        ("nan.obj", "v nan 0 0\nv 0 1 0\nv 0 0 inf\nf 1 2 3\n", "no triangle with an area"),
        ("line.obj", "v 0 0 0\nv 1 1 1\nv 2 2 2\nf 1 2 3\n", "no triangle with an area"),
        ("far.obj", "v 1e308 0 0\nv -1e308 0 0\nv 0 1 0\nf 1 2 3\n", "scale it down"),
        ("cut.glb", glb_bytes(CUBE)[:90], "cannot be read as GLB"),
        ("cut.stl", stl_bytes(CUBE)[:300], "cut.stl: "),
        ("cut.ply", ply_text(CUBE)[:100], "cut.ply: "),
        ("flipped.stl", b"\x80" + stl_bytes(CUBE), "speaks of"),
        ("wrong.obj", "v 0 0 0\nf 1 7 9\n", "wrong.obj: "),
        *[(f"noise{kind}", bytes(range(256)) * 4, f"noise{kind}: ") for kind in UP_OF_EXTENSION],
    ],
    ids=lambda value: value if isinstance(value, str) and value.isascii() and len(value) < 20 else "",
)
def test_files_that_hold_no_mesh(mesh2brick, name, content, words):
    if content is not None:
        write(name, content)
    ran = mesh2brick(name)
    assert ran.code == 3 and words in ran.problem and ran.out == ""
    assert [path.name for path in Path().iterdir()] == ([] if content is None else [name])


def test_folders_and_huge_files(mesh2brick, monkeypatch):
    Path("folder.obj").mkdir()
    assert "is a folder" in mesh2brick("folder.obj").problem
    write("box.obj", obj_text(LYING))
    monkeypatch.setattr(mesh_module, "MAX_FACES", 11)
    many = mesh2brick("box.obj")
    assert many.code == 3 and "more than 11; reduce it first" in many.problem
    monkeypatch.setattr(mesh_module, "MAX_BYTES", 50)
    assert "larger than" in mesh2brick("box.obj").problem


def test_a_model_that_is_too_large_is_refused(mesh2brick, monkeypatch):
    write("box.obj", obj_text(corners(1, 1, 1)))
    with monkeypatch.context() as patch:
        patch.setattr("brickgpt_engine.cli.mesh2brick._MOST_CELLS", 1000)
        ran = mesh2brick("box.obj", "--size", "12")
    assert ran.code == 2 and "use a smaller --size, --hollow or --surface" in ran.problem
    assert mesh2brick("box.obj", "--size", "500").code == 2
    small = mesh2brick("box.obj", "--size", "12", "--world-dim", "10")
    assert small.code == 2 and "world" in small.problem


def test_without_trimesh_it_says_what_to_install(mesh2brick, monkeypatch):
    write("box.obj", obj_text(LYING))
    monkeypatch.setitem(sys.modules, "trimesh", None)
    ran = mesh2brick("box.obj")
    assert ran.code == 3 and "pip install 'brickgpt-studio[mesh]'" in ran.problem


def test_ctrl_c_writes_the_best_so_far(mesh2brick, monkeypatch):
    lay = steady._lay
    calls = []

    def pressed(*arguments):
        calls.append(arguments)
        os.kill(os.getpid(), signal.SIGINT)
        return lay(*arguments)

    monkeypatch.setattr(steady, "_lay", pressed)
    legs = [corners(2, 2, 3.6, at=(x, 0, 0)) for x in (0, 24)]
    write("table.obj", obj_text(corners(26, 2, 1.2, at=(0, 0, 3.6)), *legs))
    ran = mesh2brick("table.obj", "--up", "z", "--size", "26", "--no-physics")
    assert ran.code == 130 and len(calls) == 1
    assert len(read_structure("table.txt")) > 0


def test_same_seed_same_bricks(mesh2brick):
    write("box.stl", stl_bytes(corners(7, 9, 6)))
    for name in ("one", "two"):
        mesh2brick("box.stl", "--size", "9", "--seed", "4", "--out", name, "--formats", "txt")
    assert Path("one.txt").read_text() == Path("two.txt").read_text()


def test_options_offer_what_the_engine_takes():
    """The limits are written twice so that help needs no engine; they must not drift apart."""
    from brickgpt_engine.cli import mesh_options
    from brickgpt_engine.layout import mesh, voxelize

    assert mesh_options.MAX_SIZE == voxelize.MAX_SIZE
    assert set(mesh_options._UP_AXES) == set(mesh.UP_AXES)
