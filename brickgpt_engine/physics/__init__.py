"""Physical stability: contacts, force model, solvers, and reports that say what fails and why."""

from brickgpt_engine.physics.connectivity import connectivity_report
from brickgpt_engine.physics.report import BrickFailure, Criterion, StabilityReport
from brickgpt_engine.physics.stability import StabilityAnalyzer

__all__ = ["BrickFailure", "Criterion", "StabilityAnalyzer", "StabilityReport", "connectivity_report"]
