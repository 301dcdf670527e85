"""Physical stability: contacts, force model, solvers, and reports that say what fails and why."""

from brickgpt_engine.physics.connectivity import connectivity_report
from brickgpt_engine.physics.incremental import Cadence, IncrementalAnalyzer
from brickgpt_engine.physics.many import analyze_many
from brickgpt_engine.physics.report import BrickFailure, Criterion, StabilityReport
from brickgpt_engine.physics.stability import StabilityAnalyzer

__all__ = [
    "BrickFailure",
    "Cadence",
    "Criterion",
    "IncrementalAnalyzer",
    "StabilityAnalyzer",
    "StabilityReport",
    "analyze_many",
    "connectivity_report",
]
