"""Does a structure stand? Builds the linear program, has it solved, and says what the optimum means."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.bricks.library import STUD_PITCH_M
from brickgpt_engine.bricks.structure import BrickStructure
from brickgpt_engine.errors import ConfigError, SolverError
from brickgpt_engine.physics import dense, native
from brickgpt_engine.physics.connectivity import connectivity_report, floating_failures, grounded_bricks
from brickgpt_engine.physics.contacts import GROUND, Contacts, extract_contacts
from brickgpt_engine.physics.force_model import FRICTION_CAPACITY, ForceModel, Forces, far_bricks
from brickgpt_engine.physics.growing import Grown
from brickgpt_engine.physics.paper import Memory, PaperOptimum, fallen, paper_optimum, settles, small_optimum
from brickgpt_engine.physics.program import LinearProgram, Solution
from brickgpt_engine.physics.report import (
    BrickFailure,
    Criterion,
    FailureKind,
    StabilityReport,
    describe,
    share,
)
from brickgpt_engine.physics.solvers import SOLVER_NAMES, gurobi, highs, solve

BoolArray = NDArray[np.bool_]

FORCE_ZERO = 1e-7
"""Residual forces up to this many newtons count as balanced; true ones are a hundred times larger."""
TORQUE_ZERO = 1e-8
"""Residual torques up to this many newton metres count as balanced."""
_SETTLED = "the weights settle by pressing alone"
"""Note of a verdict without a solver."""
_IDLE = 1e-12
"""Newtons up to which an optimum without what floats is zero: the weights settle."""
_FULL = 1 - 1e-9
"""Share of the friction capacity that counts as all of it."""


@dataclass(frozen=True, slots=True, eq=False)
class _Verdict:
    """What one analysis found, before it is put into words."""

    forces: Forces
    solution: Solution
    objective: float
    safety_factor: float | None = None
    hold: NDArray[np.integer] | None = None
    """The brick that each one's largest pull holds to, where that is known without the contacts."""


