"""Run pytest inside a Blender program, such as Debian's 3.4.1, whose Python has no pytest of its own.

``BRICKGPT_PYTHON=PYTHON blender -b --factory-startup -P tests/blender/in_blender.py -- tests/blender``

``PYTHON`` is one with the packages of the tests, of the same version as Blender's.
"""

import os
import site
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main(words):
    """Take over the other Python's packages, run the tests, and end Blender with their exit code."""
    ask = [os.environ["BRICKGPT_PYTHON"], "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    site.addsitedir(subprocess.run(ask, check=True, capture_output=True, text=True).stdout.strip())
    sys.path.insert(0, str(ROOT))
    import pytest

    code = pytest.main(words)
    sys.stdout.flush()
    os._exit(int(code))


if __name__ == "__main__":
    main(sys.argv[sys.argv.index("--") + 1 :])
