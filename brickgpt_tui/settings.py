"""The user's settings: one commented TOML file in the user's config folder.

A file that cannot be used is never a reason to stop and is never lost: what is wrong is said in one
line, defaults stand in for what cannot be read, and the next :func:`save` keeps the file beside the
new one.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from brickgpt_engine.errors import ConfigError, OutputError
from brickgpt_engine.formats import atomic
from brickgpt_engine.generation import GenerationConfig
from brickgpt_tui.options import GENERATION_OPTIONS, OPTIONS, SECTIONS, STUDIO_OPTIONS, Option, Value

APP_NAME = "brickgpt"
FILE_NAME = "settings.toml"
DEFAULT_THEME = "brickgpt-dark"
_MAX_BYTES = 1_000_000
_TITLE = (
    "# Settings of BrickGPT Studio. The studio writes this file (Settings, Save); edit it as you like\n"
    "# while the studio is closed. A line that is left out means the default.\n"
)


@dataclass(frozen=True)
class Settings:
    """What the user has chosen.

    Attributes:
        theme: name of a Textual theme.
        ascii: draw with ASCII characters only.
        history: save every run.
        generation: every option of generation, model and backend included.
        problem: what was wrong with the file that was read, in one line; None where nothing was.
    """

    theme: str = DEFAULT_THEME
    ascii: bool = False
    history: bool = True
    generation: GenerationConfig = field(default_factory=GenerationConfig)
    problem: str | None = field(default=None, compare=False)

    @property
    def model(self) -> str:
        """The language model: ``nano``, a folder, a hub id or a GGUF file."""
        return self.generation.model_name_or_path

    def value(self, name: str) -> Value:
        """The value of the option called ``name``."""
        holder = self.generation if name in _GENERATION_NAMES else self
        value: Value = getattr(holder, name)
        return value

    def with_value(self, name: str, value: Value) -> Settings:
        """The same settings with one option changed.

        Raises:
            ConfigError: the option cannot have that value; the message names its range.
        """
        return self.with_values({name: value})

    def with_values(self, values: dict[str, Value]) -> Settings:
        """The same settings with several options changed at once, judged together.

        Raises:
            ConfigError: one cannot have its value, or two contradict each other.
        """
        own = {name: value for name, value in values.items() if name not in _GENERATION_NAMES}
        for name, value in own.items():
            _check_studio(name, value)
        changed: dict[str, Any] = {name: value for name, value in values.items() if name in _GENERATION_NAMES}
        generation = replace(self.generation, **changed)
        kept: dict[str, Any] = own
        return replace(self, generation=generation, **kept)


_GENERATION_NAMES = frozenset(option.name for option in GENERATION_OPTIONS)
_STUDIO_KINDS = {option.name: option.kind for option in STUDIO_OPTIONS}


def _check_studio(name: str, value: Value) -> None:
    wanted = bool if _STUDIO_KINDS[name] == "switch" else str
    if not isinstance(value, wanted):
        said = "true or false" if wanted is bool else "text in quotes"
        raise ConfigError(f"{name} is {value!r}; it must be {said}")
    if value == "":
        raise ConfigError(f"{name} is empty; leave the line out for the default")


def to_config(settings: Settings) -> GenerationConfig:
    """The generation options of ``settings``."""
    return settings.generation


def default_path() -> Path:
    """Where the settings live, by the platform's custom."""
    from platformdirs import user_config_dir

    return Path(user_config_dir(APP_NAME, appauthor=False)) / FILE_NAME


def load(path: Path | None = None) -> Settings:
    """Read the settings; a missing file means defaults. Never raises: see :attr:`Settings.problem`."""
    path = path or default_path()
    try:
        data = _read(path)
    except FileNotFoundError:
        return Settings()
    except (OSError, ValueError) as error:  # ValueError: TOML, encoding, a NUL in the name
        reason = getattr(error, "strerror", None) or _short(str(error))
        return Settings(problem=f"{path} is not used ({reason}); defaults apply, and the file is kept")
    return _settled(data, path)


def _read(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        content = file.read(_MAX_BYTES + 1)
    if len(content) > _MAX_BYTES:
        raise ValueError("it is far too large for a settings file")
    return tomllib.loads(content.decode("utf-8-sig"))


def _settled(data: dict[str, Any], path: Path) -> Settings:
    """What of ``data`` can be used, option by option, on top of the defaults."""
    problems: list[str] = []
    found = dict(_entries(data, problems))
    try:
        settings = Settings().with_values(found)
    except ConfigError:
        settings = Settings()
        for name, value in found.items():
            try:
                settings = settings.with_value(name, value)
            except ConfigError as error:
                problems.append(str(error))
    if not problems:
        return settings
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    said = f"{path}: {_short(problems[0])}{more}; the default applies, and the file is kept"
    return replace(settings, problem=said)


def _entries(data: dict[str, Any], problems: list[str]) -> Iterator[tuple[str, Value]]:
    """Names and values of known options; notes what is not one."""
    known = {(option.section, option.name): option for option in OPTIONS}
    for table, content in data.items():
        if not isinstance(content, dict):
            problems.append(f"{table!r} stands outside of a table")
            continue
        for name, value in content.items():
            if (table, name) not in known:
                problems.append(f"there is no option {name!r} in [{table}]")
            else:
                yield name, value


def _short(text: str) -> str:
    return " ".join(text.split())[:200]


def save(settings: Settings, path: Path | None = None) -> Path | None:
    """Write the settings, whole or not at all.

    A file there that could not be used as it is, is kept first, as ``settings.broken.toml``
    (or ``settings.broken-2.toml`` and so on).

    Returns:
        Where that file was kept, or None.

    Raises:
        OutputError: the folder or the file cannot be written.
    """
    path = path or default_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make the folder {path.parent}: {error.strerror or error}") from error
    kept = _keep(path) if load(path).problem is not None else None
    atomic.write_text(path, dumps(settings))
    return kept


def _keep(path: Path) -> Path | None:
    """Copy what is at ``path`` to the first free name beside it."""
    try:
        content = path.read_bytes()
    except OSError:
        return None  # writing will say what is wrong
    number = 1
    while True:
        name = f"{path.stem}.broken{'' if number == 1 else f'-{number}'}{path.suffix}"
        beside = path.with_name(name)
        if not beside.exists():
            atomic.write_bytes(beside, content, overwrite=False)
            return beside
        if beside.read_bytes() == content:
            return beside
        number += 1


def dumps(settings: Settings) -> str:
    """The settings as commented TOML; options at their default are comments themselves."""
    blocks = [_TITLE]
    for section, heading in SECTIONS.items():
        lines = [f"[{section}]  # {heading}"]
        for option in OPTIONS:
            if option.section == section:
                lines += _lines(option, settings)
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


_DEFAULTS = {item.name: item.default for item in (*fields(Settings), *fields(GenerationConfig))}


def _lines(option: Option, settings: Settings) -> list[str]:
    value, default = settings.value(option.name), _DEFAULTS[option.name]
    choices = f" One of {', '.join(option.choices)}." if option.choices else ""
    comment = f"# {option.label}: {option.help}{choices}"
    if value is None:
        return ["", comment, f"# {option.name} = {option.example}"]
    line = f"{option.name} = {_toml(value)}"
    if value == default and type(value) is type(default):
        line = f"# {line}"
    return ["", comment, line]


def _toml(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return repr(value)
