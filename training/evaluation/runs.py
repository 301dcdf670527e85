"""Generating the outcomes: every prompt in every mode, on all cores, with no run done twice.

Some runs need not be made, since they are other runs (:func:`twin`). Each draw takes
its random numbers from the same seeded source in the same order in all masked modes, and
the modes differ only in what they do after a brick that cannot be placed or a structure
that does not stand. Where neither happened, the modes wrote the same.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from functools import cache
from multiprocessing import get_context

from brickgpt_engine.decoding import load_model
from brickgpt_engine.errors import BrickGPTError, PromptError, SolverError
from brickgpt_engine.generation import BrickGenerator, GenerationConfig
from brickgpt_engine.physics import StabilityAnalyzer
from training.evaluation.outcomes import AGAIN, FULL, MODES, REFERENCE, REFUSED, Key, Outcome, OutcomeLog
from training.evaluation.pool import prepare_worker, single_threaded, worker_count
from training.evaluation.prompts import Prompt
from training.evaluation.voxels import replay, written_text

ORDER = (REFERENCE, "rejection", FULL, AGAIN, "syntax masks", "raw")
"""The order of modes within a prompt: what others can be taken from comes first."""
_SAMPLE_STRIDE = 1_000_003


@dataclass(frozen=True, slots=True)
class Job:
    """One sample of one prompt in the modes that are still missing, with what is known already."""

    prompt: Prompt
    sample: int
    modes: tuple[str, ...]
    known: tuple[Outcome, ...]
    base: GenerationConfig

    @property
    def work(self) -> int:
        """A guess at its length: bricks of the held-out structure, times the modes."""
        return self.prompt.bricks.count("\n") * len(self.modes)


def seed_of(base: int, index: int, sample: int) -> int:
    """The generator's seed for a sample of prompt ``index``."""
    return base + index + sample * _SAMPLE_STRIDE


def twin(mode: str, known: Iterable[Outcome]) -> Outcome | None:
    """The outcome of ``mode`` where it follows from the run with rejection alone, else None.

    Rollback starts only after an unstable end, and what hangs is joined to what stands only where it
    would float in the end (of bricks in raster order), so a stable run with rejection is the full run.
    Masks alone are always run: exact sampling never draws what it would have to reject, so a
    run without rejections says nothing about them.
    """
    first = next((outcome for outcome in known if outcome.mode == "rejection"), None)
    if first is None or first.refused:
        return None
    return replace(first, mode=mode, same_as=first.mode) if mode == FULL and first.stable else None


def run_prompt(
    generator: BrickGenerator, mode: str, prompt: Prompt, config: GenerationConfig, sample: int = 0
) -> Outcome:
    """Generate once with ``config`` changed as ``mode`` says, and judge the result.

    A prompt that the model refuses and a solver that fails are outcomes too.
    """
    blank = _blank(mode, prompt, sample, config.seed or 0)
    began = time.process_time()
    try:
        result = generator.run(prompt.text, replace(config, **MODES[mode]))
    except (PromptError, SolverError) as error:
        return replace(blank, stop_reason=f"{REFUSED}: {error}")
    report = result.report
    valid = result.valid and len(result.structure) > 0
    return replace(
        blank,
        valid=valid,
        stable=valid and result.stable,
        finished=result.stop_reason == "end",
        stop_reason=result.stop_reason,
        mean_score=report.mean_score if report else 0.0,
        min_score=report.min_score if report else 0.0,
        bricks=len(result.structure),
        rejections=sum(result.rejections.values()),
        regenerations=result.regenerations,
        tokens=result.tokens,
        seconds=result.seconds,
        cpu_seconds=time.process_time() - began,
        text=written_text(result.raw_bricks),
        attempts=result.attempts,
    )


def judge_reference(prompt: Prompt) -> Outcome:
    """The held-out structure behind a prompt, as if it had been generated."""
    structure, refused = replay(prompt.bricks)
    report = StabilityAnalyzer(criterion="paper").analyze(structure)
    return replace(
        _blank(REFERENCE, prompt, 0, 0),
        valid=refused == 0,
        stable=refused == 0 and report.stable,
        finished=True,
        stop_reason="end",
        mean_score=report.mean_score,
        min_score=report.min_score,
        bricks=len(structure),
        text=prompt.bricks,
    )


