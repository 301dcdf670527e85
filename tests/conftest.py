"""What all tests share: no deadline of examples, Ctrl-C, and Gurobi only where it can run."""

import signal

import pytest
from hypothesis import settings

from brickgpt_engine.errors import SolverError
from brickgpt_engine.physics.solvers import gurobi

settings.register_profile("steady", deadline=None)
settings.load_profile("steady")

# A shell starts what it runs in the background deaf to Ctrl-C, and so would be the programs that are tested.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _gurobi_or_skip(request):
    if request.node.get_closest_marker("gurobi"):
        try:
            gurobi.licence()
        except SolverError as error:
            pytest.skip(str(error))
