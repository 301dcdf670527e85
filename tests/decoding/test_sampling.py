import numpy as np
import pytest

from brickgpt_engine.decoding import sampling
from brickgpt_engine.errors import ModelError

LOG = np.log(np.array([0.1, 0.2, 0.3, 0.4], dtype=np.float64)).astype(np.float32)


def test_softmax_gives_the_probabilities_back_and_sharpens_with_temperature():
    np.testing.assert_allclose(sampling.softmax(LOG), [0.1, 0.2, 0.3, 0.4], atol=1e-7)
    squares = np.array([1, 4, 9, 16]) / 30  # temperature 1/2 squares the odds
    np.testing.assert_allclose(sampling.softmax(LOG, 0.5), squares, atol=1e-7)


@pytest.mark.filterwarnings("error")
def test_softmax_survives_huge_logits_and_refuses_hopeless_ones():
    np.testing.assert_allclose(sampling.softmax(np.array([1e4, 1e4], dtype=np.float32)), [0.5, 0.5])
    with pytest.raises(ModelError, match="finite"):
        sampling.softmax(np.array([-np.inf, -np.inf], dtype=np.float32))


@pytest.mark.parametrize(
    ("k", "expected"),
    [(0, [0.1, 0.2, 0.3, 0.4]), (1, [0, 0, 0, 1]), (2, [0, 0, 3 / 7, 4 / 7]), (9, [0.1, 0.2, 0.3, 0.4])],
)
def test_top_k(k, expected):
    np.testing.assert_allclose(sampling.keep_top_k(np.array([0.1, 0.2, 0.3, 0.4]), k), expected)


@pytest.mark.parametrize(
    ("p", "expected"),
    [
        (1.0, [0.1, 0.2, 0.3, 0.4]),
        (0.4, [0, 0, 0, 1]),
        (0.41, [0, 0, 3 / 7, 4 / 7]),
        (0.95, [0.1, 0.2, 0.3, 0.4]),
        (1e-9, [0, 0, 0, 1]),
    ],
)
def test_top_p_keeps_the_smallest_set_that_reaches_the_mass(p, expected):
    np.testing.assert_allclose(sampling.keep_top_p(np.array([0.1, 0.2, 0.3, 0.4]), p), expected)


class FixedUniform:
    def __init__(self, value):
        self.value = value

    def random(self):
        return self.value


@pytest.mark.parametrize(
    ("u", "index"), [(0.0, 1), (0.199, 1), (0.201, 2), (0.499, 2), (0.501, 3), (0.9999999, 3)]
)
def test_draw_inverts_the_cumulative_sum_and_never_takes_zero_probability(u, index):
    assert sampling.draw(np.array([0.0, 0.2, 0.3, 0.5, 0.0]), FixedUniform(u)) == index


def test_draw_frequencies_match():
    rng = np.random.default_rng(7)
    counts = np.bincount([sampling.draw(np.array([0.1, 0.2, 0.7]), rng) for _ in range(4000)], minlength=3)
    np.testing.assert_allclose(counts / 4000, [0.1, 0.2, 0.7], atol=0.03)


def test_few_and_many_probabilities_are_drawn_alike():
    """The draw among few numbers takes another way to the same index."""
    values = np.random.default_rng(5).random(200)
    values[::3] = 0.0
    for u in (0.0, 0.1, 0.5, 0.9999, 1.0 - 2**-53):
        for count in (1, 2, 7, 64):
            few = values[1 : 1 + count]
            many = np.concatenate([few, np.zeros(100)])
            assert sampling.draw(few, FixedUniform(u)) == sampling.draw(many, FixedUniform(u))


def test_shares_of_many_choices_are_those_of_each():
    rng = np.random.default_rng(3)
    texts = [
        [(rng.normal(0, 4, n).astype(np.float32), int(rng.integers(n))) for n in sizes]
        for sizes in ((5, 3, 5), (), (3,), (5, 5))
    ]
    texts[2][0][0][1:] = -np.inf
    expected = [sum(sampling.log_share(*choice) for choice in text) for text in texts]
    assert sampling.log_shares(texts) == pytest.approx(expected)
    assert sampling.log_shares([]) == []


def test_sample_free_applies_top_k_then_top_p():
    rng = np.random.default_rng(0)
    assert {sampling.sample_free(LOG, 1.0, 2, 1.0, rng) for _ in range(50)} == {2, 3}
    assert {sampling.sample_free(LOG, 1.0, 2, 0.5, rng) for _ in range(50)} == {3}
