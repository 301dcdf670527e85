"""What the panel's fields hold, kept with each scene."""

import bpy

SHADES = (
    ("colours", "Colours", "The bricks' own colours"),
    ("stress", "Stress", "Blue bricks are at ease, red ones near breaking"),
    ("clay", "Clay", "Light grey throughout"),
)
CRITERIA = (
    ("paper", "Paper", "The published test: strict, tall slender parts may fail"),
    ("equilibrium", "Equilibrium", "Stable when some balance of forces holds"),
)


class BricksSettings(bpy.types.PropertyGroup):
    """Fields of the panel."""

    prompt: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Prompt", description="What to build", default="a high-backed chair with four legs"
    )
    random_seed: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="New seed each time", description="Otherwise the same seed gives the same model", default=True
    )
    seed: bpy.props.IntProperty(name="Seed", min=0, default=1)  # type: ignore[valid-type]
    model: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Model", description="'nano', a Hugging Face folder, or a hub id", default="nano"
    )
    temperature: bpy.props.FloatProperty(  # type: ignore[valid-type]
        name="Creativity",
        description="Temperature of the language model: low is predictable, high adventurous",
        min=0.01,
        soft_max=1.5,
        max=2.0,
        default=0.6,
    )
    max_bricks: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Most bricks", min=1, max=100_000, soft_max=2000, default=2000
    )
    max_regenerations: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Most rollbacks",
        description="How often a model that would fall is rebuilt",
        min=0,
        max=1000,
        default=100,
    )
    criterion: bpy.props.EnumProperty(name="Stands when", items=CRITERIA)  # type: ignore[valid-type]
    keep_unfinished: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Keep unfinished models", description="Where the engine fails, keep the bricks that are there"
    )
    remove_count: bpy.props.IntProperty(name="Bricks", min=1, max=100_000, default=1)  # type: ignore[valid-type]
    bricks_per_second: bpy.props.FloatProperty(  # type: ignore[valid-type]
        name="Bricks a second", min=0.1, max=200.0, default=8.0
    )
    drop: bpy.props.BoolProperty(name="Drop in", default=True)  # type: ignore[valid-type]
    whole_layers: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Whole layers", description="All bricks of a layer appear at once"
    )
    turn_seconds: bpy.props.FloatProperty(  # type: ignore[valid-type]
        name="Seconds a turn", min=0.5, max=600.0, default=6.0
    )


CLASSES = (BricksSettings,)


def register() -> None:
    """Give every scene the fields."""
    bpy.types.Scene.bricks = bpy.props.PointerProperty(type=BricksSettings)


def unregister() -> None:
    """Take the fields off again."""
    del bpy.types.Scene.bricks