class StabilityAnalyzer:
    """Judges structures by one criterion with one choice of solver.

    Args:
        criterion: ``paper``, ``equilibrium`` or ``connectivity``, see :class:`Criterion`.
        solver: ``auto`` (what measured fastest: the built-in simplex, where it was compiled at
            installation up to 250 bricks and for most structures up to 1,200, else up to 20; beyond it
            HiGHS, and Gurobi where that gives no answer), ``highs`` or ``gurobi``. These two are not
            asked where the weights settle by pressing alone.
        time_limit: seconds for each solve of HiGHS and Gurobi, or None; the built-in simplex ends by
            itself, mostly within some tenths of a second.

    Raises:
        ConfigError: an argument has a value that cannot work.
    """

    def __init__(
        self,
        criterion: Criterion | str = Criterion.PAPER,
        solver: str = "auto",
        time_limit: float | None = None,
    ) -> None:
        if criterion not in list(Criterion):
            raise ConfigError(f"criterion is {criterion!r}; it must be one of {', '.join(Criterion)}")
        if solver not in SOLVER_NAMES:
            raise ConfigError(f"solver is {solver!r}; it must be one of {', '.join(SOLVER_NAMES)}")
        if time_limit is not None and not time_limit > 0:
            raise ConfigError(f"time_limit is {time_limit}; it must be above 0 seconds, or None")
        self.criterion = Criterion(criterion)
        self.solver = solver
        self.time_limit = time_limit

    def analyze(self, structure: BrickStructure, memory: Memory | None = None) -> StabilityReport:
        """Judge ``structure``.

        A solver that gives no answer is replaced by the other one; when neither does, the status
        is ``unknown``, never ``unstable`` (unless bricks float, which needs no solver to see).
        An empty structure is stable. ``memory`` is for
        :class:`~brickgpt_engine.physics.incremental.IncrementalAnalyzer`: it saves time and changes nothing.

        Raises:
            GurobiUnavailableError: Gurobi was asked for by name and has no licence that works.
        """
        if self.criterion is Criterion.CONNECTIVITY:
            return connectivity_report(structure)
        if not len(structure):
            return self._empty_report()
        if self._open_to_compiled:
            found = native.optimum(structure, memory.trace if memory else None)
            if found is not None:
                return self._report(structure, None, found.standing, _compiled(found))
        contacts = memory.contacts(structure) if memory else extract_contacts(structure)
        grounded = grounded_bricks(contacts)
        try:
            if self.criterion is Criterion.PAPER:
                verdict = self._paper(contacts, memory)
            else:
                verdict = self._equilibrium(structure, contacts, grounded)
        except gurobi.GurobiUnavailableError:
            raise
        except SolverError as error:
            return self._unknown_report(structure, grounded, str(error))
        return self._report(structure, contacts, grounded, verdict)

    def stands(self, structure: BrickStructure) -> bool | None:
        """The verdict of :meth:`analyze` alone, as soon as something proves it; None where it is unknown.

        A brick that floats proves that ``structure`` falls, and weights that settle by pressing alone
        that it stands. By the equilibrium criterion the rest is one question to HiGHS, whether there is
        any balance within what friction holds: its first feasible point or its proof that there is none
        ends it. The published criterion depends on what the optimum leaves over, so there the rest is an
        analysis, and where the compiled simplex is at hand all is, as that is as soon done.

        Raises:
            GurobiUnavailableError: Gurobi was asked for by name and has no licence that works.
        """
        if self.criterion is Criterion.CONNECTIVITY or not len(structure):
            return self.analyze(structure).stable
        if not (self._open_to_compiled and native.usable(structure) and len(structure) <= native.WHOLE):
            contacts = extract_contacts(structure)
            if not grounded_bricks(contacts).all():
                return False
            if self.criterion is Criterion.EQUILIBRIUM and self.solver != gurobi.NAME:
                try:
                    return settles(contacts) or highs.feasible(
                        ForceModel(contacts).within(_FULL), self.time_limit
                    )
                except SolverError:
                    pass  # an analysis has other ways, and other solvers
        report = self.analyze(structure)
        return None if report.status == "unknown" else report.stable

    @property
    def _open_to_compiled(self) -> bool:
        """Whether criterion and solver leave it to the compiled simplex."""
        return self.criterion is Criterion.PAPER and self.solver == "auto"

    def _solve(self, program: LinearProgram) -> Solution:
        return solve(program, self.solver, self.time_limit)

    def _paper(self, contacts: Contacts, memory: Memory | None) -> _Verdict:
        """The published problem by :func:`paper_optimum`; by one plain program where that cannot be."""
        far = far_bricks(contacts, standing=True)
        if self.solver == gurobi.NAME or far.size:
            return self._paper_at_once(contacts, self.solver)
        if memory is None:
            grown = small_optimum(contacts) if self.solver == "auto" else None
        else:
            if not contacts.standing.all():
                far = far_bricks(contacts)
            usual = self.time_limit is None and not far.size
            grown = memory.grown(contacts) if usual else None
        if grown is not None:
            return _grown(contacts, grown, highs.NAME if memory else dense.NAME)
        try:
            found = paper_optimum(contacts, self.time_limit, memory)
            return self._paper_at_once(contacts, self.solver) if found is None else _settled(contacts, found)
        except SolverError as error:
            verdict = self._paper_at_once(contacts, gurobi.NAME, because=str(error))
            note = f"highs gave no answer, so another solver took over: {error}"
            return replace(verdict, solution=replace(verdict.solution, note=note))

    def _paper_at_once(self, contacts: Contacts, solver: str, because: str = "") -> _Verdict:
        model = ForceModel(contacts)
        program = model.paper()
        try:
            solution = solve(program, solver, self.time_limit)
            even = solve(model.evened(program, solution, residuals=True), solver, self.time_limit)
        except SolverError as error:
            if because:
                raise SolverError(f"{because}; {error}") from error
            raise
        return _Verdict(model.forces(even.x, residuals=True), solution, model.objective(solution.objective))

    def _equilibrium(self, structure: BrickStructure, contacts: Contacts, grounded: BoolArray) -> _Verdict:
        if not grounded.all():
            # Floating bricks have no equilibrium; the others are judged as if those were not there.
            standing = BrickStructure(
                (b for b, stands in zip(structure, grounded, strict=True) if stands), structure.world_dim
            )
            verdict = self._grounded_equilibrium(extract_contacts(standing))
            forces = _spread(verdict.forces, contacts, grounded)
            return replace(verdict, forces=forces, objective=np.inf, safety_factor=0.0)
        return self._grounded_equilibrium(contacts)

    def _grounded_equilibrium(self, contacts: Contacts) -> _Verdict:
        if settles(contacts):
            return replace(_grown(contacts, fallen(contacts), highs.NAME), safety_factor=np.inf)
        model = ForceModel(contacts)
        solution = self._solve(model.equilibrium())
        t = max(solution.objective, 0.0)
        forces = model.forces(self._gentlest_point(model, t, solution), residuals=False)
        return _Verdict(forces, solution, t, 1 / t if t > 0 else np.inf)

    def _gentlest_point(self, model: ForceModel, t: float, solution: Solution) -> NDArray[np.float64]:
        """Among all equilibria within ``t``, the one with small pulls: it shows where the load really is."""
        program = model.gentlest(t * (1 + 1e-6) + 1e-9)
        try:
            gentlest = self._solve(program)
        except SolverError:
            return solution.x
        try:
            return self._solve(model.evened(program, gentlest, residuals=False)).x
        except SolverError:
            return gentlest.x

    def _report(
        self, structure: BrickStructure, contacts: Contacts | None, grounded: BoolArray, verdict: _Verdict
    ) -> StabilityReport:
        """The verdict in words; ``contacts`` are found where they are needed and were not given."""
        floating = floating_failures(structure, grounded)
        failures = sorted(
            [*floating, *_force_failures(structure, contacts, grounded, verdict.forces, verdict.hold)],
            key=lambda failure: failure.index,
        )
        stress = np.minimum(verdict.forces.largest_pull / FRICTION_CAPACITY, 1.0)
        if failures:
            stress[[failure.index for failure in failures]] = 1.0
        return StabilityReport(
            criterion=self.criterion,
            solver=verdict.solution.solver,
            status="unstable" if failures else "stable",
            stress=stress,
            failures=tuple(failures),
            message=_summary(len(structure), failures, stress),
            safety_factor=verdict.safety_factor,
            objective=verdict.objective if np.isfinite(verdict.objective) else None,
            solver_note=verdict.solution.note,
        )

    def _empty_report(self) -> StabilityReport:
        balanced = self.criterion is Criterion.EQUILIBRIUM
        return StabilityReport(
            criterion=self.criterion,
            solver="none",
            status="stable",
            stress=np.zeros(0),
            message="there are no bricks",
            safety_factor=np.inf if balanced else None,
            objective=0.0,
        )

    def _unknown_report(self, structure: BrickStructure, grounded: BoolArray, reason: str) -> StabilityReport:
        floating = floating_failures(structure, grounded)
        return StabilityReport(
            criterion=self.criterion,
            solver="none",
            status="unstable" if floating else "unknown",
            stress=np.where(grounded, np.nan, 1.0),
            failures=tuple(floating),
            message=f"no solver gave an answer: {reason}",
            safety_factor=0.0 if floating and self.criterion is Criterion.EQUILIBRIUM else None,
            solver_note=reason,
        )


