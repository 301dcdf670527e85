"""The add-on inside Blender: run with a Python that has ``bpy``, in ``blender -b``, or skipped."""

import time

import pytest

bpy = pytest.importorskip("bpy")

import blender_addon
from blender_addon import importing, session
from blender_addon import scene as scenes
from blender_addon.engine_process import EngineProcess
from blender_addon.model import Brick, BrickModel

pytestmark = [pytest.mark.blender, pytest.mark.usefixtures("addon")]
BRICKS = [[2, 4, 4, 5, 0], [2, 2, 3, 6, 1], [4, 2, 1, 7, 2]]


def use(program):
    session.use_starter(lambda: EngineProcess(program))


def models():
    return list(scenes.collections(bpy.context.scene))


def rows(collection):
    return [brick.row for brick in scenes.read_model(collection).bricks]


def ours(collection):
    return [obj for obj in collection.objects if scenes.INDEX in obj]


def test_registering_twice_leaves_nothing_behind():
    blender_addon.unregister()
    before = set(dir(bpy.types)), len(bpy.app.handlers.load_pre), hasattr(bpy.types.Scene, "bricks")
    assert not [name for name in before[0] if name.startswith("BRICKS_")]
    assert not before[2]
    blender_addon.register()
    assert hasattr(bpy.types.Scene, "bricks")
    blender_addon.unregister()
    after = set(dir(bpy.types)), len(bpy.app.handlers.load_pre), hasattr(bpy.types.Scene, "bricks")
    assert after == before
    blender_addon.register()


# --- the scene


def test_bricks_lie_where_the_file_has_them(tower):
    collection, left_out = importing.import_bricks(tower, bpy.context.scene)
    assert left_out == []
    objects = scenes.build_order(collection)
    expected = [(1.0, 1.4, 0.24), (0.8, 1.4, 0.48), (0.6, 1.6, 0.72), (0.6, 1.5, 0.96)]
    for obj, place in zip(objects, expected, strict=True):
        assert tuple(obj.location) == pytest.approx(place)
    bpy.context.view_layer.update()
    box = [objects[0].matrix_world @ scenes.Vector(corner) for corner in objects[0].bound_box]
    size = [max(c[axis] for c in box) - min(c[axis] for c in box) for axis in range(3)]
    assert size == pytest.approx((0.395, 0.795, 0.28), abs=1e-4)  # 2 studs along x, 4 along y


def test_equal_bricks_share_a_mesh_and_colours_a_material():
    model = BrickModel([Brick(2, 4, 0, 0, z, 4) for z in range(3)] + [Brick(4, 2, 4, 0, 0, 1)])
    collection = scenes.new_collection("x", model, bpy.context.scene)
    scenes.sync(collection, model)
    assert {obj.data.name for obj in collection.objects} == {"Brick 2x4"}
    names = [obj.material_slots[0].material.name for obj in scenes.build_order(collection)]
    assert names == ["Bricks 4 Red"] * 3 + ["Bricks 1 Blue"]


def test_materials_are_what_the_colours_say(tower):
    collection, _ = importing.import_bricks(tower, bpy.context.scene)
    shaders = []
    for obj in scenes.build_order(collection):
        nodes = obj.material_slots[0].material.node_tree.nodes
        shaders.append(next(node for node in nodes if node.type == "BSDF_PRINCIPLED"))
    red, chrome, clear, _ = shaders
    assert tuple(red.inputs["Base Color"].default_value)[:3] == pytest.approx((0.4564, 0, 0), abs=1e-3)
    assert (red.inputs["Metallic"].default_value, chrome.inputs["Metallic"].default_value) == (0.0, 1.0)
    name = "Transmission Weight" if "Transmission Weight" in clear.inputs else "Transmission"
    assert clear.inputs[name].default_value > 0.5
    assert red.inputs[name].default_value == 0


