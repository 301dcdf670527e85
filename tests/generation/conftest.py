"""A language model over whole lines, scripted by the test, behind the token interface."""

from dataclasses import replace

import numpy as np
import pytest
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from brickgpt_engine.bricks import FOOTPRINTS
from brickgpt_engine.decoding import LoadedModel, as_tokenizer
from brickgpt_engine.decoding.loader import PivotReach
from brickgpt_engine.errors import ModelError

END = "</s>"


def nano_backend(world_dim=20, fields=None):
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={c: n for n, c in enumerate(letters)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["<pad>", "<s>", "<bricks>", END])
    if fields is None:
        fields = [f"{h}x{w} (" for h, w in FOOTPRINTS]
        fields += [f"{n}{end}" for n in range(world_dim) for end in (",", ")\n")]
    tokenizer.add_tokens([AddedToken(text, normalized=False) for text in fields])
    return tokenizer


class LineModel:
    """Gives each next line the probability that ``script`` says.

    ``script(lines)`` gets the lines written so far and answers with weights by next line
    (END ends the text). It is asked anew whenever the model reads up to a line's start.
    Logits are log-probabilities; what no line begins with has -1e9.
    """

    def __init__(self, script, backend=None, context_length=4096):
        self.backend = backend or nano_backend()
        self.vocab_size = self.backend.get_vocab_size()
        self.context_length = context_length
        self.script = script
        self.ids = []
        self.prompt_length = 0
        self.calls = []
        self.weights = {}
        self.buffer = np.empty(self.vocab_size, dtype=np.float32)

    @property
    def length(self):
        return len(self.ids)

    def prefill(self, ids):
        self.ids = []
        self.prompt_length = list(ids).index(self.backend.token_to_id("<bricks>")) + 1
        return self.extend(ids)

    def extend(self, ids):
        if len(self.ids) + len(ids) > self.context_length:
            raise ModelError("context overrun")
        self.calls.append(list(ids))
        self.ids += ids
        text = self.backend.decode(self.ids[self.prompt_length :], skip_special_tokens=False)
        done, _, _partial = text.rpartition("\n")
        lines = done.split("\n") if done else []
        newline_at = [n for n, i in enumerate(self.ids) if self.backend.decode([i]).endswith("\n")]
        begun = self.ids[max([self.prompt_length, *[n + 1 for n in newline_at]]) :]
        if not begun:
            self.weights = self.script(lines)
        return self.logits(begun)

    def logits(self, begun):
        mass = np.zeros(self.vocab_size)
        for line, weight in self.weights.items():
            path = self.backend.encode(line if line == END else line + "\n").ids
            if path[: len(begun)] == begun and len(path) > len(begun):
                mass[path[len(begun)]] += weight
        self.buffer[:] = np.where(mass > 0, np.log(np.maximum(mass, 1e-300)), -1e9)
        return self.buffer  # reused, as real backends do

    def rewind(self, length):
        assert length <= len(self.ids)
        del self.ids[length:]


def loaded(model):
    return LoadedModel(model, as_tokenizer(model.backend), "nano", {"name": "scripted"})


@pytest.fixture
def scripted():
    """Makes a loaded model from a script (see LineModel), or from a plain list of lines."""

    def make(script, **options):
        if not callable(script):
            lines = [*script, END]
            return loaded(LineModel(lambda done: {lines[len(done)]: 1.0}, **options))
        return loaded(LineModel(script, **options))

    return make


@pytest.fixture
def pivot_scripted():
    """As ``scripted``, for a model that writes pivot lines with offsets to 5, up to 12 bricks back."""

    def make(script):
        backend = nano_backend()
        backend.add_tokens([AddedToken(f"{back}/", normalized=False) for back in range(13)])
        lines = script if callable(script) else lambda done: {[*script, END][len(done)]: 1.0}
        return replace(loaded(LineModel(lines, backend)), pivot=PivotReach(5, 12))

    return make


@pytest.fixture(scope="session")
def byte_tokenizer():
    """Every character of a brick line is a token, so most of a line is forced."""
    return nano_backend(fields=[])


@pytest.fixture(scope="session")
def nano_tokenizer():
    return nano_backend()
