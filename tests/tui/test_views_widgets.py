"""The views inside a small app: keys, mouse, following, scrolling, and how fast it all is."""

import asyncio
import time
from dataclasses import replace

import pytest
from textual import events
from textual.app import App
from textual.containers import Horizontal

from brickgpt_engine.bricks import Brick
from brickgpt_tui.snapshot import ModelSnapshot
from brickgpt_tui.views import graphics
from brickgpt_tui.views.plan import SIZES
from brickgpt_tui.widgets.inspector import BrickInspector
from brickgpt_tui.widgets.model_view import ModelView
from brickgpt_tui.widgets.view_bar import Pressable

HOUSE = (
    Brick(2, 4, 0, 0, 0, colour=4),
    Brick(2, 4, 2, 0, 0, colour=1),
    Brick(4, 2, 0, 0, 1, colour=15),
    Brick(4, 2, 0, 2, 1, colour=14),
    Brick(2, 2, 1, 1, 2, colour=2),
)


class Bench(App):
    """A view and an inspector, with the studio's part of the joint: it owns the selection."""

    CSS = "BrickInspector { width: 44; }"

    def __init__(self, bricks=HOUSE, world=20):
        super().__init__()
        self.bricks, self.world, self.layers, self.picked = bricks, world, [], []

    def compose(self):
        with Horizontal():
            yield ModelView()
            yield BrickInspector()

    def on_mount(self):
        self.give(ModelSnapshot(self.bricks, self.world, len(self.bricks), None, None, 1))

    def give(self, snapshot):
        self.query_one(ModelView).snapshot = snapshot
        self.query_one(BrickInspector).snapshot = snapshot

    def on_model_view_brick_selected(self, event):
        self.picked.append(event.index)
        self.give(replace(self.query_one(ModelView).snapshot, selected=event.index))

    def on_model_view_layer_changed(self, event):
        self.layers.append(event.layer)

    @property
    def view(self):
        return self.query_one(ModelView)

    @property
    def lines(self):
        canvas = self.view.canvas
        return [canvas.render_line(y).text for y in range(canvas.size.height)]

    def find(self, brick):
        """A place on the canvas where the picture shows a brick."""
        canvas = self.view.canvas
        for y in range(canvas.size.height):
            for x in range(canvas.size.width):
                if canvas.picture.hit(*canvas._place(x, y)) == brick:
                    return x, y
        raise AssertionError(f"brick {brick} is not in sight")


def journey(steps, *, size=(100, 30), **options):
    """Run a bench and an async function of it and its pilot."""

    async def run():
        app = Bench(**options)
        async with app.run_test(size=size) as pilot:
            app.view.follow = False
            app.view.level = 0
            await pilot.pause()
            await steps(app, pilot)

    asyncio.run(run())


def bar(app, name):
    return str(app.query_one(f"#view-{name}", Pressable).render())


def test_layers_by_keys_wheel_and_number():
    async def steps(app, pilot):
        app.view.focus()
        app.layers.clear()
        await pilot.press("pageup")
        assert app.view.level == 1 and "layer 1/2, 2 bricks" in bar(app, "place")
        await pilot.press("pageup", "pageup", "pageup")
        assert app.view.level == 2
        canvas = app.view.canvas
        for kind, level in (
            (events.MouseScrollDown, 1),
            (events.MouseScrollDown, 0),
            (events.MouseScrollUp, 1),
        ):
            canvas.post_message(
                kind(canvas, 5, 5, 0, 1, 0, shift=False, meta=False, ctrl=False, screen_x=5, screen_y=5)
            )
            await pilot.pause()
            assert app.view.level == level
        app.view.level = 99
        await pilot.pause()
        assert app.view.level == 2 and app.layers == [1, 2, 1, 0, 1, 2]

    journey(steps)


def test_following_goes_where_the_model_grows_until_a_key_says_otherwise():
    async def steps(app, pilot):
        view, whole = app.view, app.view.snapshot
        view.follow = True
        for shown, level in ((1, 0), (3, 1), (5, 2), (2, 0)):
            app.give(whole.showing(shown))
            await pilot.pause()
            assert view.level == level
        view.focus()
        await pilot.press("pageup")
        assert not view.follow and view.level == 1
        app.give(whole)
        await pilot.pause()
        assert view.level == 1

    journey(steps)


