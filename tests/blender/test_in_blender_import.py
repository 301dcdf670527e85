"""LDraw files in Blender, as our bricks and through ImportLDraw (its folder: ``IMPORTLDRAW_PATH``)."""

import os

import pytest

bpy = pytest.importorskip("bpy")

from blender_addon import importing
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
