"""Furniture libraries as training shapes: reading, orientation, captions, damage, and the Debian package."""

from __future__ import annotations

import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from brickgpt_engine.errors import ConfigError
from brickgpt_engine.layout import legolize
from brickgpt_engine.physics import StabilityAnalyzer
from brickgpt_engine.statements.claims import claims_in
from brickgpt_engine.statements.measuring import check_claims
from training.data import sh3f
from training.data.captions import CAPTIONS_PER_SHAPE
from training.data.catalogue import (
    catalogue_captions,
    catalogue_shapes,
    licences,
    likeness,
    models,
    shapes_of,
)
from training.data.sh3f import parse_properties

CC_BY = "Creative Commons Attribution 3.0 Unported license"
CHAIR = (40.0, 44.0, 96.0)
TWO = (10, 20)


def boxes(*corners):
    """An OBJ of closed boxes, each given as (x0, x1, y0, y1, z0, z1), y up."""
    lines, first = [], 1
    for x0, x1, y0, y1, z0, z1 in corners:
        lines += [f"v {x} {y} {z}" for x in (x0, x1) for y in (y0, y1) for z in (z0, z1)]
        for face in ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)):
            lines.append("f " + " ".join(str(first + corner) for corner in face))
        first += 8
    return "\n".join(lines) + "\n"


def chair_obj(back=0.0):
    """A chair with four legs; its back is at low z, as libraries have it, unless moved."""
    legs = [(x, x + 1, 0, 5, z, z + 1) for x in (0, 4) for z in (0, 4.5)]
    return boxes(*legs, (0, 5, 5, 6, 0, 5.5), (0, 5, 6, 12, back, back + 1))


def library(path, entries, licence=CC_BY, members=None, general=""):
    """An .sh3f file: entries are dicts of properties, members the files by name."""
    lines = [f"license={licence}", "provider=somebody.example", general]
    for number, entry in enumerate(entries, start=1):
        lines += [f"{key}#{number}={value}" for key, value in entry.items()]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(sh3f.PROPERTIES, "\n".join(lines).encode("latin-1"))
        for name, content in (members or {}).items():
            archive.writestr(name, content)
    return path


def entry(name="Chair", model="/chair.obj", size=CHAIR, **others):
    width, depth, height = size
    known_as = {"id": f"Test#{name}-{model}"}
    return (
        known_as | {"name": name, "model": model, "width": width, "depth": depth, "height": height} | others
    )


@pytest.fixture
def chairs(tmp_path):
    return library(
        tmp_path / "chairs.sh3f",
        [entry(creator="Ada"), entry("Front door"), entry("Bar stool", "/chair.obj")],
        members={"chair.obj": chair_obj()},
    )


def test_sizes_of_a_chair_stand_with_the_front_at_low_y(chairs):
    shapes = list(catalogue_shapes([chairs], sizes=(8, 10, 12, 16)))
    own = [shape for shape in shapes if shape.params["name"] == "Chair"]
    assert [shape.params["side"] for shape in own] == [8, 10, 12, 16]
    assert {shape.params["model"] for shape in own} == {"Test#Chair-/chair.obj"}
    analyzer = StabilityAnalyzer(criterion="paper", solver="highs")
    for shape in own:
        assert shape.category == "chair"
        assert shape.voxels.shape == (20, 20, 20)
        x, y, z = np.nonzero(shape.voxels)
        assert max(np.ptp(x), np.ptp(y), np.ptp(z)) + 1 == shape.params["side"]
        assert y[z == z.max()].min() > y.mean()  # the back
        assert z.min() == 0
        assert analyzer.analyze(legolize(shape.voxels, seed=0)).stable


def test_proportions_are_those_of_the_catalogue(tmp_path):
    """The mesh says a cube, the catalogue twice as wide as high: layers are 0.96 cm, studs 0.8 cm."""
    path = library(
        tmp_path / "x.sh3f",
        [entry("Desk", "/desk.obj", (120, 60, 60))],
        members={"desk.obj": boxes((0, 1, 0, 4, 0, 4), (3, 4, 0, 4, 0, 4), (0, 4, 3, 4, 0, 4))},
    )
    largest = next(catalogue_shapes([path], sizes=[20]))
    x, y, z = (np.ptp(axis) + 1 for axis in np.nonzero(largest.voxels))
    assert (x, y, z) == (20, 10, 9)  # 10 studs are 8 cm; 8 cm are 8.3 layers, of which the last is begun