def _settled(contacts: Contacts, found: PaperOptimum) -> _Verdict:
    """A verdict from :func:`paper_optimum`."""
    n = contacts.brick_count
    force, torque, largest = np.zeros((n, 3)), np.zeros((n, 2)), np.zeros(n)
    force[:, 2] = np.where(found.falling, contacts.weight, 0.0)
    pull, solver, note = np.zeros(0), "none", _SETTLED
    if found.program is not None and found.balance is not None:
        solver, note = highs.NAME, f"{len(found.program.bodies.moving)} of {n} bricks had to be solved for"
        pull = np.zeros(len(contacts.point_pair))
        pull[found.program.point] = found.balance.pull
        np.maximum.at(largest, found.program.points.upper, found.balance.pull)
        moving = found.program.bodies.moving
        force[moving, 2] = found.balance.residual[:, 0]
        # A lever along y turns the brick about x, and the other way round.
        torque[moving] = found.balance.residual[:, :0:-1] * STUD_PITCH_M
    empty = np.zeros(0)
    solution = Solution(empty, found.objective, solver, empty, empty, note)
    return _Verdict(Forces(pull, force, torque, largest), solution, found.objective)


def _compiled(found: native.NativeOptimum) -> _Verdict:
    """A verdict from the compiled simplex."""
    falling = 0.0 if found.standing.all() else found.residual[~found.standing, 0].sum()
    idle = found.objective <= falling + _IDLE
    return _of_all(found, found.largest_pull, idle, dense.NAME, found.hold)


def _grown(contacts: Contacts, found: Grown, name: str) -> _Verdict:
    """A verdict from a program of all bricks that the solver of this ``name`` solved."""
    largest = np.zeros(contacts.brick_count)
    if found.pull.size:
        np.maximum.at(largest, contacts.upper[contacts.point_pair], found.pull)
    return _of_all(found, largest, found.settled or not found.objective, name)


