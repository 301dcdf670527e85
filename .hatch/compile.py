"""Build hook: compiles the simplex while the package is installed, where that can be done."""

from __future__ import annotations

import runpy
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompileSimplex(BuildHookInterface):  # type: ignore[misc, type-arg]
    """Adds the library to wheels, and puts it beside its sources in editable installations."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile; where that fails, the wheel is one of Python alone."""
        folder = Path(self.root) / "brickgpt_engine" / "physics" / "native"
        made = runpy.run_path(str(folder / "build.py"), run_name="build")
        target = Path(made["LIBRARY"])
        if version != "editable":
            self._scratch = tempfile.TemporaryDirectory()
            target = Path(self._scratch.name) / target.name
        try:
            problem = made["build"](target)
        except Exception as error:  # noqa: BLE001 - whatever it is, the package works without
            problem = str(error)
        if problem:
            sys.stderr.write(f"the physics goes without its compiled simplex: {problem}\n")
            return
        if version != "editable":
            build_data["force_include"][str(target)] = f"brickgpt_engine/physics/native/{target.name}"
            build_data["pure_python"] = False
            platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
            build_data["tag"] = f"py3-none-{platform}"