def test_model_rotation_is_applied(tmp_path):
    """Half a turn about the upright axis brings the back to the front."""
    turn = "-1 0 0 0 1 0 0 0 -1"
    path = library(
        tmp_path / "x.sh3f", [entry(modelRotation=turn)], members={"chair.obj": chair_obj(back=4.5)}
    )
    shape = next(catalogue_shapes([path], sizes=[20]))
    _, y, z = np.nonzero(shape.voxels)
    assert y[z == z.max()].min() > y.mean()


def test_captions_are_five_true_and_drawn_from_the_seed(chairs):
    for shape in catalogue_shapes([chairs], sizes=TWO):
        for seed in range(12):
            captions = catalogue_captions(shape, np.random.default_rng(seed))
            assert captions == catalogue_captions(shape, np.random.default_rng(seed))
            assert len(captions) == CAPTIONS_PER_SHAPE
            for caption in captions:
                claims = claims_in(caption, shape.category)
                assert all(check_claims(shape.category, shape.voxels, claims).values()), caption
        text = " ".join(captions).lower()
        assert any(noun.split()[-1] in text for noun in ("chair", "seat", "stool"))


def test_parts_are_named_where_they_are_seen(chairs):
    shape = next(catalogue_shapes([chairs], sizes=[20]))
    assert shape.facts["legs"] == 4
    texts = " ".join(" ".join(catalogue_captions(shape, np.random.default_rng(seed))) for seed in range(20))
    assert "four legs" in texts


def test_workers_change_neither_shapes_nor_order(tmp_path, chairs):
    other = library(
        tmp_path / "x.sh3f", [entry(), entry("Stool", "/no.obj")], members={"chair.obj": chair_obj()}
    )
    told: tuple[list[str], list[str]] = ([], [])
    alone, together = (
        [
            (shape.params, shape.voxels.tobytes())
            for shape in catalogue_shapes([chairs, other], lines.append, workers=workers, sizes=TWO)
        ]
        for workers, lines in zip((1, 2), told, strict=True)
    )
    assert alone == together
    assert told[0] == told[1]
    assert len(told[0]) == 1


def test_what_fits_no_family_is_left_out_and_counted(chairs):
    left_out: Counter[str] = Counter()
    assert [model.entry.name for model in models([chairs], left_out=left_out)] == ["Chair", "Bar stool"]
    assert left_out == {"Front door": 1}


def test_licences_name_creators(chairs):
    rows = licences([chairs])
    assert [(row.name, row.creator, row.licence, row.package) for row in rows] == [
        ("Chair", "Ada", "CC BY 3.0", "chairs.sh3f"),
        ("Bar stool", "somebody.example", "CC BY 3.0", "chairs.sh3f"),
    ]


@pytest.mark.parametrize(
    "licence",
    [
        "GNU GPL 2",
        "Creative Commons Attribution-NonCommercial 3.0 license",
        "Creative Commons Attribution-ShareAlike 3.0 license",
        "",
    ],
)
def test_libraries_under_other_licences_are_refused(tmp_path, chairs, licence):
    lines: list[str] = []
    other = library(tmp_path / "other.sh3f", [entry()], licence, {"chair.obj": chair_obj()})
    found = models([other, chairs], lines.append)
    assert {model.entry.archive.name for model in found} == {"chairs.sh3f"}
    assert len(lines) == 1
    assert "other.sh3f" in lines[0]
    assert "licence" in lines[0]


def no_zip(path):
    path.write_bytes(b"PK\x03\x04 this is no archive")
    return path


def cut_off(path):
    whole = library(path, [entry()], members={"chair.obj": chair_obj()}).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    return path


def without_properties(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "nothing")
    return path


@pytest.mark.parametrize("damage", [no_zip, cut_off, without_properties])
def test_a_damaged_library_is_told_in_one_line_and_the_rest_used(tmp_path, chairs, damage):
    lines: list[str] = []
    shapes = list(catalogue_shapes([damage(tmp_path / "bad.sh3f"), chairs], lines.append, sizes=[10]))
    assert shapes
    assert len(lines) == 1
    assert lines[0].startswith("bad.sh3f: left out: ")
    assert "\n" not in lines[0]


NAN = chair_obj().replace("v 0 0 0", "v nan 0 0").replace("v 5 6 5.5", "v inf nan 1")
ALL_NAN = "v nan nan nan\nv 1 nan 0\nv 0 1 nan\nf 1 2 3\n"


