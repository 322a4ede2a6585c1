"""The commands of the CI examples, run on a dataset with problems."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from datasets import CLEAN, write_project

from fastdup_checks.cli import main

ROOT = Path(__file__).parents[1]
CI = ROOT / "examples" / "ci"


def load(path: Path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


ACTION = load(ROOT / ".github/actions/check-images/action.yml")
COMMANDS = {
    "composite action": next(s["run"] for s in ACTION["runs"]["steps"] if "fastdup-checks check" in s.get("run", "")),
    "github-actions-pytest": next(
        s["run"].replace("-n auto ", "")
        for s in load(CI / "github-actions-pytest.yml")["jobs"]["test"]["steps"]
        if "--fastdup-config" in s.get("run", "")
    ),
    "gitlab-ci": load(CI / "gitlab-ci.yml")["images"]["script"][0],
    "pre-commit": load(CI / "pre-commit-config.yaml")["repos"][0]["hooks"][0]["entry"],
    "dvc": load(CI / "dvc.yaml")["stages"]["check_images"]["cmd"],
}


@pytest.fixture
def shell(tmp_path):
    """Run a command as CI would, with the program of this environment."""
    env = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "CONFIG": ACTION["inputs"]["config"]["default"],
        "REPORT": ACTION["inputs"]["report"]["default"],
        "PYTEST_ADDOPTS": "-p no:hypothesispytest",
    }
    return lambda command: subprocess.run(
        ["bash", "-c", command], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )


@pytest.mark.skipif(os.name == "nt", reason="the commands are for bash")
@pytest.mark.parametrize("place", COMMANDS)
def test_a_bad_dataset_fails_the_job_and_leaves_a_gallery(tmp_path, shell, place):
    write_project(tmp_path, "broken_images\nduplicate_rate: {at_most: 50%}")
    done = shell(COMMANDS[place])
    assert done.returncode == 1, done.stderr
    named = re.search(r"(?:--work-dir |--fastdup-report=)(\S+)", COMMANDS[place])
    report = named[1].replace('"$REPORT"', "fastdup-report") if named else "fastdup-report"
    assert (tmp_path / report / "gallery.html").is_file()


def test_the_hook_for_other_repositories_is_a_command_that_there_is(tmp_path, monkeypatch):
    (hook,) = load(ROOT / ".pre-commit-hooks.yaml")
    monkeypatch.chdir(write_project(tmp_path, "broken_images", CLEAN).parent)
    assert main([*hook["entry"].split()[1:], *hook["args"]]) == 0


def test_every_file_is_named_in_the_readme():
    said = (CI / "README.md").read_text(encoding="utf-8")
    for file in CI.iterdir():
        assert file.name == "README.md" or f"({file.name})" in said


@pytest.mark.parametrize(
    "steps", [ACTION["runs"]["steps"], load(CI / "github-actions-pytest.yml")["jobs"]["test"]["steps"]]
)
def test_what_a_failed_job_has_measured_is_kept(steps):
    used = {step["uses"].split("@")[0]: step for step in steps if "uses" in step}
    assert "actions/cache" not in used  # it saves after a job that has passed, and after no other
    restore, save = used["actions/cache/restore"], used["actions/cache/save"]
    assert save["if"] == used["actions/upload-artifact"]["if"] == "always()"
    assert (save["with"]["key"], save["with"]["path"]) == (restore["with"]["key"], restore["with"]["path"])
