"""What all tests share: no per-example deadline on busy machines, and Gurobi only where it can run."""

import pytest
from hypothesis import settings

from brickgpt_engine.errors import SolverError
from brickgpt_engine.physics.solvers import gurobi

settings.register_profile("steady", deadline=None)
settings.load_profile("steady")


@pytest.fixture(autouse=True)
def _gurobi_or_skip(request):
    if request.node.get_closest_marker("gurobi"):
        try:
            gurobi.licence()
        except SolverError as error:
            pytest.skip(str(error))
