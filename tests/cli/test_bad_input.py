"""Whatever goes wrong: one clear line, the documented exit code, and no traceback."""

import json
import os
import shutil
import signal
from pathlib import Path

import pytest

from brickgpt_engine.bricks import BrickStructure, Rejection
from brickgpt_engine.errors import SolverError
from brickgpt_engine.generation import BrickRejected, Failed, RolledBack, Started
from brickgpt_engine.meaning import Interpretation

HUGE = "word " * 500


@pytest.fixture
def generate(run, tower_model):
    """Runs ``generate`` with the tower model, and checks that nothing is written."""

    def call(*arguments, model=tower_model, stdin=""):
        before = sorted(Path().rglob("*"))
        ran = run("generate", "--model", model, *arguments, stdin=stdin)
        assert sorted(Path().rglob("*")) == before
        assert ran.out == ""
        return ran

    return call


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([""], "the prompt is empty"),
        (["   "], "the prompt is empty"),
        (["..."], "no words"),
        ([HUGE], "2,500 characters"),
        (["word " * 300], "tokens long"),
        (["a chair </s>"], "control tokens"),
        (["a \udcff chair"], "not UTF-8 text"),
        (["a", "red", "chair"], 'put the prompt in quotes: "a red chair"'),
        (["a chair", "--prompts", "x"], "not both"),
        (["a chair", "--top-k", "-1"], "-1 is not in the range"),
        (["a chair", "--top-k", "many"], "'many' is not a valid"),
        (["a chair", "--temperature", "nan"], "temperature is nan"),
        (["a chair", "--temperature", "0"], "--temperature"),
        (["a chair", "--temperature", "3"], "max_temperature is 2"),
        (["a chair", "--top-p", "0"], "--top-p"),
        (["a chair", "--world-dim", "0"], "0 is not in the range"),
        (["a chair", "--world-dim", "-1"], "-1 is not in the range"),
        (["a chair", "--world-dim", "5000"], "5000 is not in the range"),
        (["a chair", "--max-bricks", "0"], "0 is not in the range"),
        (["a chair", "--max-brick-rejections", "-1"], "-1 is not in the range"),
        (["a chair", "--max-regenerations", "-1"], "-1 is not in the range"),
        (["a chair", "--seed", "-1"], "-1 is not in the range"),
        (["a chair", "--seed", str(2**63 - 1), "-n", "2"], "seed is"),
        (["a chair", "-n", "0"], "0 is not in the range"),
        (["a chair", "--device", "tpu"], "'tpu' is not one of"),
        (["a chair", "--solver", "cplex"], "'cplex' is not one of"),
        (["a chair", "--instruction-format", "poem"], "'poem' is not one of"),
        (["a chair", "--colour", "dark rd"], "'dark rd' is no colour; use 'auto', 'none', an LDraw code"),
        (["a chair", "--colour", "99999"], "'99999' is no colour"),
        (["a chair", "--formats", "txt,obj"], "'obj' is no output format"),
        (["a chair", "--formats", ","], "no format is named"),
        (["a chair", "--no-such-option"], "--no-such-option"),
    ],
)
def test_options_and_prompts_exit_2(generate, arguments, words):
    ran = generate(*arguments)
    assert ran.code == 2
    assert ran.problem.startswith("error: ") and words in ran.problem


def test_usage_errors_tell_where_help_is(run):
    assert run("generate", "x", "--top-k", "x").problem.endswith("see 'brickgpt generate --help'")
    assert run("polish").problem == (
        "error: there is no command 'polish'; use one of generate, infer, mesh2brick, check, "
        "repair, convert, show, render, export, serve, info; see 'brickgpt --help'"
    )
    assert "did you mean 'check'?" in run("chekc", "a.txt").problem


@pytest.mark.parametrize("stdin", ["", "\n \n"])
def test_empty_stdin(generate, stdin):
    ran = generate("-", stdin=stdin)
    assert ran.code == 2 and "stdin holds no prompt" in ran.problem


def test_a_bad_line_among_prompts_is_named(generate):
    ran = generate("-", "--out", "x/", stdin=f"a chair\n{HUGE}\n")
    assert ran.code == 2 and ran.problem.startswith("error: stdin:2: the prompt has 2,5")


