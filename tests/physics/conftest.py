"""Lets the tests of this folder import its helper modules by name, and skips Gurobi where it cannot run."""

import sys
from pathlib import Path

import pytest

from brickgpt_engine.errors import SolverError
from brickgpt_engine.physics.solvers import gurobi

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def _gurobi_or_skip(request):
    if request.node.get_closest_marker("gurobi"):
        try:
            gurobi.licence()
        except SolverError as error:
            pytest.skip(str(error))
