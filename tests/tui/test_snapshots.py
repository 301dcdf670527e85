"""The studio as pictures: SVG at three sizes, light and dark, against those that were looked at.

A picture that differs is written beside the test's temporary files and compared line by line. To take
over new pictures after looking at them, run with BRICKGPT_UPDATE_SNAPSHOTS=1.
"""

import html
import os
import re
from pathlib import Path

import pytest
import textual

from brickgpt_engine.generation import GenerationConfig

FOLDER = Path(__file__).parent / "snapshots"
SIZES = ((80, 24), (120, 40), (200, 60))
_TEXT = re.compile(r'<text class="[^"]*-r(\d+)" x="([\d.]+)" y="([\d.]+)"[^>]*>([^<]*)</text>')


def plain(svg):
    """What the picture says: its lines of text, in the order of their height."""
    lines = {}
    for _, x, y, text in _TEXT.findall(svg):
        lines.setdefault(float(y), []).append((float(x), html.unescape(text).replace("\xa0", " ")))
    return ["".join(text for _, text in sorted(line)).rstrip() for _, line in sorted(lines.items())]


def normal(svg):
    """The picture without what differs between two that look the same: the names of its classes."""
    return re.sub(r"terminal-\d+", "terminal", svg)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("theme", ["brickgpt-dark", "brickgpt-light"])
async def test_the_studio_looks_as_it_did(quiet_home, scripted, build, wait_for, size, theme, tmp_path):
    from brickgpt_tui.app import StudioApp
    from brickgpt_tui.settings import Settings

    config = GenerationConfig(seed=7, solver="highs")
    app = StudioApp(settings=Settings(theme=theme, history=False, generation=config), load=scripted())
    async with app.run_test(size=size) as pilot:
        screen = app.main
        screen.engine._clock = lambda: 0.0  # no timing in the picture
        await build(pilot, "a table")
        await wait_for(pilot, lambda: screen.state.document.safety is not None, "the safety factor")
        await pilot.press("left", "left", "N", "l")
        await wait_for(pilot, lambda: screen.state.selected is not None, "a selection")
        await pilot.pause(0.2)
        svg = app.export_screenshot(title="BrickGPT Studio")

    golden = FOLDER / f"studio-{size[0]}x{size[1]}-{theme.removeprefix('brickgpt-')}.svg"
    if os.environ.get("BRICKGPT_UPDATE_SNAPSHOTS"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(f"<!-- textual {textual.__version__} -->\n{svg}", encoding="utf-8")
    (tmp_path / golden.name).write_text(svg, encoding="utf-8")
    version, _, wanted = golden.read_text(encoding="utf-8").partition("\n")
    assert plain(svg) == plain(wanted), f"see {tmp_path / golden.name}"
    if version == f"<!-- textual {textual.__version__} -->":  # another version may shade otherwise
        assert normal(svg) == normal(wanted), f"the colours differ, see {tmp_path / golden.name}"
