"""Generating outcomes: modes that share a run, the file that survives a kill, the order of work."""

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from brickgpt_engine.decoding import load_model
from brickgpt_engine.errors import FormatError, PromptError, SolverError
from brickgpt_engine.generation import BrickGenerator, GenerationConfig
from training.evaluate import main
from training.evaluation.outcomes import FULL, MODES, REFERENCE, Outcome, OutcomeLog, of_mode, read_outcomes
from training.evaluation.prompts import Prompt
from training.evaluation.runs import Job, generate, plan, run_job, run_prompt, seed_of, twin
from training.evaluation.voxels import replay

TOWER = "2x4 (4,5,0)\n2x2 (4,6,1)\n"
ROOT = Path(__file__).resolve().parents[2]


def prompt(index=0, bricks=TOWER):
    return Prompt(index, f"a table, number {index}", "table", bricks)


def outcome(**changes):
    values = {
        "mode": "rejection", "index": 0, "sample": 0, "prompt": "a chair", "category": "chair", "seed": 0,
        "valid": True, "stable": True, "finished": True, "stop_reason": "end",
        "mean_score": 0.9, "min_score": 0.8, "bricks": 2, "rejections": 0, "regenerations": 0,
        "tokens": 40, "seconds": 0.5, "cpu_seconds": 0.4, "text": TOWER,
    }  # fmt: skip
    return Outcome(**{**values, **changes})


@pytest.fixture(scope="module")
def generator(guessing_model):
    return BrickGenerator(load_model(str(guessing_model)))


def config(folder, **options):
    return GenerationConfig(model_name_or_path=str(folder), temperature=1.0, **options)


def test_shared_runs_are_what_generating_them_gives(generator, guessing_model):
    shared = Counter()
    for index in range(60):
        base = config(guessing_model, seed=index)
        job = Job(prompt(index), 0, tuple(MODES), (), base)
        # plan() orders the modes; here the order of ORDER is asked for by hand
        job = replace(job, modes=("rejection", FULL, "syntax masks", "raw"))
        for found in run_job(generator, job):
            alone = run_prompt(generator, found.mode, prompt(index), base)
            times = {"seconds": 0, "cpu_seconds": 0}
            assert replace(found, same_as=None, **times) == replace(alone, **times)
            shared[found.mode, found.same_as is not None] += 1
    # Both sides of the rule occurred; raw, masks and rejection are never shared.
    assert all(shared[FULL, flag] >= 5 for flag in (True, False))
    assert shared["raw", False] == shared["syntax masks", False] == shared["rejection", False] == 60


@pytest.mark.parametrize(
    ("changes", "full"),
    [
        ({}, True),
        ({"rejections": 1}, True),
        ({"stable": False}, False),
        ({"stable": False, "stop_reason": "refused: the solver failed"}, False),
        ({"mode": "raw"}, False),
    ],
)
def test_what_follows_from_a_run_with_rejection(changes, full):
    known = [outcome(**changes)]
    assert (twin(FULL, known) is not None) == full
    assert twin("syntax masks", known) is None
    assert twin("raw", known) is None
    if full:
        assert twin(FULL, known) == replace(known[0], mode=FULL, same_as="rejection")


def test_an_outcome_says_what_the_engine_found(generator, guessing_model):
    config_of = config(guessing_model, seed=5)
    found = run_prompt(generator, "syntax masks", prompt(), config_of)
    result = generator.run(prompt().text, replace(config_of, **MODES["syntax masks"]))
    structure, refused = replay(found.text)
    assert structure == result.structure
    assert refused == len(result.invalid)
    assert (found.bricks, found.tokens, found.seed) == (len(structure), result.tokens, 5)
    assert found.valid == (refused == 0)


@pytest.mark.parametrize("error", [PromptError("no such thing"), SolverError("no verdict")])
def test_a_run_that_fails_is_an_outcome(generator, guessing_model, monkeypatch, error):
    def fail(*_):
        raise error

    monkeypatch.setattr(generator, "run", fail)
    found = run_prompt(generator, FULL, prompt(), config(guessing_model, seed=1))
    assert (found.valid, found.stable, found.refused) == (False, False, True)
    assert str(error) in found.stop_reason


def test_the_reference_is_the_held_out_structure_itself(generator, guessing_model):
    stands, floats = prompt(0), prompt(1, "2x4 (0,0,0)\n2x2 (10,10,3)\n")
    for question, stable in ((stands, True), (floats, False)):
        (found,) = run_job(generator, Job(question, 0, (REFERENCE,), (), config(guessing_model)))
        assert (found.valid, found.stable, found.bricks, found.text) == (True, stable, 2, question.bricks)


