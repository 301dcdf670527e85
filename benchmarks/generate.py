"""How long a newcomer waits: whole cold processes, from Enter to four files on disk.

    python benchmarks/generate.py [--quick] [--json] [--model FOLDER]

Each run is a process of its own, `brickgpt generate PROMPT --out NAME --quiet --seed N`, and counts from its
start to its end: interpreter, imports, model, bricks, physics, `.txt`, `.ldr`, `.json` and `.png`. Only the
operating system's file cache is warm, after the first run. A model that does not stand ends the command with
exit code 1, its files written; it counts, and a row says how many stood.

The `import` row is the statement alone, inside a fresh interpreter; the other rows are whole processes, the
first brick's up to the moment at which it is placed. Goals are for two cores.

No rival runs here: the published program needs a GPU and gated weights. Its authors report a median of 40.8 s
a structure on an A6000 (arXiv:2505.05469).
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks._report import Row, environment, options, publish

PROMPTS = (
    "a wooden bookshelf with four tiers",
    "a high-backed chair with armrests",
    "a small table with thick legs",
    "a long sofa with armrests",
)
FILES = ("json", "ldr", "png", "txt")
STANDS, FALLS = 0, 1
"""Exit codes of a run that wrote its files."""
LONGEST = 600
"""Seconds after which a process is given up."""
IMPORT = (
    "import time; began = time.perf_counter(); import brickgpt_engine; print(time.perf_counter() - began)"
)
FIRST_BRICK = """
import sys
import brickgpt_engine.cli.generate  # what the command imports
from brickgpt_engine.cli.run import load_generator
from brickgpt_engine.generation import BrickPlaced, GenerationConfig
model, seed, prompt = sys.argv[1:]
config = GenerationConfig(model_name_or_path=model, seed=int(seed))
for event in load_generator(config).generate(prompt, config):
    if isinstance(event, BrickPlaced):
        print(event.brick, flush=True)
        break
"""


def start(arguments: list[str], folder: str) -> subprocess.Popen[str]:
    """A fresh interpreter with ``arguments``, at home in ``folder``."""
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str], accepted: tuple[int, ...] = (0,)) -> str:
    """Wait for the end; what was printed. A run that failed ends the benchmark with its last words."""
    try:
        said, complaint = process.communicate(timeout=LONGEST)
    except subprocess.TimeoutExpired:
        process.kill()
        raise SystemExit(f"error: no result after {LONGEST} s: {process.args!r}") from None
    if process.returncode not in accepted:
        last = (complaint.strip() or f"exit code {process.returncode}").splitlines()[-1]
        raise SystemExit(last if last.startswith("error: ") else f"error: {last}")
    return said


def to_files(prompt: str, seed: int, model: str) -> tuple[float, bool]:
    """Seconds from Enter to four files, and whether the model stands."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["generate", prompt, "--out", "model", "--quiet", "--seed", str(seed), "--model", model]
        began = time.perf_counter()
        process = start(["-m", "brickgpt_engine.cli", *command], folder)
        finish(process, (STANDS, FALLS))
        elapsed = time.perf_counter() - began
        written = sorted(path.suffix[1:] for path in Path(folder).glob("model.*") if path.stat().st_size)
    if tuple(written) != FILES:
        raise SystemExit(f"error: {prompt!r}, seed {seed}: found {written} in place of four files")
    return elapsed, process.returncode == STANDS


def to_first_brick(prompt: str, seed: int, model: str) -> float:
    """Seconds from the start of the process to its first brick."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        process = start(["-c", FIRST_BRICK, model, str(seed), prompt], folder)
        brick = process.stdout.readline() if process.stdout else ""
        elapsed = time.perf_counter() - began
        finish(process)
    if not brick:
        raise SystemExit(f"error: {prompt!r}, seed {seed}: no brick was placed")
    return elapsed


def to_import() -> float:
    """Seconds that the import statement takes in a fresh interpreter."""
    return float(finish(start(["-c", IMPORT], tempfile.gettempdir())))


def to_help() -> float:
    """Seconds of ``brickgpt --help``, all of it."""
    began = time.perf_counter()
    finish(start(["-m", "brickgpt_engine.cli", "--help"], tempfile.gettempdir()))
    return time.perf_counter() - began


def median(action: Callable[[], float], repeats: int) -> float:
    """Median of what ``action`` returns."""
    return statistics.median(action() for _ in range(repeats))


def rows(model: str, seeds: int, repeats: int) -> Iterator[Row]:
    """Every claim: ``seeds`` models a prompt, ``repeats`` starts of the short commands."""
    runs = [to_files(prompt, seed, model) for prompt in PROMPTS for seed in range(seeds)]
    times, stood = zip(*runs, strict=True)
    yield Row.compare("prompt to four files, median", statistics.median(times), "s", goal=5)
    yield Row.compare("prompt to four files, worst", max(times), "s", goal=5)
    yield Row.compare("models that stand", sum(stood) / len(runs), f"share of {len(runs)}")
    first = [to_first_brick(prompt, seed, model) for prompt in PROMPTS for seed in range(seeds)]
    yield Row.compare("start to first brick, median", statistics.median(first), "s")
    yield Row.compare("import brickgpt_engine, median", median(to_import, repeats), "s", goal=0.2)
    yield Row.compare("brickgpt --help, median", median(to_help, repeats), "s", goal=0.5)


def main() -> None:
    """Measure and print."""
    wanted = options(
        __doc__,
        "one seed a prompt",
        model={"default": "nano", "help": "a model folder (default: the embedded model)"},
    )
    folder = Path(wanted.model).expanduser()
    model = str(folder.resolve()) if folder.is_dir() else wanted.model
    publish(rows(model, *((1, 5) if wanted.quick else (5, 15))), wanted)


if __name__ == "__main__":
    main()
