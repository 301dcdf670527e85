"""Training the embedded model: batches, the schedule, and a small run that resumes and can be loaded."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("pyarrow")

from brickgpt_engine.decoding import load_model
from brickgpt_engine.errors import ConfigError
from brickgpt_engine.generation import BrickGenerator, GenerationConfig
from training.nano import NanoConfig, learning_rate_factor, train
from training.samples import IGNORE, Row, batches

pytestmark = pytest.mark.torch


def make_rows(count, rng):
    return [
        Row(
            [np.array([1, 7, 3]), np.array([1, 8, 9, 3])],
            np.array([*rng.integers(10, 50, rng.integers(4, 90)), 2]),
        )
        for _ in range(count)
    ]


def test_an_epoch_holds_every_structure_once_and_scores_only_its_bricks():
    rng = np.random.default_rng(0)
    rows = make_rows(40, rng)
    wanted = sorted(tuple(row.bricks) for row in rows)
    seen = []
    for inputs, labels in batches(rows, tokens=704, rng=rng, pad=0):
        assert inputs.size <= 704
        for line, goal in zip(inputs, labels, strict=True):
            scored = goal != IGNORE
            if not scored.any():  # a line that only fills the batch up
                assert (line == 0).all()
                continue
            assert (line[scored] == goal[scored]).all()
            assert line[: np.argmax(scored)][-1] == 3  # the separator stands right before what is scored
            seen.append(tuple(goal[scored]))
    assert sorted(seen) == wanted


def test_learning_rate_rises_stays_and_falls_to_zero():
    factors = [learning_rate_factor(p, 0.1, 0.4) for p in (0.0, 0.05, 0.1, 0.5, 0.8, 1.0)]
    assert factors == [0.02, 0.5, 1.0, 1.0, pytest.approx(0.5), 0.0]


def test_a_run_resumes_and_its_folder_generates(tmp_path):
    small = {
        "out": tmp_path / "run", "data": tmp_path / "data", "export": tmp_path / "model", "structures": 40,
        "test_structures": 12, "vocab_size": 420, "hidden_size": 32, "layers": 2, "heads": 2,
        "intermediate_size": 64, "batch_tokens": 1024, "batches": 2, "compile": False,
    }  # fmt: skip
    train(NanoConfig(**small, total_tokens=10_000))
    halfway = torch.load(tmp_path / "run" / "checkpoint.pt", weights_only=False)
    train(NanoConfig(**small, total_tokens=40_000))
    end = torch.load(tmp_path / "run" / "checkpoint.pt", weights_only=False)
    assert end["progress"]["step"] > halfway["progress"]["step"]
    first, last = (state["progress"]["log"][-1]["held_out_loss"] for state in (halfway, end))
    assert last < first - 0.3
    model = load_model(str(tmp_path / "model"))
    assert model.prompt_style == "nano"
    result = BrickGenerator(model).run("a chair", GenerationConfig(max_bricks=5, max_regenerations=0, seed=1))
    assert len(result.structure) <= 5
    with pytest.raises(ConfigError, match="holds a run with hidden_size 32, not 64"):
        train(NanoConfig(**{**small, "hidden_size": 64}, total_tokens=40_000))


def test_a_warm_start_keeps_what_both_models_know(tmp_path):
    from brickgpt_engine.decoding.tokenizer import as_tokenizer, load_tokenizer
    from brickgpt_engine.errors import ModelError
    from training.nano import export_folder, make_model
    from training.tokenizer import train_tokenizer
    from training.warm import EMBEDDING, warm_start

    sizes = {"hidden_size": 32, "layers": 2, "heads": 2, "intermediate_size": 64}
    old_words = train_tokenizer(["a chair", "a tall chair"] * 3, vocab_size=340)
    old = make_model(NanoConfig(**sizes, seed=1), old_words)
    export_folder(old, old_words, tmp_path / "old", ["chair"])
    new_words = train_tokenizer(["a chair", "a rocket", "a rocket"] * 3, vocab_size=350)
    assert new_words.token_to_id("Ġrocket") is not None and old_words.token_to_id("Ġrocket") is None
    new = make_model(NanoConfig(**sizes, seed=2), new_words)
    warm_start(new, as_tokenizer(new_words), tmp_path / "old")

    before, after = old.half().float().get_parameter(EMBEDDING), new.get_parameter(EMBEDDING)
    for token in ("Ġchair", "2x4 (", "19)\n", "<bricks>"):
        torch.testing.assert_close(after[new_words.token_to_id(token)], before[old_words.token_to_id(token)])
    pieces = load_tokenizer(tmp_path / "old").encode(" rocket")
    assert len(pieces) > 1
    torch.testing.assert_close(after[new_words.token_to_id("Ġrocket")], before[pieces].mean(dim=0))
    torch.testing.assert_close(new.model.layers[1].mlp.up_proj.weight, old.model.layers[1].mlp.up_proj.weight)
    with pytest.raises(ModelError, match="shape"):
        other = make_model(NanoConfig(**sizes | {"hidden_size": 64}), new_words)
        warm_start(other, as_tokenizer(new_words), tmp_path / "old")


@pytest.mark.parametrize("full", [True, False])
def test_a_step_has_the_losses_and_gradients_of_the_general_model(full):
    from torch.nn import functional
    from transformers import LlamaConfig, LlamaForCausalLM

    from training.step import Step

    torch.manual_seed(0)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=50, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=2,
            max_position_embeddings=128, tie_word_embeddings=True,
        )
    )  # fmt: skip
    answers = torch.tensor([2, 11, 12, 30, 49])
    rng = np.random.default_rng(0)
    labels = np.where(rng.random((3, 20)) < 0.5, rng.choice(answers.numpy(), (3, 20)), IGNORE)
    inputs = np.where(labels == IGNORE, rng.integers(0, 50, (3, 20)), labels)

    logits = model(input_ids=torch.from_numpy(inputs)).logits[:, :-1]
    if not full:  # no other token can follow
        others = torch.ones(50, dtype=torch.bool)
        others[answers] = False
        logits = logits.masked_fill(others, float("-inf"))
    wanted = functional.cross_entropy(
        logits.flatten(0, 1), torch.from_numpy(labels)[:, 1:].flatten(), ignore_index=IGNORE, reduction="sum"
    )
    names, parameters = zip(*model.named_parameters(), strict=True)
    gradients = torch.autograd.grad(wanted, parameters)

    step = Step(model, answers, compiled=False)
    loss, scored = step.loss(dict(zip(names, parameters, strict=True)), inputs, labels, full=full)
    assert loss.item() == pytest.approx(wanted.item(), rel=1e-5) and scored == (labels[:, 1:] != IGNORE).sum()
    for mine, theirs in zip(torch.autograd.grad(loss, parameters), gradients, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-5)
    halved = step.part(inputs, labels, full=full)
    assert halved.loss == pytest.approx(wanted.item(), rel=0.02)
    for mine, theirs in zip(halved.gradients, gradients, strict=True):
        assert (mine.float() - theirs).norm() < 0.05 * theirs.norm()