def test_stdin_that_is_no_text(generate):
    ran = generate("-", stdin=b"a chair\n\xff\xfe\n")
    assert ran.code == 3 and ran.problem == "error: stdin:2: this is not UTF-8 text"


def test_unreadable_inputs_exit_3(generate):
    Path("folder").mkdir()
    Path("cut.txt").write_text("2x4 (0,0,0)\n2x4 (1")
    cases = {
        ("--prompts", "nowhere.txt"): "nowhere.txt: no such file",
        ("--prompts", "folder"): "folder: is a folder",
        ("a chair", "--start", "nowhere.txt"): "nowhere.txt: no such file",
        ("a chair", "--start", "cut.txt"): "cut.txt:2: '2x4 (1' is not a brick",
        ("a chair", "--start", "model.obj"): "unknown extension '.obj'",
    }
    for arguments, words in cases.items():
        ran = generate(*arguments)
        assert ran.code == 3 and words in ran.problem, arguments


def test_start_has_to_fit(generate):
    Path("start.txt").write_text("2x4 (0,0,0)\n2x4 (9,9,0)\n")
    full = generate("a chair", "--start", "start.txt", "--max-bricks", "2")
    assert full.code == 2 and "has 2 bricks already" in full.problem
    small = generate("a chair", "--start", "start.txt", "--world-dim", "8")
    assert small.code == 3 and "start.txt:2:" in small.problem


def test_outputs_that_cannot_be_written_exit_6(generate):
    Path("file").write_text("")
    Path("taken.ldr").mkdir()
    cases = {
        ("--out", "nowhere/chair"): "the folder does not exist",
        ("--out", "file/chair"): "not a folder",
        ("--out", "file/chair/"): "not a folder",
        ("--out", "x" * 300): "cannot use the name xxx",
        ("--out", "~nobody-here/chair"): "the folder does not exist",
        ("--out", "a\0b"): "embedded null",
        ("--out", "taken", "--force"): "taken.ldr: it is a folder",
    }
    for arguments, words in cases.items():
        ran = generate("a chair", *arguments)
        assert ran.code == 6 and words in ran.problem, (arguments, ran.err)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_folder_without_permission(generate):
    Path("locked").mkdir(mode=0o500)
    ran = generate("a chair", "--out", "locked/chair")
    assert ran.code == 6 and "ermission denied" in ran.problem


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a file system that nobody can write to")
def test_folder_that_nobody_can_write_to(generate):
    ran = generate("a chair", "--out", "/proc/chair")
    assert ran.code == 6 and "cannot write into /proc: it takes no files" in ran.problem


def test_several_prompts_need_a_folder(generate):
    ran = generate("-", "--out", "chair.txt", stdin="a chair\na table\n")
    assert ran.code == 6 and "there are several prompts" in ran.problem


@pytest.fixture
def damaged(tower_model, tmp_path_factory):
    """Makes a copy of the tower model for a test to damage."""
    folder = tmp_path_factory.mktemp("damaged") / "model"
    shutil.copytree(tower_model, folder)
    return folder


def test_models_that_cannot_be_used_exit_4(generate, damaged, tmp_path):
    (damaged / "tokenizer.json").rename(damaged / "hidden.json")
    cases = {str(damaged): "has no tokenizer.json", "nowhere/at/all": "there is no model folder"}
    cases |= {"x" * 300: "File name too long", "~nobody-here/model": "model"}
    for model, words in cases.items():
        ran = generate("a chair", model=model)
        assert ran.code == 4 and words in ran.problem, ran.err


@pytest.mark.parametrize("change", ["cut", "noise", "empty", "missing"])
def test_damaged_weights_exit_4(generate, damaged, change):
    weights = damaged / "model.safetensors"
    data = weights.read_bytes()
    if change == "missing":
        weights.unlink()
    else:
        weights.write_bytes({"cut": data[:-100], "noise": b"\xff" * 1000, "empty": b""}[change])
    ran = generate("a chair", model=str(damaged))
    assert ran.code == 4 and "model.safetensors" in ran.problem


