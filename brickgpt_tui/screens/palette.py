"""The command palette, kept ready so that it is there at the key, and laid over the studio as it is."""

from __future__ import annotations

from textual import events
from textual.command import Command, CommandInput, CommandList, CommandPalette, SearchIcon
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widgets import Input


class StudioPalette(CommandPalette):
    """One palette for every opening; Textual's own is mounted, styled and laid out anew each time.

    It is mounted once and installed in the app. When it is shown, the commands are looked for anew, and until
    they are found those of the last time are there. When it goes, it is made ready for the next time.
    """

    DEFAULT_CSS = """
    StudioPalette {
        background: transparent;
        &.-ascii #--input, &.-ascii CommandList { border-top: ascii black; border-bottom: ascii black; }
        &.-ascii #--input { border-left: none; border-right: none; }
        &.-ascii #--input.--list-visible { border-bottom: none; }
        &.-ascii CommandList { border-top: none; }
    }
    """

    def __init__(self) -> None:
        super().__init__(id="--command-palette")
        self._known: list[Command] = []
        self.add_class("-ready")

    def on_mount(self, event: events.Mount) -> None:
        """There is nothing to look for until it is shown."""
        event.prevent_default()
        Screen._on_mount(self, event)

    def on_screen_resume(self) -> None:
        """Look for every command of the screen below; draw with ASCII where the studio does."""
        plain = bool(getattr(self.app, "plain", False))
        self.set_class(plain, "-ascii")
        sign = self.query_one(SearchIcon)
        sign.icon = ">" if plain else "🔎"
        sign.refresh()
        self.query_one(CommandInput).placeholder = "Search for commands" + ("..." if plain else "…")
        below = self._calling_screen = self.app.screen_stack[-2]
        style = self.get_visual_style("command-palette--highlight", partial=True)
        self._providers = [provider(below, style) for provider in self._provider_classes]
        for provider in self._providers:
            provider._post_init()
        self.app.post_message(CommandPalette.Opened())
        self.call_after_refresh(self._look)

    async def on_screen_suspend(self) -> None:
        """Be as at the beginning again."""
        self._cancel_gather_commands()
        self._stop_busy_countdown()
        self._stop_no_matches_countdown()
        await self._on_unmount()  # ends the providers
        self._selected_command = None
        field = self.query_one(CommandInput)
        with field.prevent(Input.Changed):
            field.value = ""
        self._show(self._known)

    def _look(self) -> None:
        """Look for all commands, unless something is typed already, or it is closed."""
        if self.is_current and not self.query_one(CommandInput).value:
            self._gather_commands("")

    def _refresh_command_list(
        self, command_list: CommandList, commands: list[Command], clear_current: bool
    ) -> None:
        """Show what is found; what is there when nothing is typed is remembered for the next time."""
        if self.query_one(CommandInput).value:
            super()._refresh_command_list(command_list, commands, clear_current)
        elif self.is_current:
            self._known = list(commands)
            self._show(commands, stay=True)

    def _show(self, commands: list[Command], *, stay: bool = False) -> None:
        """Have ``commands`` in the list, the first of them chosen unless they may ``stay`` as they are."""
        there = self.query_one(CommandList)
        shown = [option.prompt for option in there.options] if self._list_visible else []
        if not shown or shown != [command.prompt for command in commands]:
            super()._refresh_command_list(there, commands, clear_current=True)
        elif not stay:
            there.highlighted = 0

    def render_lines(self, crop: Region) -> list[Strip]:
        """The studio below as it is; Textual would render and tint each of its characters at every change."""
        below = self.app._background_screens
        if not below or not self.is_active:
            return super().render_lines(crop)
        chops = below[-1]._compositor._render_chops(
            Region(0, crop.y, self.size.width, crop.height), range(crop.y, crop.bottom).__contains__
        )
        lines = (Strip.join(chop.values()) for chop in chops[crop.y : crop.bottom])
        return [line.crop(crop.x, crop.right).discard_meta() for line in lines]