@pytest.mark.parametrize(
    ("bad", "content"),
    [
        (entry(model="/missing.obj"), None),
        (entry(model="/bad.obj"), ""),
        (entry(model="/bad.obj"), "this is no mesh"),
        (entry(model="/bad.obj"), ALL_NAN),
        (entry(model="/bad.3ds"), "binary"),
        (entry(size=(40, 0, 10)), None),
        (entry(size=("nan", 1, 10)), None),
        (entry(size=("wide", 1, 10)), None),
        (entry(modelRotation="1 0 0"), None),
        (entry(model=""), None),
    ],
)
def test_a_damaged_model_is_told_in_one_line_and_the_rest_used(tmp_path, bad, content):
    good = entry("Bar stool", "/good.obj")
    members = {"good.obj": chair_obj(), "chair.obj": chair_obj()}
    if content is not None:
        members[str(bad["model"]).lstrip("/")] = content
    path = library(tmp_path / "x.sh3f", [bad, good], members=members)
    lines: list[str] = []
    shapes = list(catalogue_shapes([path], lines.append, sizes=[10]))
    assert {shape.params["name"] for shape in shapes} == {"Bar stool"}
    assert len(lines) == 1
    assert "x.sh3f" in lines[0]
    assert "left out" in lines[0]


def test_triangles_with_nan_are_left_out_of_a_model_and_the_others_used(tmp_path):
    path = library(tmp_path / "x.sh3f", [entry()], members={"chair.obj": NAN})
    lines: list[str] = []
    assert list(catalogue_shapes([path], lines.append, sizes=[10]))
    assert not lines


def test_missing_files_and_packages_are_named(tmp_path, monkeypatch, chairs):
    with pytest.raises(ConfigError, match="no such file"):
        models([tmp_path / "nowhere.sh3f"])
    monkeypatch.setattr(sh3f, "FOLDER", tmp_path / "nowhere")
    with pytest.raises(ConfigError, match="apt-get install sweethome3d-furniture"):
        models()
    doors = library(tmp_path / "doors.sh3f", [entry("Front door")])
    with pytest.raises(ConfigError, match="no usable model"):
        models([doors])


def test_properties_are_read_as_java_writes_them():
    text = "# name=no\n! also=no\na = 1\nb:2\nlong=one \\\n    two\ncaf\\u00e9=\\u20ac\nempty=\nend=a\\\\\n"
    values = parse_properties(text)
    assert values["a"] == "1"
    assert values["b"] == "2"
    assert values["long"] == "one two"
    assert values["empty"] == ""
    assert values["end"] == "a\\"
    assert "€" in values.values()
    assert "name" not in values


def test_likeness_is_the_share_of_gaps_that_stay_open():
    fine = np.ones((40, 40, 40), dtype=bool)
    fine[10:30, :, :20] = False  # an arch
    assert likeness(fine, fine) == 1.0
    assert likeness(np.ones((4, 4, 4), dtype=bool), fine) == 0.0
    half = np.ones((4, 4, 4), dtype=bool)
    half[1:3, :, :1] = False
    assert likeness(half, fine) == pytest.approx(0.5)


@pytest.mark.skipif(not any(sh3f.FOLDER.glob("*.sh3f")), reason="needs Debian's sweethome3d-furniture")
def test_the_debian_package_gives_chairs_sofas_cars_and_more():
    lines: list[str] = []
    left_out: Counter[str] = Counter()
    found = models(None, lines.append, left_out)
    assert not lines
    kinds = Counter(model.kind.category for model in found)
    assert len(found) >= 250
    assert kinds["chair"] >= 50
    assert kinds["table"] >= 40
    assert kinds["sofa"] >= 15
    assert len(kinds) >= 18
    assert len(found) + left_out.total() >= 800
    assert {row.licence for row in licences()} == {"CC0 1.0", "CC BY 3.0", "CC BY 3.0 US"}
    wanted = next(model for model in found if model.entry.id == "Scopia#children_chair")
    shapes = list(shapes_of(wanted, sizes=TWO))
    assert len(shapes) == 2
    assert all(shape.facts.get("legs") == 4 for shape in shapes)


def test_default_paths_are_in_order(tmp_path, monkeypatch):
    for name in ("b.sh3f", "a.sh3f", "c.txt"):
        (tmp_path / name).write_bytes(b"")
    monkeypatch.setattr(sh3f, "FOLDER", tmp_path)
    assert [path.name for path in sh3f.default_paths()] == ["a.sh3f", "b.sh3f"]
    assert all(isinstance(path, Path) for path in sh3f.default_paths())
