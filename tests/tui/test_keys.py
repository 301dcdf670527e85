"""The line of keys: what is on it, what a click does, and what it says where there is no room."""

from brickgpt_tui.widgets.keys import KeyBar
from brickgpt_tui.widgets.log import LogHeading


def words(bar):
    return bar.render_line(0).text


async def test_keys_follow_what_can_be_done(studio, build, ready):
    app = studio()
    async with app.run_test(size=(160, 36)) as pilot:
        screen = await ready(pilot)
        bar = screen.query_one(KeyBar)
        await pilot.press("escape")
        await pilot.pause()
        assert (
            "/ Prompt" in words(bar) and "Undo" not in words(bar) and words(bar).rstrip().endswith("palette")
        )
        await build(pilot)
        await pilot.pause()
        assert "u Undo" in words(bar) and "d Delete" not in words(bar)
        await pilot.press("n")
        await pilot.pause()
        assert "d Delete" in words(bar)


async def test_a_click_is_the_key_and_pointing_says_what_it_does(studio, build):
    app = studio()
    async with app.run_test(size=(100, 36)) as pilot:
        await build(pilot)
        bar = app.main.query_one(KeyBar)
        await pilot.hover(bar, offset=(words(bar).index("u Undo") + 1, 0))
        assert bar.tooltip.startswith("Take the last change back")
        await pilot.click(bar, offset=(words(bar).index("u Undo") + 1, 0))
        await pilot.pause()
        assert app.main.state.document.bricks == ()


async def test_what_does_not_fit_is_left_out_whole(studio, build):
    app = studio()
    async with app.run_test(size=(64, 20)) as pilot:
        await build(pilot)
        line = words(app.main.query_one(KeyBar))
        assert len(line) == 64 and line.startswith("/ Prompt") and line.rstrip().endswith("^p palette")
        labels = {key.label for key in app.main.query_one(KeyBar).keys}
        shown = line.replace("^p palette", "").split()
        assert " ".join(shown).endswith(tuple(labels)), "the last one is whole"


async def test_keys_are_there_where_another_window_has_the_keyboard(studio, ready):
    app = studio()
    async with app.run_test(size=(100, 36)) as pilot:
        screen = await ready(pilot)
        app.app_focus = False
        screen.query_one(KeyBar).keys = ()
        screen.refresh_bindings()
        await pilot.pause(0.2)
        assert "palette" in words(screen.query_one(KeyBar))


async def test_the_log_has_its_heading_from_the_start(studio, ready):
    app = studio()
    async with app.run_test(size=(100, 36)) as pilot:
        screen = await ready(pilot)
        assert "Log" in str(screen.query_one(LogHeading).render())
