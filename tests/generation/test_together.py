"""Structures that share PyTorch's passes: the same as one by one, whoever comes and goes."""

import json
import threading
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from brickgpt_engine.decoding import hub, load_model, torch_llama
from brickgpt_engine.decoding.batch import aside
from brickgpt_engine.decoding.loader import embedded_folder
from brickgpt_engine.decoding.numpy_llama import NumpyLlama
from brickgpt_engine.decoding.torch_rows import LONG, Request
from brickgpt_engine.errors import ModelError
from brickgpt_engine.generation import BrickGenerator, Failed, Finished, GenerationConfig
from brickgpt_engine.generation.together import Job, Together, can_share_passes

pytestmark = pytest.mark.torch
PROMPTS = ("a small table", "a tall tower", "a long sofa with armrests")


@pytest.fixture(scope="module")
def on_torch():
    """The embedded model, on PyTorch."""
    loaded = load_model("nano")
    return replace(loaded, token_model=torch_llama.load_torch_model(str(embedded_folder()), "cpu"))


def finished(told):
    return {number: event.result for number, event in told if isinstance(event, Finished)}


def test_many_together_are_what_each_is_alone(on_torch):
    assert can_share_passes(on_torch)
    jobs = [
        Job(PROMPTS[n % 3], GenerationConfig(seed=n, max_bricks=5 + 4 * (n % 4), max_regenerations=n % 2))
        for n in range(7)
    ]
    team = Together(on_torch, jobs, size=3)
    results = finished(team.events())
    alone = BrickGenerator(on_torch)
    for number, job in enumerate(jobs):
        expected = alone.run(job.prompt, job.config)
        assert results[number].structure == expected.structure
        assert results[number].stop_reason == expected.stop_reason
        assert results[number].log_likelihood == pytest.approx(expected.log_likelihood, abs=1e-4)
    asked = sum(result.passes for result in results.values())
    assert team.batch.passes < 0.6 * asked  # three at a time, fewer as the last ones end
    assert team.batch.shared == asked


def test_together_and_alone_draw_the_same_models_again(on_torch):
    config = GenerationConfig(max_attempts=3)
    jobs = [Job("a high-backed chair with armrests", replace(config, seed=n)) for n in range(3)]
    results = finished(Together(on_torch, jobs, size=2).events())
    alone = BrickGenerator(on_torch)
    expected = [alone.run(job.prompt, job.config) for job in jobs]
    assert [results[n].attempts for n in range(3)] == [result.attempts for result in expected]
    assert [results[n].structure for n in range(3)] == [result.structure for result in expected]
    assert max(result.attempts for result in expected) > 1


def test_rows_agree_with_numpy_whatever_their_neighbours_do(on_torch):
    rng = np.random.default_rng(5)
    batch = on_torch.token_model.batch(4)
    rows = batch._rows
    references = [NumpyLlama.from_folder(embedded_folder()) for _ in range(4)]
    for turn in range(25):
        requests = []
        for row in range(4):
            if rng.random() < 0.4:  # this one sits the pass out, having gone back or begun anew
                length = int(rng.integers(0, references[row].length + 1))
                references[row].rewind(length)
                rows.shorten(row, length)
                continue
            count = int(rng.integers(LONG, 2 * LONG)) if rng.random() < 0.2 else int(rng.integers(1, 6))
            requests.append(
                Request(row, rng.integers(4, 2000, count).tolist(), int(rng.integers(1, count + 1)))
            )
        for request, answer in zip(requests, rows.run(requests), strict=True):
            expected = references[request.row].extend_each(request.ids, request.keep)
            assert abs(answer - expected).max() < 1e-3, turn
    assert max(reference.length for reference in references) > 3 * LONG


def test_only_wanted_logits_are_computed(on_torch):
    only = np.array([3, 5, 700])
    rows = on_torch.token_model.batch(2)._rows
    full = rows.run([Request(0, [5, 6]), Request(1, [7])])
    for row in (0, 1):
        rows.shorten(row, 0)
    some = rows.run([Request(0, [5, 6], 1, only), Request(1, [7], 1, only)])
    for all_of_them, part in zip(full, some, strict=True):
        assert abs(all_of_them[:, only] - part[:, only]).max() < 1e-5
        assert np.isneginf(np.delete(part, only, axis=1)).all()