def test_a_click_selects_what_is_drawn_there_in_every_view():
    async def steps(app, pilot):
        for mode, level, brick in (
            ("layer", 0, 1),
            ("layer", 1, 3),
            ("front", 0, 2),
            ("iso", 0, 4),
            ("top", 0, 3),
        ):
            app.view.mode, app.view.level = mode, level
            await pilot.pause()
            app.picked.clear()
            await pilot.click(app.view.canvas, offset=app.find(brick))
            await pilot.pause()
            assert app.picked == [brick] and app.view.mode == mode
        app.view.mode, app.view.level = "layer", 0
        await pilot.pause()
        await pilot.click(app.view.canvas, offset=(0, 0))
        assert app.picked[-1] is None

    journey(steps)


def test_the_cursor_walks_over_cells_and_picks_bricks():
    async def steps(app, pilot):
        view = app.view
        view.focus()
        await pilot.press("right")
        assert app.picked == []  # without the cursor the arrows belong to the studio
        await pilot.press("k")
        assert view.pointing and sum("[o]" in line for line in app.lines) == 1
        await pilot.press("right", "right")
        assert app.picked == [0, 1]
        await pilot.press("right", "right", "up", "left")
        assert app.picked[2:] == [1, None, None, 1]
        assert "2x4 at (2,0,0)" in str(app.query_one(BrickInspector).render())
        await pilot.press("escape", "left")
        assert not view.pointing and len(app.picked) == 6

    journey(steps)


def test_the_cursor_begins_on_a_brick():
    async def steps(app, pilot):
        app.view.level = 2
        await pilot.pause()
        app.view.action_cursor()
        await pilot.pause()
        app.view.action_cursor()
        await pilot.pause()
        assert app.picked == [4]

    journey(steps)


def test_selecting_elsewhere_brings_the_layer_into_view():
    async def steps(app, pilot):
        app.give(replace(app.view.snapshot, selected=4))
        await pilot.pause()
        assert app.view.level == 2 and not app.view.follow
        assert any("┏" in line for line in app.lines)

    journey(steps)


def test_the_inspector_leads_from_brick_to_brick():
    async def steps(app, pilot):
        app.give(replace(app.view.snapshot, selected=2))
        await pilot.pause()
        inspector = app.query_one(BrickInspector)
        words = str(inspector.render())
        assert "Rests on 8 studs of 2 bricks." in words and "step     3 of 5" in words
        row = words.split("\n").index(
            next(line for line in words.split("\n") if "2x4 (2,0,0) 4 studs" in line)
        )
        await pilot.click(inspector, offset=(12, row))
        await pilot.pause()
        assert app.picked == [1]
        assert "Stands on the baseplate" in str(inspector.render())

    journey(steps)


def test_words_of_the_bars_work_with_the_mouse():
    async def steps(app, pilot):
        tabs = app.query_one("#view-tabs", Pressable)
        column = bar(app, "tabs").index("Iso")
        await pilot.click(tabs, offset=(column, 0))
        await pilot.pause()
        assert app.view.mode == "iso" and "seen from +x -y" in bar(app, "place")
        await pilot.click("#view-legend", offset=(2, 0))
        await pilot.pause()
        assert app.view.colouring == "part" and "2x4" in bar(app, "legend")

    journey(steps)


def test_turning_changes_the_picture_and_four_turns_bring_it_back():
    async def steps(app, pilot):
        app.view.mode = "iso"
        await pilot.pause()
        pictures = []
        for _ in range(5):
            pictures.append(app.view.canvas.picture.hits.tobytes())
            app.view.action_turn(1)
            await pilot.pause()
        assert pictures[0] == pictures[4] and len(set(pictures)) == 4 and app.view.turn == 1

    journey(steps)


@pytest.mark.parametrize("size", [(48, 6), (80, 24), (200, 60)])
def test_ascii_without_colour_draws_every_view_at_every_size(size):
    async def steps(app, pilot):
        view = app.view
        view.ascii_only, view.colour = True, False
        app.query_one(BrickInspector).ascii_only = True
        modes = ("layer", "front", "side", "top", "iso", "image")
        for mode, colouring in zip(
            modes, ("stress", "part", "order", "colour", "stress", "part"), strict=True
        ):
            view.mode, view.colouring = mode, colouring
            await pilot.pause()
            assert all(line.isascii() for line in app.lines)
            assert bar(app, "legend").isascii() and bar(app, "place").isascii()
        app.give(replace(view.snapshot, selected=1))
        await pilot.pause()
        assert str(app.query_one(BrickInspector).render()).isascii()

    journey(steps, size=size)


def test_no_colour_is_wanted_where_the_environment_says_so(monkeypatch):
    for name, value, wanted in (("NO_COLOR", "1", False), ("TERM", "dumb", False), ("TERM", "xterm", True)):
        monkeypatch.delenv("NO_COLOR", raising=False)
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setenv(name, value)
        assert ModelView().colour is wanted


