"""``brickgpt generate``: what it writes, says and returns."""

import json
import signal
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from brickgpt_engine.bricks import Brick, BrickStructure
from brickgpt_engine.cli.summary import summary_rows
from brickgpt_engine.cli.targets import slug
from brickgpt_engine.errors import ModelError
from brickgpt_engine.formats import read_structure
from brickgpt_engine.generation import (
    BrickPlaced,
    Failed,
    GenerationConfig,
    GenerationResult,
    RolledBack,
    Started,
    StartedOver,
)
from brickgpt_engine.meaning import Interpretation
from brickgpt_engine.physics import connectivity_report
from brickgpt_engine.statements.judging import Verdict

TOWER = "2x4 (4,5,0)\n2x2 (3,6,1)\n4x2 (1,7,2)\n"
FLOATING = "2x4 (4,5,0)\n2x2 (13,16,3)\n"


@pytest.fixture
def generate(run, tower_model):
    """Runs ``generate`` with the tower model."""

    def call(*arguments, stdin="", model=tower_model):
        return run("generate", "--model", model, *arguments, stdin=stdin)

    return call


def names():
    return sorted(path.name for path in Path().iterdir())


def test_writes_four_files_that_hold_the_same_model(generate):
    ran = generate("A Red chair!", "--seed", "5")
    assert (ran.code, ran.err) == (0, "")
    assert names() == ["red-chair.json", "red-chair.ldr", "red-chair.png", "red-chair.txt"]
    assert Path("red-chair.txt").read_text() == TOWER
    models = [read_structure(f"red-chair.{extension}") for extension in ("txt", "ldr", "json")]
    assert models[0] == models[1] == models[2]
    assert Image.open("red-chair.png").size[0] >= 256


def test_summary_says_everything(generate):
    out = generate("a chair", "--seed", "5").out
    facts = dict(line.strip().split(maxsplit=1) for line in out.splitlines() if line.startswith("  "))
    assert out.splitlines()[0] == "a chair"
    assert facts["Bricks"] == "3 (2x4 ×2, 2x2 ×1)"
    assert facts["Rejections"] == "0" and facts["Regenerations"] == "0"
    assert facts["Stability"].startswith("stands: minimum 0.9") and "mean 0.9" in facts["Stability"]
    assert facts["Mass"] == "5.5 g"
    assert facts["Size"] == "5 × 4 studs, 3 layers (4.0 × 3.2 × 2.9 cm)"
    assert facts["Seed"] == "5"
    assert facts["Files"] == "chair.txt, .ldr, .json, .png"
    assert "▀" not in out  # no picture where nobody looks


def test_picture_on_request(generate):
    assert len(generate("a chair", "--picture").out.splitlines()) > 20


def test_json_is_one_object_a_line(generate):
    ran = generate("a chair", "-n", "2", "--seed", "3", "--json", "--formats", "ldr,txt")
    first, second = (json.loads(line) for line in ran.out.splitlines())
    assert [first["seed"], second["seed"]] == [3, 4]
    assert first["files"] == ["chair.txt", "chair.ldr"] and second["files"] == ["chair-2.txt", "chair-2.ldr"]
    assert first["bricks"] == 3 and first["stable"] is True and first["stop_reason"] == "end"
    assert first["rejections"]["collision"] == 0 and first["regenerations"] == 0
    assert 0.9 < first["stability"]["min"] <= first["stability"]["mean"] <= 1
    assert first["size"] == {"studs": [5, 4, 3], "cm": [4.0, 3.2, 2.88]} and first["mass_g"] == 5.47
    assert first["tokens"] > 12 and first["seconds"] > 0
    assert names() == ["chair-2.ldr", "chair-2.txt", "chair.ldr", "chair.txt"]


def test_quiet_says_nothing(generate):
    ran = generate("a chair", "--quiet")
    assert (ran.code, ran.out, ran.err) == (0, "", "") and "chair.txt" in names()


def test_existing_files_are_kept_without_force(generate):
    Path("chair.ldr").write_text("mine")
    generate("a chair", "-q")
    assert Path("chair.ldr").read_text() == "mine"
    assert "chair-2.ldr" in names() and "chair.txt" not in names()
    generate("a chair", "-q", "--force")
    assert Path("chair.ldr").read_text() != "mine"


@pytest.mark.parametrize(
    ("out", "written"),
    [
        ("seat", "seat.txt"),
        ("seat.png", "seat.txt"),
        ("seat.jpg", "seat.txt"),
        ("seat.WEBP", "seat.txt"),
        ("v1.2", "v1.2.txt"),
        ("new/", "new/chair.txt"),
        ("deep/er/", "deep/er/chair.txt"),
        ("old", "old/chair.txt"),
    ],
)
def test_out_names_files_or_a_folder(generate, out, written):
    Path("old").mkdir()
    assert generate("a chair", "--out", out, "-q").code == 0
    assert Path(written).read_text() == TOWER


