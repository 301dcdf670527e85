"""What people do in the studio, from the keyboard and the mouse, with a scripted model behind it."""

import pytest
from textual.widgets import Input, Static

from brickgpt_engine.bricks import Brick
from brickgpt_engine.errors import ModelError, PromptError
from brickgpt_tui.app import Opening
from brickgpt_tui.widgets.keys import KeyBar
from brickgpt_tui.widgets.log import EventLog, LogLines
from brickgpt_tui.widgets.timeline import Timeline

TABLE_SIZE = 19
SIZE = (100, 36)


def notice(screen):
    """The error that is shown, or nothing."""
    widget = screen.query_one("#notice", Static)
    return str(widget.render()) if widget.has_class("-shown") else ""


def log_text(screen):
    """The lines of the event log, folded or not."""
    return "\n".join(line.text for line in screen.query_one(EventLog).written)


def title(screen):
    return str(screen.query_one("#title", Static).render())


async def test_type_generate_scrub_inspect_undo_redo(studio, build, wait_for):
    app = studio()
    async with app.run_test(size=SIZE) as pilot:
        screen = app.main
        assert isinstance(app.focused, Input), "one can type at once"
        await build(pilot, "a table")
        await wait_for(pilot, lambda: screen.state.document.report is not None, "a verdict")
        assert len(screen.state.document.bricks) == TABLE_SIZE
        assert screen.state.document.bricks[0] == Brick(2, 2, 0, 0, 0)
        assert screen.state.document.report.stable and "stands" in title(screen)
        assert screen.view.snapshot.bricks == screen.state.document.bricks

        await pilot.press("left", "left", "less_than_sign")
        assert screen.state.shown == TABLE_SIZE - 12 == screen.view.snapshot.shown
        await pilot.press("home")
        assert screen.query_one(Timeline).snapshot.shown == 1
        await pilot.press("end")
        assert screen.state.shown == TABLE_SIZE

        await pilot.press("n")
        assert screen.state.selected == 0
        assert "2x2 at (0,0,0)" in str(screen.inspector.render())
        await pilot.press("d")
        assert len(screen.state.document.bricks) == TABLE_SIZE - 1 and screen.state.selected is None
        await pilot.press("u")
        assert len(screen.state.document.bricks) == TABLE_SIZE
        await pilot.press("U")
        assert len(screen.state.document.bricks) == TABLE_SIZE - 1
        await pilot.press("u", "u")
        assert screen.state.document.bricks == ()
        await pilot.press("U")
        assert len(screen.state.document.bricks) == TABLE_SIZE


async def test_continue_from_the_bricks_shown(studio, build, wait_for):
    app = studio()
    async with app.run_test(size=SIZE) as pilot:
        screen = app.main
        await build(pilot)
        first = screen.state.document.bricks
        await pilot.press("left", "left", "left", "left", "left")
        before = screen.run_now
        await pilot.press("g")
        await wait_for(
            pilot, lambda: screen.run_now is not before and not screen.run_now.running, "the run ends"
        )
        assert screen.run_now.bricks == 5, "the run placed only what was missing"
        assert screen.state.document.bricks == first
        await pilot.press("u")
        assert screen.state.document.bricks == first


async def test_continue_with_a_new_prompt(studio, build, wait_for):
    app = studio()
    async with app.run_test(size=SIZE) as pilot:
        screen = app.main
        await build(pilot)
        await pilot.press("left", "left", "G")
        assert screen.prompt.continuing and isinstance(app.focused, Input)
        before = screen.run_now
        await pilot.press(*"a desk", "enter")
        await wait_for(
            pilot, lambda: screen.run_now is not before and not screen.run_now.running, "the run ends"
        )
        assert screen.state.document.prompt == "a desk" and screen.run_now.bricks == 2
        assert not screen.prompt.continuing


async def test_leaving_the_prompt_forgets_the_continuation(studio, build):
    app = studio()
    async with app.run_test(size=SIZE) as pilot:
        await build(pilot)
        await pilot.press("G", "escape")
        assert not app.main.prompt.continuing and not isinstance(app.focused, Input)


