"""Many at once: order, equality with one by one, and structures that poison only themselves."""

import os

import pytest
from random_structures import grow, top_heavy

from brickgpt_engine.bricks import BrickStructure
from brickgpt_engine.errors import ConfigError
from brickgpt_engine.physics import StabilityAnalyzer, analyze_many


class Deadly(BrickStructure):
    """Kills the process that analyses it."""

    __slots__ = ()

    def __iter__(self):
        os._exit(7)


class Broken(BrickStructure):
    """Raises in the middle of its analysis."""

    __slots__ = ()

    def __iter__(self):
        raise ValueError("cracked")


def same(report, structure):
    alone = StabilityAnalyzer().analyze(structure)
    return (report.status, report.stress.tolist()) == (alone.status, alone.stress.tolist())


def test_reports_come_in_order_and_are_those_of_one_by_one():
    structures = [top_heavy(s, 5) if s % 2 else grow(s, 6, spread=0.2) for s in range(20)]
    reports = analyze_many(structures, processes=2)
    assert len(reports) == 20
    assert all(same(report, structure) for report, structure in zip(reports, structures, strict=True))
    assert {report.status for report in reports} == {"stable", "unstable"} or len({*reports}) == 20


def test_a_poisoned_structure_costs_only_itself():
    structures = [grow(s, 3) for s in range(18)]
    deadly = Deadly(structures[3])
    poisoned = [*structures[:5], deadly, *structures[5:]]
    reports = analyze_many(poisoned, processes=2)
    assert (reports[5].status, reports[5].stable) == ("unknown", False)
    assert "killed" in reports[5].message
    assert all(same(report, s) for report, s in zip(reports[:5] + reports[6:], structures, strict=True))


def test_a_structure_that_raises_is_unknown_here_as_well():
    report, fine = analyze_many([Broken(grow(1, 3)), grow(1, 3)], processes=1)
    assert report.status == "unknown" and "cracked" in report.message
    assert fine.stable
    assert analyze_many([]) == []


def test_no_processes_are_refused():
    with pytest.raises(ConfigError, match="processes is 0"):
        analyze_many([], processes=0)