def _blank(mode: str, prompt: Prompt, sample: int, seed: int) -> Outcome:
    return Outcome(
        mode, prompt.index, sample, prompt.text, prompt.category, seed,
        valid=False, stable=False, finished=False, stop_reason="", mean_score=0.0, min_score=0.0,
        bricks=0, rejections=0, regenerations=0, tokens=0, seconds=0.0, cpu_seconds=0.0, text="",
    )  # fmt: skip


def run_job(generator: BrickGenerator, job: Job) -> list[Outcome]:
    """The missing outcomes of a job; what follows from another run is not generated again."""
    known = list(job.known)
    new: list[Outcome] = []
    for mode in job.modes:
        if mode == REFERENCE:
            outcome = judge_reference(job.prompt)
        else:
            outcome = twin(mode, known) or run_prompt(generator, mode, job.prompt, job.base, job.sample)
        known.append(outcome)
        new.append(outcome)
    return new


@cache
def _generator(model: str) -> BrickGenerator:
    """The generator of this process; the model is loaded once."""
    return BrickGenerator(load_model(model))


def _work(job: Job) -> list[Outcome]:
    return run_job(_generator(job.base.model_name_or_path), job)


def plan(
    prompts: Sequence[Prompt],
    modes: Sequence[str],
    known: Iterable[Outcome],
    base: GenerationConfig,
    *,
    samples: int = 1,
    diverse: int = 0,
) -> list[Job]:
    """What is still to be done, longest first.

    Args:
        prompts: the questions.
        modes: names of modes, :data:`REFERENCE` included where it is wanted.
        known: outcomes that are there already.
        base: options; its seed is that of prompt 0.
        samples: samples of each of the first ``diverse`` prompts, in the full mode.
        diverse: how many prompts are sampled more than once.
    """
    there: dict[Key, Outcome] = {outcome.key: outcome for outcome in known}
    jobs = []
    for prompt in prompts:
        for sample in range(samples if prompt.index < diverse and FULL in modes else 1):
            wanted = [mode for mode in ORDER if mode in modes] if sample == 0 else [FULL]
            keys: dict[str, Key] = {mode: (mode, prompt.index, sample) for mode in wanted}
            missing = tuple(mode for mode, key in keys.items() if key not in there)
            if missing:
                config = replace(base, seed=seed_of(base.seed or 0, prompt.index, sample))
                had = tuple(there[key] for key in keys.values() if key in there)
                jobs.append(Job(prompt, sample, missing, had, config))
    return sorted(jobs, key=lambda job: -job.work)


def generate(jobs: Sequence[Job], log: OutcomeLog, *, workers: int = 0) -> None:
    """Do the jobs in worker processes of one thread each; every outcome goes to ``log`` when it is there.

    Raises:
        BrickGPTError: a worker died, or what the engine says when it cannot go on.
    """
    if not jobs:
        return
    began = time.perf_counter()
    with (
        single_threaded(),
        ProcessPoolExecutor(
            min(worker_count(workers), len(jobs)),
            mp_context=get_context("spawn"),
            initializer=prepare_worker,
        ) as pool,
    ):
        futures = [pool.submit(_work, job) for job in jobs]
        try:
            for done, outcomes in enumerate(_results(futures), start=1):
                log.append(outcomes)
                _progress(done, len(jobs), time.perf_counter() - began)
        except BrokenProcessPool as error:
            raise BrickGPTError("a worker process died; run the same command again to go on") from error
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    print(file=sys.stderr)


def _results(futures: Sequence[Future[list[Outcome]]]) -> Iterator[list[Outcome]]:
    for future in as_completed(futures):
        yield future.result()


def _progress(done: int, total: int, seconds: float) -> None:
    """One line that renews itself; where nobody watches, every fiftieth."""
    if sys.stderr.isatty() or done % 50 == 0 or done == total:
        print(f"\r{done}/{total} samples, {seconds:.0f} s", end="", file=sys.stderr, flush=True)