async def test_again_takes_the_next_seed(studio, build, wait_for):
    app = studio()
    async with app.run_test(size=SIZE) as pilot:
        screen = app.main
        await build(pilot)
        assert screen.run_now.seed == 7
        before = screen.run_now
        await pilot.press("a")
        await wait_for(
            pilot, lambda: screen.run_now is not before and not screen.run_now.running, "the run ends"
        )
        assert screen.run_now.seed == 8 and screen.state.document.seed == 8


async def test_delete_everything_above(studio, build):
    app = studio()
    async with app.run_test(size=SIZE) as pilot:
        screen = app.main
        await build(pilot)
        await pilot.press("n", "D")
        assert {brick.z for brick in screen.state.document.bricks} == {0}
        assert len(screen.state.document.bricks) == 4


async def test_stop_keeps_what_was_built(studio, gate_of, wait_for):
    gate = gate_of(4)
    app = studio(gate=gate)
    async with app.run_test(size=SIZE) as pilot:
        screen = app.main
        await pilot.press(*"a table", "enter")
        await wait_for(pilot, lambda: len(screen.state.document.bricks) >= 3, "some bricks")
        assert screen.run_now.running and "building" in title(screen)
        await pilot.press("s")
        gate.open()
        await wait_for(pilot, lambda: not screen.run_now.running, "the run ends")
        assert screen.run_now.stop_reason == "stopped"
        assert 3 <= len(screen.state.document.bricks) < TABLE_SIZE
        await wait_for(pilot, lambda: screen.state.document.report is not None, "what is there is judged")


async def test_one_can_scrub_back_while_it_builds(studio, gate_of, wait_for):
    gate = gate_of(6)
    app = studio(gate=gate)
    async with app.run_test(size=SIZE) as pilot:
        screen = app.main
        await pilot.press(*"a table", "enter")
        await wait_for(pilot, lambda: len(screen.state.document.bricks) >= 5, "some bricks")
        await pilot.press("home")
        gate.open()
        await wait_for(pilot, lambda: not screen.run_now.running, "the run ends")
        assert screen.state.shown == 1 and len(screen.state.document.bricks) == TABLE_SIZE


async def test_play_shows_all_bricks_and_stops(studio, build, wait_for):
    app = studio()
    async with app.run_test(size=SIZE) as pilot:
        screen = app.main
        await build(pilot)
        await pilot.press("space")
        assert screen.playing and screen.state.shown < TABLE_SIZE
        await wait_for(pilot, lambda: not screen.playing, "the end of the film")
        assert screen.state.shown == TABLE_SIZE


async def test_the_mouse_scrubs_and_plays(studio, build):
    app = studio()
    async with app.run_test(size=SIZE) as pilot:
        screen = app.main
        await build(pilot)
        timeline = screen.query_one(Timeline)
        line = timeline.size.height - 1
        await pilot.click(timeline, offset=(5, line))
        assert screen.state.shown == 0
        await pilot.click(timeline, offset=(2, line))
        assert screen.playing


async def test_the_log_tells_everything_and_folds(studio, build):
    app = studio()
    async with app.run_test(size=SIZE) as pilot:
        await build(pilot)
        log = app.main.query_one(EventLog)
        assert log.folded
        await pilot.press("l")
        assert not log.folded
        await pilot.pause()
        text = log_text(app.main)
        assert "building “a table”" in text and "19  2x4 (3,0,5)" in text and "done: 19 bricks" in text


async def test_the_log_stays_at_its_end_until_it_is_scrolled(studio, ready):
    app = studio()
    async with app.run_test(size=SIZE) as pilot:
        screen = await ready(pilot)
        for number in range(30):
            screen.say(f"line {number}")
        screen.view.canvas.focus()
        await pilot.press("l")
        await pilot.pause(0.2)
        lines = screen.query_one(LogLines)
        assert lines.render_line(lines.size.height - 1).text.strip() == "line 29"
        assert lines.scroll_y == lines.max_scroll_y == lines.vertical_scrollbar.position > 0
        screen.say("line 30")
        assert lines.render_line(lines.size.height - 1).text.strip() == "line 30"
        lines.scroll_to(y=3, animate=False)
        screen.say("line 31")
        await pilot.pause()
        assert lines.render_line(0).text.strip() == "line 3"