def test_prompts_from_a_file_go_into_a_folder(generate):
    Path("ideas.txt").write_text("a chair\n\n  a table \n")
    ran = generate("--prompts", "ideas.txt", "--out", "models")
    assert ran.code == 0
    assert {path.name for path in Path("models").glob("*.txt")} == {"chair.txt", "table.txt"}
    assert ran.out.splitlines()[-1] == "2 models, 2 of them stand"


@pytest.mark.parametrize("arguments", [(), ("-",), ("--prompts", "-")])
def test_prompts_from_stdin(generate, arguments):
    assert generate(*arguments, "-q", stdin="a chair\na chair\n").code == 0
    assert {"chair.txt", "chair-2.txt"} <= set(names())


def test_same_seed_same_model_and_random_seed_is_shown(generate, endless_model):
    options = ("--max-bricks", "4", "--max-regenerations", "0", "--json", "--formats", "txt")
    runs = [
        json.loads(generate("x", *options, "--seed", seed, "--out", name, model=endless_model).out)
        for seed, name in [("1", "a"), ("1", "b"), ("2", "c")]
    ]
    texts = [Path(run["files"][0]).read_text() for run in runs]
    assert texts[0] == texts[1] != texts[2]
    drawn = json.loads(generate("x", *options, "--out", "d", model=endless_model).out)
    again = generate("x", *options, "--seed", drawn["seed"], "--out", "e", model=endless_model)
    assert Path("d.txt").read_text() == Path("e.txt").read_text() and again.code == 1


def test_unstable_model_is_written_with_a_warning(generate, scripted_model):
    model = str(scripted_model(FLOATING))
    ran = generate("a chair", "--max-regenerations", "0", model=model)
    assert ran.code == 1
    assert Path("chair.txt").read_text() == FLOATING
    assert ran.problem.startswith("warning: the model does not stand") and "floats" in ran.problem
    assert "does not stand" in ran.out


def test_physics_switch_and_criterion(generate):
    without = json.loads(generate("a chair", "--no-physics", "--json").out)
    assert without["criterion"] == "connectivity" and without["solver"] == "none"
    exact = generate("a chair", "--criterion", "equilibrium", "--solver", "highs", "--json")
    facts = json.loads(exact.out)
    assert (facts["criterion"], facts["solver"]) == ("equilibrium", "highs")


def test_every_generation_option_reaches_the_config(generate, monkeypatch):
    from brickgpt_engine.cli import generate as module

    seen = []
    monkeypatch.setattr(module, "load_generator", lambda config: seen.append(config) or 1 / 0)
    options = {
        "world_dim": 12,
        "max_bricks": 7,
        "max_brick_rejections": 8,
        "max_regenerations": 9,
        "temperature": 0.7,
        "temperature_increase": 0.02,
        "max_temperature": 1.5,
        "top_k": 5,
        "top_p": 0.5,
        "instruction_format": "few_shot",
        "device": "cpu",
        "solver": "highs",
        "criterion": "equilibrium",
        "seed": 11,
    }
    arguments = [text for name, value in options.items() for text in (f"--{name}", value)]
    with pytest.raises(ZeroDivisionError):
        generate("a chair", *arguments, "--no-use-logit-masking", "--no-physics")
    assert {name: getattr(seen[0], name) for name in options} == options
    assert seen[0].use_logit_masking is False and seen[0].physics is False


def test_start_continues_a_partial_model(generate):
    Path("half.ldr").write_text("1 4 100 -24 140 0 0 1 0 1 0 -1 0 0 3001.dat\n")
    assert generate("a chair", "--start", "half.ldr", "-q").code == 0
    lines = Path("chair.txt").read_text().splitlines()
    assert lines == TOWER.splitlines()
    kept, fresh, _ = (brick.colour for brick in read_structure("chair.ldr"))
    assert kept == 4 != fresh


def test_a_start_that_the_model_takes_as_complete_is_told(generate):
    Path("whole.txt").write_text(TOWER)
    ran = generate("a chair", "--start", "whole.txt", "-q")
    assert ran.code == 0
    assert ran.problem.startswith("warning: no brick was added to whole.txt: ")
    assert Path("chair.txt").read_text() == TOWER


def test_a_start_that_falls_is_told_beforehand(generate):
    Path("half.txt").write_text(FLOATING)
    options = ("--start", "half.txt", "--max-bricks", "3", "-q")
    ran = generate("a chair", *options)
    first = ran.err.splitlines()[0]
    assert first.startswith("warning: half.txt does not stand by itself: ") and "floats" in first
    assert "rollback may take some of its bricks down" in first
    kept = generate("a chair", *options, "--max-regenerations", "0").err.splitlines()[0]
    assert "does not stand by itself" in kept and "rollback" not in kept
    assert "by itself" not in generate("a chair", *options, "--no-physics").err
    assert "rollback may take down bricks of FILE" in " ".join(generate("--help").out.split())


