"""Taking models along and getting them back: export, open, history, settings, variants."""

from dataclasses import replace

from textual.widgets import Input

from brickgpt_engine.formats import read_structure
from brickgpt_tui.widgets.stats import StatsPanel

SIZE = (100, 36)


async def test_export_and_open_again(studio, build, wait_for, quiet_home):
    app = studio()
    async with app.run_test(size=SIZE) as pilot:
        screen = app.main
        await build(pilot, "a table")
        bricks = screen.state.document.bricks
        await pilot.press("e")
        await wait_for(pilot, lambda: app.screen is not screen, "the dialogue")
        app.screen.query_one("#export-name", Input).value = "table.ldr"
        await pilot.press("ctrl+s")
        await wait_for(pilot, lambda: app.screen is screen, "the file")
        assert read_structure(quiet_home / "table.ldr").bricks == bricks

        await pilot.press("n", "d")
        assert len(screen.state.document.bricks) == len(bricks) - 1
        await pilot.press("o")
        await wait_for(pilot, lambda: app.screen is not screen, "the dialogue")
        await pilot.press(*"table.ldr", "enter")
        await wait_for(pilot, lambda: screen.state.document.title == "table.ldr", "the model")
        assert screen.state.document.bricks == bricks
        await pilot.press("u")
        assert len(screen.state.document.bricks) == len(bricks) - 1


async def test_what_is_shown_is_exported(studio, build, wait_for, quiet_home):
    app = studio()
    async with app.run_test(size=SIZE) as pilot:
        screen = app.main
        await build(pilot)
        await pilot.press("left", "left", "left", "e")
        await wait_for(pilot, lambda: app.screen is not screen, "the dialogue")
        app.screen.query_one("#export-name", Input).value = "part.txt"
        await pilot.press("ctrl+s")
        await wait_for(pilot, lambda: app.screen is screen, "the file")
        assert len(read_structure(quiet_home / "part.txt")) == 16


async def test_every_run_is_in_the_history_and_comes_back_with_prompt_and_seed(studio, build, wait_for):
    app = studio()
    async with app.run_test(size=SIZE) as pilot:
        screen = app.main
        await build(pilot, "a table")
        bricks = screen.state.document.bricks
        app.settings = replace(app.settings, generation=replace(app.settings.generation, seed=99))
        await pilot.press("u")
        assert screen.state.document.bricks == ()
        await pilot.press("h")
        await wait_for(pilot, lambda: app.screen is not screen, "the dialogue")
        await wait_for(pilot, lambda: app.screen.table.row_count == 1, "the run")
        await pilot.press("enter")
        await wait_for(pilot, lambda: screen.state.document.prompt == "a table", "the run")
        assert screen.state.document.bricks == bricks
        assert screen.state.document.seed == 7 and screen.prompt.value == "a table"
        await build(pilot, "a table")
        assert screen.run_now.seed == 7, "the run's own seed, not that of the settings"


async def test_variants_side_by_side_and_one_is_kept(studio, wait_for):
    """Each seed draws one of two first bricks, so variants differ; the script weighs them alike."""

    def lines(done):
        return {"2x4 (0,0,0)": 0.5, "4x2 (9,9,0)": 0.5} if not done else {"</s>": 1.0}

    app = studio(lines)
    async with app.run_test(size=SIZE) as pilot:
        screen = app.main
        await wait_for(pilot, lambda: screen.furnished, "the screen")
        screen.prompt.value = "a slab"
        await pilot.press("escape", "v")
        await wait_for(pilot, lambda: app.screen is not screen, "the variants")
        variants = [card.snapshot for card in app.screen.cards]
        assert len(variants) == 4
        await pilot.press("2", "enter")
        await wait_for(pilot, lambda: app.screen is screen, "the studio")
        assert screen.state.document.bricks == variants[1].bricks
        assert screen.state.document.seed == 8
        run = screen.run_now
        assert (run.seed, run.running, run.bricks) == (8, False, len(variants[1].bricks))
        assert screen.query_one(StatsPanel).run == run


async def test_keeping_no_variant_gives_back_what_was_before(studio, build, wait_for):
    app = studio()
    async with app.run_test(size=SIZE) as pilot:
        screen = app.main
        await build(pilot, "a table")
        await pilot.press("n", "d")
        before, run = screen.state.document.bricks, screen.run_now
        await pilot.press("v")
        await wait_for(pilot, lambda: app.screen is not screen, "the variants")
        await pilot.press("escape")
        await wait_for(pilot, lambda: app.screen is screen, "the studio")
        assert screen.state.document.bricks == before
        assert screen.run_now == run, "the numbers beside it are its own again"
        assert screen.query_one(StatsPanel).run == run


async def test_settings_reach_the_next_run(studio, build, wait_for):
    app = studio()
    async with app.run_test(size=SIZE) as pilot:
        screen = app.main
        await build(pilot)
        await pilot.press("f2")
        await wait_for(pilot, lambda: app.screen is not screen, "the form")
        await pilot.press("escape")
        await wait_for(pilot, lambda: app.screen is screen, "the studio")
        app.use_settings(replace(app.settings, generation=replace(app.settings.generation, max_bricks=5)))
        await build(pilot)
        assert len(screen.state.document.bricks) == 5 and screen.run_now.stop_reason == "max_bricks"
