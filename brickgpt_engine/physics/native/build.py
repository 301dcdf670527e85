"""Compiles the simplex of this folder into a library beside it, where there is a C compiler.

The installer does it (``.hatch/compile.py``); ``python -m brickgpt_engine.physics.native`` does it again.
Nothing depends on it: without the library the analysis takes its other ways, which give the same answers more
slowly. The compiler is ``$CC``, or the first of cc, gcc and clang.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
LIBRARY = HERE / "paper.library"
"""Where the library lies, on every system by this name, by which Python does not take it for a module."""
FLAGS = ("-O3", "-std=gnu11", "-fopenmp-simd", "-fPIC", "-shared")
_PATIENCE = 300
_TRIAL = """
import ctypes, sys
library = ctypes.CDLL(sys.argv[1])
library.brickgpt_digest.restype = ctypes.c_char_p
sys.exit(library.brickgpt_digest().decode() != sys.argv[2])
"""


def sources() -> list[Path]:
    """The C files, in order."""
    return sorted(HERE.glob("*.c"))


def digest() -> str:
    """What these sources and flags are known by; a library of others is not used."""
    whole = hashlib.sha256(" ".join(FLAGS).encode())
    for path in sorted(HERE.glob("*.[ch]")):
        whole.update(path.read_bytes())
    return whole.hexdigest()[:16]


def compiler() -> list[str] | None:
    """The command of a C compiler; None where there is none.

    Raises:
        ValueError: ``$CC`` cannot be read as a command.
    """
    if named := shlex.split(os.environ.get("CC", ""), posix=os.name != "nt"):
        return named
    found = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
    return [found] if found else None


def build(target: Path = LIBRARY) -> str:
    """Compile into ``target``; the answer is empty, or one line on why there is no library.

    The file is tried in a process of its own and then put in its place whole, so a running program keeps the
    one that it has, and a compiler that makes something else leaves the old one.
    """
    made: Path | None = None
    try:
        command = compiler()
        if command is None:
            return "no C compiler was found (cc, gcc or clang; or name one in CC)"
        handle, name = tempfile.mkstemp(suffix=".library", dir=target.parent)
        os.close(handle)
        made = Path(name)
        files = [str(path) for path in sources()]
        done = _run([*command, *FLAGS, f'-DDIGEST="{digest()}"', "-o", name, *files, "-lm"])
        if done.returncode:
            lines = [line for line in done.stderr.splitlines() if "error" in line] or done.stderr.splitlines()
            return f"{command[0]} failed: {lines[0].strip() if lines else f'exit code {done.returncode}'}"
        if _run([sys.executable, "-c", _TRIAL, name, digest()]).returncode:
            return f"what {command[0]} made cannot be loaded here"
        made.chmod(0o755)
        made.replace(target)
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        return f"the simplex could not be compiled: {error}"
    finally:
        if made is not None:
            made.unlink(missing_ok=True)
    return ""


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, capture_output=True, text=True, errors="replace", timeout=_PATIENCE, check=False
    )


def main() -> int:
    """Compile, and say on stderr how that went."""
    problem = build()
    sys.stderr.write(f"{problem}\n" if problem else f"compiled {LIBRARY}\n")
    return 1 if problem else 0