def test_a_solver_that_gives_way_is_told(generate, monkeypatch):
    from brickgpt_engine.physics.solvers import gurobi

    monkeypatch.setattr(gurobi, "fits", lambda program: False)
    ran = generate("a chair", "--solver", "gurobi", "--json")
    assert ran.problem.startswith("warning: HiGHS took the place of Gurobi: ")
    assert "licence" in ran.problem and json.loads(ran.out)["solver"] == "highs"
    assert generate("a chair", "-q").err == ""
    assert "gives way to the other" in " ".join(generate("--help").out.split())


def test_colours(generate):
    def colours(*arguments):
        generate(*arguments, "--formats", "ldr", "--out", "c", "--force", "-q")
        return {brick.colour for brick in read_structure("c.ldr")}

    assert colours("a red chair") == {4}
    assert colours("a red chair", "--colour", "dark blue") == {272}
    assert colours("a red chair", "--color", "14") == {14}
    assert colours("a red chair", "--colour", "none") == {None}


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("a high-backed chair", "high-backed-chair"),
        ("The", "the"),
        ("../../etc/passwd", "etc-passwd"),
        ("!!!", "model"),
        ("Ein Stuhl für Größen", "ein-stuhl-für-größen"),
        ("word " * 30, "word-word-word-word-word-word-word-word-word"),
    ],
)
def test_slug(prompt, name):
    assert slug(prompt) == name


def test_summary_says_what_is_as_asked_and_what_is_not():
    result = GenerationResult(
        structure=BrickStructure(), report=None, prompt="a chair", config=GenerationConfig(), rejections={},
        regenerations=0, seconds=1.0, tokens=1, seed=0, stop_reason="end",
    )  # fmt: skip
    legs = Verdict("counts", "legs", 4, True)
    arms = Verdict("parts", "armrests", True, False)
    for statements, attempts, there, lacking in (
        ((legs,), 1, "4 legs", None),
        ((legs,), 3, "4 legs", None),
        ((legs, arms), 10, "4 legs", "armrests (best of 10 drawn)"),
        ((arms,), 1, None, "armrests"),
        ((), 1, None, None),
    ):
        made = replace(result, statements=statements, attempts=attempts)
        rows = dict(summary_rows(made, result.structure, []))
        assert (rows.get("As asked"), rows.get("Not as asked")) == (there, lacking)
        assert ("models drawn" in rows["Time"]) == (attempts > 1)


class DrawsAgain:
    """Stands for a generator that has a whole model, draws another, and meets Ctrl-C or an error then."""

    def __init__(self, end):
        self.end = end
        self.best = BrickStructure([Brick(2, 4, 0, 0, 0), Brick(2, 4, 0, 0, 1)])
        self.current = BrickStructure([Brick(1, 1, 5, 5, 0)])

    def interpret(self, prompt, config=None):
        return Interpretation(prompt)

    def generate(self, prompt, config, *, start=None):
        yield Started(prompt, config, 3)
        yield RolledBack(0, (), 1)
        best = GenerationResult(
            structure=self.best, report=connectivity_report(self.best), prompt=prompt, config=config,
            rejections={}, regenerations=1, seconds=1.0, tokens=9, seed=3, stop_reason="end",
            statements=(Verdict("parts", "armrests", True, False),),
        )  # fmt: skip
        yield StartedOver((), 2, ("armrests",), best)
        if self.end is None:
            signal.raise_signal(signal.SIGINT)
            yield BrickPlaced(Brick(1, 1, 5, 5, 0), 0, 0)
        yield Failed(self.end, self.current)


@pytest.mark.parametrize(("end", "code"), [(None, 130), (ModelError("it broke"), 4)])
def test_what_breaks_off_while_another_model_is_drawn_leaves_the_best(run, monkeypatch, end, code):
    from brickgpt_engine.cli import generate as module

    monkeypatch.setattr(module, "load_generator", lambda config: DrawsAgain(end))
    ran = run("generate", "a chair with armrests", "--json")
    facts = json.loads(ran.out)
    assert ran.code == code and "while another model was drawn: the best of 1 is kept" in ran.err
    assert Path("chair-with-armrests.txt").read_text() == "2x4 (0,0,0)\n2x4 (0,0,1)\n"
    assert facts["stop_reason"] == ("interrupted" if end is None else "failed")
    assert facts["statements"] == [{"words": "armrests", "holds": False}] and facts["regenerations"] == 1
