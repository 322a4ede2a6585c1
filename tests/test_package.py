from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import fastdup_checks

ROOT = Path(__file__).parents[1]
HEAVY = ("numpy", "PIL", "av", "faiss", "onnxruntime", "yaml", "jinja2", "pandas", "great_expectations")


def test_every_public_name_is_there_and_listed():
    assert dir(fastdup_checks) == sorted(fastdup_checks.__all__)
    for name in fastdup_checks.__all__:
        assert getattr(fastdup_checks, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = fastdup_checks.nonsense


@pytest.mark.parametrize("module", ["fastdup_checks", "fastdup_checks.cli"])
def test_importing_loads_nothing_heavy(module):
    code = f"import sys, {module}; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == "[]"


def test_the_heavy_libraries_are_confined_to_their_modules():
    allowed = {
        "onnxruntime": {"network.py"},
        "huggingface_hub": {"hub.py"},
        "av": {"frames.py"},
        "PIL": {
            *("calibrate.py", "decode.py", "detail.py", "eight_bits.py", "frames.py", "network.py", "statistics.py"),
            *("demo.py", "gx", "shrink.py"),
        },
        "yaml": {"document.py"},
        "great_expectations": {"gx"},
        "pytest": {"plugin"},
    }
    package = Path(fastdup_checks.__file__).parent
    for file in package.rglob("*.py"):
        top = file.relative_to(package).parts[0]
        names = set()
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not _typing_only(file, node):
                names.add(node.module.split(".")[0])
        for library, homes in allowed.items():
            assert library not in names or top in homes or file.name in homes, f"{file} imports {library}"


def _typing_only(file, node):
    for outer in ast.walk(ast.parse(file.read_text())):
        if isinstance(outer, ast.If) and ast.unparse(outer.test) == "TYPE_CHECKING":
            return any(n.lineno == node.lineno for n in ast.walk(outer) if isinstance(n, ast.ImportFrom))
    return False


def test_the_wheel_holds_model_suites_schema_and_types(tmp_path):
    pytest.importorskip("setuptools", minversion="77")
    source = tmp_path / "source"  # a build leaves files where it runs
    for part in ("fastdup_checks", "expectations"):
        shutil.copytree(ROOT / part, source / part)
    for part in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / part, source)
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-q", "-w", tmp_path, source]
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        "fastdup_checks/models/default.onnx",
        "fastdup_checks/expectations/hygiene.yml",
        "fastdup_checks/expectations/schema.json",
        "fastdup_checks/report/template.html",
        "fastdup_checks/py.typed",
        "fastdup_checks/plugin/__init__.py",
    }
    assert wanted <= names
    assert not any(name.startswith(("tests/", "examples/")) for name in names)
