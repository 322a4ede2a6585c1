"""One small dataset for all documents."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from pathlib import Path

import pytest
from blocks import ROOT
from sandbox import Sandbox
from videos import write_video

from fastdup_checks.demo import make_demo

_PROGRAMS = {
    "fastdup-checks": "-m fastdup_checks",
    "pytest": "-m pytest -p fastdup_checks.plugin -p no:cacheprovider",
    "python": "",
}


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the dataset of `fastdup-checks demo`, three videos, a place for results, and our programs."""
    folder = tmp_path_factory.mktemp("drawn")
    make_demo(folder / "demo")
    for seed, name in enumerate(("train/jump/a.mp4", "train/walk/b.mp4", "test/walk/c.mp4")):
        write_video(folder / "videos" / name, 3, seed=seed)
    (folder / "bin").mkdir()
    for name, arguments in _PROGRAMS.items():
        program = folder / "bin" / name
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" {arguments} "$@"\n')
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return folder


@pytest.fixture
def sandbox(drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """Where a document is carried out: `fastdup-checks demo` was called, there are videos, and Ada uses git."""
    shutil.copytree(drawn / "demo", tmp_path / "demo")
    shutil.copytree(drawn / "videos", tmp_path / "videos")
    for name in [name for name in os.environ if name.startswith(("PYTEST_", "GIT", "CI"))]:
        monkeypatch.delenv(name)
    environment = {
        "PATH": f"{drawn / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "FASTDUP_CHECKS_CACHE": str(drawn / "cache"),
        "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "COLUMNS": "100",
        "NO_COLOR": "1",
        "KERAS_BACKEND": os.environ.get("KERAS_BACKEND", "torch"),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "user.name",
        "GIT_CONFIG_VALUE_0": "Ada",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return Sandbox(tmp_path, _extras())


def _extras() -> set[str]:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    section = text.split("[project.optional-dependencies]", 1)[1].split("\n[", 1)[0]
    return {line.split("=")[0].strip() for line in section.splitlines() if "=" in line and line[0] not in "# "}