def test_sync_is_idempotent_and_leaves_what_a_person_moved():
    model = BrickModel([Brick(2, 4, 0, 0, 0, 4), Brick(2, 2, 0, 0, 1, 4)])
    collection = scenes.new_collection("x", model, bpy.context.scene)
    scenes.sync(collection, model)
    before = {obj.name: obj.as_pointer() for obj in collection.objects}
    scenes.build_order(collection)[0].location.x = 9
    model.bricks.append(Brick(1, 1, 0, 0, 2, 4))
    scenes.sync(collection, model)
    after = {obj.name: obj.as_pointer() for obj in collection.objects}
    assert set(before.items()) < set(after.items())
    assert scenes.build_order(collection)[0].location.x == 9
    model.cut(1)
    scenes.sync(collection, model)
    assert len(collection.objects) == 1


def test_five_hundred_bricks_take_little_time():
    model = BrickModel([Brick(2, 4, 2 * (n % 25), 4 * (n // 25), 0, 4) for n in range(500)])
    collection = scenes.new_collection("many", model, bpy.context.scene)
    began = time.process_time()
    scenes.sync(collection, model)
    assert time.process_time() - began < 0.5  # 0.1 s on an idle machine
    assert len(collection.objects) == 500


def test_the_model_survives_saving(tmp_path, tower):
    importing.import_bricks(tower, bpy.context.scene)
    before = rows(models()[0])
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "x.blend"))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "x.blend"))
    assert rows(models()[0]) == before


def test_stress_as_colours():
    model = BrickModel([Brick(2, 4, 0, 0, 0, 4), Brick(2, 2, 0, 0, 1, 4)])
    collection = scenes.new_collection("x", model, bpy.context.scene)
    scenes.sync(collection, model)
    with pytest.raises(ValueError, match="press Check"):
        scenes.shade(collection, "stress")
    model.report = {"status": "stable", "stable": True, "stress": [0.0, 1.0]}
    scenes.write_model(collection, model)
    scenes.shade(collection, "stress")
    names = [obj.material_slots[0].material.name for obj in scenes.build_order(collection)]
    assert names == ["Bricks stress 0.000", "Bricks stress 1.000"]
    scenes.shade(collection, "colours")
    assert {o.material_slots[0].material.name for o in collection.objects} == {"Bricks 4 Red"}


# --- generating


def test_generate_puts_a_model_into_the_scene(fake_engine):
    use(fake_engine())
    assert bpy.ops.bricks.generate(prompt="a tower", seed=4) == {"FINISHED"}
    (collection,) = models()
    assert rows(collection) == BRICKS
    assert len(ours(collection)) == 3
    model = scenes.read_model(collection)
    assert (model.prompt, model.seed, model.stable) == ("a tower", 7, True)


def test_continue_check_and_taking_bricks_off(fake_engine):
    use(fake_engine())
    bpy.ops.bricks.generate(prompt="a tower")
    (collection,) = models()
    assert bpy.ops.bricks.remove_last(count=2) == {"FINISHED"}
    assert (rows(collection), len(ours(collection))) == (BRICKS[:1], 1)
    assert scenes.read_model(collection).stable is None
    assert bpy.ops.bricks.check() == {"FINISHED"}
    assert scenes.read_model(collection).stress == [0.5]
    assert bpy.ops.bricks.continue_model() == {"FINISHED"}
    assert len(ours(collection)) == len(rows(collection)) == 4


@pytest.mark.parametrize("keep", [False, True])
def test_a_crash_leaves_nothing_half_done_unless_it_is_kept(fake_engine, keep):
    use(fake_engine(at=2, do="crash"))
    bpy.context.scene.bricks.keep_unfinished = keep
    with pytest.raises(RuntimeError, match="out of luck"):
        bpy.ops.bricks.generate(prompt="a tower")
    assert [rows(one) for one in models()] == ([BRICKS[:2]] if keep else [])
    assert len(bpy.data.objects) == (2 if keep else 0)


def test_a_crash_in_continuing_gives_the_old_bricks_back(fake_engine):
    use(fake_engine())
    bpy.ops.bricks.generate(prompt="a tower")
    use(fake_engine(at=2, do="crash"))
    with pytest.raises(RuntimeError, match="out of luck"):
        bpy.ops.bricks.continue_model()
    assert rows(models()[0]) == BRICKS
    assert len(ours(models()[0])) == 3


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ({"at": 2, "do": "half"}, "ended with code 0"),
        ({"at": 1, "do": "nonsense"}, "makes no sense"),
        ({"protocol": 2}, "protocol 2 and this add-on 1"),
        ({"at": 1, "do": "killed"}, "signal 9"),
    ],
)
def test_whatever_becomes_of_the_engine_nothing_half_done_stays(fake_engine, script, says):
    use(fake_engine(**script))
    with pytest.raises(RuntimeError, match=says):
        bpy.ops.bricks.generate(prompt="a tower")
    assert (models(), len(bpy.data.objects)) == ([], 0)
    assert says in session.last_run().message
    use(fake_engine())
    assert bpy.ops.bricks.generate(prompt="a tower") == {"FINISHED"}


