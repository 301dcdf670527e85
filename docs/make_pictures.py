"""Make the README's pictures: eight models for eight prompts, and what the terminal shows.

``python docs/make_pictures.py`` writes ``docs/images/eight-models.png`` and
``docs/images/terminal.png`` (with the font DejaVu Sans Mono). Prompts and seeds are
fixed and nothing is picked by hand.
"""

from __future__ import annotations

import io
import os
import pty
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from brickgpt_engine.bricks.colours import choose_colour, paint
from brickgpt_engine.decoding import load_model
from brickgpt_engine.generation import BrickGenerator, GenerationConfig
from brickgpt_engine.rendering import contact_sheet, render_isometric, save_png

if TYPE_CHECKING:
    from PIL.Image import Image
    from rich.style import Style
    from rich.text import Text

IMAGES = Path(__file__).resolve().parent / "images"
PROMPTS = (
    "a high-backed chair with armrests",
    "a wooden bookshelf with four tiers",
    "a red sports car",
    "a castle tower with battlements",
    "a three-seat sofa with armrests",
    "a double bed with a headboard",
    "a long dining table with six legs",
    "a green park bench with a back",
)
SEED = 1
TERMINAL_PROMPT = "a high-backed chair with armrests"
COLUMNS = 92


def eight_models(target: Path) -> None:
    """Generate the eight models and put them on one sheet."""
    generator = BrickGenerator(load_model("nano"))
    pictures = []
    for prompt in PROMPTS:
        result = generator.run(prompt, GenerationConfig(seed=SEED))
        structure = paint(result.structure, choose_colour(prompt))
        pictures.append((render_isometric(structure, size=840), prompt))
        print(f"{prompt}: {len(structure)} bricks, stable {result.stable}, {result.seconds:.1f} s")
    save_png(contact_sheet(pictures, columns=4, cell=420), target)


def terminal(target: Path) -> None:
    """Run the command in a pseudo-terminal and draw what it leaves on the screen."""
    from rich.text import Text

    with tempfile.TemporaryDirectory() as folder:
        output = _in_terminal(["generate", TERMINAL_PROMPT, "--seed", str(SEED)], Path(folder))
    shown = output.split("\x1b[?25h")[-1]  # what follows the live display
    shown = re.sub(r"\x1b\[\?25[hl]|\x1b\[[0-9]*[AJKG]|\r", "", shown).strip("\n")
    prompt = f'\x1b[1m$ brickgpt generate "{TERMINAL_PROMPT}"\x1b[0m\n\n'
    save_png(draw_terminal(Text.from_ansi(prompt + shown)), target)


def draw_terminal(text: Text, columns: int = COLUMNS, cell: tuple[int, int] = (11, 22)) -> Image:
    """``text`` as a dark terminal shows it; half blocks become exact rectangles."""
    from PIL import Image, ImageDraw, ImageFont
    from rich.console import Console

    console = Console(width=columns, force_terminal=True, color_system="truecolor", file=io.StringIO())
    lines = console.render_lines(text, pad=False)
    wide, high = cell
    image = Image.new("RGB", ((columns + 4) * wide, (len(lines) + 2) * high), "#16181d")
    draw = ImageDraw.Draw(image)
    font = ImageFont.truetype("DejaVuSansMono.ttf", high * 3 // 4)
    for row, line in enumerate(lines):
        column = 2
        for segment in line:
            ink, paper = _colours(segment.style)
            for character in segment.text:
                left, top = column * wide, (row + 1) * high
                if paper:
                    draw.rectangle((left, top, left + wide - 1, top + high - 1), paper)
                if character in "▀▄":
                    upper = top if character == "▀" else top + high // 2
                    draw.rectangle((left, upper, left + wide - 1, upper + high // 2 - 1), ink)
                else:
                    draw.text((left, top + high // 8), character, ink, font)
                column += 1
    return image


def _colours(style: Style | None) -> tuple[str, str | None]:
    """Ink and paper of a rich style, as ``#rrggbb``."""
    named = {1: "#f07178", 2: "#7fd88f", 3: "#e5c07b", 6: "#7cc7e8"}  # red, green, yellow, cyan
    if style is None or style.color is None:
        return ("#ffffff" if style is not None and style.bold else "#d4d7dd"), None
    ink = named.get(style.color.number or 0) or style.color.get_truecolor().hex
    return ink, style.bgcolor.get_truecolor().hex if style.bgcolor else None


def _in_terminal(arguments: list[str], folder: Path) -> str:
    """Everything that a ``brickgpt`` command writes to a terminal of :data:`COLUMNS` columns."""
    main, side = pty.openpty()
    environment = os.environ | {
        "COLUMNS": str(COLUMNS),
        "LINES": "40",
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
    }
    command = [sys.executable, "-m", "brickgpt_engine.cli", *arguments]
    with subprocess.Popen(command, cwd=folder, env=environment, stdin=side, stdout=side, stderr=side):
        os.close(side)
        chunks = []
        while True:
            try:
                chunk = os.read(main, 65536)
            except OSError:  # the other side is closed
                break
            if not chunk:
                break
            chunks.append(chunk)
    os.close(main)
    return b"".join(chunks).decode("utf-8", "replace")


if __name__ == "__main__":
    IMAGES.mkdir(exist_ok=True)
    eight_models(IMAGES / "eight-models.png")
    terminal(IMAGES / "terminal.png")
