"""An installed plugin costs next to nothing where it is not used."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

HEAVY = ("PIL", "faiss", "filelock", "jinja2", "numpy", "onnxruntime", "pandas", "yaml")


def loaded(tmp_path: Path, *args: str) -> list[str]:
    """The modules that a pytest run without tests has loaded at its end."""
    program = (
        "import json, sys, pytest\n"
        "pytest.main(['-p', 'fastdup_checks.plugin', '-q', *sys.argv[1:]])\n"
        "print(json.dumps(sorted(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *args],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    )
    return json.loads(done.stdout.splitlines()[-1])


def test_a_run_without_a_configuration_loads_no_heavy_library(tmp_path: Path) -> None:
    (tmp_path / "test_own.py").write_text("def test_own(): assert [1] == [1]\n")
    modules = loaded(tmp_path)
    assert "fastdup_checks.plugin" in modules
    assert [name for name in HEAVY if name in modules] == []


def test_a_run_without_a_configuration_loads_three_of_our_modules(tmp_path: Path) -> None:
    ours = [name for name in loaded(tmp_path) if name.startswith("fastdup_checks.")]
    assert ours == ["fastdup_checks._version", "fastdup_checks.plugin", "fastdup_checks.plugin.options"]
