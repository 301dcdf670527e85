"""Exact sampling of pivot lines against the conditional distribution, enumerated line by line."""

import itertools
import math

import numpy as np
import pytest

from brickgpt_engine.bricks import Brick, BrickStructure
from brickgpt_engine.decoding.exact import LineTree
from brickgpt_engine.decoding.grammar import BrickGrammar
from brickgpt_engine.decoding.legality import Legality, LegalRules
from brickgpt_engine.decoding.pivot_grammar import PivotGrammar
from brickgpt_engine.decoding.pivot_legality import PivotLegality, legality_for
from brickgpt_engine.decoding.sampling import softmax
from brickgpt_engine.errors import ModelError

DIM, SIDES, END = 3, [(1, 2), (2, 2)], "end"
GROWN = [Brick(2, 2, 0, 0, 0), Brick(1, 2, 2, 0, 0), Brick(2, 2, 1, 1, 1)]


@pytest.fixture(params=["nano_tokenizer", "digit_tokenizer"])
def grammar(request):
    return PivotGrammar(request.getfixturevalue(request.param), DIM, 1, 12, SIDES)


def mock(grammar, seed=0):
    known = {}

    def after(prefix):
        if prefix not in known:
            rng = np.random.default_rng([seed, *prefix])
            known[prefix] = rng.normal(0, 1.5, grammar.tokenizer.vocab_size).astype(np.float32)
            known[prefix][grammar.eos_id] = -3.0
        return known[prefix]

    return after


def lines_and_shares(grammar, after, structure, temperature):
    """Every line that the grammar allows after ``structure``: the brick, its tokens, and p(line)."""
    found, open_lines = [], [(grammar.cursor(structure.bricks), (), 1.0)]
    while open_lines:
        cursor, tokens, share = open_lines.pop()
        if cursor.complete:
            found.append((END if cursor.ended else cursor.brick(), tokens, share))
            continue
        shares = softmax(after(tokens)[cursor.allowed], temperature)
        for token, part in zip(cursor.allowed.tolist(), shares.tolist(), strict=True):
            twin = cursor.fork()
            twin.step(token)
            open_lines.append((twin, (*tokens, token), share * part))
    return found


@pytest.mark.parametrize("bricks", [0, 3])
def test_legal_lines_are_drawn_as_endless_rejection_would(grammar, bricks):
    structure = BrickStructure(GROWN[:bricks], DIM)
    after, temperature = mock(grammar), 1.0
    lines = lines_and_shares(grammar, after, structure, temperature)
    assert math.isclose(sum(share for *_, share in lines), 1.0)
    legal = {
        tokens: share for brick, tokens, share in lines if brick == END or structure.check(brick) is None
    }
    assert len(legal) < len(lines)
    legality = PivotLegality(grammar)
    legality.follow(structure)
    rng, counts, draws = np.random.default_rng(1), dict.fromkeys(legal, 0), 1500
    for _ in range(draws):
        tree, found = LineTree(grammar, after, legality.feasible, temperature, rng, structure.bricks), None
        while found is None:
            found = tree.walk()
        counts[found[1]] += 1  # a line that is not legal would be no key
    total = sum(legal.values())
    cells = [(counts[tokens], share / total * draws) for tokens, share in legal.items()]
    common = [cell for cell in cells if cell[1] >= 5]
    rare = [cell for cell in cells if cell[1] < 5]
    common.append((sum(n for n, _ in rare), sum(e for _, e in rare)))
    statistic = sum((n - e) ** 2 / e for n, e in common if e)
    assert abs(statistic - len(common) + 1) < 4.5 * math.sqrt(2 * len(common))


@pytest.mark.parametrize(
    "options",
    [{}, {"contact": "supported"}, {"contact": "attached"}, {"region": "0,0,0:2,1,2"}, {"budget": "2x2=2"}],
)
def test_what_is_feasible_is_what_some_legal_line_says(grammar, options):
    """Field by field, against the rules as absolute lines have them."""
    rules = LegalRules.parse(**options)
    structure = BrickStructure(GROWN, DIM)
    legality, plain = legality_for(grammar, rules), Legality(grammar, rules)
    legality.follow(structure)
    plain.follow(structure)
    numbers = {back: range(DIM) if back == 0 else range(3) for back in range(4)}
    expected = {
        (back, sides, offset): brick
        for back, sides in itertools.product(range(4), SIDES)
        for offset in itertools.product(numbers[back], repeat=3)
        for brick in [_brick(back, sides, offset)]
        if min(brick.x, brick.y, brick.z) >= 0 and plain.allows(brick)
    }
    assert expected
    assert legality.feasible([]).tolist() == [True] * 4 + [False] * 9 + [True]
    for back, sides in itertools.product(range(4), SIDES):
        alike = [offset for (b, s, offset) in expected if (b, s) == (back, sides)]
        flags = legality.feasible([(back,), sides])
        assert {n for n, flag in enumerate(flags) if flag} == {offset[0] for offset in alike}
        for a, b in itertools.product(numbers[back], repeat=2):
            flags = legality.feasible([(back,), sides, (a,), (b,)])
            assert {n for n, flag in enumerate(flags) if flag} == {o[2] for o in alike if o[:2] == (a, b)}
            barred = [_brick(back, sides, (a, b, 1)), Brick(1, 1, 0, 0, 0)]
            assert legality.saying([(back,), sides, (a,), (b,)], barred) == [1]


def _brick(back, sides, offset):
    if back == 0:
        return Brick(*sides, *offset)
    base = GROWN[-back]
    return Brick(*sides, base.x + offset[0] - 1, base.y + offset[1] - 1, base.z + offset[2] - 1)


def test_each_format_gets_its_own_legality(grammar, nano_tokenizer):
    assert type(legality_for(BrickGrammar(nano_tokenizer, DIM, SIDES), LegalRules())) is Legality
    with pytest.raises(ModelError, match="lines of object"):
        legality_for(object(), LegalRules())
