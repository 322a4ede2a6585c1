"""A folder in which the blocks of a document are carried out, as a reader would do it."""

from __future__ import annotations

import ast
import contextlib
import importlib.util
import io
import os
import re
import shlex
import subprocess
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from blocks import ROOT, Block

from fastdup_checks.cli import main
from fastdup_checks.config import load_plan
from fastdup_checks.judgement import evaluate
from fastdup_checks.pipeline import analyse

_DATASET: dict[str, Any] = {
    "root": "demo/images",
    "splits": {"train": "train", "test": "test"},
    "labels": "parent_folder",
    "groups": {"csv": "groups.csv"},
}
"""What fragments of a data.yml are about where they do not say it."""
_FRAMEWORKS = {"fastai", "keras", "lightning", "torch", "torchvision"}
"""A block that imports one of these is carried out where it is installed; in CI, `make test-training` sees to that."""
_EXTRAS = re.compile(r"^\.?(?:fastdup-checks)?(?:\[([\w,]+)\])?$")


class Sandbox:
    """Carries out blocks, one after the other."""

    def __init__(self, folder: Path, extras: set[str]) -> None:
        self.folder = folder
        self.extras = extras
        self.status = 0
        self.unused: set[str] = set()
        """Programs that were written and that no command has run yet."""
        self.names: dict[str, Any] = {"__name__": "__main__"}

    def carry_out(self, block: Block) -> None:
        """Do what a block says; an assertion fails where it does not work, or shows what does not happen."""
        if block.language == "console":
            self._console(block)
            return
        if block.name:
            file = self.folder / block.name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text, encoding="utf-8")
        if block.language == "yaml":
            self._yaml(block)
        elif block.language == "python":
            self._python(block)
        else:
            assert block.name, f"{block.place}: {block.language or 'no language'}: nothing can be done with it"

    def _yaml(self, block: Block) -> None:
        content = yaml.safe_load(block.text)
        if isinstance(content, list):
            content = {"expectations": content}
        if block.name is None:
            content = {"version": 1, "dataset": _DATASET} | content
            root = self.folder / _DATASET["root"]
            images = sorted(path.relative_to(root) for path in root.rglob("*.jpg"))
            groups = "".join(f"{path.as_posix()},{path.stem}\n" for path in images)
            (self.folder / "groups.csv").write_text(f"path,group\n{groups}", encoding="utf-8")
            file = self.folder / "fragment.yml"
            file.write_text(yaml.safe_dump(content), encoding="utf-8")
        elif "the loader says" in block.text.split("\n", 1)[0]:  # the programs that follow check it
            return
        elif "expectations" in content or "extends" in content:
            file = self.folder / block.name
        else:  # of another program, or a baseline: the commands that follow read it
            return
        plan = load_plan(file)
        analysis = analyse(plan)
        for expectation in plan.expectations:
            evaluate(expectation, analysis)

    def _python(self, block: Block) -> None:
        if block.name is None:
            missing = [name for name in _optional(block.text) if importlib.util.find_spec(name) is None]
            if missing and not os.environ.get("FASTDUP_CHECKS_SKIP_NOTHING"):
                return
            with _inside(self.folder), warnings.catch_warnings():
                if _optional(block.text):  # libraries that warn of each other are not our business
                    warnings.simplefilter("ignore")
                exec(compile("\n" * (block.line - 1) + block.text, str(block.file), "exec"), self.names)
        else:  # a command that follows runs it
            self.unused.add(block.name)

    def _console(self, block: Block) -> None:
        steps = re.split(r"^\$ ", block.text, flags=re.MULTILINE)
        assert not steps[0], f"{block.place}: a console block begins with '$ '"
        for step in steps[1:]:
            command, _, shown = step.partition("\n")
            command = command.split("  #")[0].strip()
            every_test = command.startswith("pytest") and ".py" not in command
            self.unused -= {n for n in self.unused if n in command or (every_test and n.startswith("test_"))}
            self.status, output = self.run(command)
            if shown.strip():
                assert _matches(shown, output), f"{block.place}: $ {command}\n--- shown\n{shown}--- happens\n{output}"
            else:
                assert self.status == 0, f"{block.place}: $ {command}\n{output}"

    def run(self, command: str) -> tuple[int, str]:
        """Run one line of a shell: exit status, and what it said."""
        words = shlex.split(command)
        if words[0] == "fastdup-checks" and not {"|", ">", "&&", "||"} & set(words):
            return self._command(words[1:])
        if words[0] == "pip":
            return self._pip(words)
        if words[0] == "make":  # what the targets do is not the business of these tests; that they are there is
            return _call(["make", "--dry-run", "-C", str(ROOT), *words[1:]], self.folder)
        return _call(["bash", "-c", f"(exit {self.status}); {command}"], self.folder)

    def _command(self, arguments: list[str]) -> tuple[int, str]:
        said = io.StringIO()
        with _inside(self.folder), contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            try:
                status = main(arguments)
            except SystemExit as done:
                status = int(done.code or 0)
        lines = said.getvalue().splitlines(keepends=True)
        return status, "".join(line for line in lines if not line.startswith("scanning: "))

    def _pip(self, words: list[str]) -> tuple[int, str]:
        """The extras that are named are there; the tests install nothing."""
        assert words[1] == "install", words
        for word in words[2:]:
            found = _EXTRAS.match(word)
            assert found, f"{word}: not this package"
            unknown = set((found[1] or "").split(",")) - {""} - self.extras
            assert not unknown, f"no such extra: {unknown}"
        return 0, ""


def _optional(text: str) -> set[str]:
    """The libraries that a program imports and that need not be there."""
    modules = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            modules |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            modules.add((node.module or "").split(".")[0])
    return modules & _FRAMEWORKS


def _matches(shown: str, output: str) -> bool:
    """Whether the words of the output are those that are shown, where `...` stands for anything."""
    parts = [re.escape(part.strip()) for part in " ".join(shown.split()).split("...")]
    return re.fullmatch(".*".join(parts), " ".join(output.split())) is not None


def _call(words: list[str], folder: Path) -> tuple[int, str]:
    done = subprocess.run(
        words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, encoding="utf-8"
    )
    return done.returncode, done.stdout


@contextlib.contextmanager
def _inside(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