def _of_all(
    found: Grown | native.NativeOptimum,
    largest: NDArray[np.float64],
    idle: bool,
    name: str,
    hold: NDArray[np.int32] | None = None,
) -> _Verdict:
    """A verdict from an optimum for which every brick was in the program, unless the weights settled."""
    force = np.zeros((len(largest), 3))
    force[:, 2] = found.residual[:, 0]
    # A lever along y turns the brick about x, and the other way round.
    torque = found.residual[:, :0:-1] * STUD_PITCH_M
    solver, note = ("none", _SETTLED) if idle else (name, "all bricks were solved for")
    empty = np.zeros(0)
    solution = Solution(empty, found.objective, solver, empty, empty, note)
    return _Verdict(Forces(found.pull, force, torque, largest), solution, found.objective, hold=hold)


def _spread(forces: Forces, contacts: Contacts, standing: BoolArray) -> Forces:
    """Forces of the standing bricks alone, spread over the arrays of the whole structure."""
    n = len(standing)
    pull = np.zeros(len(contacts.point_pair))
    if forces.pull.size:
        # A standing brick touches no floating one, so its contact points are the same, in the same order.
        pull[standing[contacts.upper[contacts.point_pair]]] = forces.pull
    force, torque, largest = np.zeros((n, 3)), np.zeros((n, 2)), np.zeros(n)
    force[standing], torque[standing], largest[standing] = forces.force, forces.torque, forces.largest_pull
    return Forces(pull, force, torque, largest)


def _force_failures(
    structure: BrickStructure,
    contacts: Contacts | None,
    grounded: BoolArray,
    forces: Forces,
    hold: NDArray[np.integer] | None = None,
) -> Iterator[BrickFailure]:
    """What the forces say about bricks that do not float."""
    force, torque = np.abs(forces.force) > FORCE_ZERO, np.abs(forces.torque) > TORQUE_ZERO
    overloaded = np.greater_equal(forces.largest_pull, FRICTION_CAPACITY * _FULL)
    if not (np.any(force) or np.any(torque) or np.any(overloaded)):
        return
    unbalanced = np.any(force, axis=1)
    unbalanced |= np.any(torque, axis=1)
    for i in np.flatnonzero((unbalanced | overloaded) & grounded).tolist():
        name = describe(structure[i])
        if unbalanced[i]:
            kind, reason = _residual_words(forces, i)
        else:
            if hold is None:
                hold = _holds(contacts or extract_contacts(structure), forces)
            kind, reason = "overloaded", _overload_words(structure, int(hold[i]), forces.largest_pull[i])
        yield BrickFailure(i, structure[i], kind, f"{name} {reason}")


def _residual_words(forces: Forces, i: int) -> tuple[FailureKind, str]:
    """Kind and sentence for a brick that is left unbalanced: torque first, as it is the usual cause."""
    torque, force = np.abs(forces.torque[i]), np.abs(forces.force[i])
    parts = [f"{torque[a]:.2g} N·m about {'xy'[a]}" for a in (0, 1) if torque[a] > TORQUE_ZERO]
    parts += [f"{force[a]:.2g} N along {'xyz'[a]}" for a in (0, 1, 2) if force[a] > FORCE_ZERO]
    text = f"{' and '.join(parts)} not balanced"
    if force[2] > FORCE_ZERO:
        return "falls", f"falls: {text}"
    if (torque > TORQUE_ZERO).any():
        return "tips", f"tips: {text}"
    return "slides", f"slides: {text}"


def _holds(contacts: Contacts, forces: Forces) -> NDArray[np.int64]:
    """The brick (n,) below the first of the points at which each brick pulls hardest."""
    hold = np.full(contacts.brick_count, GROUND)
    pair = contacts.point_pair[np.argsort(-forces.pull, kind="stable")]
    upper, first = np.unique(contacts.upper[pair], return_index=True)
    hold[upper] = contacts.lower[pair[first]]
    return hold


def _overload_words(structure: BrickStructure, below: int, pull: float) -> str:
    """Sentence for a brick whose worst connection pulls as hard as friction holds, or harder."""
    support = "the baseplate" if below == GROUND else describe(structure[below])
    return (
        f"comes off: its connection to {support} would have to hold {pull:.2g} N, "
        f"{pull / FRICTION_CAPACITY:.0%} of what friction holds"
    )


def _summary(bricks: int, failures: list[BrickFailure], stress: NDArray[np.float64]) -> str:
    if failures:
        return f"{share(len(failures), bricks, 'fails', 'fail')}; first: {failures[0].message}"
    holding = "the brick holds" if bricks == 1 else f"all {bricks} bricks hold"
    return f"{holding}; the hardest pull takes {stress.max():.1%} of what friction holds"
