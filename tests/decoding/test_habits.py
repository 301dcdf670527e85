"""Counted habits: what they say, where they lie, and that they change nothing but the number of passes."""

import io
import shutil
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from brickgpt_engine.bricks import Brick, BrickStructure
from brickgpt_engine.decoding import BrickGrammar, load_model
from brickgpt_engine.decoding.drafts import Drafter
from brickgpt_engine.decoding.guesses import RULES, Guesses, Text, guess_of
from brickgpt_engine.decoding.habits import FILE, Habits, LineContext
from brickgpt_engine.decoding.loader import embedded_folder
from brickgpt_engine.errors import ModelError
from brickgpt_engine.generation import BrickGenerator, GenerationConfig
from training.drafter import count

STAIR = [Brick(2, 4, 3 * n, 2 * n, n) for n in range(5)]
"""No rule foresees it: no layer repeats, and no brick lies beside the one before."""


def moved(bricks, x, y):
    return [Brick(b.h, b.w, b.x + x, b.y + y, b.z) for b in bricks]


def text_of(bricks):
    text = Text()
    for brick in bricks:
        text.push(guess_of(brick))
    return text


def test_guesses_are_those_of_the_rules_whatever_is_said():
    text = text_of([Brick(2, 4, 3, y, z) for z in range(3) for y in (0, 4, 8)])
    for told in ([(2, 4), (3,), (0,)], [(1, 1), (9,), (9,)]):
        guesses = Guesses(text)
        for field in range(4):
            assert guesses.about(told[:field]) == [rule(text, told[:field]) for rule in RULES]


def test_what_came_often_is_foretold_elsewhere_in_the_world(nano_tokenizer):
    habits = count([STAIR] * 5)
    structure = BrickStructure(moved(STAIR[:2], 2, 5))
    expected = BrickGrammar(nano_tokenizer, 20).encode(moved(STAIR[2:4], 2, 5))
    for known in (habits, None):
        drafter = Drafter(BrickGrammar(nano_tokenizer, 20), 0.2, known)
        drafter.follow(structure)
        assert (drafter.draft(())[: len(expected)] == expected) == (known is not None)
        assert drafter.draft(()) == drafter.draft(())  # drafting leaves no trace


def test_shares_are_counted_and_doubtful_contexts_left_out():
    right, wrong = Brick(2, 4, 5, 5, 1), Brick(1, 1, 5, 5, 1)
    ground = Brick(2, 4, 5, 5, 0)
    line = LineContext(text_of([ground]))
    assert count([[ground, right]] * 3 + [[ground, wrong]]).best(line, ()) == (
        (2, 4),
        pytest.approx(2.97 / 4.03, abs=0.01),
    )
    once = count([[ground, right]]).best(line, ())
    assert once == ((2, 4), pytest.approx(0.97 / 1.03, abs=0.01))
    mixed = [[ground, Brick(h, 1, 5, 5, 1)] for h in (1, 2, 4, 6)]
    assert count(mixed).best(line, ()) == (None, 0.0)


def test_only_habits_that_speak_are_kept_and_of_many_those_that_speak_most():
    habits = count([STAIR] * 5)
    fields = 4 * len(STAIR)
    assert 0 < len(habits) <= fields  # five contexts each, and one of them is the surest
    assert len(count([STAIR] * 5, most=6)) <= 6
    often, seldom = [Brick(2, 4, 5, 5, 0), Brick(2, 4, 5, 5, 1)], [Brick(1, 2, 5, 5, 0), Brick(1, 1, 6, 5, 0)]
    few = count([often] * 9 + [seldom], most=8)
    assert few.best(LineContext(text_of(often[:1])), ())[0] == (2, 4)
    assert few.best(LineContext(text_of(seldom[:1])), ())[0] is None


