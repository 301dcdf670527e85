import numpy as np
import pytest
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

from brickgpt_engine.bricks import FOOTPRINTS, Brick
from brickgpt_engine.bricks.structure import MAX_WORLD_DIM
from brickgpt_engine.decoding import TextTokenizer
from brickgpt_engine.decoding.grammar import BrickGrammar, LineCursor, Node
from brickgpt_engine.errors import ModelError

KINDS = {"nano": 4, "llama3": 10, "gpt2": None, "digit": None}


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param, request.getfixturevalue(f"{request.param}_tokenizer")


def walk(grammar, ids):
    """Feed ids through a cursor token by token; returns (brick, decisions made)."""
    cursor, decisions, rest = LineCursor(grammar), 0, list(ids)
    while not cursor.complete:
        assert rest[0] in cursor.allowed
        decisions += 1
        taken = cursor.advance(rest[0])
        assert taken == rest[: len(taken)]
        del rest[: len(taken)]
    assert rest == []
    return cursor.brick(), decisions


def test_paths_are_the_tokenizers_own_spelling(kind):
    name, tokenizer = kind
    grammar = BrickGrammar(tokenizer, 20)
    rng = np.random.default_rng(1)
    bricks = [
        Brick(*FOOTPRINTS[rng.integers(14)], *(int(n) for n in rng.integers(20, size=3))) for _ in range(200)
    ]
    text = "".join(f"{brick}\n" for brick in bricks)
    assert grammar.encode(bricks) == tokenizer.encode(text, add_special_tokens=False).ids
    for brick in bricks[:40]:
        ids = grammar.encode([brick])
        assert tokenizer.decode(ids) == f"{brick}\n"
        assert walk(grammar, ids)[0] == brick
        if KINDS[name]:
            assert len(ids) == KINDS[name]


@pytest.mark.parametrize(
    ("name", "brick", "tokens", "decisions"),
    [
        ("nano", "2x4 (12,3,0)", 4, 4),
        ("llama3", "2x4 (12,3,0)", 10, 5),  # the x, the brackets and the commas are forced
        ("gpt2", "2x4 (12,3,0)", 11, 5),  # ")" and the line end are two forced tokens
        ("gpt2", "2x4 (13,3,0)", 12, 6),  # 13 is "1", "3": after a "1" the tokenizer may go on
        ("digit", "1x8 (12,1,0)", 12, 7),  # after each "1" either a digit or the separator
    ],
)
def test_forced_tokens_cost_no_decision(request, name, brick, tokens, decisions):
    grammar = BrickGrammar(request.getfixturevalue(f"{name}_tokenizer"), 20)
    ids = grammar.encode([Brick.parse(brick)])
    assert len(ids) == tokens
    assert walk(grammar, ids) == (Brick.parse(brick), decisions)


def test_random_walks_only_ever_spell_legal_lines(kind):
    grammar = BrickGrammar(kind[1], 20)
    rng = np.random.default_rng(5)
    ended = 0
    for _ in range(300):
        cursor, ids = LineCursor(grammar), []
        while not cursor.complete:
            ids += cursor.advance(int(rng.choice(cursor.allowed)))
        if cursor.ended:
            assert ids == [grammar.eos_id]
            ended += 1
        else:
            brick = Brick.parse(kind[1].decode(ids))
            assert brick == cursor.brick()
            assert brick.in_library
            assert max(brick.x, brick.y, brick.z) < 20
    assert ended  # the end of the text is allowed at a line's start, and only there


def test_the_largest_world_asks_little_of_the_tokenizer(nano_tokenizer, monkeypatch):
    """Each value of a field is spelled once; pairs of values are tried in one text of fixed length."""
    asked = []
    encode = TextTokenizer.encode
    monkeypatch.setattr(TextTokenizer, "encode", lambda self, text: asked.append(text) or encode(self, text))
    BrickGrammar(nano_tokenizer, MAX_WORLD_DIM)
    assert len(asked) <= 14 + 3 * MAX_WORLD_DIM + 2
    assert sum(map(len, asked)) < 100_000


