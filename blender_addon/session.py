"""Runs in this Blender: a timer takes in what the engine says and brings the scenes up to date.

Nothing here is kept in Blender's data but the models; a run knows its collection by its lasting
name and looks it up each time, so that undo, renaming and deleting do no harm.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import bpy

from . import scene as scenes
from .discovery import Discovery
from .engine_process import EngineError, EngineProcess, find_engine
from .model import BrickModel
from .runs import Run, Runs, new_run_name

TICK_SECONDS = 0.1
IDLE_SECONDS = 300.0
"""After so long without a run the engine is let go: it holds the weights in memory."""


@dataclass
class _State:
    """What lives as long as the add-on is registered."""

    runs: Runs
    homes: dict[str, str]  # run -> collection's lasting name
    discovery: Discovery = field(default_factory=Discovery)
    last: Run | None = None
    last_active: float = 0.0
    problem: str = ""


def _start_engine() -> EngineProcess:
    return EngineProcess(find_engine(preferred_engine(), places()))


def preferred_engine() -> str:
    """The engine that the preferences name, empty where they do not."""
    return _preference("engine")


def library_wish() -> str:
    """The parts library that the preferences name, empty where they do not."""
    return _preference("ldraw_library")


def importldraw_wish() -> str:
    """The folder of ImportLDraw that the preferences name, empty where they do not."""
    return _preference("importldraw")


def _preference(name: str) -> str:
    entry = bpy.context.preferences.addons.get(__package__)
    return str(getattr(entry.preferences, name, "")) if entry is not None else ""


def places() -> list[str]:
    """Folders that may hold an environment: that of the open file."""
    return [str(Path(bpy.data.filepath).parent)] if bpy.data.filepath else []


_state = _State(Runs(_start_engine), {})


def active_runs() -> list[Run]:
    """Runs that are not over."""
    return _state.runs.active


def last_run() -> Run | None:
    """The run that changed last, to show what became of it."""
    return _state.last


def problem() -> str:
    """What kept the last command from being done, empty where nothing did."""
    return _state.problem


def tell(problem: str) -> None:
    """Show ``problem`` in the panel until the next run or command succeeds."""
    _state.problem = problem


def discovery() -> Discovery:
    """What is known about the engine."""
    return _state.discovery


def look_for_engine() -> None:
    """Find the engine that would be started, without starting it."""
    _state.discovery.look(preferred_engine(), places())


def test_engine() -> None:
    """Start an engine and hear who it is; the panel shows it as soon as it answers."""
    _state.discovery.test(preferred_engine(), places())
    _watch()


def run_in(collection: bpy.types.Collection) -> Run | None:
    """The run in progress that builds in ``collection``."""
    identity = collection.get(scenes.IDENTITY)
    return next((run for run in active_runs() if _state.homes.get(run.name) == identity), None)


def begin(collection: bpy.types.Collection, kind: str, request: dict[str, Any], *, keep: bool = False) -> Run:
    """Begin a run that builds or judges what is in ``collection``.

    Raises:
        EngineError: there is no engine, or a run is in there already.
        ValueError: the collection's model cannot be read.
    """
    if run_in(collection) is not None:
        raise EngineError("this model is being built already; stop that run first")
    run = Run(new_run_name(), scenes.read_model(collection), kind, keep=keep)
    _state.runs.begin(run, request)
    _state.homes[run.name] = collection[scenes.IDENTITY]
    _state.last, _state.last_active, _state.problem = run, time.monotonic(), ""
    _watch()
    return run


def _watch() -> None:
    """Let the timer run where timers fire."""
    if not bpy.app.background and not bpy.app.timers.is_registered(_on_timer):
        bpy.app.timers.register(_on_timer, first_interval=TICK_SECONDS, persistent=True)


def cancel(run: Run) -> None:
    """End a run after the brick in hand."""
    _state.runs.cancel(run)


def tick() -> list[Run]:
    """Take in what the engine said and show it; the runs that changed."""
    changed = _state.runs.update()
    if _state.runs.hello is not None and changed:
        _state.discovery.heard(_state.runs.hello)
    for run in changed:
        _state.last = run
        _show(run)
    if active_runs():
        _state.last_active = time.monotonic()
    return changed


def wait(run: Run, seconds: float = 3600.0) -> None:
    """Tick until ``run`` is over, for scripts and ``blender -b``, where timers do not fire.

    Raises:
        EngineError: it takes longer than ``seconds``.
    """
    until = time.monotonic() + seconds
    while not run.over:
        if time.monotonic() > until:
            cancel(run)
            raise EngineError(f"the run took longer than {seconds:g} seconds and was cancelled")
        if not tick():
            time.sleep(0.01)


def _on_timer() -> float | None:
    changed = tick()
    answered = _state.discovery.update()
    if changed or answered or active_runs():  # the clock of a run goes on
        _redraw()
    if active_runs() or _state.discovery.busy:
        return TICK_SECONDS
    if time.monotonic() - _state.last_active > IDLE_SECONDS:
        _state.runs.close()
    return 1.0 if _state.runs.engine is not None else None


def _show(run: Run) -> None:
    """Bring the run's collection up to date; a run whose collection is gone is cancelled."""
    collection = scenes.collection_of(_state.homes.get(run.name, ""))
    if collection is None:
        if not run.over:
            run.keep = True
            cancel(run)
            run.message = "stopped, since its collection is gone"
    elif run.kind == "check":
        _show_check(collection, run)
    elif run.state == "failed" and not run.model.bricks:
        scenes.remove(collection)
    else:
        scenes.sync(collection, run.model, 0 if run.over else run.changed_from)
        run.changed_from = len(run.model.bricks)
    if run.over:
        _state.homes.pop(run.name, None)
        _remember(run)


