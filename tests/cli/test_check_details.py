"""``check --explain, --heatmap, --steps, --reorder`` and ``repair``: words, files, exit codes and JSON."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from brickgpt_engine.formats import read_structure

MAST = "".join(f"1x1 (5,5,{z})\n" for z in range(8)) + "1x4 (5,5,8)\n"
STEPS = "2x2 (0,0,1)\n2x4 (0,0,0)\n"
HANGING = "2x2 (0,0,0)\n2x2 (0,0,1)\n2x6 (0,0,2)\n2x2 (0,4,1)\n"
LOOSE = "2x4 (0,0,0)\n2x4 (2,0,0)\n2x4 (0,0,1)\n2x4 (2,0,1)\n2x4 (4,0,1)\n"


@pytest.fixture
def files(run, tower_file):
    """Models by name; ``tower.txt`` is there already."""
    for name, text in {"mast": MAST, "steps": STEPS, "hanging": HANGING, "loose": LOOSE}.items():
        Path(f"{name}.txt").write_text(text)


def test_explain_says_which_way_and_how_much(run, files):
    ran = run("check", "mast.txt", "--explain")
    assert ran.code == 1
    assert "brick 9: 1x4 at (5,5,8) tips towards +y: " in ran.out and "N·m about x not balanced" in ran.out
    assert "Safety factor of the whole: 51; it would stand with connections 51 times weaker." in ran.out
    assert "Why:" not in ran.out
    stands = run("check", "tower.txt", "--explain", "--criterion", "paper")
    assert stands.code == 0 and "Weakest connection: " in stands.out


def test_explain_in_json_has_the_force_on_every_contact(run, files):
    plain, told = (
        json.loads(run("check", "tower.txt", "--json", *more).out)[0] for more in ((), ("--explain",))
    )
    explanation = told.pop("explanation")
    assert told == plain
    model = read_structure("tower.txt")
    lifted = sum(c["support_n"] - c["pull_n"] for c in explanation["contacts"] if c["lower"] is None)
    assert lifted == pytest.approx(model.mass_g / 1000 * 9.8, abs=1e-6)
    assert explanation["safety_factor"] == pytest.approx(plain["safety_factor"], rel=1e-6)


def test_the_heat_map_is_red_where_it_fails_and_blue_where_it_holds(run, files):
    ran = run("check", "mast.txt", "--heatmap", "mast.png")
    assert ran.code == 1 and "mast.png" in ran.out
    pixels = np.asarray(Image.open("mast.png").convert("RGB")).astype(int)
    model = pixels[: int(pixels.shape[0] * 0.85)]
    red = (model[..., 0] > model[..., 2] + 60).nonzero()[0]
    blue = (model[..., 2] > model[..., 0] + 40).nonzero()[0]
    assert len(red) > 1000 and len(blue) > 1000 and red.max() < blue.max() and red.min() < blue.min()
    again = run("check", "mast.txt", "--heatmap", "mast.png")
    assert again.code == 6 and "add --force" in again.problem
    assert run("check", "mast.txt", "--heatmap", "mast.png", "--force").code == 1


def test_steps_name_the_first_that_falls(run, files):
    ran = run("check", "steps.txt", "--steps")
    assert ran.code == 1 and "steps.txt: stands" in ran.out
    assert "step 1, 2x2 (0,0,1), is the first after which something falls" in ran.out
    assert "step 2, 2x4 (0,0,0), cannot be pushed in from above" in ran.out
    good = run("check", "tower.txt", "--steps")
    assert good.code == 0 and "every one of 3 steps stands" in good.out
    steps = json.loads(run("check", "steps.txt", "--steps", "--json").out)[0]["steps"]
    assert steps["first_falling"]["index"] == 0 and [one["index"] for one in steps["blocked"]] == [0, 1]


def test_reorder_writes_an_order_that_can_be_built(run, files):
    ran = run("check", "steps.txt", "--reorder", "-o", "better.txt")
    assert ran.code == 0 and "from the bottom up" in ran.out
    assert Path("better.txt").read_text() == "2x4 (0,0,0)\n2x2 (0,0,1)\n"
    assert run("check", "better.txt", "--steps").code == 0


def test_reorder_says_why_there_is_none(run, files):
    ran = run("check", "hanging.txt", "--reorder", "-o", "better.txt")
    assert ran.code == 1 and "nothing right below to be pushed onto" in ran.out
    assert not Path("better.txt").exists()
    found = json.loads(run("check", "hanging.txt", "--reorder", "--json").out)[0]["reorder"]
    assert found["order"] is None and found["proven"] is True


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("tower.txt", "-o", "x.txt"), "add --reorder"),
        (("tower.txt", "mast.txt", "--heatmap", "x.png"), "name one FILE"),
        (("tower.txt", "--explain", "--no-physics"), "leave out --no-physics"),
        (("tower.txt", "--reorder", "-o", "x.png"), "unknown extension '.png'"),
        (("tower.txt", "--heatmap", "x.jpg"), "unknown extension '.jpg'"),
    ],
)
def test_requests_that_cannot_be_met_are_told_at_once(run, files, options, said):
    ran = run("check", *options)
    assert ran.code in (2, 6) and said in ran.problem and ran.out == ""


def test_repair_lays_again_and_keeps_the_cells(run, files):
    before = read_structure("loose.txt")
    ran = run("repair", "loose.txt")
    assert (ran.code, ran.err) == (0, "") and "in the same cells" in ran.out
    after = read_structure("loose-repaired.txt")
    assert np.array_equal(before.occupancy, after.occupancy)
    assert run("check", "loose-repaired.txt").code == 0
    assert run("repair", "loose.txt").code == 6


def test_repair_names_its_supports_and_writes_any_format(run, files):
    ran = run("repair", "mast.txt", "-o", "mast.ldr", "--attempts", "1", "--json")
    done = json.loads(ran.out)
    assert ran.code == 0 and done["how"] == "supported" and len(done["supports"]) == 1 and done["stable"]
    assert {brick.text for brick in read_structure("mast.ldr")} >= set(done["supports"])


def test_repair_that_fails_writes_nothing(run, files):
    ran = run("repair", "mast.txt", "--attempts", "1", "--no-support")
    assert ran.code == 1 and "nothing was found that helps" in ran.out
    assert not Path("mast-repaired.txt").exists()
    stands = run("repair", "tower.txt", "-o", "same.json")
    assert stands.code == 0 and "stands already" in stands.out
    assert read_structure("same.json").bricks == read_structure("tower.txt").bricks
    assert run("repair", "nowhere.txt").code == 3
