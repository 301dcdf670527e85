"""Exact sampling against the conditional distribution, enumerated line by line."""

import itertools
import math

import numpy as np
import pytest

from brickgpt_engine.bricks import FOOTPRINTS, Brick, BrickStructure
from brickgpt_engine.decoding import BrickGrammar, LineCursor
from brickgpt_engine.decoding.exact import LineTree
from brickgpt_engine.decoding.legality import Legality, LegalRules
from brickgpt_engine.decoding.sampling import draw, softmax
from brickgpt_engine.errors import ModelError

DIM = 3
SMALL = [(h, w) for h, w in FOOTPRINTS if max(h, w) <= DIM]
END = "end"


class Mock:
    """Random logits for each prefix of a line, made on first sight; counts how often it is asked.

    The end of the text is made unlikely, so that most of the mass is on bricks, legal or not.
    """

    def __init__(self, grammar, seed=0, spread=1.5):
        self.vocab, self.eos_id = grammar.tokenizer.vocab_size, grammar.eos_id
        self.seed, self.spread = seed, spread
        self.known, self.calls = {}, []

    def __call__(self, prefix):
        self.calls.append(prefix)
        if prefix not in self.known:
            rng = np.random.default_rng([self.seed, *prefix])
            self.known[prefix] = rng.normal(0, self.spread, self.vocab).astype(np.float32)
            self.known[prefix][self.eos_id] = -3.0
        return self.known[prefix]


def probability(grammar, model, brick, temperature):
    """p(line): each token's share among the allowed ones, read off the definition."""
    cursor, total, prefix = LineCursor(grammar), 1.0, ()
    for token in [grammar.eos_id] if brick is END else grammar.encode([brick]):
        weights = {t: math.exp(float(model(prefix)[t]) / temperature) for t in cursor.allowed.tolist()}
        total *= weights[token] / sum(weights.values())
        cursor.step(token)
        prefix += (token,)
    return total


def all_bricks(dim=DIM, footprints=SMALL):
    return [
        Brick(h, w, x, y, z) for (h, w) in footprints for x, y, z in itertools.product(range(dim), repeat=3)
    ]


def conditional(grammar, model, legal, temperature):
    mass = {b: probability(grammar, model, b, temperature) for b in [*legal, END]}
    total = sum(mass.values())
    return {brick: share / total for brick, share in mass.items()}


def chi_square_excess(counts, expected, draws):
    """Standard deviations by which the statistic exceeds its mean; cells expecting under 5 are pooled."""
    cells = [(counts.get(k, 0), p * draws) for k, p in expected.items()]
    rare = [c for c in cells if c[1] < 5]
    cells = [c for c in cells if c[1] >= 5]
    if rare:
        cells.append((sum(n for n, _ in rare), sum(e for _, e in rare)))
    statistic = sum((n - e) ** 2 / e for n, e in cells)
    freedom = len(cells) - 1
    return (statistic - freedom) / math.sqrt(2 * freedom)


def grown(*texts):
    return BrickStructure([Brick.parse(text) for text in texts], world_dim=DIM)


def draw_exact(grammar, model, legality, temperature, rng):
    tree = LineTree(grammar, model, legality.feasible, temperature, rng)
    found = None
    while found is None:
        found = tree.walk()
    cursor, *_ = found
    return END if cursor.ended else cursor.brick()


def sample(logits, allowed, temperature, rng):
    return int(allowed[draw(softmax(logits[allowed], temperature), rng)])


def draw_by_rejection(grammar, model, structure, temperature, rng):
    while True:
        cursor, drawn = LineCursor(grammar), ()
        while not cursor.complete:
            drawn += tuple(cursor.advance(sample(model(drawn), cursor.allowed, temperature, rng)))
        if cursor.ended:
            return END
        if structure.check(cursor.brick()) is None:
            return cursor.brick()


@pytest.fixture(params=["nano_tokenizer", "digit_tokenizer", "gpt2_tokenizer"])
def grammar(request):
    return BrickGrammar(request.getfixturevalue(request.param), DIM, SMALL)


FULL = ("2x2 (0,0,0)", "1x2 (2,0,0)", "2x1 (0,2,0)", "1x1 (2,2,0)", "2x2 (1,1,1)")


