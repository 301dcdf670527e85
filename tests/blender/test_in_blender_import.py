"""LDraw files in Blender, as our bricks and through ImportLDraw (its folder: ``IMPORTLDRAW_PATH``)."""

import os

import pytest

bpy = pytest.importorskip("bpy")

from blender_addon import importing, session
from blender_addon import scene as scenes

pytestmark = [pytest.mark.blender, pytest.mark.usefixtures("addon")]
importldraw = pytest.mark.skipif(
    not os.environ.get("IMPORTLDRAW_PATH"), reason="set IMPORTLDRAW_PATH to the folder of ImportLDraw"
)


def models():
    return list(scenes.collections(bpy.context.scene))


def rows(collection):
    return [brick.row for brick in scenes.read_model(collection).bricks]


def test_the_import_operator_and_its_messages(tmp_path, tower):
    assert bpy.ops.bricks.import_ldraw(filepath=str(tower)) == {"FINISHED"}
    assert len(models()) == 1
    bad = tmp_path / "bad.ldr"
    bad.write_text(tower.read_text() + "1 4 0 0 0 1 0 0 0 1 0 0 0 1 3024.dat\n")
    with pytest.raises(RuntimeError, match=r"3024\.dat"):
        bpy.ops.bricks.import_ldraw(filepath=str(bad))
    with pytest.raises(RuntimeError, match="cannot be read"):
        bpy.ops.bricks.import_ldraw(filepath=str(tmp_path / "none.ldr"))
    assert len(models()) == 1
    assert bpy.ops.bricks.import_ldraw(filepath=str(bad), skip_unknown=True) == {"FINISHED"}


@importldraw
@pytest.mark.parametrize("gaps", [False, True])
def test_library_parts_lie_where_our_bricks_lie(tower, library, gaps):
    bricks, _ = importing.import_bricks(tower, bpy.context.scene)
    importer = importing.find_importldraw()
    look = importing.LibraryLook(gaps=gaps)
    parts = importing.import_library_parts(tower, bpy.context.scene, importer, library, look)
    assert rows(parts) == rows(bricks)
    for ours_at, theirs_at in zip(scenes.brick_centres(bricks), scenes.brick_centres(parts), strict=True):
        assert theirs_at == pytest.approx(ours_at, abs=1e-3)


@importldraw
def test_a_wrong_library_is_told_and_nothing_stays(tower, tmp_path):
    before = len(bpy.data.objects)
    with pytest.raises(importing.LdrawError, match="no LDraw parts library"):
        importing.library_for(str(tmp_path), {})
    with pytest.raises(importing.LdrawError):
        importing.import_library_parts(tower, bpy.context.scene, importing.find_importldraw(), tmp_path)
    assert len(bpy.data.objects) == before
    assert models() == []


@importldraw
def test_library_parts_have_the_same_size_turn_and_colour(tower, library):
    bricks, _ = importing.import_bricks(tower, bpy.context.scene)
    importer = importing.find_importldraw()
    look = importing.LibraryLook(gaps=False)
    parts = importing.import_library_parts(tower, bpy.context.scene, importer, library, look)
    pairs = list(zip(scenes.build_order(bricks), scenes.build_order(parts), strict=True))
    for one, other in pairs:
        ours, theirs = (scenes.bounds([obj]) for obj in (one, other))
        for corner, expected in zip(ours, theirs, strict=True):
            assert tuple(corner) == pytest.approx(tuple(expected), abs=0.004)  # our seams are 0.0025 wide
    colours = [[tuple(obj.material_slots[0].material.diffuse_color)[:3] for obj in pair] for pair in pairs]
    assert all(ours == pytest.approx(theirs, abs=1e-3) for ours, theirs in colours)


@importldraw
def test_the_operator_imports_library_parts(tower, library, monkeypatch):
    monkeypatch.setenv("LDRAWDIR", str(library))
    assert bpy.ops.bricks.import_ldraw(filepath=str(tower), look="ldraw", quality="low") == {"FINISHED"}
    (parts,) = models()
    assert len(scenes.build_order(parts)) == 4
    with pytest.raises(RuntimeError, match="import it as bricks"):
        bpy.ops.bricks.remove_last(count=1)


def test_several_files_come_in_together_and_a_bad_one_is_told(tmp_path, tower):
    (tmp_path / "second.ldr").write_text(tower.read_text())
    (tmp_path / "bad.ldr").write_text("1 4 0 0\n")
    names = [{"name": name} for name in ("tower.ldr", "bad.ldr", "second.ldr")]
    assert bpy.ops.bricks.import_ldraw(directory=str(tmp_path), files=names) == {"FINISHED"}
    assert [len(one.objects) for one in models()] == [4, 4]
    assert "15 fields" in session.problem()


def test_what_went_wrong_stays_in_the_panel_until_something_goes_well(tmp_path, tower):
    with pytest.raises(RuntimeError, match="cannot be read"):
        bpy.ops.bricks.import_ldraw(filepath=str(tmp_path / "none.ldr"))
    assert "none.ldr cannot be read" in session.problem()
    with pytest.raises(RuntimeError, match="no file"):
        bpy.ops.bricks.import_ldraw()
    bpy.ops.bricks.import_ldraw(filepath=str(tower))
    assert session.problem() == ""


def test_the_file_is_asked_for_each_time():
    properties = bpy.ops.bricks.import_ldraw.get_rna_type().properties
    assert all(properties[name].is_skip_save for name in ("filepath", "directory", "files"))


@pytest.mark.skipif(not hasattr(bpy.types, "FileHandler"), reason="files are dropped from Blender 4.1 on")
def test_dropped_files_go_to_the_import():
    handler = bpy.types.BRICKS_FH_ldraw
    assert (handler.bl_import_operator, handler.bl_file_extensions) == ("bricks.import_ldraw", ".ldr;.mpd")