def test_keys_that_share_their_first_half_are_told_apart():
    keys = np.array([3, 0x10005, 0x10007, 0x1FFFF, 0xFFFFFFFF], dtype=np.uint32)
    habits = Habits(keys, np.arange(5, dtype=np.uint8), np.full(5, 255, dtype=np.uint8))

    class Line:
        def __init__(self, key):
            self.keys = lambda said: [key]

        def value(self, field, number):
            return (number,)

    for number, key in enumerate(keys.tolist()):
        assert habits.best(Line(key), ()) == ((number,), 1.0)
    for key in (0, 4, 0x10003, 0x10006, 0x10008, 0x20005, 0xFFFFFFFE):
        assert habits.best(Line(key), ()) == (None, 0.0)


def test_no_bricks_and_the_edges_of_the_world_are_contexts_too():
    habits = count([STAIR] * 3)
    first = LineContext(Text())
    assert habits.best(first, [(2, 4), (0,)])[0] == (0,)
    at_edge = LineContext(text_of([Brick(1, 1, 0, 0, 0)]))
    assert at_edge.value(1, at_edge.number(1, (7,))) == (7,)
    assert at_edge.value(1, 5) is None  # left of the world
    assert at_edge.value(0, 99) is None


def test_a_table_survives_its_file_and_damaged_ones_are_named(tmp_path):
    assert Habits.from_folder(tmp_path) is None
    habits = count([STAIR] * 4)
    path = habits.save(tmp_path)
    read = Habits.from_folder(tmp_path)
    line = LineContext(text_of(STAIR[:2]))
    assert read is not None
    assert len(read) == len(habits) > 0
    assert read.best(line, ()) == habits.best(line, ())
    whole = path.read_bytes()
    for content in (b"", whole[: len(whole) // 2], b"nothing"):
        path.write_bytes(content)
        with pytest.raises(ModelError, match=r"drafter\.npz is damaged"):
            Habits.from_folder(tmp_path)
    good = dict(np.load(io.BytesIO(whole)))
    for name, part in (
        ("low", np.zeros(3)),
        ("sizes", good["sizes"][1:]),
        ("sizes", good["sizes"] + np.uint16(1)),
        ("shares", good["shares"][1:]),
    ):
        np.savez(path, **good | {name: part})
        with pytest.raises(ModelError, match="holds no table"):
            Habits.from_folder(tmp_path)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The embedded model with habits of stairs, counted by the command."""
    folder = tmp_path_factory.mktemp("habits")
    shutil.copytree(embedded_folder(), folder / "nano", ignore=shutil.ignore_patterns(FILE))
    rows = ["".join(f"{brick}\n" for brick in STAIR)] * 4
    pq.write_table(pa.table({"bricks": rows}), folder / "train-00000.parquet")
    command = [sys.executable, "-m", "training", "drafter", "--model", folder / "nano", "--data", folder]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "habits" in done.stderr
    return folder / "nano"


@pytest.mark.parametrize("sampling", ["exact", "rejection"])
def test_habits_of_other_shapes_change_no_brick(trained, sampling):
    found = []
    for speculation in (True, False):
        config = GenerationConfig(
            physics=False,
            max_regenerations=0,
            seed=4,
            max_bricks=30,
            sampling=sampling,
            speculation=speculation,
        )
        model = load_model(str(trained), "cpu")
        assert len(model.token_model.habits) > 0
        found.append(BrickGenerator(model).run("a table with four legs", config))
    fast, slow = found
    assert fast.structure == slow.structure
    assert fast.log_likelihood == pytest.approx(slow.log_likelihood, abs=1e-3)
    assert fast.passes < slow.passes


def test_the_command_says_what_is_missing(tmp_path):
    command = [sys.executable, "-m", "training", "drafter", "--data", tmp_path, "--model"]
    for model, message in ((tmp_path / "none", "is no folder"), (tmp_path, r"holds no train-")):
        done = subprocess.run([*command, model], capture_output=True, text=True, check=False)
        assert done.returncode != 0
        assert message in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
