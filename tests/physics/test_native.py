"""The compiled simplex: its optimum, its proof, and going on from the optimum before a change."""

import os
import pickle
import random
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import oracle
import pytest
from random_structures import floating, grow, top_heavy

from brickgpt_engine.bricks import Brick, BrickStructure
from brickgpt_engine.bricks.library import STUD_PITCH_M
from brickgpt_engine.physics import IncrementalAnalyzer, StabilityAnalyzer, analyze_many, force_model, native
from brickgpt_engine.physics.contacts import extract_contacts
from brickgpt_engine.physics.native import build

HIGHS = StabilityAnalyzer("paper", "highs")
FAR, LEANS, NOT_FOUND = 2, 3, 5

needs_library = pytest.mark.skipif(
    native.library() is None, reason="no compiled simplex: there was no C compiler at installation"
)


def of_every_kind(seed, bricks):
    make = (
        lambda: grow(seed, bricks, spread=0.5),
        lambda: top_heavy(seed, bricks),
        lambda: floating(seed, bricks // 2),
    )
    return make[seed % 3]()


def assert_same(report, structure):
    fresh = HIGHS.analyze(structure)
    assert (report.status, report.first_unstable) == (fresh.status, fresh.first_unstable)
    assert report.objective == pytest.approx(fresh.objective, rel=1e-6, abs=1e-10)
    assert report.stress == pytest.approx(fresh.stress, abs=1e-5)


@needs_library
@pytest.mark.parametrize("seed", range(18))
def test_its_optimum_is_that_of_the_plain_model(seed):
    structure = of_every_kind(seed, 3 + seed)
    code, found = native.attempt(structure)
    assert code == 0
    assert found.objective == pytest.approx(oracle.paper(structure)[0], rel=1e-6, abs=1e-10)
    assert found.standing.tolist() == extract_contacts(structure).standing.tolist()


@needs_library
@pytest.mark.parametrize(("seed", "bricks"), [(0, 40), (1, 60), (4, 90), (2, 80), (5, 120), (7, 150)])
def test_stress_of_many_bricks_is_what_highs_finds(seed, bricks):
    structure = of_every_kind(seed, bricks)
    report = StabilityAnalyzer().analyze(structure)
    assert report.solver == "built-in"
    assert_same(report, structure)


@needs_library
@pytest.mark.parametrize(("bricks", "seed"), [(24, 13), (24, 40), (60, 27), (60, 48)])
def test_where_the_tie_break_hides_the_published_optimum_a_smaller_share_finds_it(bricks, seed):
    """At a thousandth of its costs these end at a basis that is not optimal for the published costs alone."""
    assert_same(StabilityAnalyzer().analyze(top_heavy(seed, bricks)), top_heavy(seed, bricks))


@needs_library
@pytest.mark.parametrize(("bricks", "seed"), [(100, 306), (150, 519)])
def test_shares_down_to_a_ten_thousandth_of_the_first_are_tried(bricks, seed):
    """At a hundredth of it there is no proof for these yet, whichever way they begin."""
    structure = top_heavy(seed, bricks)
    (near, ours), (first, theirs) = (native.attempt(structure, way=way) for way in (2, 1))
    assert (near, first) == (0, 0)
    assert ours.largest_pull == pytest.approx(theirs.largest_pull, abs=1e-7)
    assert_same(StabilityAnalyzer().analyze(structure), structure)


@needs_library
@pytest.mark.parametrize("seed", range(6))
def test_pulls_are_at_the_contact_points_in_their_order(seed):
    structure = top_heavy(seed, 14)
    contacts, found = extract_contacts(structure), native.optimum(structure)
    assert len(found.pull) == len(contacts.point_pair)
    largest = np.zeros(len(structure))
    np.maximum.at(largest, contacts.upper[contacts.point_pair], found.pull)
    assert largest.tolist() == found.largest_pull.tolist()
    assert largest.max() > 0


@needs_library
def test_an_overloaded_connection_is_named_with_the_brick_that_it_holds_to():
    """Stairs of which each step holds the next by one stud: the lowest joint comes off."""
    structure = BrickStructure([Brick(8, 1, 7 * z, 0, z) for z in range(5)], world_dim=64)
    ours, theirs = StabilityAnalyzer().analyze(structure), HIGHS.analyze(structure)
    said = [failure.message for failure in ours.failures]
    assert said == [failure.message for failure in theirs.failures]
    assert "comes off: its connection to 8x1 at (0,0,0)" in said[0]


@needs_library
def test_what_comes_off_is_told_as_by_highs():
    """Where bricks hold to several others, the connection named is the one that pulls hardest."""
    told = []
    for seed in range(16):
        structure = top_heavy(seed, 40)
        ours, theirs = (
            [
                failure.message
                for failure in analyzer.analyze(structure).failures
                if failure.kind == "overloaded"
            ]
            for analyzer in (StabilityAnalyzer(), HIGHS)
        )
        assert ours == theirs
        told += ours
    assert len(told) > 8


@needs_library
def test_a_tower_of_more_than_a_hundred_bricks_is_left_to_others():
    tower = BrickStructure([Brick(1, 1, 3, 3, z) for z in range(110)], world_dim=120)
    assert native.attempt(tower)[0] == FAR
    assert StabilityAnalyzer().analyze(tower).stable


@needs_library
def test_what_is_pressed_at_two_heights_is_left_to_others():
    arms = [
        *(Brick(1, 1, 0, 0, z) for z in range(3)),
        Brick(4, 1, 0, 0, 3),
        *(Brick(1, 1, 9, 0, z) for z in range(4)),
        Brick(4, 1, 6, 0, 4),
    ]
    structure = BrickStructure([*arms, Brick(2, 1, 4, 0, 3), Brick(2, 1, 4, 0, 4)])
    assert native.attempt(structure)[0] == LEANS
    assert StabilityAnalyzer().analyze(structure).objective == pytest.approx(
        oracle.paper(structure)[0], rel=1e-6
    )


@needs_library
@pytest.mark.parametrize("seed", range(9))
def test_every_change_is_judged_as_if_cold(seed):
    """Bricks that are added, bridge what stood apart, or take what they held with them."""
    wanted, rng = of_every_kind(seed, 16), random.Random(seed)
    session = IncrementalAnalyzer()
    for brick in wanted:
        assert_same(session.add(brick), session.structure)
    for _ in range(8):
        assert_same(session.remove(rng.randrange(len(session.structure))), session.structure)
    for brick in wanted:
        if session.structure.check(brick) is None:
            assert_same(session.add(brick), session.structure)


@needs_library
@pytest.mark.parametrize("seed", range(3))
def test_it_goes_on_from_where_it_stood(seed):
    """A change takes a few pivots, from the basis that the last optimum had."""
    structure, trace = grow(seed, 60, spread=0.3), native.Trace()
    assert native.optimum(structure, trace) is not None
    ways = []
    for position in (-1, 30, 12):
        structure.take_out(position % len(structure))
        trace.forget(position % (len(structure) + 1))
        code, found = native.attempt(structure, trace, go_on=True)
        fresh = native.optimum(structure)
        assert code == 0
        assert found.objective == pytest.approx(fresh.objective, rel=1e-9, abs=1e-12)
        assert found.largest_pull == pytest.approx(fresh.largest_pull, abs=1e-7)
        ways.append((found.pivots, fresh.pivots))
    assert sum(going for going, _ in ways) < sum(afresh for _, afresh in ways)


@needs_library
def test_a_trace_of_something_else_does_no_harm():
    trace = native.Trace()
    native.optimum(top_heavy(3, 20), trace)
    other = grow(8, 20, spread=0.4)
    found = native.optimum(other, trace)
    assert found.objective == pytest.approx(HIGHS.analyze(other).objective, rel=1e-6)


@needs_library
def test_threads_and_processes_do_not_disturb_each_other():
    structures = [top_heavy(seed, 20 + seed) for seed in range(12)]
    alone = [native.optimum(structure).objective for structure in structures]
    with ThreadPoolExecutor(4) as pool:
        at_once = [found.objective for found in pool.map(native.optimum, structures * 4)]
    assert at_once == alone * 4
    many = [report.objective for report in analyze_many(structures, processes=2)]
    assert many == alone


def test_without_the_library_the_answers_are_the_same(monkeypatch):
    structures = [of_every_kind(seed, 14) for seed in range(6)]
    with_it = [StabilityAnalyzer().analyze(structure) for structure in structures]
    monkeypatch.setattr(native, "library", lambda: None)
    for structure, known in zip(structures, with_it, strict=True):
        assert native.optimum(structure) is None
        report = StabilityAnalyzer().analyze(structure)
        assert report.objective == pytest.approx(known.objective, rel=1e-6, abs=1e-10)
        assert report.stress == pytest.approx(known.stress, abs=1e-5)


def test_an_answer_without_proof_does_not_count(monkeypatch):
    structure = top_heavy(1, 30)
    monkeypatch.setattr(native, "attempt", lambda *args, **kwargs: (NOT_FOUND, None))
    report = StabilityAnalyzer().analyze(structure)
    assert (report.solver, report.status) == ("highs", HIGHS.analyze(structure).status)


@needs_library
def test_a_library_of_other_sources_is_not_used(monkeypatch):
    native.library.cache_clear()
    monkeypatch.setattr(native, "digest", lambda: "0123")
    assert native.library() is None
    monkeypatch.undo()
    native.library.cache_clear()
    assert native.library() is not None


def test_it_can_be_declined():
    code = "from brickgpt_engine.physics import native; print(native.library())"
    environment = {**os.environ, "BRICKGPT_COMPILED": "0"}
    ran = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "None"


def test_without_a_compiler_one_line_says_so(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    for unset in ("", " "):
        monkeypatch.setenv("CC", unset)
        assert build.build(tmp_path / "paper.library").startswith("no C compiler was found")


@pytest.mark.parametrize(
    ("compiler", "said"),
    [
        ("{here}/fails", "error: no luck"),
        ("{here}/makes_nothing", "cannot be loaded here"),
        ("{here}/nowhere", "No such file"),
        ('"{here}', "No closing quotation"),
    ],
)
def test_a_compiler_that_fails_leaves_the_old_library(monkeypatch, tmp_path, compiler, said):
    target = tmp_path / "lib" / "paper.library"
    target.parent.mkdir()
    target.write_bytes(b"old")
    for name, script in (
        ("fails", "printf 'paper.c:1: error: no luck \\377' >&2; exit 1"),
        ("makes_nothing", "exit 0"),
    ):
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("CC", compiler.format(here=tmp_path))
    assert said in build.build(target)
    assert target.read_bytes() == b"old"
    assert [path.name for path in target.parent.iterdir()] == ["paper.library"]


def test_a_folder_that_is_not_there_is_one_line(tmp_path):
    assert "No such file" in build.build(tmp_path / "gone" / "paper.library")


@needs_library
def test_compiling_again_gives_the_library(tmp_path):
    assert build.build(tmp_path / "paper.library") == ""
    assert (tmp_path / "paper.library").stat().st_size > 10_000


def test_its_constants_are_those_of_the_other_ways():
    header = (build.HERE / "paper.h").read_text()
    known = {name: float(value) for name, value in re.findall(r"#define (\w+) ([\d.e-]+)$", header, re.M)}
    assert known["FORCE"] == force_model.FORCE and known["COST"] == force_model.COST
    assert known["COST_FORCE"] == force_model.COST
    assert known["COST_TORQUE"] == pytest.approx(force_model.COST * STUD_PITCH_M)
    assert known["COST_SET"] == pytest.approx(force_model.COST * force_model.ALPHA)
    assert known["COST_PULL"] == pytest.approx(force_model.COST * force_model.BETA)
    assert known["UNUSED"] == force_model.UNUSED
    assert f"FAR_AWAY = {force_model._FAR} " in (build.HERE / "contacts.c").read_text()


@needs_library
@pytest.mark.parametrize(
    "structure",
    [
        BrickStructure([Brick(1, 1, 0, 0, 0)], world_dim=1),
        BrickStructure([Brick(2, 6, 254, 250, 0), Brick(1, 8, 255, 248, 1)], world_dim=256),
        BrickStructure([Brick(2, 2, 4, 4, 3), Brick(1, 1, 0, 0, 9)]),
        BrickStructure(
            [Brick(1, 8, 0, 0, 0), Brick(1, 8, 0, 4, 1), Brick(1, 1, 0, 11, 0), Brick(2, 2, 0, 8, 0)]
        ),
    ],
    ids=["a world of one cell", "the last cell", "nothing stands", "one hangs on nothing below"],
)
def test_structures_at_the_edge_of_what_there_is(structure):
    assert native.attempt(structure)[0] == 0
    assert_same(StabilityAnalyzer().analyze(structure), structure)


@needs_library
def test_structures_are_taken_up_to_the_limit():
    wall = [Brick(1, 1, x, 0, z) for z in range(35) for x in range(35)]
    for bricks, ending in ((native.WHOLE, 0), (native.WHOLE + 1, 0), (native.MOST, 0), (native.MOST + 1, -1)):
        assert native.attempt(BrickStructure(wall[:bricks], 35))[0] == ending


def bonded(width, layers, depth, lean):
    """Walls of 4x2 bricks in running bond, beside each other, every third layer further out by ``lean``."""
    structure = BrickStructure(world_dim=40)
    for z in range(layers):
        for y in range(0, depth, 2):
            for x in range(-2 * (z % 2), width, 4):
                low, high = max(x, 0), min(x + 4, width)
                structure.add(Brick(high - low, 2, low + z // 3 * lean, y, z))
    return structure


@needs_library
@pytest.mark.parametrize(
    "structure",
    [
        bonded(24, 26, 4, 0),  # little is wrong with its first basis
        bonded(16, 20, 8, 1),
        bonded(24, 18, 6, 2),  # much is
        grow(0, native.WHOLE + 150, spread=0.0, world_dim=36),
        grow(2, native.WHOLE + 150, spread=0.1, world_dim=36),
    ],
)
def test_a_large_structure_is_judged_as_by_highs(structure):
    assert len(structure) > native.WHOLE
    assert native.attempt(structure)[0] == 0
    assert_same(StabilityAnalyzer().analyze(structure), structure)


@needs_library
def test_what_is_too_large_for_an_inverse_is_left_to_highs():
    """It has more than a thousand rows, and takes too many pivots for factors alone."""
    structure = bonded(24, 24, 10, 2)
    assert native.WHOLE < len(structure) <= native.MOST
    assert native.attempt(structure)[0] == NOT_FOUND
    assert StabilityAnalyzer().analyze(structure).solver == "highs"


@needs_library
@pytest.mark.parametrize("seed", range(2))
def test_a_large_heap_is_judged_as_by_highs(seed):
    heap = (top_heavy, grow)[seed](seed, native.WHOLE + 30, world_dim=40)
    report = StabilityAnalyzer().analyze(heap)
    assert report.solver == "built-in"
    assert_same(report, heap)


@needs_library
@pytest.mark.parametrize("seed", range(40))
def test_from_near_the_optimum_and_from_a_first_basis_it_ends_at_the_same(seed):
    """Two ways that share the program and the proof; forces and pulls meet brick by brick."""
    structure = (grow, top_heavy)[seed % 2](seed, (4, 9, 20, 45, 90)[seed % 5])
    (near, ours), (first, theirs) = (native.attempt(structure, way=way) for way in (2, 1))
    assert (near, first) == (0, 0)
    assert ours.objective == pytest.approx(theirs.objective, rel=1e-9, abs=1e-12)
    assert ours.largest_pull == pytest.approx(theirs.largest_pull, abs=1e-7)
    assert ours.residual == pytest.approx(theirs.residual, abs=1e-7)
    if len(structure) < 10:
        assert ours.objective == pytest.approx(oracle.paper(structure)[0], rel=1e-6, abs=1e-10)


@needs_library
@pytest.mark.parametrize("seed", [4, 9, 17])
def test_a_heap_on_a_stalk_is_judged_from_near_its_optimum(seed):
    """From nearby one or two pivots a brick are left, where the first basis takes three times as many."""
    heap = top_heavy(seed, 100)
    usual, first = native.attempt(heap)[1], native.attempt(heap, way=1)[1]
    assert usual.pivots == native.attempt(heap, way=2)[1].pivots
    assert 3 * usual.pivots < first.pivots
    assert usual.largest_pull == pytest.approx(first.largest_pull, abs=1e-7)


@needs_library
def test_a_first_basis_that_promised_little_is_given_up_for_a_point_near_the_optimum():
    """It pulls little, and takes more than twice the pivots of both ways one after the other."""
    heap = grow(53, 200, spread=0.1)
    usual, first = native.attempt(heap)[1], native.attempt(heap, way=1)[1]
    assert usual.pivots < first.pivots / 2
    assert usual.largest_pull == pytest.approx(first.largest_pull, abs=1e-7)


@needs_library
def test_what_floats_has_no_point_near_the_optimum():
    structure = BrickStructure([Brick(2, 2, 4, 4, 0), Brick(1, 1, 0, 0, 9)])
    assert native.attempt(structure, way=2)[0] == NOT_FOUND
    assert native.attempt(structure)[0] == 0


@needs_library
def test_a_session_in_which_the_library_is_away_at_times(monkeypatch):
    session, rng, most = IncrementalAnalyzer(), random.Random(4), native.MOST
    for step, brick in enumerate(grow(6, 40, spread=0.4)):
        monkeypatch.setattr(native, "MOST", 0 if step % 3 == 1 else most)
        assert_same(session.add(brick), session.structure)
        if step % 4 == 3:
            assert_same(session.remove(rng.randrange(len(session.structure))), session.structure)


@needs_library
def test_after_many_changes_stress_is_still_that_of_a_fresh_analysis():
    session, rng = IncrementalAnalyzer(structure=top_heavy(5, 30)), random.Random(1)
    for _ in range(60):
        gone = rng.randrange(len(session.structure))
        brick = session.structure[gone]
        session.remove(gone)
        report = session.add(brick)
    assert_same(report, session.structure)


@needs_library
def test_threads_that_end_leave_no_memory_behind():
    structure = grow(2, 100, spread=0.2)
    code = (
        "import resource, threading, pickle, sys\n"
        "from brickgpt_engine.physics import native\n"
        "structure = pickle.load(sys.stdin.buffer)\n"
        "def once():\n"
        "    thread = threading.Thread(target=native.optimum, args=(structure,))\n"
        "    thread.start()\n"
        "    thread.join()\n"
        "for _ in range(20): once()\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "for _ in range(100): once()\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], input=pickle.dumps(structure), capture_output=True, check=True
    )
    assert int(ran.stdout) < 8_000  # KiB; each thread works in 1,000