async def test_a_log_line_that_is_too_long_says_so_beside_the_scrollbar(studio, ready):
    app = studio()
    async with app.run_test(size=SIZE) as pilot:
        screen = await ready(pilot)
        for _ in range(30):
            screen.say("0123456789" * 20)
        await pilot.press("escape", "l")
        await pilot.pause(0.2)
        lines = screen.query_one(LogLines)
        room = lines.vertical_scrollbar.region.x - lines.scrollable_content_region.x
        seen = lines.render_line(0).text[:room]
        assert len(seen) == room
        assert seen[-2:] == f"{(room - 2) % 10}…"


async def test_what_happens_lays_nothing_out_while_the_log_is_folded(studio, ready):
    app = studio()
    async with app.run_test(size=SIZE) as pilot:
        screen = await ready(pilot)
        await pilot.pause(0.3)
        laid_out = []
        screen.screen_layout_refresh_signal.subscribe(screen, laid_out.append, immediate=True)
        screen.say("nobody sees this line")
        await pilot.pause(0.2)
        assert not laid_out
        await pilot.press("escape", "l")
        await pilot.pause(0.2)
        assert 1 <= len(laid_out) <= 3, "each container asks for a layout of its own again"


async def test_rejections_and_rollbacks_are_counted(studio, build):
    """The second brick may collide, hang in the air, or fit; seed 7 does all of it."""

    def lines(done):
        if len(done) == 1:
            return {"2x4 (0,0,0)": 0.4, "2x2 (9,9,3)": 0.5, "2x4 (0,0,1)": 0.1}
        return {"</s>": 1.0} if done else {"2x4 (0,0,0)": 1.0}

    app = studio(lines, generation={"sampling": "rejection"})
    async with app.run_test(size=SIZE) as pilot:
        screen = app.main
        await build(pilot)
        run, text = screen.run_now, log_text(screen)
        assert dict(run.rejections)["collision"] == text.count("2x4 (0,0,0)  collision") > 0
        assert len(run.rollbacks) == text.count("rolled back #") > 0
        assert run.rollbacks[0] == "#1 2 → 1 bricks: brick 2, 2x2 at (9,9,3), floating"
        assert [brick.text for brick in screen.state.document.bricks] == ["2x4 (0,0,0)", "2x4 (0,0,1)"]


async def test_repair_of_a_model_that_stands_says_so(studio, build, wait_for):
    app = studio()
    async with app.run_test(size=SIZE) as pilot:
        screen = app.main
        await build(pilot)
        bricks = screen.state.document.bricks
        await pilot.press("r")
        await wait_for(pilot, lambda: "nothing to repair" in log_text(screen), "the answer")
        assert screen.state.document.bricks == bricks
        await wait_for(pilot, lambda: "Stop" not in footer_words(screen), "a footer without Stop")
        assert "Repair" in footer_words(screen)


def footer_words(screen):
    return {key.label for key in screen.query_one(KeyBar).keys}


async def test_repair_binds_two_loose_walls(studio, build, wait_for):
    """Two 1x1 towers side by side share no brick; laid again they become towers that are bound."""
    lines = [f"1x1 ({x},0,{z})" for x in (0, 1) for z in range(4)] + ["1x4 (0,1,3)"]
    app = studio(lines)
    async with app.run_test(size=SIZE) as pilot:
        screen = app.main
        screen.studio.settings = screen.studio.settings.with_value("max_regenerations", 0)
        await build(pilot)
        await wait_for(pilot, lambda: screen.state.document.report is not None, "a verdict")
        assert not screen.state.document.report.stable
        cells = {
            (b.x + i, b.y + j, b.z)
            for b in screen.state.document.bricks
            for i in range(b.h)
            for j in range(b.w)
        }
        await pilot.press("r")
        await wait_for(pilot, lambda: screen.state.document.step == "repair", "the repair")
        laid = {
            (b.x + i, b.y + j, b.z)
            for b in screen.state.document.bricks
            for i in range(b.h)
            for j in range(b.w)
        }
        assert laid >= cells and screen.state.document.report.stable


