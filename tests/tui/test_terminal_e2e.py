"""The real program, the embedded model, a real terminal: tmux types and looks."""

import os
import shutil
import subprocess
import sys
import time
import uuid

import pytest

from brickgpt_engine.decoding.loader import embedded_folder

PATIENCE_S = 420


class Tmux:
    """A terminal of 100 x 30 characters on a server of its own."""

    def __init__(self, tmp_path):
        self.name = f"brickgpt-{uuid.uuid4().hex[:8]}"
        self.folder = tmp_path

    def tmux(self, *words):
        command = ["tmux", "-L", self.name, "-f", os.devnull, *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=60)

    def start(self, *arguments):
        code = self.folder / "exit-code"
        settings = [f"{name}={self.folder / name.lower()}" for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME")]
        program = [
            "env",
            *settings,
            f"PYTHONPATH={os.pathsep.join(sys.path)}",
            sys.executable,
            "-m",
            "brickgpt_tui",
        ]
        line = " ".join(f"'{word}'" for word in [*program, *arguments])
        done = self.tmux("new-session", "-d", "-x", "100", "-y", "30", f"{line}; echo $? > '{code}'")
        if done.returncode:
            pytest.skip(f"tmux does not start here: {done.stderr.strip()}")
        return code

    def keys(self, *keys):
        self.tmux("send-keys", *keys)

    def screen(self):
        return self.tmux("capture-pane", "-p").stdout

    def wait_for(self, *texts, without=None):
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            seen = self.screen()
            if all(text in seen for text in texts) and (without is None or without not in seen):
                return seen
            time.sleep(0.2)
        raise AssertionError(f"{texts} never came; the terminal shows:\n{self.screen()}")


@pytest.fixture
def terminal(tmp_path):
    if shutil.which("tmux") is None:
        pytest.skip("needs tmux (apt-get install tmux)")
    if not (embedded_folder() / "model.safetensors").is_file():
        pytest.skip("the embedded model is not in this source tree")
    found = Tmux(tmp_path)
    yield found
    found.tmux("kill-server")


@pytest.mark.slow
def test_from_a_sentence_to_a_file_and_back(terminal, tmp_path):
    code = terminal.start("--seed", "3", "--model", "nano")
    terminal.wait_for("BrickGPT Studio", "What shall we build?")
    terminal.keys("a small table", "Enter")
    terminal.wait_for("a small table", "done:")
    seen = terminal.wait_for("minimum")
    assert "bricks" in seen and "stud" in seen
    terminal.keys("5")
    terminal.wait_for("seen from")
    terminal.keys("?")
    terminal.wait_for("Type what to build and press Enter")
    terminal.keys("Escape")  # and a pause, or the terminal takes Escape and u for Alt+U
    terminal.wait_for("minimum", without="Type what to build and press Enter")
    terminal.keys("u")
    terminal.wait_for("no bricks")
    terminal.keys("q")
    end = time.monotonic() + PATIENCE_S
    while not code.exists() or not code.read_text().strip():
        assert time.monotonic() < end, f"it does not end:\n{terminal.screen()}"
        time.sleep(0.2)
    assert code.read_text().strip() == "0"
    history = list((tmp_path / "xdg_data_home").rglob("*.jsonl"))
    assert len(history) == 1 and "a small table" in history[0].read_text()
