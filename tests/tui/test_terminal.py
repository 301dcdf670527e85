"""The terminal belongs to the studio: libraries that write to descriptors do not reach it."""

import os
import subprocess
import sys
import textwrap

import pytest

PROGRAM = """
import os, sys
from brickgpt_tui.terminal import own_terminal

with own_terminal():
    os.write(1, b"banner of a solver ")
    os.write(2, b"warning of a model ")
    sys.__stdout__.write("packet ")
    sys.__stderr__.write("picture ")
    print("printed", file=sys.stderr)
    sys.__stdout__.flush(), sys.__stderr__.flush()
os.write(1, b"after")
os.write(2, b"end")
"""


def test_only_the_studio_writes_to_the_terminal():
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(PROGRAM)],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "packet after"
    assert done.stderr == "picture printed\nend"


@pytest.mark.skipif(os.name != "posix", reason="needs pseudo-terminals")
def test_the_studio_leaves_with_its_terminal(tmp_path):
    """Without a signal, too: nothing controls this terminal."""
    import pty

    master, slave = pty.openpty()
    settings = {"TERM": "xterm", "PYTHONPATH": os.pathsep.join(sys.path)}
    settings |= {"XDG_CONFIG_HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}
    program = subprocess.Popen(
        [sys.executable, "-m", "brickgpt_tui"],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env=os.environ | settings,
        start_new_session=True,
    )
    os.close(slave)
    try:
        seen = b""
        while b"What shall we build" not in seen:
            seen += os.read(master, 65536)
        os.close(master)
        program.wait(60)
    finally:
        program.kill()
