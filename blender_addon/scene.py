"""A brick model in the scene: one collection with an instance per brick, and the model's data upon it.

The collection's custom properties are the truth; objects are made to fit them by :func:`sync`,
which finds everything anew each time and may be called at any moment, after an undo as well.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Iterable, Iterator
from functools import lru_cache

import bpy
from mathutils import Euler, Matrix, Vector

from .materials import clay_material, colour_material, stress_material
from .model import SCALE, Brick, BrickModel
from .shapes import brick_shape

MODEL, IDENTITY, LOOK, SHADE = "bricks_model", "bricks_id", "bricks_look", "bricks_shade"
"""A collection's custom properties: model, lasting name, ``bricks`` or ``ldraw``, and the colouring."""
INDEX, STATE = "bricks_index", "bricks_state"
"""Custom properties of an object: position in build order, and what it was last made to be."""
SHADES = ("colours", "stress", "clay")
_NAME_LENGTH = 48


def new_collection(
    name: str, model: BrickModel, scene: bpy.types.Scene, look: str = "bricks"
) -> bpy.types.Collection:
    """A collection in ``scene`` for ``model``, still without objects."""
    collection = bpy.data.collections.new(name[:_NAME_LENGTH] or "Bricks")
    scene.collection.children.link(collection)
    collection[IDENTITY] = secrets.token_hex(8)
    collection[LOOK], collection[SHADE] = look, "colours"
    write_model(collection, model)
    return collection


def collections(scene: bpy.types.Scene) -> Iterator[bpy.types.Collection]:
    """The collections of ``scene`` that hold a brick model."""
    return (one for one in scene.collection.children_recursive if MODEL in one)


def collection_of(identity: str) -> bpy.types.Collection | None:
    """The collection with this lasting name, if any scene still has it."""
    found = (one for one in bpy.data.collections if one.get(IDENTITY) == identity)
    return next((one for one in found if any(_shows(scene, one) for scene in bpy.data.scenes)), None)


def _shows(scene: bpy.types.Scene, collection: bpy.types.Collection) -> bool:
    return any(child == collection for child in scene.collection.children_recursive)


def active_collection(context: bpy.types.Context) -> bpy.types.Collection | None:
    """The model that a person means: of the active object or collection, else the last that there is."""
    candidates = list(collections(context.scene))
    active = context.view_layer.objects.active if context.view_layer else None
    if active is not None:
        owner = next((one for one in candidates if one in active.users_collection), None)
        if owner is not None:
            return owner
    chosen = context.view_layer.active_layer_collection if context.view_layer else None
    if chosen is not None and chosen.collection in candidates:
        return chosen.collection
    return candidates[-1] if candidates else None


def read_model(collection: bpy.types.Collection) -> BrickModel:
    """The model on a collection.

    Raises:
        ValueError: it cannot be read.
    """
    return BrickModel.loads(str(collection.get(MODEL, "")))


@lru_cache(maxsize=8)
def facts(text: str) -> tuple[str, ...]:
    """Lines of how many bricks there are, whether they stand, and the seed, of a model on a collection.

    Raises:
        ValueError: it cannot be read.
    """
    model = BrickModel.loads(text)
    verdict = {True: "stands", False: "does not stand", None: "not checked"}[model.stable]
    seed = () if model.seed is None else (f"seed {model.seed}",)
    return (f"{len(model.bricks)} bricks, {verdict}", *seed)


def write_model(collection: bpy.types.Collection, model: BrickModel) -> None:
    """Put a model on a collection."""
    collection[MODEL] = model.dumps()


def brick_mesh(size: tuple[int, int]) -> bpy.types.Mesh:
    """The mesh of a brick, longer side first, made once and found again by name."""
    name = f"Brick {size[1]}x{size[0]}"
    mesh = bpy.data.meshes.get(name)
    if mesh is not None and mesh.get("bricks_mesh"):
        return mesh
    shape = brick_shape(*size)
    mesh = bpy.data.meshes.new(name)
    mesh["bricks_mesh"] = True
    mesh.from_pydata([tuple(SCALE * value for value in point) for point in shape.points], [], shape.faces)
    mesh.polygons.foreach_set("use_smooth", shape.smooth)
    sharp = shape.sharp_edges()
    mesh.edges.foreach_set("use_edge_sharp", [tuple(sorted(edge.vertices)) in sharp for edge in mesh.edges])
    if hasattr(mesh, "use_auto_smooth"):  # until 4.0; later Blenders heed sharp edges by themselves
        mesh.use_auto_smooth, mesh.auto_smooth_angle = True, math.pi
    mesh.materials.append(None)
    mesh.update()
    return mesh