@pytest.mark.parametrize("world_dim", [1, 7, 20, 256])
def test_any_world_size(llama3_tokenizer, world_dim):
    grammar = BrickGrammar(llama3_tokenizer, world_dim, [(1, 1)])
    top = Brick(1, 1, world_dim - 1, 0, world_dim - 1)
    assert walk(grammar, grammar.encode([top]))[0] == top
    with pytest.raises(ModelError, match="outside the grammar"):
        grammar.encode([Brick(1, 1, world_dim, 0, 0)])


def test_only_the_given_footprints_are_allowed(llama3_tokenizer):
    grammar = BrickGrammar(llama3_tokenizer, 20, [(1, 2), (1, 4), (2, 2)])
    two = llama3_tokenizer.token_to_id("2")
    cursor = LineCursor(grammar)
    assert sorted(cursor.allowed) == sorted([llama3_tokenizer.token_to_id("1"), two, grammar.eos_id])
    taken = cursor.advance(two)
    assert llama3_tokenizer.decode(taken) == "2x2 ("  # only 2x2 begins with 2, so all of it is forced
    with pytest.raises(ModelError, match=r"2x4 \(0,0,0\)"):
        grammar.encode([Brick(2, 4, 0, 0, 0)])


@pytest.mark.parametrize(
    ("merges", "message"),
    [
        ([("(", "1")], "joins two fields"),
        ([(",", "7")], "joins two fields"),
        ([("Ċ", "2")], "joins two fields"),
        ([("9", ","), ("9,", "7")], "depending on its neighbours"),
        ([("6", ")"), ("6)", "Ċ"), ("6)Ċ", "8")], "depending on its neighbours|joins two fields"),
    ],
)
def test_a_tokenizer_that_runs_fields_together_is_named(merging_tokenizer, merges, message):
    with pytest.raises(ModelError, match=message):
        BrickGrammar(merging_tokenizer(*merges), 20)


def test_an_end_token_that_begins_a_line_is_refused(llama3_tokenizer):
    one = TextTokenizer(llama3_tokenizer, llama3_tokenizer.token_to_id("1"))
    with pytest.raises(ModelError, match="'1', also begins a brick line"):
        BrickGrammar(one, 20)


def test_a_tokenizer_that_merges_within_fields_is_fine(merging_tokenizer):
    grammar = BrickGrammar(merging_tokenizer(("x", "4"), ("Ġ", "("), ("x4", "Ġ("), ("1", "0")), 20)
    assert walk(grammar, grammar.encode([Brick(2, 4, 10, 1, 0)]))[0] == Brick(2, 4, 10, 1, 0)


def test_a_tokenizer_without_an_end_token_or_a_way_back_is_named(merging_tokenizer, nano_tokenizer):
    from tokenizers import Tokenizer

    bare = Tokenizer.from_str(nano_tokenizer.to_str().replace("</s>", "<never>"))
    with pytest.raises(ModelError, match="end-of-text"):
        BrickGrammar(bare, 20)
    mute = Tokenizer.from_str(merging_tokenizer().to_str())
    mute.decoder = None
    with pytest.raises(ModelError, match="does not give back"):
        BrickGrammar(mute, 20)


def lossy(normaliser):
    """A tokenizer that rewrites text before it is split."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={letter: n for n, letter in enumerate(letters)}, merges=[]))
    tokenizer.normalizer = normaliser
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["</s>"])
    return tokenizer


@pytest.mark.parametrize(
    "normaliser",
    [
        normalizers.Replace("7", "1"),
        normalizers.Replace(Regex("[0-9]"), "0"),
        normalizers.Replace(",", ""),
        normalizers.Replace("(", " "),
        normalizers.Replace("\n", " "),
    ],
    ids=["two numbers", "all numbers", "no commas", "no bracket", "no line end"],
)
def test_numbers_or_separators_that_cannot_be_told_apart_are_refused(normaliser):
    with pytest.raises(ModelError, match="brick line") as caught:
        BrickGrammar(lossy(normaliser), 20)
    assert "\n" not in str(caught.value)


def test_a_trie_refuses_a_path_that_is_taken_or_begins_another():
    for taken, wanted in (([1, 2], [1, 2]), ([1, 2], [1]), ([1], [1, 2]), ([1], [])):
        root = Node()
        root.insert(taken, (1,))
        with pytest.raises(ModelError, match="apart"):
            root.insert(wanted, (2,))