def test_the_engine_is_tried_and_introduced(fake_engine, monkeypatch):
    monkeypatch.setenv("BRICKGPT_ENGINE", fake_engine())
    assert bpy.ops.bricks.test_engine() == {"FINISHED"}
    assert session.discovery().line.startswith("Fake 9, model ?: ")
    monkeypatch.setenv("BRICKGPT_ENGINE", "/no/such/engine")
    with pytest.raises(RuntimeError, match="pip install"):
        bpy.ops.bricks.test_engine()
    assert session.discovery().found is False


def test_without_an_engine_one_sentence_says_what_to_do(monkeypatch):
    session.use_starter(session._start_engine)
    monkeypatch.setenv("BRICKGPT_ENGINE", "/no/such/engine")
    with pytest.raises(RuntimeError, match="pip install"):
        bpy.ops.bricks.generate(prompt="a tower")
    assert models() == []
    assert "pip install" in session.problem()


def test_a_run_is_one_step_of_undo_and_redo(fake_engine):
    use(fake_engine())
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.bricks.generate(prompt="a tower")
    assert bpy.ops.ed.undo() == {"FINISHED"}
    assert models() == []
    assert bpy.ops.ed.redo() == {"FINISHED"}
    (collection,) = models()
    assert rows(collection) == BRICKS
    assert len(ours(collection)) == 3
    assert bpy.ops.bricks.remove_last(count=1) == {"FINISHED"}  # and one can go on working with it
    assert len(ours(models()[0])) == 2


def pump(until):
    for _ in range(3000):
        session.tick()
        if until():
            return
        time.sleep(0.01)
    raise AssertionError("nothing came")


def start(fake_engine, **script):
    use(fake_engine(**script))
    collection = session.start_model(bpy.context, "a tower")
    return collection, session.begin(collection, "generate", {"prompt": "a tower", "config": {}})


def test_bricks_appear_while_the_engine_builds_and_stop_keeps_them(fake_engine):
    collection, run = start(fake_engine, at=2, do="hang")
    pump(lambda: len(ours(collection)) == 2)
    assert not run.over
    session.cancel(run)
    pump(lambda: run.over)
    assert (run.state, rows(collection)) == ("cancelled", BRICKS[:2])


def test_a_collection_that_is_deleted_stops_its_run(fake_engine):
    collection, run = start(fake_engine, at=2, do="hang")
    scenes.remove(collection)
    pump(lambda: run.over)
    assert models() == []


def test_opening_a_file_ends_what_runs(fake_engine):
    _, run = start(fake_engine, at=2, do="hang")
    pump(lambda: len(run.model.bricks) == 2)
    bpy.ops.wm.read_homefile(use_empty=True)
    assert session.active_runs() == []
    session.tick()
    assert models() == []


def test_two_models_side_by_side(fake_engine):
    use(fake_engine())
    first, second = (session.start_model(bpy.context, name) for name in ("one", "two"))
    runs = [session.begin(one, "generate", {"prompt": "x", "config": {}}) for one in (first, second)]
    pump(lambda: all(run.over for run in runs))
    assert rows(first) == rows(second) == BRICKS
    assert not {o.name for o in first.objects} & {o.name for o in second.objects}


def test_the_real_engine_builds_a_model(real_engine):
    use(real_engine)
    bpy.context.scene.bricks.max_bricks = 15
    assert bpy.ops.bricks.generate(prompt="a small red table", seed=1) == {"FINISHED"}
    (collection,) = models()
    model = scenes.read_model(collection)
    assert 0 < len(model.bricks) == len(ours(collection)) <= 15
    assert {brick.colour for brick in model.bricks} == {4}
    assert len(model.stress) == len(model.bricks)