async def test_views_and_colours_by_keys(studio, build):
    app = studio()
    async with app.run_test(size=SIZE) as pilot:
        await build(pilot)
        view = app.main.view
        for key, mode in zip("123456", ("layer", "front", "side", "top", "iso", "image"), strict=True):
            await pilot.press(key)
            assert view.mode == mode
        await pilot.press("1", "down")
        assert view.level == 4 and not view.follow
        await pilot.press("f")
        assert view.follow and view.level == 5
        await pilot.press("c")
        assert view.colouring == "part"
        await pilot.press("t")
        assert (view.mode, view.turn) == ("iso", 1)


async def test_open_a_file_from_the_command_line_and_export(studio, wait_for, tmp_path):
    path = tmp_path / "tower.txt"
    path.write_text("2x4 (0,0,0)\n2x4 (0,0,1)\n")
    app = studio(opening=Opening(file=path))
    async with app.run_test(size=SIZE) as pilot:
        screen = app.main
        await wait_for(pilot, lambda: len(screen.state.document.bricks) == 2, "the file")
        assert "tower.txt" in title(screen)
        await pilot.press("e")
        await pilot.pause()
        assert app.screen is not screen
        await pilot.press("escape")
        await pilot.pause()
        assert app.screen is screen


async def test_a_bad_file_is_explained_and_the_model_stays(studio, build, wait_for, tmp_path):
    app = studio()
    async with app.run_test(size=SIZE) as pilot:
        screen = app.main
        await build(pilot)
        bad = tmp_path / "letter.txt"
        bad.write_text("Dear all,\n")
        screen.open_path(bad)
        await wait_for(pilot, lambda: notice(screen), "an explanation")
        assert "letter.txt" in notice(screen)
        assert len(screen.state.document.bricks) == TABLE_SIZE
        screen.open_path(tmp_path / "missing.ldr")
        await wait_for(pilot, lambda: "no such file" in notice(screen), "an explanation")
        await pilot.press("escape")
        assert not notice(screen)


async def test_an_empty_prompt_says_what_to_do(studio, ready):
    app = studio()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        await pilot.press("enter")
        assert "the prompt is empty; type what to build" in notice(app.main)
        assert not app.main.run_now.running


async def test_an_unusable_model_is_explained_and_nothing_is_lost(studio, build, wait_for, scripted):
    broken = []

    def load(name, device, layers):
        if broken:
            raise ModelError("there is no model folder nowhere; give 'nano', a folder or a hub id")
        return scripted()(name, device)

    app = studio(load=load)
    async with app.run_test(size=SIZE) as pilot:
        screen = app.main
        await build(pilot)
        broken.append(True)
        app.settings = app.settings.with_value("model_name_or_path", "nowhere")
        await build(pilot, "a chair")
        assert "there is no model folder nowhere" in notice(screen)
        assert len(screen.state.document.bricks) == TABLE_SIZE and screen.state.document.prompt == "a table"
        broken.clear()
        await build(pilot, "a chair")
        assert not notice(screen) and screen.state.document.prompt == "a chair"


async def test_a_prompt_that_is_refused_can_be_typed_anew_at_once(studio, build, ready, wait_for, scripted):
    refused = [True]

    def load(name, device, layers):
        if refused:
            raise PromptError("'hello' names no thing")
        return scripted()(name, device)

    app = studio(load=load, opening=Opening(seed=41))
    async with app.run_test(size=SIZE) as pilot:
        screen = await ready(pilot)
        await pilot.press(*"hello", "enter")
        await wait_for(pilot, lambda: "names no thing" in notice(screen), "an explanation")
        assert app.focused is screen.prompt.line and screen.prompt.value == "hello"
        await pilot.press(*"mug")
        assert screen.prompt.value == "mug"  # what was there is selected
        refused.clear()
        for seed in (41, 7):  # that of the command line, once a run begins; then that of the settings
            await build(pilot, "a table")
            assert screen.run_now.seed == screen.state.document.seed == seed


