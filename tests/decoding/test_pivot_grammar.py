"""The grammar of pivot lines: it allows what the format reads and nothing else, for several tokenizers."""

from pathlib import Path

import numpy as np
import pytest
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

import brickgpt_engine
from brickgpt_engine.bricks import Brick
from brickgpt_engine.decoding.pivot_grammar import PivotGrammar
from brickgpt_engine.errors import ModelError
from brickgpt_engine.formats.pivot import PivotFormat
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


def random_line(grammar, before, rng):
    cursor, tokens = grammar.cursor(before), []
    while not cursor.complete:
        choices = cursor.allowed[cursor.allowed != grammar.eos_id]
        tokens += cursor.advance(int(rng.choice(choices)))
    return cursor, tokens


def test_every_line_that_can_be_drawn_is_read_as_the_same_brick(grammar):
    rng, form = np.random.default_rng(0), PivotFormat(5, 30)
    before = []
    pivots = set()
    for _ in range(60):
        cursor, tokens = random_line(grammar, before, rng)
        text = grammar.tokenizer.decode(tokens)
        assert len(tokens) <= grammar.max_line_tokens
        brick = form.read_line(text.removesuffix("\n"), before)
        assert cursor.brick() == brick
        pivots.add(cursor.values[0][0])
        before.append(brick)
    assert 0 in pivots and len(pivots) > 8


def test_every_line_that_the_format_writes_can_be_drawn(grammar):
    before = []
    for brick in [Brick(2, 2, 4, 4, 0), Brick(2, 2, 4, 8, 0), Brick(2, 6, 4, 4, 1), Brick(8, 1, 19, 0, 13)]:
        cursor = grammar.cursor(before)
        for token in grammar.tokenizer.encode(f"{PivotFormat(5, 30).write_line(brick, before)}\n"):
            assert token in cursor.allowed
            cursor.step(token)
        assert cursor.complete and cursor.brick() == brick
        before.append(brick)


def test_the_first_line_starts_at_the_baseplate_and_the_text_may_end_at_any_line(grammar):
    first = grammar.cursor()
    assert grammar.eos_id in first.allowed
    cursor, _ = random_line(grammar, [], np.random.default_rng(3))
    assert cursor.values[0] == (0,)
    first.step(grammar.eos_id)
    assert first.complete and first.ended


def test_whole_fields_are_one_token_each():
    grammar = PivotGrammar(TOKENIZERS["whole fields"](), max_back=30)
    assert grammar.max_line_tokens == 5


def test_a_tokenizer_that_joins_fields_is_refused():
    with pytest.raises(ModelError, match="absolute action space"):
        PivotGrammar(fields_tokenizer(["/2"]), max_back=5)


def test_the_grammar_spells_what_the_format_writes(grammar):
    bricks = [Brick(2, 2, 4, 4, 0), Brick(2, 2, 4, 8, 0), Brick(2, 6, 4, 4, 1), Brick(8, 1, 11, 0, 13)]
    text = PivotFormat(5, 30).write(bricks)
    assert grammar.encode(bricks) == grammar.tokenizer.encode(text)
    assert grammar.encode(bricks[2:], bricks[:2]) == grammar.encode(bricks)[len(grammar.encode(bricks[:2])) :]
    assert set(grammar.encode(bricks)) <= set(grammar.token_ids.tolist())
    lines = text.splitlines(keepends=True)
    assert [grammar.read_line(line, bricks[:n]) for n, line in enumerate(lines)] == bricks
    for line in ("2x2 (4,4,0)\n", "1/2x2 (5,5,6)\n", lines[0].strip(), "0/2x2 (04,4,0)\n"):
        assert grammar.read_line(line, ()) is None
    with pytest.raises(ModelError, match="outside the grammar"):
        grammar.encode([Brick(2, 2, 25, 0, 0)])


def test_a_fork_goes_its_own_way(grammar):
    before = [Brick(2, 2, 4, 4, 0)]
    cursor = grammar.cursor(before)
    assert not cursor.inside_field and cursor.live(np.ones(32, dtype=bool)).shape == cursor.allowed.shape
    line = grammar.encode([Brick(1, 2, 5, 4, 1)], before)
    twin = cursor.fork()
    for token in line:
        twin.step(token)
    assert twin.complete and twin.brick() == Brick(1, 2, 5, 4, 1)
    assert cursor.values == [] and not cursor.complete
