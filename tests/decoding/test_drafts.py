"""Drafts: what they guess, and that a text stream gives the same logits with and without them."""

import numpy as np
import pytest

from brickgpt_engine.bricks import FOOTPRINTS, Brick, BrickStructure
from brickgpt_engine.decoding import BrickGrammar
from brickgpt_engine.decoding.drafts import Drafter
from brickgpt_engine.decoding.numpy_llama import NumpyLlama
from brickgpt_engine.decoding.tokens import DraftModel, TokenStream
from brickgpt_engine.errors import ModelError

WALL = [Brick(2, 4, 3, y, z) for z in range(4) for y in (0, 4, 8, 12)]


@pytest.fixture(scope="module")
def grammar(nano_tokenizer):
    return BrickGrammar(nano_tokenizer, 20, FOOTPRINTS)


def drafted(grammar, bricks, values=(), cost=0.2):
    drafter = Drafter(grammar, cost)
    structure = BrickStructure()
    for brick in bricks:
        structure.add(brick)
        drafter.follow(structure)
    return drafter.draft(values)


def test_a_wall_is_foreseen_from_the_layers_below(grammar):
    """After two layers the third is guessed brick by brick, over the end of a layer too."""
    for known in range(9, 14):
        expected = grammar.encode(WALL[known : known + 2])
        assert drafted(grammar, WALL[:known])[:8] == expected


def test_a_draft_goes_on_from_the_fields_that_are_said(grammar):
    nxt = WALL[10]
    for said in range(4):
        values = [(nxt.h, nxt.w), (nxt.x,), (nxt.y,)][:said]
        assert drafted(grammar, WALL[:10], values)[: 4 - said] == grammar.encode([nxt])[said:]
    assert drafted(grammar, WALL[:10], [(1, 1), (9,), (9,)])[:1] == grammar.path(3, (2,))


def test_guesses_outside_the_world_are_not_drafted(grammar):
    row = [Brick(2, 4, 0, y, 0) for y in (0, 4, 8, 12, 16)]
    tokens = drafted(grammar, row)
    assert set(tokens) <= set(grammar.token_ids.tolist())


def test_a_draft_ends_where_the_odds_do(grammar):
    for cost, most in ((0.9, 2), (0.5, 4), (0.25, 8), (0.05, 24)):
        tokens = drafted(grammar, WALL[:10], cost=cost)
        assert 0 < len(tokens) <= most
        assert tokens == drafted(grammar, WALL[:10], cost=0.05)[: len(tokens)]


def test_drafting_leaves_no_trace_and_a_cut_is_noticed(grammar):
    drafter, structure = Drafter(grammar, 0.2), BrickStructure(WALL[:10])
    drafter.follow(structure)
    first = drafter.draft(())
    assert drafter.draft(()) == first
    structure.truncate(3)
    structure.add(Brick(1, 1, 15, 15, 0))
    drafter.follow(structure)
    fresh = Drafter(grammar, 0.2)
    fresh.follow(structure)
    assert drafter.draft([(1, 1)])[:1] == fresh.draft([(1, 1)])[:1]


def test_no_bricks_give_no_drafts_but_the_ground(grammar):
    assert drafted(grammar, ()) == []
    assert drafted(grammar, (), [(2, 4), (3,), (4,)])[:1] == grammar.path(3, (0,))


class Plain:
    """The same model without the gift of checking drafts."""

    def __init__(self, model):
        self.model = model
        self.prefill, self.extend, self.rewind = model.prefill, model.extend, model.rewind
        self.vocab_size, self.context_length = model.vocab_size, model.context_length

    @property
    def length(self):
        return self.model.length


def test_logits_are_the_same_however_drafts_right_and_wrong_are_read_along(llama_folder):
    folder, _ = llama_folder()
    fast, slow = NumpyLlama.from_folder(folder), NumpyLlama.from_folder(folder)
    assert isinstance(fast, DraftModel)
    assert not isinstance(Plain(slow), DraftModel)
    rng = np.random.default_rng(0)
    prompt = rng.integers(0, fast.vocab_size, 9).tolist()
    ahead, plain = TokenStream(fast), TokenStream(Plain(slow))
    np.testing.assert_allclose(ahead.start(prompt), plain.start(prompt), atol=1e-4)
    base, text = len(prompt), []
    for _ in range(60):
        if rng.random() < 0.2 and text:
            del text[int(rng.integers(len(text))) :]  # another branch
        text.append(int(rng.integers(fast.vocab_size)))
        draft = rng.integers(0, fast.vocab_size, int(rng.integers(0, 6))).tolist()
        found = ahead.after(base, text, lambda due, draft=draft: draft)
        np.testing.assert_allclose(found, plain.after(base, text), atol=1e-4)
        if rng.random() < 0.5 and draft:  # the draft was right, in part
            text += draft[: int(rng.integers(1, len(draft) + 1))]
            np.testing.assert_allclose(ahead.after(base, text), plain.after(base, text), atol=1e-4)
    assert ahead.accepted > 10
    assert ahead.passes < plain.passes + ahead.accepted


