"""Compiles the simplex again: ``python -m brickgpt_engine.physics.native``."""

import sys

from brickgpt_engine.physics.native.build import main

sys.exit(main())
