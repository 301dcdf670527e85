"""What importing the engine may cost and may load."""

import json
import os
import subprocess
import sys

HEAVY = (
    "torch",
    "transformers",
    "llama_cpp",
    "gurobipy",
    "highspy",
    "textual",
    "bpy",
    "training",
    "tokenizers",
    "PIL",
    "trimesh",
)


def run_python(code):
    settings = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=settings).stdout


def test_importing_the_engine_loads_nothing_heavy():
    loaded = json.loads(
        run_python("import sys, json, brickgpt_engine; print(json.dumps(sorted(sys.modules)))")
    )
    assert not {name.split(".")[0] for name in loaded} & set(HEAVY)


def test_no_room_of_the_engine_loads_a_library_that_only_some_uses_need():
    """Importing every module, commands included, leaves solvers, torch and their like untouched."""
    code = (
        "import sys, json, pkgutil, importlib, brickgpt_engine\n"
        "for module in pkgutil.walk_packages(brickgpt_engine.__path__, 'brickgpt_engine.'):\n"
        "    if not module.name.endswith('__main__'): importlib.import_module(module.name)\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    loaded = {name.split(".")[0] for name in json.loads(run_python(code))}
    assert not loaded & set(HEAVY)


def test_importing_the_engine_takes_under_a_fifth_of_a_second():
    code = "import time; t = time.perf_counter(); import brickgpt_engine; print(time.perf_counter() - t)"
    assert min(float(run_python(code)) for _ in range(5)) < 0.2


def test_public_names_resolve():
    code = "import brickgpt_engine as e; print([n for n in e.__all__ if not hasattr(e, n)])"
    assert run_python(code).strip() == "[]"