def sync(collection: bpy.types.Collection, model: BrickModel, since: int = 0) -> None:
    """Make the collection's objects those of ``model`` and put the model on it.

    Objects whose brick did not change are left as they are, wherever a person may have moved them.
    The caller may know that no brick before the index ``since`` changed; those are not looked at then.
    """
    write_model(collection, model)
    present = {obj[INDEX]: obj for obj in collection.objects if INDEX in obj}
    if not all(index in present for index in range(since)):  # after an undo, or a person deleted some
        since = 0
    materials = _materials(model, str(collection.get(SHADE, "colours")))
    for index in range(since):
        del present[index]
    for index in range(since, len(model.bricks)):
        _fit(collection, model, index, model.bricks[index], materials[index], present.pop(index, None))
    _discard(present.values())


def _discard(blocks: Iterable[bpy.types.ID]) -> None:
    """Take objects or collections out of the file all at once: one by one takes minutes for thousands."""
    bpy.data.batch_remove(set(blocks))


def _materials(model: BrickModel, shade: str) -> list[bpy.types.Material]:
    stress = model.stress
    if shade == "clay":
        return [clay_material()] * len(model.bricks)
    if shade == "stress" and stress is not None:
        return [stress_material(value) for value in stress]
    made = {code: colour_material(code) for code in {brick.colour for brick in model.bricks}}
    return [made[brick.colour] for brick in model.bricks]


def _fit(
    collection: bpy.types.Collection,
    model: BrickModel,
    index: int,
    brick: Brick,
    material: bpy.types.Material,
    obj: bpy.types.Object | None,
) -> None:
    """Make one object, or bring it up to date."""
    state = f"{brick} {model.offset}"
    if obj is None or obj.get(STATE) != state:
        mesh = brick_mesh(brick.size)
        if obj is None:
            obj = bpy.data.objects.new(f"{index + 1:04d} {brick}", mesh)
            obj[INDEX] = index
            collection.objects.link(obj)
        obj.name, obj.data = f"{index + 1:04d} {brick}", mesh
        obj.location = model.place(brick)
        obj.rotation_euler = Euler((0.0, 0.0, math.pi / 2 if brick.along_y else 0.0))
        obj[STATE] = state
    slot = obj.material_slots[0]
    if slot.material != material or slot.link != "OBJECT":
        slot.link, slot.material = "OBJECT", material


def remove(collection: bpy.types.Collection) -> None:
    """Take a model out of the file: its objects and its collection."""
    _discard([*collection.all_objects, *collection.children_recursive, collection])


def shade(collection: bpy.types.Collection, how: str) -> None:
    """Colour a model by one of :data:`SHADES`.

    Raises:
        ValueError: there is no such colouring, or the model has none of our bricks, or nobody judged it.
    """
    model = read_model(collection)
    if how not in SHADES:
        raise ValueError(f"there is no colouring {how!r}; use one of {', '.join(SHADES)}")
    if how == "stress" and model.stress is None:
        raise ValueError("the stress of these bricks is not known; press Check first")
    if collection.get(LOOK) != "bricks":
        raise ValueError("the model has the parts of the LDraw library; import it as bricks to colour it")
    collection[SHADE] = how
    sync(collection, model)


def bounds(objects: list[bpy.types.Object]) -> tuple[Vector, Vector]:
    """Lowest and highest corner of the box around ``objects``; zeros for none."""
    corners = [
        matrix_of(obj) @ Vector(corner) for obj in objects if obj.type == "MESH" for corner in obj.bound_box
    ]
    if not corners:
        return Vector((0, 0, 0)), Vector((0, 0, 0))
    low = Vector([min(corner[axis] for corner in corners) for axis in range(3)])
    high = Vector([max(corner[axis] for corner in corners) for axis in range(3)])
    return low, high


def brick_centres(collection: bpy.types.Collection) -> list[tuple[float, float, float]]:
    """Centre of the box around each brick, studs included, in build order."""
    centres = []
    for obj in build_order(collection):
        corners = [Vector(corner) for corner in obj.bound_box]
        centres.append(tuple(matrix_of(obj) @ ((corners[0] + corners[6]) / 2)))
    return centres


def build_order(collection: bpy.types.Collection) -> list[bpy.types.Object]:
    """The objects that are bricks, in build order: ours by their number, others by their name."""
    meshes = [obj for obj in collection.all_objects if obj.type == "MESH" and len(obj.data.vertices)]
    return sorted(meshes, key=lambda obj: (obj.get(INDEX, -1), obj.name))


def matrix_of(obj: bpy.types.Object) -> Matrix:
    """The world matrix by the object's own settings and parents, without waiting for an update."""
    own = obj.matrix_basis
    return own if obj.parent is None else matrix_of(obj.parent) @ obj.matrix_parent_inverse @ own
