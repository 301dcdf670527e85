"""Speculation changes the number of passes and nothing else."""

import math
from collections import Counter

import numpy as np
import pytest

from brickgpt_engine.decoding import load_model
from brickgpt_engine.generation import BrickGenerator, GenerationConfig

END = "</s>"


@pytest.fixture(scope="module")
def nano():
    return load_model("nano", "cpu")


def run(model, prompt="a table with four legs", **options):
    settings = {"physics": False, "max_regenerations": 0, "seed": 4, "max_bricks": 40} | options
    return BrickGenerator(model).run(prompt, GenerationConfig(**settings))


@pytest.mark.parametrize("sampling", ["exact", "rejection"])
def test_the_same_seed_gives_the_same_model_in_fewer_passes(nano, sampling):
    fast, slow = (run(nano, sampling=sampling, speculation=on) for on in (True, False))
    assert fast.structure == slow.structure
    assert fast.log_likelihood == pytest.approx(slow.log_likelihood, abs=1e-3)
    assert (slow.drafted, slow.accepted) == (0, 0)
    assert 0 < fast.accepted <= fast.drafted
    assert fast.passes < 0.6 * slow.passes


def test_the_greedy_model_is_the_same_on_numpy_with_drafts_and_on_torch_without(nano):
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    from dataclasses import replace

    from brickgpt_engine.decoding.loader import embedded_folder
    from brickgpt_engine.decoding.torch_llama import load_torch_model

    other = replace(nano, token_model=load_torch_model(str(embedded_folder()), "cpu"))
    settings = {"temperature": 0.01, "max_bricks": 12}
    greedy = run(nano, **settings).structure
    assert len(greedy) == 12
    assert run(other, speculation=False, **settings).structure == greedy
    assert run(other, **settings).structure == greedy


class Checking:
    """A scripted model that can check drafts: the logits of every row come from the lines before it."""

    draft_cost = 0.1

    def __init__(self, inner):
        self.inner = inner
        self.rewind = inner.rewind
        self.vocab_size, self.context_length = inner.vocab_size, inner.context_length

    @property
    def length(self):
        return self.inner.length

    def prefill(self, ids):
        return self.inner.prefill(ids)

    def extend(self, ids):
        return self.extend_each(ids, 1)[0]

    def extend_each(self, ids, keep, only=None):
        return np.stack([self.row(token) for token in ids][-keep:])

    def row(self, token):
        inner = self.inner
        inner.ids.append(token)
        text = inner.backend.decode(inner.ids[inner.prompt_length :], skip_special_tokens=False)
        done, _, begun = text.rpartition("\n")
        inner.weights = inner.script(done.split("\n") if done else [])
        return inner.logits(inner.backend.encode(begun).ids).copy()


def test_structures_are_drawn_with_the_models_probabilities_under_speculation(scripted):
    """Two layers of two bricks: all eight structures, counted against their products of odds."""
    odds = {0: {"2x4 (0,0,0)": 0.7, "2x2 (0,0,0)": 0.3}, 1: {"2x4 (4,4,0)": 0.5, "2x2 (4,4,0)": 0.5}}

    def script(done):
        if len(done) < 2:
            return odds[len(done)]
        if len(done) < 4:  # the layer above repeats the one below, mostly
            below = done[len(done) - 2]
            same = below.replace(",0)", ",1)")
            other = {"2x4": "2x2", "2x2": "2x4"}[below[:3]] + same[3:]
            return {same: 0.8, other: 0.2}
        return {END: 1.0}

    loaded = scripted(script)
    model = Checking(loaded.token_model)
    object.__setattr__(loaded, "token_model", model)
    generator = BrickGenerator(loaded)
    counts, drafts, accepted, runs = Counter(), 0, 0, 500
    for seed in range(runs):
        config = GenerationConfig(physics=False, temperature=1.0, seed=seed)
        result = generator.run("a thing", config)
        counts["|".join(brick.text for brick in result.structure)] += 1
        drafts, accepted = drafts + result.drafted, accepted + result.accepted
    assert 0 < accepted < drafts
    expected = {}
    for a, p in odds[0].items():
        for b, q in odds[1].items():
            for c, d in ((c, d) for c in ("2x4", "2x2") for d in ("2x4", "2x2")):
                text = f"{a}|{b}|{c} (0,0,1)|{d} (4,4,1)"
                expected[text] = p * q * (0.8 if a[:3] == c else 0.2) * (0.8 if b[:3] == d else 0.2)
    assert set(counts) <= set(expected)
    statistic = sum((counts[t] - p * runs) ** 2 / (p * runs) for t, p in expected.items())
    freedom = len(expected) - 1
    assert (statistic - freedom) / math.sqrt(2 * freedom) < 4.0
