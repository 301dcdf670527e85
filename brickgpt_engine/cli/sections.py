"""Help texts in sections: options under headings, and examples printed as they are."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeAlias

import click

Decorator: TypeAlias = Callable[[Callable[..., Any]], Callable[..., Any]]
"""What gives a command one more option."""
_LAST = "Help"
"""Heading of what click adds by itself."""


class SectionOption(click.Option):
    """An option that is listed under the heading ``section``."""

    def __init__(self, *args: Any, section: str = "Options", **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self.section = section

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """The usual record, with ranges in words: ``0 to 100`` for ``0<=x<=100``."""
        record = super().get_help_record(ctx)
        if record is None:
            return None
        names, text = record
        text = re.sub(r"([\d.]+)<=x<=([\d.]+)", r"\1 to \2", text)
        return names, re.sub(r"([\d.]+)<x<=([\d.]+)", r"above \1, up to \2", text)


class SectionCommand(click.Command):
    """A command whose help lists options by section and ends with examples and notes.

    Args:
        examples: command lines, printed as they are.
        notes: further headings with text that is printed as it is.
    """

    def __init__(
        self, *args: Any, examples: str = "", notes: dict[str, str] | None = None, **attributes: Any
    ) -> None:
        super().__init__(*args, **attributes)
        self.examples = examples
        self.notes = notes or {}

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """One block of options per section, in the order in which sections first appear; help comes last."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None and isinstance(parameter, click.Option):
                heading = parameter.section if isinstance(parameter, SectionOption) else _LAST
                sections.setdefault(heading, []).append(record)
        for heading, records in sorted(sections.items(), key=lambda item: item[0] == _LAST):
            with formatter.section(heading):
                formatter.write_dl(records, col_max=28)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Notes, then examples."""
        for heading, text in self.notes.items():
            write_verbatim(formatter, heading, text)
        if self.examples:
            write_verbatim(formatter, "Examples", self.examples)


def write_verbatim(formatter: click.HelpFormatter, heading: str, text: str) -> None:
    """A section whose lines are neither joined nor wrapped."""
    with formatter.section(heading):
        for line in text.strip("\n").splitlines():
            formatter.write(f"{'':>{formatter.current_indent}}{line}\n" if line else "\n")


def option(*flags: str, section: str = "Options", **attributes: Any) -> Decorator:
    """An option of a command, listed under ``section``; arguments as for ``click.option``."""
    return click.option(*flags, cls=SectionOption, section=section, **attributes)


def stack(*decorators: Decorator) -> Decorator:
    """Several options as one decorator, listed in the given order."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for one in reversed(decorators):
            command = one(command)
        return command

    return decorate
