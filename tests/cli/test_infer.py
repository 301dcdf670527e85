"""``brickgpt infer``: the published program's dialogue."""

import re
from pathlib import Path

import pytest

TOWER = "2x4 (4,5,0)\n2x2 (3,6,1)\n4x2 (1,7,2)\n"
PROMPT = "Enter a prompt, or <Return> to exit: "
FILE = "Enter a filename to save the output image (default=output.png): "
SEED = "Enter a generation seed (default=42): "
AGAIN = "Enter another prompt, or <Return> to exit: "


@pytest.fixture
def infer(run, tower_model):
    """Runs ``infer`` with the tower model and answers."""

    def call(*answers, options=(), model=tower_model):
        return run("infer", "--model", model, *options, stdin="".join(f"{answer}\n" for answer in answers))

    return call


def test_session_is_that_of_the_published_program(infer, tmp_path):
    ran = infer("Table featuring a flat rectangular surface over four evenly spaced legs.", "", "", "")
    assert (ran.code, ran.err) == (0, "")
    saved = ", ".join(f"{tmp_path}/output.{extension}" for extension in ("txt", "ldr"))
    expected = [
        f"{PROMPT}{FILE}{SEED}Generating...",
        "--------------------",
        r"Finished generating in \d+\.\d\ds\.",
        "Total # bricks: 3",
        "Total # brick rejections: 0",
        r"Brick rejection reasons: \{\}",
        "Total # regenerations: 0",
        f"Saved results to {saved}, and {tmp_path}/output.png",
        "--------------------",
        AGAIN,
    ]
    for line, pattern in zip(ran.out.splitlines(), expected, strict=True):
        assert re.fullmatch(pattern, line) or line == pattern
    assert Path("output.txt").read_text() == TOWER
    assert Path("output.png").stat().st_size > 0 and Path("output.ldr").stat().st_size > 0


def test_answers_are_used(infer, endless_model):
    options = ("--max-bricks", "4", "--max-regenerations", "0")
    infer(
        "a car",
        "one.png",
        "1",
        "a car",
        "two",
        "1",
        "a car",
        "three.png",
        "2",
        "",
        options=options,
        model=endless_model,
    )
    one, two, three = (Path(f"{name}.txt").read_text() for name in ("one", "two", "three"))
    assert one == two != three and one.count("\n") == 4


def test_rejections_are_counted_by_reason(infer, scripted_model):
    model = str(scripted_model("2x4 (4,18,0)\n"))
    ran = infer(
        "a car", "", "", "", options=("--sampling", "rejection", "--max-brick-rejections", "6"), model=model
    )
    assert "Total # brick rejections: 7" in ran.out
    assert "Brick rejection reasons: {'out_of_bounds': 1, 'already_rejected': 6}" in ran.out
    assert "nothing was saved" in ran.out


def test_a_bad_seed_is_asked_for_again(infer):
    ran = infer("a car", "", "seven", "-1", "7", "")
    assert ran.out.count(SEED) == 3 and Path("output.txt").exists()
    assert ran.err.splitlines()[0] == f"error: 'seven' is no seed; give a whole number from 0 to {2**63 - 1}"


def test_trouble_does_not_end_the_session(infer):
    ran = infer("x" * 2001, "a car", "nowhere\0", "a car", "c.png", "1", "")
    assert ran.code == 0 and "2,001 characters" in ran.err and len(ran.err.splitlines()) == 2
    assert Path("c.txt").read_text() == TOWER


def test_files_are_kept_unless_forced(infer):
    Path("output.ldr").write_text("mine")
    ran = infer("a car", "", "", "")
    assert Path("output.ldr").read_text() == "mine" and "output-2.png" in ran.out
    infer("a car", "", "", "", options=("--force",))
    assert Path("output.ldr").read_text() != "mine"


def test_folders_are_made_as_the_published_program_does(infer):
    infer("a car", "deep/er/car.png", "", "")
    assert Path("deep/er/car.txt").read_text() == TOWER


@pytest.mark.parametrize("answers", [(), ("",), ("  ",), ("a car",), ("a car", "x.png")])
def test_end_of_input_ends_cleanly(infer, answers):
    ran = infer(*answers)
    assert ran.code == 0 and ran.err == "" and ran.out.endswith("\n")
    assert list(Path().iterdir()) == []


def test_an_unstable_model_is_told(infer, scripted_model):
    model = str(scripted_model("2x4 (4,5,0)\n2x2 (13,16,3)\n"))
    ran = infer("a car", "", "", "", options=("--max-regenerations", "0"), model=model)
    assert ran.code == 0 and "does not stand" in ran.problem and Path("output.txt").exists()


def test_a_bad_model_or_option_is_told_before_any_question(infer):
    ran = infer("a car", model="nowhere/model/x")
    assert ran.code == 4 and ran.out == "" and "no model folder" in ran.problem
    assert infer("a car", options=("--top-k", "x")).code == 2
