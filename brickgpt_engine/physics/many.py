"""Many structures at once, over processes that share nothing: rewards, data filters, evaluations."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from brickgpt_engine.bricks.structure import BrickStructure
from brickgpt_engine.errors import BrickGPTError, ConfigError
from brickgpt_engine.physics.report import Criterion, StabilityReport
from brickgpt_engine.physics.solvers.gurobi import GurobiUnavailableError
from brickgpt_engine.physics.stability import StabilityAnalyzer

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor

_CHUNK = 16
"""Structures that travel together: fewer cost more in messages, more lose more when one kills its process."""


def analyze_many(
    structures: Iterable[BrickStructure],
    analyzer: StabilityAnalyzer | None = None,
    *,
    processes: int | None = None,
) -> list[StabilityReport]:
    """Judge ``structures``; reports come in their order.

    A structure whose analysis raises or kills its process gets a report of status ``unknown`` that
    says so, and costs no other its verdict.

    Args:
        structures: what to judge.
        analyzer: criterion, solver and time limit; the published criterion by default.
        processes: how many work at once; by default one per core that this process may use. 1 works
            in this process.

    Raises:
        ConfigError: ``processes`` is below 1.
        GurobiUnavailableError: Gurobi was asked for by name and has no licence that works.
    """
    analyzer = analyzer or StabilityAnalyzer()
    if processes is not None and processes < 1:
        raise ConfigError(f"processes is {processes}; it must be at least 1")
    wanted = list(structures)
    workers = min(processes or _cores(), (len(wanted) + _CHUNK - 1) // _CHUNK)
    if workers <= 1:
        return _judge_chunk(analyzer, wanted)
    chunks = list(_chunks(wanted))
    found = _over_processes(analyzer, chunks, workers)
    return [report for reports in found for report in reports]


def _cores() -> int:
    """Cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _chunks(structures: list[BrickStructure]) -> Iterator[list[BrickStructure]]:
    rest = iter(structures)
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk


def _pool(workers: int) -> ProcessPoolExecutor:
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    # Not by fork: solvers and number libraries may hold threads and locks here.
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, mp_context=context)


def _over_processes(
    analyzer: StabilityAnalyzer, chunks: list[list[BrickStructure]], workers: int
) -> list[list[StabilityReport]]:
    """All chunks over one pool; those that a dying process took along are tried again, one by one."""
    with _pool(workers) as pool:
        waiting = [pool.submit(_judge_chunk, analyzer, chunk) for chunk in chunks]
        found = [_result(future) for future in waiting]
    return [
        reports if reports is not None else [_alone(analyzer, structure) for structure in chunk]
        for reports, chunk in zip(found, chunks, strict=True)
    ]


def _result(future: Future[list[StabilityReport]]) -> list[StabilityReport] | None:
    from concurrent.futures.process import BrokenProcessPool

    try:
        return future.result()
    except BrokenProcessPool:
        return None


def _alone(analyzer: StabilityAnalyzer, structure: BrickStructure) -> StabilityReport:
    """Judge one structure in a process of its own, since one of its chunk killed the last."""
    with _pool(1) as pool:
        reports = _result(pool.submit(_judge_chunk, analyzer, [structure]))
    return reports[0] if reports else _unknown(analyzer, structure, "its analysis killed the process")


def _judge_chunk(analyzer: StabilityAnalyzer, structures: list[BrickStructure]) -> list[StabilityReport]:
    return [_judge(analyzer, structure) for structure in structures]


def _judge(analyzer: StabilityAnalyzer, structure: BrickStructure) -> StabilityReport:
    try:
        return analyzer.analyze(structure)
    except GurobiUnavailableError:
        raise
    except (BrickGPTError, ArithmeticError, LookupError, MemoryError, TypeError, ValueError) as error:
        return _unknown(analyzer, structure, f"{type(error).__name__}: {error}")


def _unknown(analyzer: StabilityAnalyzer, structure: BrickStructure, reason: str) -> StabilityReport:
    return StabilityReport(
        criterion=Criterion(analyzer.criterion),
        solver="none",
        status="unknown",
        stress=np.full(len(structure), np.nan),
        message=f"no verdict: {reason}",
        solver_note=reason,
    )