def test_a_picture_too_large_is_scrolled_and_its_scales_stay():
    bricks = tuple(Brick(1, 1, x, x, 0) for x in range(30))

    async def steps(app, pilot):
        view, canvas = app.view, app.view.canvas
        view.cell_size = 1
        await pilot.pause()
        assert app.lines[0].startswith(" y") and " x" in app.lines[-2][:4] + app.lines[-1][:4]
        before = app.lines
        canvas.scroll_to(40, 30, animate=False)
        await pilot.pause()
        after = app.lines
        assert after != before and "x" in "".join(line[:4] for line in after[-2:])
        x, y = app.find(12)
        await pilot.click(canvas, offset=(x, y))
        await pilot.pause()
        assert app.picked == [12]
        view.pointing = True
        view._cursor = (29, 29, 0)
        view.redraw()
        await pilot.pause()
        await pilot.pause()
        assert any("[o]" in line for line in app.lines)

    journey(steps, size=(90, 24), bricks=bricks, world=40)


def test_zoom_goes_through_the_sizes_and_back():
    async def steps(app, pilot):
        seen = []
        for _ in range(len(SIZES) + 1):
            app.view.action_zoom()
            await pilot.pause()
            seen.append(app.view.cell_size)
        assert seen == [0, 1, 2, None]

    journey(steps)


def test_without_images_the_isometric_view_steps_in_and_says_why():
    async def steps(app, pilot):
        app.view.mode = "image"
        await pilot.pause()
        assert "no true image" in bar(app, "legend")
        assert app.view.canvas.display and (app.view.canvas.picture.hits == 4).any()

    journey(steps)


def test_the_terminal_is_only_asked_where_it_may_show_images(monkeypatch):
    assert not graphics.may_show_images({"TERM": "xterm-256color"})
    for hint in (
        {"TERM": "xterm-kitty"},
        {"TERM_PROGRAM": "iTerm.app"},
        {"TERM": "foot"},
        {"WEZTERM_PANE": "0"},
    ):
        assert graphics.may_show_images(hint)
        assert not graphics.may_show_images(hint | {"BRICKGPT_IMAGES": "off"})
    assert graphics.may_show_images({"BRICKGPT_IMAGES": "sixel"})
    monkeypatch.setenv("BRICKGPT_IMAGES", "off")
    assert "no true image" in graphics.ask_terminal()


def test_a_model_that_grows_does_not_jump_about():
    async def steps(app, pilot):
        view, whole = app.view, app.view.snapshot
        far = (*HOUSE, Brick(1, 1, 15, 15, 0))
        app.give(replace(whole, bricks=far, shown=6, revision=2))
        await pilot.pause()
        width = view.canvas.picture.width
        app.give(replace(whole, bricks=far[:5], revision=3))
        await pilot.pause()
        shrunk = view.canvas.picture.width
        assert shrunk < width  # bricks were taken away: fitted anew
        app.give(replace(whole, bricks=far, shown=6, revision=4))
        app.give(replace(whole, bricks=(*far, Brick(1, 1, 0, 5, 0)), shown=7, revision=5))
        await pilot.pause()
        assert view.canvas.picture.width == width

    journey(steps)


def test_without_a_model_nothing_breaks():
    async def steps(app, pilot):
        for bricks in ((), None):
            snapshot = None if bricks is None else ModelSnapshot()
            app.give(snapshot)
            for mode in ("layer", "front", "side", "top", "iso", "image"):
                app.view.mode = mode
                app.view.pointing = True
                await pilot.pause()
                app.view.action_move("up")
                app.view.action_layer(1)
                app.view.action_cursor(False)
            assert "No model yet." in str(app.query_one(BrickInspector).render())

    journey(steps)


def test_two_thousand_bricks_scrub_smoothly():
    bricks = tuple(Brick(2, 4, x, y, z) for z in range(10) for x in range(0, 40, 2) for y in range(0, 40, 4))

    async def steps(app, pilot):
        view, whole = app.view, app.view.snapshot
        view.follow = True
        for mode in ("layer", "iso"):
            view.mode = mode
            await pilot.pause()
            times = []
            for shown in range(40, 2000, 170):
                start = time.process_time()
                app.give(whole.showing(shown))
                view._draw()
                lines = [view.canvas.render_line(y) for y in range(view.canvas.size.height)]
                times.append(time.process_time() - start)
                assert len(lines) > 10
            times.sort()
            assert times[len(times) // 2] < 0.05

    journey(steps, size=(160, 50), bricks=bricks, world=40)