@pytest.mark.parametrize(
    "error", [ModelError("the model's output is not a number"), RuntimeError("a defect")]
)
async def test_an_engine_that_breaks_in_the_middle_leaves_its_bricks(studio, build, wait_for, error):
    def lines(done):
        if len(done) == 2:
            raise error
        return {f"2x4 (0,0,{len(done)})": 1.0}

    app = studio(lines)
    async with app.run_test(size=SIZE) as pilot:
        screen = app.main
        await build(pilot)
        await wait_for(pilot, lambda: str(error) in notice(screen), "an explanation")
        assert len(screen.state.document.bricks) == 2
        assert screen.run_now.stop_reason == "failed"
        await pilot.press("u")
        assert screen.state.document.bricks == ()


async def test_a_run_without_bricks_gives_the_model_before_back(studio, build, wait_for):
    runs = []

    def lines(done):
        if not done:
            runs.append(1)
        if len(runs) > 1:
            return {"</s>": 1.0}
        return {"2x4 (0,0,0)": 1.0} if not done else {"</s>": 1.0}

    app = studio(lines)
    async with app.run_test(size=SIZE) as pilot:
        screen = app.main
        await build(pilot, "a slab")
        await build(pilot, "nothing")
        assert "no brick was built" in notice(screen)
        assert [brick.text for brick in screen.state.document.bricks] == ["2x4 (0,0,0)"]
        assert screen.state.document.prompt == "a slab"


async def test_a_tiny_terminal_is_told_what_to_do(studio, build, wait_for):
    app = studio()
    async with app.run_test(size=SIZE) as pilot:
        screen = app.main
        await build(pilot)
        await pilot.resize_terminal(40, 10)
        await pilot.pause()
        message = screen.query_one("#too-small", Static)
        await wait_for(pilot, lambda: message.display, "a word about it")
        assert message.display and "needs 60x16" in str(message.render())
        assert not screen.query_one("#middle").display
        await pilot.resize_terminal(80, 24)
        await wait_for(
            pilot, lambda: screen.query_one("#middle").display and not message.display, "the model again"
        )
        assert len(screen.state.document.bricks) == TABLE_SIZE


async def test_every_action_is_in_the_palette_with_tooltip_and_works_from_there(studio, build):
    from brickgpt_tui.actions import ACTIONS
    from brickgpt_tui.commands import StudioCommands

    app = studio()
    async with app.run_test(size=SIZE) as pilot:
        screen = app.main
        provider = StudioCommands(screen)
        found = [hit async for hit in provider.discover()]
        assert len(found) == len(ACTIONS) == len({action.id for action in ACTIONS})
        assert all(action.help and action.title and action.keys for action in ACTIONS)
        for action in ACTIONS:
            name = action.action.partition("(")[0]
            assert hasattr(screen, f"action_{name}"), f"{action.id} does nothing"
        await build(pilot)
        await pilot.press("ctrl+p")
        await pilot.press(*"view: iso")
        await pilot.pause(0.3)
        await pilot.press("enter")
        await pilot.pause(0.3)
        assert screen.view.mode == "iso"


async def test_what_cannot_be_done_says_why(studio, ready):
    from brickgpt_tui.actions import ACTIONS

    app = studio()
    async with app.run_test(size=SIZE) as pilot:
        export = next(action for action in ACTIONS if action.id == "export")
        (await ready(pilot)).perform(export)
        await pilot.pause()
        assert any("there is no model yet" in note.message for note in app._notifications)


async def test_help_lists_every_key(studio, ready):
    app = studio()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await pilot.press("escape", "question_mark")
        await pilot.pause()
        assert app.screen.query_one("#help").border_title == "Help"
        await pilot.press("escape")
        assert app.screen is app.main


async def test_themes_change_and_ascii_is_only_ascii(studio, build):
    app = studio(ascii=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await build(pilot)
        await pilot.press("ctrl+t")
        assert app.theme == "brickgpt-light"
        await pilot.press("l")
        await pilot.pause()
        strips = app.screen._compositor.render_strips()
        text = "\n".join("".join(segment.text for segment in strip) for strip in strips)
        assert text.isascii(), sorted({c for c in text if not c.isascii()})
