"""The program as a process of its own: start-up, terminals, pipes and Ctrl-C."""

import codecs
import os
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from brickgpt_engine.formats import read_structure

PROGRAM = [sys.executable, "-m", "brickgpt_engine.cli"]


@pytest.fixture
def start(environment, tmp_path):
    """Starts ``brickgpt`` in an empty folder; it is gone when the test ends."""
    running = []

    def call(*arguments, variables=None, **streams):
        process = subprocess.Popen(
            [*PROGRAM, *map(str, arguments)], cwd=tmp_path, env=environment | (variables or {}), **streams
        )
        running.append(process)
        return process

    yield call
    for process in running:
        if process.poll() is None:
            process.kill()
        process.wait()


class Terminal:
    """A pseudo terminal whose other end the test reads."""

    def __init__(self):
        self.ours, self.theirs = os.openpty()
        self.decoder = codecs.getincrementaldecoder("utf-8")()
        self.seen = ""

    def read_until(self, pattern, seconds=60):
        """Read until ``pattern`` is seen; all that was seen so far."""
        end = time.monotonic() + seconds
        while not re.search(pattern, self.seen):
            left = end - time.monotonic()
            assert left > 0, f"{pattern} never came: {self.seen!r}"
            if select.select([self.ours], [], [], left)[0]:
                self.seen += self.decoder.decode(os.read(self.ours, 65536))
        return self.seen

    def close(self):
        os.close(self.ours)
        os.close(self.theirs)


@pytest.fixture
def terminal():
    made = Terminal()
    yield made
    made.close()


def test_help_is_quick_and_loads_nothing_heavy(environment):
    code = (
        "import sys; from brickgpt_engine.cli import main; main(['--help']);"
        "heavy = {'numpy', 'rich', 'torch', 'tokenizers', 'PIL', 'highspy', 'gurobipy'} & set(sys.modules);"
        "print('heavy', sorted(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "heavy []"
    for command in ("generate", "infer", "check", "convert", "show", "info"):
        assert f"  {command} " in done.stdout

    def seconds():
        began = time.perf_counter()
        subprocess.run([*PROGRAM, "--help"], env=environment, check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - began

    assert min(seconds() for _ in range(5)) < 0.5


@pytest.mark.parametrize("command", ["generate", "infer", "check", "convert", "show", "info"])
def test_every_help_has_examples(run, command):
    ran = run(command, "--help")
    assert ran.code == 0 and ran.err == ""
    examples = ran.out.partition("\nExamples:\n")[2]
    assert f"brickgpt {command}" in examples


def test_version(run):
    from brickgpt_engine import __version__

    assert run("--version").out == f"brickgpt {__version__}\n"
    assert run("-h").out == run("--help").out == run().out


def test_ctrl_c_saves_what_was_built(start, endless_model, terminal, tmp_path):
    process = start(
        "generate", "a red chair", "--model", endless_model, "--max-bricks", "100000",
        stdout=subprocess.PIPE, stderr=terminal.theirs, text=True,
    )  # fmt: skip
    terminal.read_until(r"[1-9]\d* bricks")
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    said = re.sub(r"\s+", " ", terminal.read_until("continue with"))
    assert process.returncode == 130
    assert "Traceback" not in said and out == ""
    count = int(re.search(r"interrupted: the (\d+) bricks built so far are in red-chair.txt", said)[1])
    assert len(read_structure(tmp_path / "red-chair.txt")) == count > 0
    for extension in ("ldr", "json", "png"):
        assert (tmp_path / f"red-chair.{extension}").stat().st_size > 0
    assert not list(tmp_path.glob(".*"))  # no temporary files


def test_ctrl_c_in_the_dialogue(start, endless_model, terminal, tmp_path):
    process = start(
        "infer", "--model", endless_model, "--max-bricks", "100000",
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=terminal.theirs, text=True,
    )  # fmt: skip
    process.stdin.write("a chair\nchair.png\n1\n")
    process.stdin.flush()
    terminal.read_until(r"[1-9]\d* bricks")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130 and len(read_structure(tmp_path / "chair.txt")) > 0


def test_ctrl_c_at_a_question(start, tower_model):
    process = start(
        "infer", "--model", tower_model, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout.read(14) == b"Enter a prompt"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130 and b"Traceback" not in err and b"interrupted" in err


def test_a_terminal_shows_progress_and_a_coloured_picture(start, tower_model, terminal):
    process = start(
        "generate", "a red chair", "--model", tower_model, stdout=terminal.theirs, stderr=terminal.theirs
    )
    said = terminal.read_until("Files")
    assert process.wait(timeout=60) == 0
    assert "▀" in said and "\x1b[38;2;" in said  # 24-bit colours
    assert re.search(r"\d bricks?.*\d layers.*rejected", said)


def test_no_color_is_honoured(start, tower_model, tower_file, terminal):
    process = start(
        "show", tower_file, stdout=terminal.theirs, stderr=terminal.theirs, variables={"NO_COLOR": "1"}
    )
    said = terminal.read_until("Layer 2")
    assert process.wait(timeout=60) == 0
    assert not re.search(r"\x1b\[[0-9;]*(3[0-9]|4[0-9])[0-9;]*m", said) and "▀" not in said


def test_a_pipe_that_closes_is_no_error(start, tower_file):
    process = start("show", tower_file, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(timeout=60) == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is full")
def test_a_full_disk_behind_stdout(start, tower_file):
    with Path("/dev/full").open("w") as full:
        process = start("show", tower_file, stdout=full, stderr=subprocess.PIPE, text=True)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 6 and err == "error: cannot write the results: No space left on device\n"


def test_no_prompt_in_a_terminal(start, terminal, tower_model):
    process = start(
        "generate",
        "--model",
        tower_model,
        stdin=terminal.theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert err.decode().startswith('error: there is no prompt; try: brickgpt generate "a chair')


def test_ascii_output_without_unicode(start, tower_file):
    process = start(
        "show", tower_file, stdout=subprocess.PIPE, variables={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    )
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0 and out.isascii() and b"|o o|" in out


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("infer --model {model} <&-", 0),
        ("generate --model {model} <&-", 2),
        ("generate chair --model {model} >&-", 0),
        ("check nowhere.txt 2>&-", 3),
    ],
)
def test_closed_streams(environment, tmp_path, tower_model, command, code):
    line = f"{sys.executable} -m brickgpt_engine.cli {command.format(model=tower_model)}"
    done = subprocess.run(line, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == code and "Traceback" not in done.stderr


def test_ctrl_c_while_modules_are_imported(environment):
    program = (
        "import builtins, sys\n"
        "from brickgpt_engine.cli import main\n"
        "real = builtins.__import__\n"
        "def pressed(name, *rest):\n"
        "    if name == 'click':\n"
        "        raise KeyboardInterrupt\n"
        "    return real(name, *rest)\n"
        "builtins.__import__ = pressed\n"
        "sys.exit(main(['info']))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout) == (130, "")
    assert ran.stderr == "error: interrupted\n"
