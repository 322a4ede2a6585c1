"""Without Great Expectations, its package says what to install."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import sys
sys.modules["great_expectations"] = None
try:
    import fastdup_checks.gx
except Exception as error:
    print(type(error).__name__, error)
"""


def test_the_missing_extra_is_named() -> None:
    said = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True).stdout
    assert said.startswith("MissingExtra fastdup_checks.gx needs")
    assert "pip install 'fastdup-checks[gx]'" in said
