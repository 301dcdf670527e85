"""The true image in terminals that show one: this test is the terminal, and answers what it is asked."""

import base64
import io
import os
import re
import select
import struct
import subprocess
import sys
import time

import pytest

pytest.importorskip("textual_image", reason="needs the extra 'images'")
pty = pytest.importorskip("pty", reason="needs pseudo-terminals")
fcntl, termios = pytest.importorskip("fcntl"), pytest.importorskip("termios")

PATIENCE_S = 120
KITTY_QUERY = re.compile(rb"\x1b_Gi=(\d+),[^\x1b]*a=q[^\x1b]*\x1b\\")
KITTY_CHUNK = re.compile(rb"\x1b_G([^;\x1b]*);([^\x1b]*)\x1b\\")
SIXEL = re.compile(rb"\x1bP[0-9;]*q(.*?)\x1b\\", re.DOTALL)


class Terminal:
    """A terminal of 100 x 30 characters that knows Sixel, or Kitty's protocol, or neither."""

    def __init__(self, knows, arguments, home, size):
        self.knows, self.answered, self.seen = knows, set(), b""
        self.master, slave = pty.openpty()
        if size is not None:
            fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
        names = {"kitty": "xterm-kitty", "sixel": "foot", "neither": "xterm-kitty"}
        settings = os.environ | {
            "TERM": names[knows],
            "COLORTERM": "truecolor",
            "COLUMNS": "100",
            "LINES": "30",
        }
        settings |= {"XDG_CONFIG_HOME": home, "XDG_DATA_HOME": home, "PYTHONPATH": os.pathsep.join(sys.path)}
        self.program = subprocess.Popen(
            [sys.executable, "-m", "brickgpt_tui", *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=settings,
            start_new_session=True,
        )
        os.close(slave)

    def close(self):
        self.program.kill()
        self.program.wait()
        os.close(self.master)

    def answer(self, question, text):
        if question not in self.answered:
            self.answered.add(question)
            os.write(self.master, text)

    def wait_for(self, found):
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            if select.select([self.master], [], [], 0.1)[0]:
                try:
                    self.seen += os.read(self.master, 65536)
                except OSError:
                    break
            if b"\x1b[c" in self.seen:
                self.answer("attributes", b"\x1b[?62;4c" if self.knows == "sixel" else b"\x1b[?62c")
            if b"\x1b[16t" in self.seen:
                self.answer("cell", b"\x1b[6;20;10t")
            for query in KITTY_QUERY.finditer(self.seen):
                if self.knows == "kitty":
                    self.answer(query[0], b"\x1b_Gi=%s;OK\x1b\\" % query[1])
            result = found(self.seen)
            if result:
                return result
        raise AssertionError(f"it never came; the end is {self.seen[-300:]}")

    def show_the_image(self):
        self.wait_for(lambda seen: b"3/3" in seen)
        self.seen = b""
        os.write(self.master, b"6")


@pytest.fixture
def terminal(tmp_path):
    opened = []

    def make(knows, size=(30, 100)):
        model = tmp_path / "tower.txt"
        model.write_text("2x4 (0,0,0)\n2x4 (0,0,1)\n2x2 (0,0,2)\n")
        opened.append(Terminal(knows, [str(model)], str(tmp_path), size))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


def png_of(seen):
    """The picture that came in Kitty's protocol, once all of it is there."""
    chunks = [(head, body) for head, body in KITTY_CHUNK.findall(seen) if b"f=100" in head or b"m=" in head]
    if not chunks or b"m=0" not in chunks[-1][0]:
        return None
    return base64.b64decode(b"".join(body for _, body in chunks))


def test_kitty_gets_the_picture_as_png(terminal):
    from PIL import Image

    one = terminal("kitty")
    one.show_the_image()
    picture = Image.open(io.BytesIO(one.wait_for(png_of))).convert("RGB")
    colours = picture.getcolors(maxcolors=1 << 24)
    assert picture.width >= 100 and picture.height >= 100 and len(colours) > 50, (
        "a shaded picture, not a blank"
    )


def test_sixel_terminals_get_sixels(terminal):
    one = terminal("sixel")
    one.show_the_image()
    picture = one.wait_for(SIXEL.search)[1]
    assert len(re.findall(rb"#\d+;2;", picture)) > 8, "a palette of many colours"


def test_terminals_that_only_look_like_it_are_told(terminal):
    one = terminal("neither")
    one.show_the_image()
    one.wait_for(lambda seen: b"no true image" in seen)
    assert b"\x1b_Gi" not in one.seen and not SIXEL.search(one.seen)


def test_a_terminal_without_a_size_is_no_reason_not_to_start(terminal):
    one = terminal("kitty", size=None)
    one.show_the_image()
    one.wait_for(lambda seen: b"no true image" in seen)
