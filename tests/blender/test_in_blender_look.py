"""Studio, animation, pictures, films and exported files, made by Blender itself."""

import json

import pytest

bpy = pytest.importorskip("bpy")

from blender_addon import animation, importing, output, studio
from blender_addon import scene as scenes

pytestmark = [pytest.mark.blender, pytest.mark.usefixtures("addon")]


def test_the_studio_frames_the_model_and_is_set_up_once(tower):
    from bpy_extras.object_utils import world_to_camera_view

    collection, _ = importing.import_bricks(tower, bpy.context.scene)
    scene = bpy.context.scene
    scene.render.resolution_x, scene.render.resolution_y = 400, 200
    for azimuth in (-55, 120):
        assert bpy.ops.bricks.studio(azimuth=azimuth) == {"FINISHED"}
        bpy.context.view_layer.update()
        seen = []
        for obj in collection.objects:
            for corner in obj.bound_box:
                seen.append(
                    world_to_camera_view(scene, scene.camera, obj.matrix_world @ scenes.Vector(corner))
                )
        assert all(0 < point.x < 1 and 0 < point.y < 1 and point.z > 0 for point in seen)
        assert max(point.y for point in seen) - min(point.y for point in seen) > 0.5
    assert len([obj for obj in bpy.data.objects if obj.type == "CAMERA"]) == 1
    studio.clear(scene)
    assert not [obj for obj in bpy.data.objects if obj.type in ("CAMERA", "LIGHT")]


@pytest.mark.parametrize("drop", [False, True])
def test_the_model_builds_itself(tower, drop):
    collection, _ = importing.import_bricks(tower, bpy.context.scene)
    scene = bpy.context.scene
    objects = scenes.build_order(collection)
    rest = [obj.location.z for obj in objects]
    last = animation.animate_build(scene, collection, bricks_per_second=4.0, drop=drop)
    assert scene.frame_end == last
    shown = []
    for frame in (0, 1, 7, 13, 19, last):
        scene.frame_set(frame)
        shown.append(sum(not obj.hide_render for obj in objects))
    assert shown == [0, 1, 2, 3, 4, 4]
    assert [obj.location.z for obj in objects] == pytest.approx(rest)
    scene.frame_set(19)
    assert (objects[3].location.z > rest[3] + 0.5) is drop
    animation.clear(collection)
    assert [obj.location.z for obj in objects] == pytest.approx(rest)
    assert not any(obj.hide_render or obj.animation_data for obj in objects)
    assert len(bpy.data.actions) == 0


def test_the_camera_goes_around_and_comes_back(tower):
    collection, _ = importing.import_bricks(tower, bpy.context.scene)
    scene = bpy.context.scene
    bpy.ops.bricks.studio()
    assert bpy.ops.bricks.turntable(seconds=1.0) == {"FINISHED"}
    places = []
    for frame in (1, 1 + scene.frame_end // 2, scene.frame_end + 1):
        scene.frame_set(frame)
        bpy.context.view_layer.update()
        places.append(scene.camera.matrix_world.translation.copy())
    assert (places[0] - places[2]).length < 1e-4
    low, high = scenes.bounds(scenes.build_order(collection))
    centre = (low + high) / 2
    assert (places[0] - centre).length == pytest.approx((places[1] - centre).length, rel=1e-4)
    assert (places[0] - places[1]).length > (places[0] - centre).length


def test_stl_is_in_millimetres_and_closed(tower, tmp_path):
    import struct

    collection, _ = importing.import_bricks(tower, bpy.context.scene)
    count = output.export_stl(collection, tmp_path / "x.stl")
    data = (tmp_path / "x.stl").read_bytes()
    assert len(data) == 84 + 50 * count
    triangles = [struct.unpack_from("<12f", data, 84 + 50 * at) for at in range(count)]
    corners = [t[3 + 3 * k : 6 + 3 * k] for t in triangles for k in range(3)]
    assert min(c[2] for c in corners) == pytest.approx(0, abs=0.02)
    assert max(c[2] for c in corners) == pytest.approx(4 * 9.6 + 1.6, abs=0.02)


def test_glb_holds_every_brick(tower, tmp_path):
    collection, _ = importing.import_bricks(tower, bpy.context.scene)
    output.export_glb(collection, tmp_path / "x.glb")
    data = (tmp_path / "x.glb").read_bytes()
    assert data[:4] == b"glTF"
    length = int.from_bytes(data[12:16], "little")
    content = json.loads(data[20 : 20 + length])
    assert len([node for node in content["nodes"] if "mesh" in node]) == 4


def test_a_small_picture_shows_the_model(tower, tmp_path):
    collection, _ = importing.import_bricks(tower, bpy.context.scene)
    scene = bpy.context.scene
    output.set_up(scene, output.Quality(64, 48, "cycles", 4))
    studio.set_up(scene, scenes.build_order(collection))
    output.render_still(scene, tmp_path / "x.png")
    image = bpy.data.images.load(str(tmp_path / "x.png"))
    assert tuple(image.size) == (64, 48)
    pixels = list(image.pixels)
    points = [pixels[at : at + 3] for at in range(0, len(pixels), 4)]
    light = sum(min(p) > 0.75 for p in points) / len(points)
    red = sum(p[0] > 0.4 and p[1] < 0.3 and p[2] < 0.3 for p in points) / len(points)
    assert 0.3 < light < 0.95
    assert red > 0.02
