"""Commands on models: generate, stop, continue, take bricks off, check, colour. Thin throughout."""

import time

import bpy

from . import scene as scenes
from . import session
from .engine_process import EngineError
from .properties import SHADES

_ERRORS = (EngineError, ValueError, RuntimeError)


def refuse(operator: bpy.types.Operator, reason: Exception | str) -> set:
    """Report why nothing was done, keep it in the panel; the operator's answer."""
    session.tell(str(reason))
    operator.report({"ERROR"}, str(reason))
    return {"CANCELLED"}


def _report_end(operator: bpy.types.Operator, run: session.Run) -> set:
    """Report how a run ended; the operator's answer."""
    failed = run.state == "failed"
    operator.report({"ERROR" if failed else "INFO"}, run.message)
    return {"CANCELLED"} if failed else {"FINISHED"}


class _RunOperator(bpy.types.Operator):
    """Base of operators that begin a run: it goes on behind a window; ``blender -b`` waits for it."""

    bl_options = {"REGISTER"}
    _run = _timer = None

    def begin(self, context: bpy.types.Context, kind: str, collection, request: dict) -> set:
        """Begin a run in ``collection``."""
        keep = context.scene.bricks.keep_unfinished
        run = session.begin(collection, kind, request, keep=keep)
        if bpy.app.background:
            session.wait(run)
            return _report_end(self, run)
        if context.window is None:  # called by a timer: nobody hears a report
            return {"FINISHED"}
        self._run = run
        self._timer = context.window_manager.event_timer_add(0.25, window=context.window)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set:
        """Let everything pass, and report once the run is over; the session's timer does the work."""
        if event.type != "TIMER" or not self._run.over:
            return {"PASS_THROUGH"}
        context.window_manager.event_timer_remove(self._timer)
        return _report_end(self, self._run)

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender closes the window or the file."""
        context.window_manager.event_timer_remove(self._timer)


class BRICKS_OT_generate(_RunOperator):
    """Build a brick model for a sentence."""

    bl_idname, bl_label = "bricks.generate", "Generate"

    prompt: bpy.props.StringProperty(name="Prompt", description="Empty: the panel's")  # type: ignore[valid-type]
    seed: bpy.props.IntProperty(name="Seed", description="-1: as the panel says", min=-1, default=-1)  # type: ignore[valid-type]

    def execute(self, context: bpy.types.Context) -> set:
        """Make a collection and begin a run in it."""
        prompt = self.prompt or context.scene.bricks.prompt
        collection = session.start_model(context, prompt)
        request = {"prompt": prompt, "config": _config(context.scene.bricks, self.seed)}
        try:
            return self.begin(context, "generate", collection, request)
        except _ERRORS as error:
            if scenes.collection_of(collection[scenes.IDENTITY]) is not None:
                scenes.remove(collection)
            return refuse(self, error)


def _config(settings, seed: int = -1) -> dict:
    """The panel's options by the engine's names."""
    config = {
        "model_name_or_path": settings.model,
        "temperature": round(settings.temperature, 4),
        "max_temperature": max(2.0, round(settings.temperature, 4)),
        "max_bricks": settings.max_bricks,
        "max_regenerations": settings.max_regenerations,
        "criterion": settings.criterion,
    }
    if seed >= 0:
        return config | {"seed": seed}
    return config if settings.random_seed else config | {"seed": settings.seed}


class _ModelOperator(_RunOperator):
    """Base of operators on the model that a person means."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Whether there is a model."""
        return scenes.active_collection(context) is not None

    def execute(self, context: bpy.types.Context) -> set:
        """Do it, and tell what went wrong."""
        try:
            session.tell("")
            return self.work(context, scenes.active_collection(context))
        except _ERRORS as error:
            return refuse(self, error)


def _editable(collection) -> scenes.BrickModel:
    """The model in a collection whose bricks are ours."""
    if collection.get(scenes.LOOK) != "bricks":
        raise ValueError("the model has the parts of the LDraw library; import it as bricks to change it")
    return scenes.read_model(collection)