def test_weights_that_are_not_numbers_save_what_there_is(run, damaged):
    import numpy as np
    from safetensors.numpy import load_file, save_file
    from tokenizers import Tokenizer

    tensors = load_file(damaged / "model.safetensors")
    reached = Tokenizer.from_file(str(damaged / "tokenizer.json")).token_to_id("1)\n")
    tensors["model.embed_tokens.weight"][reached] = np.nan  # the end of the second brick
    save_file(tensors, damaged / "model.safetensors")
    ran = run("generate", "a chair", "--model", str(damaged))
    assert ran.code == 4 and "not a number" in ran.err and "Traceback" not in ran.err
    assert Path("chair.txt").read_text() == "2x4 (4,5,0)\n2x2 (3,6,1)\n"
    assert "2 bricks built so far are in chair.txt" in ran.err


class BreaksOff:
    """Stands for a generator whose run is rejected, rolls back, and then fails, or (None) meets Ctrl-C."""

    def __init__(self, end):
        self.end = end
        self.current = BrickStructure()

    def interpret(self, prompt, config=None):
        return Interpretation(prompt)

    def generate(self, prompt, config, *, start=None):
        yield Started(prompt, config, 3)
        for reason in (Rejection.COLLISION, Rejection.ALREADY_REJECTED, Rejection.COLLISION):
            yield BrickRejected("2x4 (0,0,0)\n", None, reason, 0, 0.6)
        yield RolledBack(0, (), 1)
        if self.end is None:
            signal.raise_signal(signal.SIGINT)
            yield RolledBack(0, (), 1)
        yield Failed(self.end, self.current)


@pytest.mark.parametrize(
    ("end", "code", "reason"),
    [(SolverError("the solver broke"), 5, "failed"), (None, 130, "interrupted")],
)
def test_json_of_a_run_that_was_broken_off_says_how_far_it_came(run, monkeypatch, end, code, reason):
    from brickgpt_engine.cli import generate as module

    monkeypatch.setattr(module, "load_generator", lambda config: BreaksOff(end))
    ran = run("generate", "a chair", "--json")
    facts = json.loads(ran.out)
    assert ran.code == code and len(ran.err.splitlines()) == 1
    assert facts["stop_reason"] == reason and facts["stable"] is None and facts["seconds"] >= 0
    assert facts["rejections"] == {"collision": 2, "already_rejected": 1} and facts["regenerations"] == 1
    assert f"{reason}:" in run("generate", "--help").out


@pytest.mark.parametrize("command", ["generate", "infer"])
def test_a_model_that_fails_at_once_is_one_error(run, damaged, command):
    import numpy as np
    from safetensors.numpy import load_file, save_file

    tensors = load_file(damaged / "model.safetensors")
    tensors["lm_head.weight"][:] = np.nan
    save_file(tensors, damaged / "model.safetensors")
    prompt = ("a chair",) if command == "generate" else ()
    ran = run(command, *prompt, "--model", str(damaged), stdin="a chair\n\n\n")
    assert ran.code == 4 and ran.problem.startswith("error: ") and "not a number" in ran.problem


def test_no_brick_fits(run, scripted_model):
    model = str(scripted_model("2x4 (19,18,0)\n"))
    ran = run(
        "generate",
        "a chair",
        "--model",
        model,
        "--max-brick-rejections",
        "5",
        "--json",
        "--sampling",
        "rejection",
    )
    assert ran.code == 1 and "no brick was placed" in ran.problem
    assert '"bricks": 0' in ran.out and '"max_brick_rejections"' in ran.out
    assert list(Path().iterdir()) == []


def test_a_world_of_one_cell_takes_one_brick(run, endless_model):
    ran = run("generate", "a dot", "--model", endless_model, "--world-dim", "1", "--max-bricks", "1", "-q")
    assert ran.code == 0 and Path("dot.txt").read_text() == "1x1 (0,0,0)\n"


def test_limits_of_zero_switch_parts_off(run, scripted_model):
    model = str(scripted_model("2x4 (19,18,0)\n1x2 (4,5,1)\n"))
    ran = run("generate", "x", "--model", model, "--max-brick-rejections", "0", "--max-regenerations", "0")
    assert ran.code == 1 and "floats" in ran.err
    assert "Left out" in ran.out and Path("x.txt").read_text() == "1x2 (4,5,1)\n"


@pytest.mark.parametrize("command", ["check", "convert", "show"])
def test_the_other_commands_need_files(run, command):
    ran = run(command)
    assert ran.code == 2 and "Missing argument" in ran.problem
