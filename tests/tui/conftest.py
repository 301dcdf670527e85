"""A studio with a scripted model behind it, and bricks that everyone can check in the head."""

import asyncio
import importlib.util
import inspect
import threading
from pathlib import Path

import pytest

from brickgpt_engine.bricks import Brick
from brickgpt_engine.generation import BrickGenerator, GenerationConfig

_SPEC = importlib.util.spec_from_file_location(
    "scripted_models", Path(__file__).parents[1] / "generation" / "conftest.py"
)
scripted_models = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(scripted_models)
END = scripted_models.END

TABLE = [
    *(f"2x2 ({x},{y},{z})" for x in (0, 6) for y in (0, 2) for z in range(3)),
    "2x4 (0,0,3)",
    "2x4 (6,0,3)",
    *(f"4x2 ({x},{y},4)" for x in (0, 4) for y in (0, 2)),
    "2x4 (3,0,5)",
]
"""Four legs, two beams, a top, and a brick that binds it: 19 bricks that stand."""
TABLE_BRICKS = tuple(Brick.parse(line) for line in TABLE)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """Run tests that are coroutines, each in an event loop of its own."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True


class Gate:
    """Lets the model write so many lines, however often it is asked for each; ``open`` lets it write all."""

    def __init__(self, lines):
        self.lines = lines
        self.all = threading.Event()

    def open(self):
        self.all.set()

    def wait(self, done):
        while done >= self.lines and not self.all.wait(0.01):
            pass


@pytest.fixture
def scripted():
    """Makes what the studio loads models with: lines in a row, or a function of the lines so far."""

    def make(lines=TABLE, gate=None):
        def script(done):
            if gate is not None:
                gate.wait(len(done))
            if callable(lines):
                return lines(done)
            rest = [*lines, END]
            return {rest[min(len(done), len(rest) - 1)]: 1.0}

        return lambda name, device, layers=-1: BrickGenerator(
            scripted_models.loaded(scripted_models.LineModel(script))
        )

    return make


@pytest.fixture
def quiet_home(tmp_path, monkeypatch):
    """No settings and no history but the test's own."""
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def studio(quiet_home, scripted):
    """Makes a studio over a scripted model, with settings of the test's own."""
    from brickgpt_tui.app import Opening, StudioApp
    from brickgpt_tui.settings import Settings

    def make(lines=TABLE, *, gate=None, load=None, opening=None, generation=None, **options):
        config = GenerationConfig(seed=7, **(generation or {}))
        settings = Settings(theme="brickgpt-dark", generation=config, **options)
        return StudioApp(opening or Opening(), settings=settings, load=load or scripted(lines, gate))

    return make


async def wait_for(pilot, condition, what, seconds=30.0):
    """Wait until ``condition()`` holds; fails saying ``what`` was expected."""
    import time

    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited in vain: {what}"
        await pilot.pause(0.02)
    await pilot.pause()


@pytest.fixture(name="wait_for")
def _wait_for():
    return wait_for


async def ready(pilot):
    """Wait until the screen is complete; answers with it."""
    screen = pilot.app.main
    await wait_for(pilot, lambda: screen.furnished, "the screen")
    return screen


@pytest.fixture(name="ready")
def _ready():
    return ready


async def build(pilot, prompt="a table"):
    """Type a prompt, press Enter, and wait for the end of the run and the verdict."""
    screen = await ready(pilot)
    before = screen.run_now
    screen.action_prompt()
    await pilot.pause()
    screen.prompt.value = prompt
    await pilot.press("enter")
    await wait_for(pilot, lambda: screen.run_now is not before, "the run begins")
    await wait_for(pilot, lambda: not screen.run_now.running, "the run ends")


@pytest.fixture(name="build")
def _build():
    return build


@pytest.fixture
def gate_of():
    """Makes a gate that lets so many lines through."""
    return Gate