def test_plan_leaves_out_what_is_known_and_begins_with_the_longest():
    prompts = [prompt(0), prompt(1, TOWER * 3), prompt(2, TOWER * 2)]
    base = GenerationConfig(seed=10)
    jobs = plan(prompts, ["raw", FULL], [], base, samples=3, diverse=1)
    assert [(job.prompt.index, job.sample) for job in jobs] == [(1, 0), (2, 0), (0, 0), (0, 1), (0, 2)]
    assert jobs[0].modes == (FULL, "raw")
    assert jobs[3].modes == (FULL,)
    seeds = [job.base.seed for job in jobs]
    assert seeds[:3] == [11, 12, 10]
    assert len(set(seeds)) == 5
    known = [outcome(mode=FULL, index=1), outcome(mode="raw", index=2), outcome(mode=FULL, index=2)]
    jobs = plan(prompts, ["raw", FULL], known, base)
    assert [(job.prompt.index, job.modes) for job in jobs] == [(1, ("raw",)), (0, (FULL, "raw"))]
    assert jobs[0].known == (known[0],)
    assert seed_of(10, 1, 0) == 11
    only_raw = plan(prompts, ["raw"], [], base, samples=3, diverse=3)
    assert [job.modes for job in only_raw] == [("raw",)] * 3


def test_a_cut_line_is_removed_and_the_rest_is_kept(tmp_path):
    path = tmp_path / "outcomes.jsonl"
    log = OutcomeLog(path)
    log.append([outcome(), outcome(index=1)])
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:100])  # killed while it wrote a third line
    log = OutcomeLog(path)
    assert path.read_bytes() == whole
    assert log.outcomes == [outcome(), outcome(index=1)]
    log.append([outcome(index=1, bricks=99), outcome(index=2)])
    assert [o.bricks for o in read_outcomes(path)] == [2, 2, 2]  # the first of a key counts


def test_a_line_that_is_no_outcome_is_named(tmp_path):
    path = tmp_path / "outcomes.jsonl"
    OutcomeLog(path).append([outcome()])
    path.write_text(path.read_text() + '{"mode": "raw"}\n')
    with pytest.raises(FormatError, match=r"outcomes\.jsonl:2: it is no outcome"):
        OutcomeLog(path)


def test_first_samples_of_a_mode_in_order():
    rows = [outcome(index=2), outcome(index=1), outcome(index=1, sample=1), outcome(mode="raw")]
    assert of_mode(rows, "rejection") == [rows[1], rows[0]]


def test_workers_write_every_outcome_once(guessing_model, tmp_path):
    prompts = [prompt(number) for number in range(4)]
    base = config(guessing_model, seed=0)
    log = OutcomeLog(tmp_path / "o.jsonl")
    modes = [*MODES, REFERENCE]
    generate(plan(prompts, modes, [], base, samples=2, diverse=1), log, workers=2)
    keys = {(mode, number, 0) for mode in modes for number in range(4)} | {(FULL, 0, 1)}
    assert sorted(o.key for o in read_outcomes(log.path)) == sorted(keys)
    assert plan(prompts, modes, log.outcomes, base, samples=2, diverse=1) == []


def test_a_killed_evaluation_goes_on_and_loses_nothing(guessing_model, tmp_path, capsys):
    out = tmp_path / "out"
    options = ["--model", str(guessing_model), "--out", str(out), "--no-classifier", "--workers", "1"]
    options += ["--prompts", "400", "--diverse", "0", "--temperature", "1", "--data", str(_data(tmp_path))]
    options += ["--modes", FULL]
    command = [sys.executable, "-m", "training.evaluate", *options]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    path = out / "outcomes.jsonl"
    deadline = time.monotonic() + 300
    while not (path.exists() and path.read_bytes().count(b"\n") >= 4):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = path.read_bytes()
    kept = before[: before.rfind(b"\n") + 1]
    assert kept.count(b"\n") < 800, "it was not killed in the middle"
    main(options)
    after = path.read_bytes()
    assert after.startswith(kept)
    assert len(read_outcomes(path)) == after.count(b"\n") == 800
    assert "| rejection + rollback |" in capsys.readouterr().out
    assert json.loads((out / "summary.json").read_text())["modes"][0]["prompts"] == 400


def _data(folder):
    """A data set of 400 tables by hand, the same for both splits."""
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    (folder / "data").mkdir()
    texts = [f"2x4 ({n % 18},{n // 18 % 16},0)\n" for n in range(400)]
    captions = [["a table", "a long table"]] * 400
    table = pa.table({"bricks": texts, "captions": captions, "category_id": ["table"] * 400})
    for split in ("train", "test"):
        pq.write_table(table, folder / "data" / f"{split}-00000.parquet")
    return folder / "data"
