"""What the commands say and do when a prompt has words that the model does not know."""

import json
import shutil

import pytest

from brickgpt_engine.decoding.loader import load_model
from brickgpt_engine.generation import BrickGenerator, Finished, GenerationConfig, Started


@pytest.fixture
def choosy_model(tower_model, tmp_path):
    """The scripted model, which now says that it knows chairs and towers alone."""
    folder = shutil.copytree(tower_model, tmp_path / "choosy")
    settings = {"prompt_style": "nano", "format_version": 1, "families": ["chair", "tower"]}
    (folder / "brickgpt.json").write_text(json.dumps(settings))
    return str(folder)


def test_notes_are_said_and_stand_in_the_json(run, choosy_model):
    ran = run("generate", "a recliner", "--model", choosy_model, "--json", "--no-physics")
    assert ran.code == 0
    assert ran.err.strip() == "taking 'recliner' as 'armchair'"
    made = json.loads(ran.out)
    assert made["prompt"] == "a recliner"
    assert made["prompt_used"] == "an armchair"
    assert made["notes"] == ["taking 'recliner' as 'armchair'"]


def test_quiet_keeps_notes_to_itself(run, choosy_model):
    ran = run("generate", "a recliner", "--model", choosy_model, "--quiet", "--no-physics")
    assert (ran.code, ran.err) == (0, "")


def test_an_unknown_thing_is_one_line_and_nothing_is_made(run, choosy_model, tmp_path):
    ran = run("generate", "democracy", "--model", choosy_model)
    assert ran.code == 2
    assert ran.problem == "error: this model does not know 'democracy'; it can make: chair and tower"
    assert not list(tmp_path.glob("democracy*"))


def test_one_unknown_prompt_of_many_is_found_before_any_is_made(run, choosy_model, tmp_path):
    (tmp_path / "ideas.txt").write_text("a chair\nsoup\n")
    ran = run("generate", "--prompts", "ideas.txt", "--model", choosy_model, "--out", "made/")
    assert ran.code == 2
    assert "'soup'" in ran.problem
    assert not list(tmp_path.glob("made/*"))


def test_of_several_prompts_the_one_that_is_not_understood_is_named(run, choosy_model, tmp_path):
    (tmp_path / "ideas.txt").write_text("a chair\ndemocracy\n", encoding="utf-8")
    ran = run(
        "generate", "--prompts", str(tmp_path / "ideas.txt"), "--model", choosy_model, "--out", str(tmp_path)
    )
    assert ran.code == 2
    assert ran.problem.startswith("error: democracy: this model does not know 'democracy'; it can make:")


def test_literal_leaves_the_prompt_alone(run, choosy_model):
    ran = run("generate", "democracy", "--literal", "--model", choosy_model, "--json", "--no-physics")
    assert ran.code == 0
    assert json.loads(ran.out)["prompt_used"] == "democracy"
    assert ran.err == ""


def test_infer_says_what_it_takes_and_goes_on_after_an_unknown_thing(run, choosy_model):
    answers = "democracy\n\n\nrecliner\nchair.png\n7\n\n"
    ran = run("infer", "--model", choosy_model, "--no-physics", stdin=answers)
    assert ran.code == 0
    assert "does not know 'democracy'" in ran.err
    assert "taking 'recliner' as 'armchair'" in ran.err


def test_events_and_result_carry_what_was_read(choosy_model):
    generator = BrickGenerator(load_model(choosy_model))
    events = list(generator.generate("recliner", GenerationConfig(physics=False, seed=1)))
    assert isinstance(events[0], Started)
    assert (events[0].prompt, events[0].prompt_used) == ("recliner", "armchair")
    assert events[0].notes == ("taking 'recliner' as 'armchair'",)
    assert isinstance(events[-1], Finished)
    assert events[-1].result.prompt_used == "armchair"
    assert events[-1].result.notes == events[0].notes


def test_models_that_do_not_say_what_they_know_are_never_touched(tower_model):
    read = BrickGenerator(load_model(tower_model)).interpret("democracy")
    assert (read.prompt, read.notes) == ("democracy", ())


def test_broken_settings_end_in_one_line(run, choosy_model):
    from pathlib import Path

    settings = {"prompt_style": "nano", "families": "chair"}
    (Path(choosy_model) / "brickgpt.json").write_text(json.dumps(settings))
    ran = run("generate", "a chair", "--model", choosy_model)
    assert ran.code == 4
    assert "has families that are no list of names" in ran.problem
