"""Pictures, films and 3D files by Blender, run as a program of its own and without a window.

Blender is either the ``bpy`` wheel of this Python or a ``blender`` on the path; it runs the script
``headless.py`` of the add-on, which is never imported here.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from brickgpt_engine.bricks import BrickStructure
from brickgpt_engine.errors import BrickGPTError, ConfigError, InputError, OutputError
from brickgpt_engine.formats import atomic, ldraw

ENGINES = ("cycles", "eevee", "workbench")
STYLES = ("colours", "stress", "clay")
ANIMATIONS = ("none", "build", "turntable", "both")
PARTS = ("bricks", "ldraw")
KINDS = (".png", ".mp4", ".glb", ".stl")
"""Extensions that Blender can make; a folder gets the frames of an animation as PNG."""
MIN_SIZE, MAX_SIZE = 16, 8192
BLENDER_VARIABLE = "BRICKGPT_BLENDER"
_LAST_LINES = 400
_EXIT_INPUT = 3


class NoBlenderError(ConfigError):
    """There is no Blender to render with."""


@dataclass(frozen=True, kw_only=True)
class RenderOptions:
    """What is made, and how.

    Attributes:
        width, height: of pictures, in pixels.
        samples: per pixel; 0 for what suits the machine.
        engine: one of :data:`ENGINES`; only ``cycles`` needs neither GPU nor window system.
        elevation, azimuth: of the camera, in degrees: above the horizon, and from +x towards +y.
        style: one of :data:`STYLES`.
        transparent: no ground and no background but a shadow.
        animation: one of :data:`ANIMATIONS`.
        bricks_per_second: of the build animation.
        turn_seconds: of the turntable.
        drop: bricks fall into their places.
        parts: ``bricks`` for our own geometry, ``ldraw`` for that of a parts library, by ImportLDraw.
        library: folder of the parts library; empty for the usual places.

    Raises:
        ConfigError: a value cannot be; the message names it.
    """

    width: int = 1024
    height: int = 1024
    samples: int = 0
    engine: str = "cycles"
    elevation: float = 22.0
    azimuth: float = -55.0
    style: str = "colours"
    transparent: bool = False
    animation: str = "none"
    bricks_per_second: float = 12.0
    turn_seconds: float = 4.0
    drop: bool = True
    parts: str = "bricks"
    library: str = ""

    def __post_init__(self) -> None:
        choices = {"engine": ENGINES, "style": STYLES, "animation": ANIMATIONS, "parts": PARTS}
        for name, known in choices.items():
            if getattr(self, name) not in known:
                raise ConfigError(f"{name} is {getattr(self, name)!r}; it must be one of {', '.join(known)}")
        ranges = {
            "width": (MIN_SIZE, MAX_SIZE),
            "height": (MIN_SIZE, MAX_SIZE),
            "samples": (0, 65536),
            "elevation": (-89.0, 89.0),
            "azimuth": (-360.0, 360.0),
            "bricks_per_second": (0.1, 1000.0),
            "turn_seconds": (0.1, 3600.0),
        }
        for name, (low, high) in ranges.items():
            if not low <= getattr(self, name) <= high:
                raise ConfigError(f"{name} is {getattr(self, name)}; it must be between {low} and {high}")
        if self.parts == "ldraw" and self.style != "colours":
            raise ConfigError(f"style {self.style} is for our own bricks; leave out parts 'ldraw'")

    def words(self) -> list[str]:
        """The arguments of ``headless.py`` that say this."""
        numbers = {
            "width": self.width,
            "height": self.height,
            "samples": self.samples,
            "elevation": self.elevation,
            "azimuth": self.azimuth,
            "bricks-per-second": self.bricks_per_second,
            "turn-seconds": self.turn_seconds,
            "engine": self.engine,
            "style": self.style,
            "animation": self.animation,
            "library": self.library,
        }
        switches = {
            "transparent": self.transparent,
            "no-drop": not self.drop,
            "importldraw": self.parts == "ldraw",
        }
        return [f"--{name}={value}" for name, value in numbers.items()] + [
            f"--{name}" for name, wanted in switches.items() if wanted
        ]


def script() -> Path:
    """The add-on's script for Blender without a window.

    Raises:
        ConfigError: the add-on is not beside the engine.
    """
    path = Path(__file__).resolve().parents[2] / "blender_addon" / "headless.py"
    if not path.is_file():
        raise ConfigError("the Blender add-on is missing beside the engine; install BrickGPT Studio again")
    return path


def find_blender(wish: str | None = None) -> list[str]:
    """The command to put the script's arguments after.

    Args:
        wish: a Blender program, or a Python that has the ``bpy`` wheel. By default what the variable
            ``BRICKGPT_BLENDER`` names, this Python where it has the wheel, or ``blender`` on the path.

    Raises:
        NoBlenderError: there is none; the message says how to get one.
    """
    named = wish or os.environ.get(BLENDER_VARIABLE)
    if named:
        program = shutil.which(os.path.expanduser(named))  # noqa: PTH111 - a name, not a path
        if program is None:
            raise NoBlenderError(f"there is no program {named}; name a Blender, or a Python that has bpy")
        return _command(program)
    if importlib.util.find_spec("bpy") is not None:
        return _command(sys.executable)
    program = shutil.which("blender")
    if program is None:
        raise NoBlenderError(
            "there is no Blender; install the wheel ('pip install bpy', for the Python that it asks for) "
            "or Blender 3.4 or newer on the path, or name one with --blender"
        )
    return _command(program)


def _command(program: str) -> list[str]:
    if Path(program).name.lower().startswith("python"):
        return [program, str(script())]
    return [program, "-b", "--factory-startup", "-P", str(script()), "--"]


def render(
    structure: BrickStructure,
    target: str | os.PathLike[str],
    options: RenderOptions | None = None,
    *,
    blender: str | None = None,
    stress: Sequence[float | None] | None = None,
    overwrite: bool = True,
) -> None:
    """Make a picture, a film, PNG frames or a 3D file of ``structure``.

    Args:
        structure: what to show; bricks without a colour get the default one.
        target: file with an extension of :data:`KINDS`, or a folder for frames (its name ends with ``/``).
        options: how; the defaults where None.
        blender: see :func:`find_blender`.
        stress: share of the breaking load per brick, for the style ``stress``.
        overwrite: whether an existing file may be replaced.

    Raises:
        NoBlenderError: there is no Blender.
        ConfigError: there are no bricks, or the style ``stress`` lacks the stress.
        InputError: Blender could not read what it was given.
        OutputError: the file cannot be written, or Blender made none.
    """
    options = options or RenderOptions()
    if not len(structure):
        raise ConfigError("there are no bricks to render; give a model that has some")
    if options.style == "stress" and (stress is None or len(stress) != len(structure)):
        raise ConfigError(f"the style 'stress' needs a stress for each of the {len(structure)} bricks")
    command = find_blender(blender)
    name = os.fspath(target)
    with tempfile.TemporaryDirectory(prefix="brickgpt-render-") as folder:
        here = Path(folder)
        (here / "model.ldr").write_text(ldraw.dumps(structure), encoding="utf-8")
        words = [str(here / "model.ldr"), *options.words()]
        if options.style == "stress":
            (here / "stress.json").write_text(json.dumps(list(stress or ())), encoding="utf-8")
            words.append(f"--stress={here / 'stress.json'}")
        is_folder = name.endswith(("/", os.sep))
        made = here / ("frames" if is_folder else f"made{Path(name).suffix.lower()}")
        _run([*command, *words, "-o", f"{made}/" if is_folder else str(made)])
        _deliver(made, Path(name), overwrite=overwrite)


def _run(command: list[str]) -> None:
    """Run Blender; what it says is shown only where it fails.

    Raises:
        NoBlenderError, InputError, OutputError: it does not start, or does not succeed.
    """
    hidden = ("PYTHONHOME", "PYTHONSTARTUP")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    try:
        ended = subprocess.run(
            command, capture_output=True, encoding="utf-8", errors="replace", env=environment, check=False
        )
    except OSError as error:
        raise NoBlenderError(f"{command[0]} cannot be started: {error.strerror or error}") from error
    lines = [line.strip() for line in f"{ended.stdout}\n{ended.stderr}".splitlines()[-_LAST_LINES:]]
    told = next((line.removeprefix("error: ") for line in lines if line.startswith("error: ")), None)
    if ended.returncode == 0 and told is None:
        return
    if told is None:
        said = next((line for line in reversed(lines) if line), "it said nothing")
        raise OutputError(f"Blender ended with code {ended.returncode}: {said[:300]}")
    kind: type[BrickGPTError] = InputError if ended.returncode == _EXIT_INPUT else OutputError
    raise kind(told)


def _deliver(made: Path, target: Path, *, overwrite: bool) -> None:
    """Put what was made where it is wanted, whole or not at all (frames: one by one).

    Raises:
        OutputError: nothing was made, or it cannot be written.
    """
    files = sorted(made.glob("*.png")) if made.is_dir() else [made]
    if not files or not files[0].is_file():
        raise OutputError("Blender made no picture and said no reason; try --engine cycles")
    if not made.is_dir():
        atomic.write_bytes(target, made.read_bytes(), overwrite=overwrite)
        return
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make the folder {target}: {error.strerror or error}") from error
    for file in files:
        atomic.write_bytes(target / file.name, file.read_bytes(), overwrite=overwrite)