@pytest.mark.parametrize("temperature", [0.6, 1.0])
@pytest.mark.parametrize("sampler", ["exact", "rejection"])
def test_both_samplers_draw_from_the_enumerated_distribution(grammar, sampler, temperature):
    structure = grown(*FULL)
    model = Mock(grammar)
    legal = [brick for brick in all_bricks() if structure.check(brick) is None]
    expected = conditional(grammar, model, legal, temperature)
    legality = Legality(grammar)
    legality.follow(structure)
    rng = np.random.default_rng(1)
    counts, draws = {}, 1500
    for _ in range(draws):
        if sampler == "exact":
            drawn = draw_exact(grammar, model, legality, temperature, rng)
        else:
            drawn = draw_by_rejection(grammar, model, structure, temperature, rng)
        counts[drawn] = counts.get(drawn, 0) + 1
    assert set(counts) <= set(expected)
    assert abs(chi_square_excess(counts, expected, draws)) < 4.0
    unconditioned = {b: probability(grammar, model, b, temperature) for b in expected}
    assert sum(unconditioned.values()) < 0.7  # the test would be idle if nearly everything were legal


def test_the_test_can_tell_a_sampler_that_only_prunes_from_an_exact_one(nano_tokenizer):
    """Masking what is illegal token by token, without weighing the mass, is what exactness is not."""
    grammar = BrickGrammar(nano_tokenizer, DIM, SMALL)
    structure, model = grown(*FULL), Mock(grammar)
    legal = [brick for brick in all_bricks() if structure.check(brick) is None]
    expected = conditional(grammar, model, legal, 1.0)
    legality = Legality(grammar)
    legality.follow(structure)
    rng, counts, draws = np.random.default_rng(1), {}, 1500
    for _ in range(draws):
        cursor, drawn = LineCursor(grammar), ()
        while not cursor.complete:
            live = (cursor.node.reach & legality.feasible(cursor.values)).any(axis=1)
            if not live.any():
                cursor, drawn = LineCursor(grammar), ()
                continue
            allowed = cursor.allowed[live]
            drawn += tuple(cursor.advance(sample(model(drawn), allowed, 1.0, rng)))
        key = END if cursor.ended else cursor.brick()
        counts[key] = counts.get(key, 0) + 1
    assert chi_square_excess(counts, expected, draws) > 20


def test_no_prefix_is_asked_for_twice_and_none_without_hope(nano_tokenizer):
    grammar = BrickGrammar(nano_tokenizer, DIM, SMALL)
    structure = grown(*FULL)
    legality = Legality(grammar)
    legality.follow(structure)
    legal = {brick for brick in all_bricks() if structure.check(brick) is None}
    for seed in range(40):
        model = Mock(grammar, seed)
        draw_exact(grammar, model, legality, 1.0, np.random.default_rng(seed))
        assert len(model.calls) == len(set(model.calls))
        for prefix in model.calls:
            assert any(tuple(grammar.encode([brick]))[: len(prefix)] == prefix for brick in legal)


def test_a_tree_explored_to_its_end_knows_the_legal_mass(nano_tokenizer):
    grammar = BrickGrammar(nano_tokenizer, DIM, SMALL)
    structure, model = grown(*FULL), Mock(grammar)
    legality = Legality(grammar)
    legality.follow(structure)
    tree = LineTree(grammar, model, legality.feasible, 3.0, np.random.default_rng(0))
    bounds = []
    for _ in range(1200):
        tree.walk()
        bounds.append(tree.bound)
    legal = [brick for brick in all_bricks() if structure.check(brick) is None]
    mass = sum(probability(grammar, model, brick, 3.0) for brick in [*legal, END])
    assert bounds == sorted(bounds, reverse=True)
    assert bounds[-1] == pytest.approx(mass, rel=1e-6)
    redraws = tree.redraws
    assert all(tree.walk() is not None for _ in range(100))
    assert tree.redraws == redraws


def test_when_nothing_legal_has_any_probability_the_bound_falls_to_nothing(nano_tokenizer):
    grammar = BrickGrammar(nano_tokenizer, DIM, SMALL)
    whole = grown(
        *[b.text for b in (Brick(1, 1, x, y, z) for x, y, z in itertools.product(range(DIM), repeat=3))]
    )
    legality = Legality(grammar)
    legality.follow(whole)
    model = Mock(grammar)
    never_ends = model(())
    never_ends[grammar.eos_id] = -np.inf
    tree = LineTree(grammar, model, legality.feasible, 1.0, np.random.default_rng(0))
    for _ in range(200):
        assert tree.walk() is None
    assert tree.bound == 0.0
    assert set(model.calls) == {()}  # the grid alone showed that nothing fits


def test_logits_that_are_no_numbers_end_the_walk(nano_tokenizer):
    grammar = BrickGrammar(nano_tokenizer, DIM, SMALL)
    vocab = nano_tokenizer.get_vocab_size()
    tree = LineTree(
        grammar, lambda _: np.full(vocab, np.nan), Legality(grammar).feasible, 1.0, np.random.default_rng(0)
    )
    with pytest.raises(ModelError, match="damaged"):
        tree.walk()