def _show_check(collection: bpy.types.Collection, run: Run) -> None:
    """Write a verdict onto the model, if it still has the bricks that were judged."""
    model = scenes.read_model(collection)
    if run.state == "finished" and model.bricks == run.model.bricks:
        model.report = run.model.report
        if collection.get(scenes.LOOK) == "bricks":
            scenes.sync(collection, model)
        else:
            scenes.write_model(collection, model)


def _remember(run: Run) -> None:
    """Make one undo step of a whole run."""
    window = next(iter(bpy.context.window_manager.windows), None)
    message = f"Bricks: {run.kind}"
    if window is None:  # in the background
        if bpy.ops.ed.undo_push.poll():
            bpy.ops.ed.undo_push(message=message)
        return
    with bpy.context.temp_override(window=window):
        bpy.ops.ed.undo_push(message=message)


def _redraw() -> None:
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                area.tag_redraw()


@bpy.app.handlers.persistent
def _before_load(*_: object) -> None:
    """Another file is about to be opened: what is running builds in this one, so end it."""
    abandon()


def abandon() -> None:
    """Forget every run and let the engine go."""
    _state.runs.abandon()
    _state.homes.clear()
    _state.last = None
    if bpy.app.timers.is_registered(_on_timer):
        bpy.app.timers.unregister(_on_timer)


def register() -> None:
    """Watch for files that are opened, and find the engine once Blender has its preferences."""
    bpy.app.handlers.load_pre.append(_before_load)
    if not bpy.app.background:
        bpy.app.timers.register(look_for_engine, first_interval=0.5)


def unregister() -> None:
    """End everything and watch no more."""
    abandon()
    if bpy.app.timers.is_registered(look_for_engine):
        bpy.app.timers.unregister(look_for_engine)
    bpy.app.handlers.load_pre[:] = [h for h in bpy.app.handlers.load_pre if h is not _before_load]


def use_starter(start: Callable[[], EngineProcess]) -> None:
    """Start engines some other way, from the next one on."""
    _state.runs.abandon()
    _state.runs = Runs(start)


def model_name(prompt: str) -> str:
    """A collection's name for a prompt."""
    return " ".join(prompt.split())[:48] or "Bricks"


def start_model(context: bpy.types.Context, prompt: str) -> bpy.types.Collection:
    """An empty model for ``prompt`` in the current scene."""
    return scenes.new_collection(model_name(prompt), BrickModel(prompt=prompt), context.scene)


def environment() -> dict[str, str]:
    """The variables of this process."""
    return dict(os.environ)