class BRICKS_OT_continue(_ModelOperator):
    """Go on building from the bricks that are there."""

    bl_idname, bl_label = "bricks.continue_model", "Continue"

    prompt: bpy.props.StringProperty(name="Prompt", description="Empty: the model's own")  # type: ignore[valid-type]

    def work(self, context: bpy.types.Context, collection) -> set:
        """Begin a run from the collection's bricks."""
        model = _editable(collection)
        prompt = self.prompt or model.prompt or context.scene.bricks.prompt
        config = _config(context.scene.bricks) | _world(model)
        request = {"prompt": prompt, "bricks": [brick.row for brick in model.bricks], "config": config}
        return self.begin(context, "continue", collection, request)


def _world(model: scenes.BrickModel) -> dict:
    """A world that holds the model: that of its generation, or the smallest from 20 on."""
    highest = [max(b.x + b.h, b.y + b.w, b.z + 1) for b in model.bricks]
    return {"world_dim": max(int(model.config.get("world_dim", 20)), *highest, 20)}


class BRICKS_OT_check(_ModelOperator):
    """Compute the forces on every stud: does the model stand?"""

    bl_idname, bl_label = "bricks.check", "Check"

    def work(self, context: bpy.types.Context, collection) -> set:
        """Begin a check of the collection's bricks."""
        model = scenes.read_model(collection)
        config = {"criterion": context.scene.bricks.criterion} | _world(model)
        request = {"bricks": [brick.row for brick in model.bricks], "config": config}
        return self.begin(context, "check", collection, request)


class BRICKS_OT_stop(bpy.types.Operator):
    """Stop building; the bricks that are there stay."""

    bl_idname, bl_label = "bricks.stop", "Stop"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Whether something runs."""
        return bool(session.active_runs())

    def execute(self, context: bpy.types.Context) -> set:
        """Cancel every run."""
        for run in session.active_runs():
            session.cancel(run)
        return {"FINISHED"}


class BRICKS_OT_remove_last(_ModelOperator):
    """Take the last bricks off."""

    bl_idname, bl_label = "bricks.remove_last", "Undo last bricks"
    bl_options = {"REGISTER", "UNDO"}

    count: bpy.props.IntProperty(name="Bricks", min=1, max=100_000, default=1)  # type: ignore[valid-type]

    def work(self, context: bpy.types.Context, collection) -> set:
        """Cut the model and bring the scene up to date."""
        if session.run_in(collection) is not None:
            raise ValueError("the model is being built; stop that first")
        model = _editable(collection)
        model.cut(max(0, len(model.bricks) - self.count))
        scenes.sync(collection, model)
        self.report({"INFO"}, f"{len(model.bricks)} bricks are left")
        return {"FINISHED"}


class BRICKS_OT_shade(_ModelOperator):
    """Show the bricks' colours, or the stress on them."""

    bl_idname, bl_label = "bricks.shade", "Colour by"
    bl_options = {"REGISTER", "UNDO"}

    how: bpy.props.EnumProperty(name="Colour by", items=SHADES)  # type: ignore[valid-type]

    def work(self, context: bpy.types.Context, collection) -> set:
        """Colour the collection."""
        scenes.shade(collection, self.how)
        return {"FINISHED"}


class BRICKS_OT_test_engine(bpy.types.Operator):
    """Find the engine, start it, and show its version."""

    bl_idname, bl_label = "bricks.test_engine", "Test the engine"

    def execute(self, context: bpy.types.Context) -> set:
        """Begin the test; in ``blender -b`` wait for the answer and report it."""
        session.test_engine()
        if not bpy.app.background:  # the panel shows what comes
            return {"FINISHED"}
        known = session.discovery()
        while not known.update():
            time.sleep(0.02)
        if not known.found:
            return refuse(self, known.line)
        self.report({"INFO"}, known.line)
        return {"FINISHED"}


CLASSES = (
    BRICKS_OT_generate,
    BRICKS_OT_continue,
    BRICKS_OT_check,
    BRICKS_OT_stop,
    BRICKS_OT_remove_last,
    BRICKS_OT_shade,
    BRICKS_OT_test_engine,
)
