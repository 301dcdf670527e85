"""Settings of a training run: a YAML file, flags that override it, and a clear word on what is wrong.

A run's settings are one dataclass. Each field is a key of the file and a flag of the same name
(``--group-size 4`` and ``--group_size 4`` alike). A key that does not exist names the nearest one that does.
"""

from __future__ import annotations

import argparse
import difflib
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import MISSING, Field, fields
from pathlib import Path
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from brickgpt_engine.errors import ConfigError, InputError

T = TypeVar("T")
_WORDS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_NOTHING = ("none", "null", "")


def nearest(name: str, known: Iterable[str]) -> str:
    """``; did you mean X?`` for the known name most like ``name``, or nothing where none is like it."""
    found = difflib.get_close_matches(name, list(known), 1, 0.5)
    return f"; did you mean {found[0]}?" if found else ""


def converted(name: str, value: Any, kind: Any) -> Any:
    """``value``, from YAML or the command line, as ``kind``.

    Numbers may be text (YAML reads ``1e-5`` as text), and a single value may stand for a list.

    Raises:
        ConfigError: it is no such thing.
    """
    if get_origin(kind) in (Union, UnionType):
        if value is None or (isinstance(value, str) and value.lower() in _NOTHING):
            return None
        kind = next(option for option in get_args(kind) if option is not type(None))
    if get_origin(kind) is tuple:
        parts = value if isinstance(value, list | tuple) else str(value).replace(",", " ").split()
        return tuple(converted(name, part, get_args(kind)[0]) for part in parts)
    try:
        return _plain(value, kind)
    except (TypeError, ValueError, OverflowError) as error:
        wanted = {int: "a whole number", float: "a number", bool: "true or false"}.get(kind, "text")
        raise ConfigError(f"{name} is {value!r}; it must be {wanted}") from error


def _plain(value: Any, kind: Any) -> Any:
    """``value`` as bool, int, float, str or Path."""
    if kind is bool:
        if isinstance(value, str) and value.lower() in _WORDS:
            return _WORDS[value.lower()]
        if not isinstance(value, bool):
            raise ValueError
        return value
    if kind is str and value is False:
        return "no"  # which is how YAML reads a bare no
    if isinstance(value, bool | list | dict) or value is None:
        raise ValueError
    if kind in (int, float) and not math.isfinite(float(value)):
        raise ValueError
    if kind is int:
        number = float(value)
        if number != int(number):
            raise ValueError
        return int(value) if isinstance(value, int) else int(number)
    return kind(value)


def read_yaml(path: Path) -> dict[str, Any]:
    """The settings in a YAML file.

    Raises:
        InputError: it cannot be read.
        ConfigError: it is no list of ``key: value``, or PyYAML is missing.
    """
    try:
        import yaml
    except ImportError as error:
        raise ConfigError(
            "reading a config file needs PyYAML; pip install 'brickgpt-studio[train]'"
        ) from error
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}; name a YAML file with --config") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{path} is no YAML: {' '.join(str(error).split())[:200]}") from error
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise ConfigError(f"{path} must hold lines such as 'learning_rate: 1e-5'")
    return {str(key): value for key, value in found.items()}


def settings_from(kind: type[T], values: dict[str, Any], source: str = "") -> T:
    """A ``kind`` (a dataclass) from named values.

    Raises:
        ConfigError: a name that is no setting, with the nearest one that is; or a value that cannot be.
    """
    hints = get_type_hints(kind)
    names = [item.name for item in fields(kind)]  # type: ignore[arg-type]
    for key in values:
        if key not in names:
            where = f"{source}: " if source else ""
            raise ConfigError(f"{where}{key} is no setting{nearest(key, names)}")
    return kind(**{key: converted(key, value, hints[key]) for key, value in values.items()})


def _described(item: Field[Any]) -> str:
    default = item.default if item.default is not MISSING else None
    if default is None:
        return "default: none"
    shown = " ".join(map(str, default)) if isinstance(default, tuple) else default
    return f"default: {shown}"


def parser_for(kind: type[Any], command: str, description: str) -> argparse.ArgumentParser:
    """A command line with ``--config`` and a flag for each field of ``kind``."""
    parser = argparse.ArgumentParser(
        prog=f"python -m training {command}", description=description, allow_abbrev=False
    )
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="YAML file of settings; flags override it"
    )
    hints = get_type_hints(kind)
    for item in fields(kind):
        dashed = "--" + item.name.replace("_", "-")
        names = [dashed] if "_" not in item.name else [dashed, f"--{item.name}"]
        extra: dict[str, Any] = {"default": argparse.SUPPRESS, "help": _described(item), "metavar": "VALUE"}
        if get_origin(hints[item.name]) is tuple:
            extra["nargs"] = "*"
        elif hints[item.name] is bool:
            extra |= {"nargs": "?", "const": "true"}
        parser.add_argument(*names, dest=item.name, **extra)
    return parser


def read_settings(kind: type[T], command: str, description: str, arguments: Sequence[str] | None) -> T:
    """The settings that a command line asks for.

    Raises:
        ConfigError: the file or a value cannot be used.
        InputError: the file cannot be read.
    """
    found, unknown = parser_for(kind, command, description).parse_known_args(arguments)
    names = [item.name for item in fields(kind)]  # type: ignore[arg-type]
    for word in unknown:
        name = word.lstrip("-").partition("=")[0].replace("-", "_")
        raise ConfigError(f"{word} is no option{nearest(name, names)}")
    given = vars(found)
    path = given.pop("config")
    values = read_yaml(path) if path is not None else {}
    settings_from(kind, values, str(path))  # so that the file is named where it is at fault
    return settings_from(kind, values | given)


def dumped(settings: Any) -> dict[str, Any]:
    """Settings as plain JSON values."""
    values = {item.name: getattr(settings, item.name) for item in fields(settings)}
    plain: dict[str, Any] = json.loads(json.dumps(values, default=str))
    return plain