def supported(structure, brick):
    below = structure.grid[brick.x : brick.x + brick.h, brick.y : brick.y + brick.w, brick.z - 1]
    return brick.z == 0 or bool((below >= 0).any())


def attached(structure, brick):
    if supported(structure, brick):
        return True
    above = structure.grid[
        brick.x : brick.x + brick.h, brick.y : brick.y + brick.w, brick.z + 1 : brick.z + 2
    ]
    return bool((above >= 0).any())


def inside(_, brick):
    return (
        brick.x >= 1 and brick.x + brick.h <= 4 and brick.y >= 2 and brick.y + brick.w <= 5 and brick.z <= 2
    )


def thrifty(structure, brick):
    def used(short, long):
        return sum({b.h, b.w} == {short, long} for b in structure)

    sides = {brick.h, brick.w}
    return not (sides == {1, 2} and used(1, 2) >= 2) and sides != {2}


RULES = {
    "free": ({}, lambda structure, brick: True),
    "supported": ({"contact": "supported"}, supported),
    "attached": ({"contact": "attached"}, attached),
    "region": ({"region": "1,2,0:3,4,2"}, inside),
    "budget": ({"budget": "1x2=2,2x2=0"}, thrifty),
    "all": (
        {"contact": "attached", "region": "1,2,0:3,4,2", "budget": "1x2=2,2x2=0"},
        lambda s, b: attached(s, b) and inside(s, b) and thrifty(s, b),
    ),
}


@pytest.mark.parametrize("name", RULES)
def test_legality_agrees_with_the_rules_read_off_the_grid_while_a_structure_grows_and_is_cut(
    nano_tokenizer, name
):
    dim = 5
    footprints = [(h, w) for h, w in FOOTPRINTS if max(h, w) <= dim]
    grammar = BrickGrammar(nano_tokenizer, dim, footprints)
    options, rule = RULES[name]
    legality = Legality(grammar, LegalRules.parse(**options))
    structure = BrickStructure(world_dim=dim)
    rng = np.random.default_rng(4)
    everything = all_bricks(dim, footprints)
    for step in range(14):
        legality.follow(structure)
        legal = {b for b in everything if structure.check(b) is None and rule(structure, b)}
        assert {b for b in everything if legality.allows(b)} == legal
        for h, w in footprints:
            allowed = [b for b in legal if (b.h, b.w) == (h, w)]
            if not legality.feasible(())[footprints.index((h, w))]:
                assert not allowed
                continue
            xs = {b.x for b in allowed}
            assert set(np.flatnonzero(legality.feasible([(h, w)]))) == xs
            for x in range(dim):
                ys = {b.y for b in allowed if b.x == x}
                assert set(np.flatnonzero(legality.feasible([(h, w), (x,)]))) == ys
                for y in range(dim):
                    zs = {b.z for b in allowed if (b.x, b.y) == (x, y)}
                    assert set(np.flatnonzero(legality.feasible([(h, w), (x,), (y,)]))) == zs
        if step == 8:
            structure.truncate(3)
        free = [b for b in everything if structure.check(b) is None]
        structure.add(free[rng.integers(len(free))])


def test_the_odds_of_two_lines_are_the_models(nano_tokenizer):
    """Legality must not bend odds between legal lines: p(a)/p(b) is the model's, however it is reached."""
    grammar = BrickGrammar(nano_tokenizer, DIM, SMALL)
    structure = grown("2x2 (0,0,0)")
    legality = Legality(grammar, LegalRules("supported"))
    legality.follow(structure)
    model = Mock(grammar, 3, spread=2.0)
    a, b = Brick.parse("2x2 (0,0,1)"), Brick.parse("1x1 (2,2,0)")
    for brick, weight in ((a, 0.3), (b, 0.1)):  # most mass elsewhere, and mostly illegal
        prefix = ()
        for token in grammar.encode([brick]):
            model(prefix)[token] = max(model(prefix)[token], 4.0 + math.log(weight))
            prefix += (token,)
    odds = probability(grammar, model, a, 1.0) / probability(grammar, model, b, 1.0)
    rng = np.random.default_rng(0)
    drawn = [draw_exact(grammar, model, legality, 1.0, rng) for _ in range(3000)]
    counted = drawn.count(a) / drawn.count(b)
    assert counted == pytest.approx(odds, rel=0.2)
    assert softmax(model(()), 1.0).sum() == pytest.approx(1.0)
