"""Building instructions: steps that can be built, pictures of what is new, a file that stands alone."""

import base64
import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from brickgpt_engine.bricks import Brick, BrickStructure
from brickgpt_engine.errors import ConfigError, ExitCode, OutputError
from brickgpt_engine.exporting import EXPORTS, write_export
from brickgpt_engine.formats import FORMATS, read_structure
from brickgpt_engine.rendering.instruction_pictures import ACCENTS, Manner, accent_for, step_picture
from brickgpt_engine.rendering.instruction_steps import building_steps
from brickgpt_engine.rendering.instructions import instructions_html

TABLE = BrickStructure(
    [Brick(2, 2, x, y, z, 4) for z in range(2) for x in (0, 4) for y in (0, 4)]
    + [Brick(2, 6, x, 0, 2, 15) for x in (0, 2, 4)]
)
"""Four legs of two bricks, and a top whose middle brick hangs between the others."""


class Page(HTMLParser):
    """Counts elements and checks that all of them are closed."""

    VOID = frozenset({"meta", "img", "rect", "circle"})

    def __init__(self, text):
        super().__init__()
        self.open, self.seen, self.text, self.attributes = [], [], [], []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.seen.append(tag)
        self.attributes += [(tag, name, value) for name, value in attributes]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.seen.append(tag)
        self.attributes += [(tag, name, value) for name, value in attributes]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


@pytest.fixture(scope="module")
def html():
    return instructions_html(TABLE, title="Table <b> & chairs")


def pictures(html):
    found = re.findall(r'src="data:image/png;base64,([^"]+)"', html)
    return [Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB") for data in found]


def test_steps_go_up_layer_by_layer_and_add_every_brick_once():
    shuffled = BrickStructure(sorted(TABLE, key=lambda brick: (brick.x, brick.z, brick.y)))
    steps = building_steps(shuffled, most_new=3)
    assert [step.layer for step in steps] == [0, 0, 1, 1, 2]
    assert [(step.part, step.parts) for step in steps] == [(1, 2), (2, 2), (1, 2), (2, 2), (1, 1)]
    added = [brick for step in steps for brick in step.new]
    assert sorted(map(str, added)) == sorted(map(str, TABLE))
    assert [len(step.new) for step in steps] == [2, 2, 2, 2, 3]
    assert [step.hanging for step in steps] == [0, 0, 0, 0, 1]


def test_a_large_model_gets_no_more_steps_than_a_file_can_hold():
    bricks = [Brick(1, 1, x, y, z) for z in range(4) for x in range(20) for y in range(20)]
    steps = building_steps(BrickStructure(bricks), most_steps=20)
    assert len(steps) <= 20 and sum(len(step.new) for step in steps) == 1600
    tower = BrickStructure([Brick(2, 2, 0, 0, z) for z in range(30)], 30)
    assert len(building_steps(tower, most_steps=20)) == 30  # a layer takes one step at least


def test_the_page_is_whole_and_needs_nothing_else(html):
    page = Page(html)
    assert html.startswith("<!DOCTYPE html>") and "script" not in page.seen
    sources = [value for _, name, value in page.attributes if name in ("src", "href")]
    assert sources and all(value.startswith("data:image/png") for value in sources)
    assert "@media print" in html and "break-inside: avoid" in html and "http" not in html
    assert page.seen.count("article") == 3 and page.seen.count("img") == 4
    assert len(html) < 250_000


def test_the_title_is_text(html):
    assert "Table &lt;b&gt; &amp; chairs" in html and "<b> &" not in html
    assert "<h1>Brick model</h1>" in instructions_html(TABLE, title=" \n ")


def test_the_cover_has_facts_and_the_list_has_parts(html):
    words = " ".join(Page(html).text)
    for fact in ("6 × 6 studs, 3 layers", "4.8 × 4.8 × 2.9 cm", f"{TABLE.mass_g:.0f} g"):
        assert fact in words
    rows = re.findall(r"<tr><td><svg.*?</svg></td><td>(.*?)</td></tr>", html)
    assert [row.split("</td><td>") for row in rows] == [
        ["2x2", "red", "3003", "8"],
        ["2x6", "white", "2456", "3"],
    ]


def test_each_step_names_its_parts_and_what_hangs(html):
    steps = html.split('<article class="step">')[1:]
    assert [re.findall(r"<b>(\d+)×</b> (\S+) (\S+)</span>", step) for step in steps] == [
        [("4", "2x2", "red")],
        [("4", "2x2", "red")],
        [("3", "2x6", "white")],
    ]
    assert ["rests on nothing yet" in step for step in steps] == [False, False, True]


def test_plans_show_new_bricks_old_ones_and_the_layer_below(html):
    plans = re.findall(r'<svg class="plan".*?</svg>', html)
    accent = "#{:02x}{:02x}{:02x}".format(*ACCENTS[accent_for(TABLE)])
    assert [plan.count(accent) for plan in plans] == [4, 4, 3]
    assert [plan.count("stroke-dasharray") for plan in plans] == [0, 4, 4]


def test_pictures_grow_and_outline_what_is_new(html):
    _, first, second, third = map(np.asarray, pictures(html))
    accent = np.array(ACCENTS[accent_for(TABLE)])

    def outlined(picture):
        return int((np.abs(picture.astype(int) - accent).sum(axis=-1) < 30).sum())

    assert outlined(first) == 0  # all of it is new
    assert outlined(second) > 200 and outlined(third) > 200


def test_older_bricks_are_pale():
    manner = Manner.fitting(TABLE, 300, ACCENTS["blue"])
    old, new = list(TABLE)[:4], list(TABLE)[4:8]

    def red(picture):
        data = base64.b64decode(picture.uri.partition(",")[2])
        pixels = np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)
        return int((pixels[..., 0] - pixels[..., 1] > 100).sum())

    both, only_new = step_picture(old, new, 20, manner), step_picture([], new, 20, manner)
    assert red(both) < 1.15 * red(only_new)  # the legs below add as much again where they are not paled


@pytest.mark.parametrize("colour", [4, 1, 2, 15, 0])
def test_the_accent_differs_from_the_bricks(colour):
    name = accent_for(BrickStructure([Brick(2, 2, 0, 0, 0, colour)]))
    assert (name == "red") is (colour != 4)


def test_progress_and_nothing_to_build():
    seen = []
    instructions_html(TABLE, progress=lambda done, steps: seen.append((done, steps)))
    assert seen == [(1, 3), (2, 3), (3, 3)]
    with pytest.raises(ConfigError, match="no bricks"):
        instructions_html(BrickStructure())


@pytest.mark.parametrize("extension", EXPORTS)
def test_every_kind_of_file_is_written(tmp_path, extension):
    path = tmp_path / f"t{extension}"
    write_export(TABLE, path, title="Table")
    beginnings = {".png": b"\x89PNG", ".xml": b"<INV", ".csv": b"Part", ".html": b"<!DO"}
    if extension in FORMATS:
        assert read_structure(path) == TABLE
    else:
        assert path.read_bytes().startswith(beginnings[extension])
    with pytest.raises(OutputError, match="exists"):
        write_export(TABLE, path, overwrite=False)


def test_an_unknown_kind_is_refused_before_any_work(tmp_path):
    with pytest.raises(OutputError, match=r"unknown extension '.obj'; use one of .txt") as caught:
        write_export(TABLE, tmp_path / "t.obj")
    assert caught.value.exit_code is ExitCode.OUTPUT and not list(tmp_path.iterdir())