def test_an_accepted_draft_costs_no_pass_and_is_counted(llama_folder):
    folder, _ = llama_folder()
    stream = TokenStream(NumpyLlama.from_folder(folder))
    stream.start([1, 2, 3])
    stream.after(3, [4], lambda due: [5, 6, 7])
    assert (stream.passes, stream.drafted, stream.accepted) == (2, 3, 0)
    stream.after(3, [4, 5])
    stream.after(3, [4, 5, 6])
    assert (stream.passes, stream.drafted, stream.accepted) == (2, 3, 2)
    stream.after(3, [4, 5, 9])
    assert (stream.passes, stream.drafted, stream.accepted) == (3, 3, 2)
    assert stream.ids == [1, 2, 3, 4, 5, 9]


def test_logits_that_are_no_numbers_count_once_a_draft_is_taken(llama_folder):
    folder, _ = llama_folder()
    model = NumpyLlama.from_folder(folder)
    model._embedding = model._embedding.copy()
    model._embedding[6] = np.nan
    stream = TokenStream(model)
    stream.start([1, 2, 3])
    stream.after(3, [4], lambda due: [5, 6])
    stream.after(3, [4, 5])
    with pytest.raises(ModelError, match="not a number"):
        stream.after(3, [4, 5, 6])
    assert np.isfinite(stream.after(3, [4, 7])).all()


def test_drafts_never_overrun_the_context(llama_folder):
    folder, _ = llama_folder(max_position_embeddings=12)
    stream = TokenStream(NumpyLlama.from_folder(folder))
    stream.start(list(range(9)))
    stream.after(9, [1], lambda due: [2, 3, 4, 5])
    assert stream.ids == [*range(9), 1, 2, 3]


def test_only_the_named_logits_are_given_and_they_are_the_same(llama_folder):
    folder, _ = llama_folder()
    model = NumpyLlama.from_folder(folder)
    model.prefill([1, 2])
    whole = model.extend_each([3, 4, 5], 2).copy()
    model.rewind(2)
    only = np.array([7, 30, 31])
    part = model.extend_each([3, 4, 5], 2, only)
    np.testing.assert_allclose(part[:, only], whole[:, only], atol=1e-5)
    assert np.isneginf(np.delete(part, only, axis=1)).all()


def test_torch_and_numpy_agree_on_every_row(llama_folder):
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    from brickgpt_engine.decoding.torch_llama import load_torch_model

    folder, _ = llama_folder(num_key_value_heads=2)
    mine, theirs = NumpyLlama.from_folder(folder), load_torch_model(str(folder), "cpu")
    assert isinstance(theirs, DraftModel)
    only = np.arange(250, 290)
    for model in (mine, theirs):
        model.prefill([1, 2, 3])
        model.extend([9, 9])
        model.rewind(4)
    for ids in ([5], [6, 7, 8], [9] * 12):
        rows, others = mine.extend_each(ids, len(ids), only), theirs.extend_each(ids, len(ids), only)
        np.testing.assert_allclose(rows[:, only], others[:, only], atol=1e-3)
        assert (rows[:, only].argmax(axis=1) == others[:, only].argmax(axis=1)).all()


def test_what_is_left_of_a_step_is_filled_with_the_best_guess_however_unlikely(digit_tokenizer):
    """A pass that takes no longer for four tokens than for one reads four."""
    grammar = BrickGrammar(digit_tokenizer, 20)
    structure = BrickStructure([Brick(1, 2, 3 * n, 5 * n % 17, n) for n in range(6)])
    alone, filling = Drafter(grammar, 1.0), Drafter(grammar, 1.0, step=4)
    for drafter in (alone, filling):
        drafter.follow(structure)
    assert alone.draft((), 1) == []
    for due in (1, 2, 3, 4, 5):
        assert len(filling.draft((), due)) <= -due % 4
    drafted = filling.draft((), 1)
    assert drafted and drafted == grammar.encode([Brick(1, 2, 0, 0, 0)])[: len(drafted)]
    assert filling.draft((), 4) == []


def test_where_no_rule_is_trusted_the_likeliest_beginning_of_a_field_is_drafted(digit_tokenizer):
    grammar = BrickGrammar(digit_tokenizer, 20)
    drafter = Drafter(grammar, 0.2)
    drafter.follow(
        BrickStructure([Brick(1, 2 + 2 * (n % 2), (7 * n) % 19, (3 * n) % 15, n) for n in range(16)])
    )
    assert drafter.draft(())[:1] == grammar.encode([Brick(1, 1, 0, 0, 0)])[:1]
