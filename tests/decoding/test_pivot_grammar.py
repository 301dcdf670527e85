"""The grammar of pivot lines: it allows what the format reads and nothing else, for several tokenizers."""

from pathlib import Path

import numpy as np
import pytest
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

import brickgpt_engine
from brickgpt_engine.bricks import Brick
from brickgpt_engine.decoding import load_model
from brickgpt_engine.decoding.pivot_grammar import PivotCursor, PivotGrammar, write_pivot_structure
from brickgpt_engine.errors import ModelError
from brickgpt_engine.formats.pivot import PivotFormat
from brickgpt_engine.generation.prompts import encode_prompt
from training.actions import pivot_tokens
from training.tokenizer import field_tokens

NANO = Path(brickgpt_engine.__file__).parent / "models" / "nano" / "tokenizer.json"


def fields_tokenizer(tokens):
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={letter: n for n, letter in enumerate(letters)}, merges=[]))
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.add_special_tokens(["<s>", "</s>", "<bricks>"])
    tokenizer.add_tokens([AddedToken(text, normalized=False) for text in tokens])
    return tokenizer


TOKENIZERS = {
    "bytes": lambda: fields_tokenizer([]),
    "whole fields": lambda: fields_tokenizer(pivot_tokens(30) + field_tokens()),
    "the embedded model's": lambda: Tokenizer.from_file(str(NANO)),
}


@pytest.fixture(params=TOKENIZERS, ids=str)
def grammar(request):
    return PivotGrammar(TOKENIZERS[request.param](), max_back=30)


def random_line(grammar, placed, rng):
    cursor, tokens = PivotCursor(grammar, placed), []
    while not cursor.complete:
        choices = cursor.allowed[cursor.allowed != grammar.eos_id]
        tokens += cursor.advance(int(rng.choice(choices)))
    return cursor, tokens


def test_every_line_that_can_be_drawn_is_read_as_the_same_brick(grammar):
    rng, form = np.random.default_rng(0), PivotFormat(5, 30)
    before = []
    pivots = set()
    for _ in range(60):
        cursor, tokens = random_line(grammar, len(before), rng)
        text = grammar.tokenizer.decode(tokens)
        assert len(tokens) <= grammar.max_line_tokens
        brick = form.read_line(text.removesuffix("\n"), before)
        assert cursor.brick(before) == brick
        pivots.add(cursor.values[0][0])
        before.append(brick)
    assert 0 in pivots and len(pivots) > 8


def test_every_line_that_the_format_writes_can_be_drawn(grammar):
    before = []
    for brick in [Brick(2, 2, 4, 4, 0), Brick(2, 2, 4, 8, 0), Brick(2, 6, 4, 4, 1), Brick(8, 1, 19, 0, 13)]:
        cursor = PivotCursor(grammar, len(before))
        for token in grammar.tokenizer.encode(f"{PivotFormat(5, 30).write_line(brick, before)}\n"):
            assert token in cursor.allowed
            cursor.step(token)
        assert cursor.complete and cursor.brick(before) == brick
        before.append(brick)


def test_the_first_line_starts_at_the_baseplate_and_the_text_may_end_at_any_line(grammar):
    first = PivotCursor(grammar, 0)
    assert grammar.eos_id in first.allowed
    cursor, _ = random_line(grammar, 0, np.random.default_rng(3))
    assert cursor.values[0] == (0,)
    first.step(grammar.eos_id)
    assert first.complete and first.ended


def test_whole_fields_are_one_token_each():
    grammar = PivotGrammar(TOKENIZERS["whole fields"](), max_back=30)
    assert grammar.max_line_tokens == 5


def test_a_tokenizer_that_joins_fields_is_refused():
    with pytest.raises(ModelError, match="absolute action space"):
        PivotGrammar(fields_tokenizer(["/2"]), max_back=5)


class Endless:
    """A token model that never ends a text by itself."""

    def __init__(self, model, eos):
        self._model, self._eos = model, eos

    def __getattr__(self, name):
        return getattr(self._model, name)

    def prefill(self, ids):
        return self._without(self._model.prefill(ids))

    def extend(self, ids):
        return self._without(self._model.extend(ids))

    def _without(self, logits):
        logits = np.array(logits)
        logits[self._eos] -= 1e4
        return logits


def test_any_backend_writes_structures_under_the_grammar():
    """The embedded model knows no pivot lines; the grammar makes it write them all the same, on NumPy."""
    model = load_model("nano")
    grammar = PivotGrammar(model.tokenizer, max_back=12)
    endless = Endless(model.token_model, grammar.eos_id)
    prompt = encode_prompt(model.tokenizer, "a table", "nano")
    rng = np.random.default_rng(0)
    structure = write_pivot_structure(endless, prompt, grammar, rng, max_bricks=12, temperature=3.0)
    assert len(structure) == 12
    assert PivotFormat(5, 12).read(PivotFormat(5, 12).write(structure)) == structure
    assert endless.length < 12 * grammar.max_line_tokens + len(prompt) + 1  # what was rejected is gone
