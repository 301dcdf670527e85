"""Pictures of 1,024 pixels against LeoCAD's, in the same run.

    python benchmarks/rendering.py [--quick] [--json]

Median seconds from a structure in memory to a picture, and from an LDraw file to a PNG file with a fresh
process each time, as LeoCAD (under Xvfb, software OpenGL) does it. LeoCAD is left out where it, `xvfb-run` or
the LDraw parts (`$BRICKGPT_SHARED/ldraw-mini`, default `../shared`) are missing.
"""

from __future__ import annotations

import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks._report import Row, environment, options, publish
from brickgpt_engine.bricks import FOOTPRINTS, Brick, BrickStructure
from brickgpt_engine.formats import write_structure
from brickgpt_engine.rendering import render_isometric

SHARED = Path(os.environ.get("BRICKGPT_SHARED") or Path(__file__).resolve().parents[2] / "shared")
SIZE = 1024
COLOURS = (4, 1, 14, 2, 15, 25, 71, 322)
FILE_TO_FILE = (
    "import sys; from brickgpt_engine.formats import read_structure;"
    "from brickgpt_engine.rendering import render_isometric, save_png;"
    f"save_png(render_isometric(read_structure(sys.argv[1]), size={SIZE}), sys.argv[2])"
)


def heap(count: int) -> BrickStructure:
    """``count`` random bricks in a world that they fill by about half, at least 20 wide."""
    rng = random.Random(count)
    structure = BrickStructure(world_dim=20)
    layers = max(2, min(20, count // 90))
    tries = 0
    while len(structure) < count:
        tries += 1
        h, w = rng.choice(FOOTPRINTS) if tries < 15 * count else (1, 1)
        place = rng.randrange(20), rng.randrange(20), rng.randrange(layers)
        structure.add(Brick(h, w, *place, colour=rng.choice(COLOURS)))
    return structure


def seconds(action: Callable[[], object], repeats: int) -> float:
    """Median wall-clock seconds of ``action``."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def leocad_command(model: Path, picture: Path) -> list[str] | None:
    """The command that lets LeoCAD draw ``model``, or None where it cannot run."""
    parts = SHARED / "ldraw-mini"
    if not (shutil.which("leocad") and shutil.which("xvfb-run") and parts.is_dir()):
        return None
    size = ["-w", str(SIZE), "-h", str(SIZE)]
    return ["xvfb-run", "-a", "leocad", "-l", str(parts), "-i", str(picture), *size, str(model)]


def run(command: list[str]) -> None:
    """Run a command quietly; raises CalledProcessError when it fails."""
    software = environment() | {"LIBGL_ALWAYS_SOFTWARE": "1"}
    subprocess.run(command, check=True, capture_output=True, timeout=300, env=software)


def rows(counts: tuple[int, ...], repeats: int) -> Iterator[Row]:
    """Every claim, for structures of ``counts`` bricks."""
    render_isometric(heap(10), size=64)
    for count in counts:
        structure = heap(count)
        inside = seconds(lambda structure=structure: render_isometric(structure, size=SIZE), repeats)
        yield Row.compare(
            f"picture of {count} bricks, in process", inside, "s", goal=1 if count == 2000 else None
        )
        with tempfile.TemporaryDirectory() as folder:
            model, ours, theirs = (Path(folder) / name for name in ("model.ldr", "ours.png", "theirs.png"))
            write_structure(structure, model, title="benchmark")
            own = [sys.executable, "-c", FILE_TO_FILE, str(model), str(ours)]
            value = seconds(lambda own=own: run(own), repeats)
            rival = leocad_command(model, theirs)
            other = seconds(lambda rival=rival: run(rival), repeats) if rival else None
            name = f"picture of {count} bricks, file to file"
            yield Row.compare(name, value, "s", other, rival_name="LeoCAD")


def main() -> None:
    """Measure and print."""
    wanted = options(__doc__, "fewer repeats")
    publish(rows((60, 500, 2000), 3 if wanted.quick else 9), wanted)


if __name__ == "__main__":
    main()
