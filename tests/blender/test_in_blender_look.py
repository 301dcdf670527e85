"""Studio, animation, pictures, films and exported files, made by Blender itself."""

import json
import time

import pytest

bpy = pytest.importorskip("bpy")

from blender_addon import animation, importing, output, studio
from blender_addon import scene as scenes
from blender_addon.model import Brick, BrickModel

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


def show(path):
    """Width, height, and rows of (red, green, blue, alpha) from the bottom up."""
    image = bpy.data.images.load(str(path))
    wide, high = image.size
    pixels = list(image.pixels)
    return wide, high, [pixels[at : at + 4] for at in range(0, len(pixels), 4)]


def test_a_transparent_picture_has_nothing_behind_the_model(tower, tmp_path):
    collection, _ = importing.import_bricks(tower, bpy.context.scene)
    scene = bpy.context.scene
    output.set_up(scene, output.Quality(48, 48, "cycles", 2))
    studio.set_up(scene, scenes.build_order(collection), transparent=True)
    output.render_still(scene, tmp_path / "x.png")
    _, _, points = show(tmp_path / "x.png")
    assert points[-1][3] < 0.05
    assert 0.02 < sum(point[3] > 0.9 for point in points) / len(points) < 0.6


def test_stress_is_seen_in_the_picture(tower, tmp_path):
    collection, _ = importing.import_bricks(tower, bpy.context.scene)
    scene, model = bpy.context.scene, scenes.read_model(collection)
    shares = []
    for stress in (0.0, 1.0):
        model.report = {"status": "given", "stable": None, "stress": [stress] * len(model.bricks)}
        scenes.write_model(collection, model)
        scenes.shade(collection, "stress")
        output.set_up(scene, output.Quality(48, 48, "cycles", 2))
        studio.set_up(scene, scenes.build_order(collection))
        output.render_still(scene, tmp_path / f"{stress}.png")
        points = show(tmp_path / f"{stress}.png")[2]
        shares.append([sum(p[a] > p[b] + 0.2 for p in points) / len(points) for a, b in ((2, 0), (0, 2))])
    assert shares[0][0] > 0.05 > shares[0][1]
    assert shares[1][1] > 0.05 > shares[1][0]


def test_a_film_and_frames_of_an_animation(tower, tmp_path):
    collection, _ = importing.import_bricks(tower, bpy.context.scene)
    scene = bpy.context.scene
    output.set_up(scene, output.Quality(32, 32, "cycles", 1))
    studio.set_up(scene, scenes.build_order(collection))
    animation.animate_turntable(scene, scenes.build_order(collection), seconds=0.1)
    output.render_film(scene, tmp_path / "x.mp4")
    assert (tmp_path / "x.mp4").read_bytes()[4:8] == b"ftyp"
    assert bpy.data.movieclips.load(str(tmp_path / "x.mp4")).frame_duration == scene.frame_end == 2
    output.render_frames(scene, tmp_path / "frames")
    assert sorted(path.name for path in (tmp_path / "frames").iterdir()) == ["0001.png", "0002.png"]


def test_a_place_that_cannot_be_written_is_told_in_words(tower, tmp_path):
    collection, _ = importing.import_bricks(tower, bpy.context.scene)
    scene, nowhere = bpy.context.scene, tmp_path / "none"
    for write in (
        lambda: output.render_still(scene, nowhere / "x.png"),
        lambda: output.render_film(scene, nowhere / "x.mp4"),
        lambda: output.render_frames(scene, tower / "frames"),
        lambda: output.export_glb(collection, nowhere / "x.glb"),
        lambda: output.export_stl(collection, nowhere / "x.stl"),
    ):
        with pytest.raises(RuntimeError, match=r"cannot be (written|made): N"):
            write()
    with pytest.raises(RuntimeError, match="cannot be written"):
        bpy.ops.bricks.export_model(filepath=str(nowhere / "x.stl"))


def test_the_studio_chooses_a_renderer_or_leaves_it(tower):
    importing.import_bricks(tower, bpy.context.scene)
    render = bpy.context.scene.render
    for engine, name in (("cycles", "CYCLES"), ("eevee", "BLENDER_EEVEE"), ("keep", "BLENDER_EEVEE")):
        assert bpy.ops.bricks.studio(engine=engine) == {"FINISHED"}
        assert render.engine.startswith(name)


def test_models_are_built_from_the_ground_up_whatever_their_order():
    model = BrickModel([Brick(2, 2, 0, 0, z, 4) for z in (2, 0, 0, 1)])
    collection = scenes.new_collection("x", model, bpy.context.scene)
    scenes.sync(collection, model)
    objects, scene = scenes.build_order(collection), bpy.context.scene
    for whole, expected in ((False, [3, 0, 1, 2]), (True, [3, 0, 0, 2])):
        animation.animate_build(scene, collection, bricks_per_second=24.0, drop=False, whole_layers=whole)
        seen = []
        for obj in objects:
            frames = [frame for frame in range(6) if not _hidden(scene, obj, frame)]
            seen.append(frames[0] - 1)
        assert seen == expected


def _hidden(scene, obj, frame):
    scene.frame_set(frame)
    return obj.hide_render


def test_five_thousand_bricks_stay_editable():
    kinds = [(2, 4), (4, 2), (1, 1), (2, 2), (1, 6)]
    rows = [(*kinds[n % 5], 6 * (n % 20), 6 * (n // 20 % 20), n // 400) for n in range(5000)]
    model = BrickModel([Brick(*row, 4) for row in rows])
    scene = bpy.context.scene
    collection = scenes.new_collection("many", model, scene)
    spent = {}

    def clock(name, work):
        began = time.process_time()
        work()
        spent[name] = time.process_time() - began

    clock("made", lambda: scenes.sync(collection, model))
    model.bricks.append(Brick(2, 2, 0, 0, 13, 4))
    clock("one more", lambda: scenes.sync(collection, model, 5000))
    clock("taken off", lambda: bpy.ops.bricks.remove_last(count=11))
    clock("animated", lambda: animation.animate_build(scene, collection, bricks_per_second=200.0))
    clock("still", lambda: animation.clear(collection))
    assert len(collection.objects) == 4990
    clock("gone", lambda: scenes.remove(collection))
    assert (len(bpy.data.actions), len(bpy.data.objects)) == (0, 0)
    assert spent.pop("one more") < 0.5
    assert max(spent.values()) < 8, spent  # a second or so each on an idle machine