def test_nobody_waits_for_a_member_that_stepped_aside_or_left(on_torch):
    batch = on_torch.token_model.batch(3)
    first, second, third = (batch.join() for _ in range(3))
    third.leave()
    with aside(second):
        assert first.prefill([1, 2, 3]).shape == (first.vocab_size,)
    answers = {}
    thread = threading.Thread(target=lambda: answers.update(second=second.prefill([1, 2, 3]).copy()))
    thread.start()
    answers["first"] = first.prefill([1, 2, 3]).copy()
    thread.join(20)
    assert abs(answers["first"] - answers["second"]).max() < 1e-5
    assert batch.passes == 2
    batch.join()
    with pytest.raises(ModelError, match="batch of 3 is full"):
        batch.join()


def test_a_pass_that_fails_ends_every_run_with_its_reason(on_torch, monkeypatch):
    import torch

    jobs = [Job("a small table", GenerationConfig(seed=seed, physics=False)) for seed in range(3)]
    team = Together(on_torch, jobs, size=3)
    runs, passes = team.batch._rows, []

    def break_later(*arguments, original=runs._forward):
        passes.append(1)
        if len(passes) > 12:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory")
        return original(*arguments)

    monkeypatch.setattr(runs, "_forward", break_later)
    failed = {number: event for number, event in team.events() if isinstance(event, Failed)}
    assert set(failed) == {0, 1, 2}
    for event in failed.values():
        assert len(event.structure) > 0
        assert isinstance(event.error, ModelError)
        assert "device is out of memory; decode fewer structures together (--batch)" in str(event.error)


def test_closing_the_events_stops_all_runs_and_keeps_what_they_built(on_torch):
    jobs = [Job("a tall tower", GenerationConfig(seed=seed, physics=False)) for seed in range(4)]
    team = Together(on_torch, jobs, size=2)
    events = team.events()
    for _ in range(12):
        next(events)
    events.close()
    assert not [t for t in threading.enumerate() if t.name.startswith("structure-")]
    assert sum(len(team.current(number)) > 0 for number in range(4)) == 2


def test_models_with_special_memories_are_made_one_by_one(tmp_path):
    import torch
    from transformers import MistralConfig, MistralForCausalLM

    torch.manual_seed(0)
    shape = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    config = MistralConfig(vocab_size=300, num_key_value_heads=1, sliding_window=8, **shape)
    MistralForCausalLM(config).save_pretrained(tmp_path)
    model = torch_llama.load_torch_model(str(tmp_path), "cpu")
    assert not model.batchable
    with pytest.raises(ModelError, match="cannot be decoded together"):
        model.batch(2)
    ids = list(range(1, 30))
    model.prefill(ids[:12])
    stepwise = model.extend(ids[12:]).copy()
    assert abs(model.prefill(ids) - stepwise).max() < 1e-4


def test_the_command_makes_variants_together(tmp_path, monkeypatch, capsys):
    from brickgpt_engine.cli import main
    from brickgpt_engine.cli import together as cli

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("brickgpt_engine.decoding.loader._use_numpy", lambda *_: False)
    monkeypatch.setattr(hub, "hub_answers", lambda: False)
    sizes = []

    def watched(*arguments, original=cli.Together):
        sizes.append(arguments[2])
        return original(*arguments)

    monkeypatch.setattr(cli, "Together", watched)
    options = [
        "a small table",
        "-n",
        "5",
        "--seed",
        "3",
        "--max-bricks",
        "9",
        "--no-physics",
        "--formats",
        "txt",
        "--json",
    ]
    assert main(["generate", *options, "--batch", "4", "--out", "together/"]) in (0, 1)
    together = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert sizes == [4]
    assert main(["generate", *options, "--batch", "1", "--out", "alone/"]) in (0, 1)
    alone = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert sizes == [4]
    assert [model["seed"] for model in together] == [3, 4, 5, 6, 7] == [model["seed"] for model in alone]
    for number in ("", "-2", "-3", "-4", "-5"):
        name = f"small-table{number}.txt"
        assert (tmp_path / "together" / name).read_text() == (tmp_path / "alone" / name).read_text()
