"""``python -m brickgpt_engine.cli``: the same as ``brickgpt``."""

import sys

from brickgpt_engine.cli import main

if __name__ == "__main__":
    sys.exit(main())
