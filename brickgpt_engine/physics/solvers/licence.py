"""Which Gurobi licence is at hand: a file, the web service, a server, or the wheel's size-limited one.

Gurobi looks for a file named by ``GRB_LICENSE_FILE``, then for ``gurobi.lic`` in the home folder and
in its own; web credentials may also come from the environment. Nothing secret is repeated here.
Source: Gurobi's documentation, "Where to place the Gurobi license file" and "Web License Service".
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal, NamedTuple

Kind = Literal["size-limited", "file", "wls", "server", "cloud"]

_FOLDERS = ("~", "/opt/gurobi", "/Library/gurobi", "c:/gurobi")
_WLS = ("WLSACCESSID", "WLSSECRET", "LICENSEID")


class Licence(NamedTuple):
    """What was found: the kind, and the words for it, such as ``licence file /opt/gurobi/gurobi.lic``."""

    kind: Kind
    text: str


def find_licence() -> Licence:
    """The licence that Gurobi will try in this environment. Whether it is valid, only Gurobi knows."""
    path = licence_file()
    found = _entries(path) if path else {}
    for name in _WLS:
        found.setdefault(name, os.environ.get(f"GRB_{name}", ""))
    where = f"licence file {path}" if path else "environment variables"
    if found["WLSACCESSID"] or found["WLSSECRET"]:
        missing = [name for name in _WLS if not found[name]]
        lacking = f", which lack {', '.join(missing)}" if missing else ""
        return Licence("wls", f"Web License Service (WLS) credentials from the {where}{lacking}")
    if found.get("TOKENSERVER"):
        return Licence("server", f"token server {found['TOKENSERVER']} named by the {where}")
    if found.get("CLOUDACCESSID"):
        return Licence("cloud", f"Gurobi Cloud credentials from the {where}")
    if path is None:
        return Licence("size-limited", "size-limited licence of the PyPI package")
    expires = f", valid to {found['EXPIRATION']}" if found.get("EXPIRATION") else ""
    return Licence("file", f"licence file {path}{expires}")


def licence_file() -> Path | None:
    """The licence file that Gurobi reads, or None."""
    named = os.environ.get("GRB_LICENSE_FILE")
    if named:
        return Path(named)
    places = [Path(folder).expanduser() / "gurobi.lic" for folder in _FOLDERS]
    home = os.environ.get("GUROBI_HOME")
    if home:
        places.append(Path(home) / "gurobi.lic")
    return next((place for place in places if place.is_file()), None)


def _entries(path: Path) -> dict[str, str]:
    """``KEY=VALUE`` lines of a licence file; nothing where it cannot be read."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    pairs = (line.partition("=") for line in lines if "=" in line and not line.lstrip().startswith("#"))
    return {key.strip().upper(): value.strip() for key, _, value in pairs}
