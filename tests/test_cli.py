from __future__ import annotations

import contextlib
import io
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from datasets import BROKEN, CLEAN, PLANTED, write_images, write_project

from fastdup_checks.checks import CHECKS
from fastdup_checks.cli import main


def run(*arguments):
    return main([str(a) for a in arguments])


def test_check_says_pass_and_exits_with_0(tmp_path, capsys):
    assert run("check", write_project(tmp_path, "broken_images: {at_most: 1}"), "-q") == 0
    out = capsys.readouterr().out
    assert "passed   broken_images: 1 image, within the 1 allowed (among 15 images)" in out
    assert "\n1 expectation passed\n" in out
    assert "gallery: " in out


def test_check_names_the_offenders_and_exits_with_1(tmp_path, capsys):
    assert run("check", write_project(tmp_path, "leak: {at_most: 0}"), "-q") == 1
    out = capsys.readouterr().out
    assert "FAILED   leak: 1 image, above the 0 allowed" in out
    assert "test/dog/leak.png  train/dog/1.png  (identical)" in out
    assert "\n1 of 1 expectation failed\n" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("check", "no.yml"), "no.yml: cannot be read"),
        (("run", "nowhere"), "nowhere: no such folder"),
        (("run", "empty"), "empty: no images; the folder is empty"),
        (("init", "nowhere"), "nowhere: no such folder"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_status_2(tmp_path, monkeypatch, capsys, arguments, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    assert run(*arguments) == 2
    err = capsys.readouterr().err
    assert words in err
    assert err.count("\n") == 1


def test_a_model_that_is_none_is_one_line_and_exit_status_2(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_images(tmp_path / "images", CLEAN)
    (tmp_path / "notes.txt").write_text("precious")
    (tmp_path / "data.yml").write_text("version: 1\ndataset: images\nmodel: notes.txt\nexpectations: [broken_images]\n")
    for arguments in (("check", "data.yml"), ("run", "images", "--model", "notes.txt")):
        assert run(*arguments, "-q") == 2
        err = capsys.readouterr().err
        assert "notes.txt: not a usable ONNX model" in err
        assert err.count("\n") == 1


def test_a_report_that_would_take_the_place_of_the_model_is_exit_status_2(tmp_path, capsys):
    write_images(tmp_path / "images", CLEAN)
    model = tmp_path / "report.json"
    model.write_text("precious")
    (tmp_path / "data.yml").write_text(
        "version: 1\ndataset: images\nmodel: report.json\nexpectations: [broken_images]\n"
    )
    assert run("check", tmp_path / "data.yml", "--work-dir", tmp_path) == 2
    err = capsys.readouterr().err
    assert "report.json: that is the model; the report would take its place" in err
    assert err.count("\n") == 1
    assert model.read_text() == "precious"


def test_a_scan_that_cannot_be_done_is_exit_status_3(tmp_path, capsys):
    write_images(tmp_path / "images", CLEAN)
    (tmp_path / "cache").write_text("in the way")
    assert run("run", tmp_path / "images", "--work-dir", tmp_path / "out", "--cache-dir", tmp_path / "cache") == 3
    assert "the cache cannot be opened" in capsys.readouterr().err


def test_a_fault_of_the_program_is_no_verdict(tmp_path, monkeypatch, capsys):
    def fail(*_, **__):
        raise KeyError("odd")

    monkeypatch.setattr("fastdup_checks.pipeline.open_folder", fail)
    assert run("check", write_project(tmp_path, "broken_images"), "-q") == 3
    err = capsys.readouterr().err
    assert err.startswith("Traceback (most recent call last)")
    assert err.splitlines()[-2] == "KeyError: 'odd'"
    assert err.splitlines()[-1].startswith("fastdup-checks: that is a fault of fastdup-checks, and no verdict on the ")


def test_a_cache_that_somebody_has_cut_is_one_line_and_exit_status_3(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("fastdup_checks.store._RACY_NS", -1)  # files this young would be measured again
    config = write_project(tmp_path, "near_duplicate_rate: {at_most: 100%}")
    assert run("check", config, "-q") == 0
    with contextlib.closing(sqlite3.connect(tmp_path / ".fastdup_cache" / "scan.sqlite")) as database:
        database.executescript("DELETE FROM thumbnails; DELETE FROM derived")
    for kept in (tmp_path / ".fastdup_cache").glob("*.npz"):
        kept.unlink()
    capsys.readouterr()
    assert run("check", config, "-q") == 3
    err = capsys.readouterr().err
    assert "scan.sqlite: the cache lacks thumbnails" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        *((), ("nonsense",), ("check",), ("run", ""), ("init", ""), ("run", "x", "--threads", "0")),
        *(("check", "x", "--cache-dir", ""), ("check", "x", "--work-dir", ""), ("run", "x", "--work-dir", "")),
    ],
)
def test_wrong_usage_is_exit_status_2(tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as error:
        run(*arguments)
    assert error.value.code == 2


def test_run_tells_what_it_took_for_splits_and_labels(tmp_path, capsys):
    root = write_images(tmp_path / "images", {**PLANTED, "notes.txt": b"x"})
    assert run("run", root, "--work-dir", tmp_path / "out", "-q") == 0
    out = capsys.readouterr().out
    assert "splits: train, test" in out
    assert "labels: 2 (cat, dog)" in out
    assert "not images: 1 .txt" in out


def test_init_writes_a_file_that_passes_today_and_fails_when_it_gets_worse(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_images(tmp_path / "images", PLANTED)
    assert run("init", "images", "-q") == 0
    plan = yaml.safe_load((tmp_path / "data.yml").read_text())
    assert plan["dataset"] == {
        "root": "images",
        "splits": {"train": "train", "test": "test"},
        "labels": "parent_folder",
    }
    assert run("check", "data.yml", "-q") == 0
    write_images(tmp_path / "images", {"test/cat/more.png": CLEAN["train/cat/2.png"], "train/cat/bad.png": BROKEN})
    assert run("check", "data.yml", "-q") == 1
    capsys.readouterr()
    assert run("init", "images", "-q") == 2
    assert "is there already" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command",
    [
        ("init", "images", "--cache-dir", "cache", "--out"),
        ("clean", "data.yml", "--removed", "removed/below/r.csv", "--out"),
        ("sample", "data.yml", "-n", "3", "--out"),
    ],
)
def test_what_is_written_makes_its_folder_or_says_why_not(tmp_path, monkeypatch, capsys, command):
    monkeypatch.chdir(tmp_path)
    write_project(tmp_path, "broken_images", CLEAN)
    assert run(*command, "new/below/file", "-q") == 0
    assert (tmp_path / "new" / "below" / "file").stat().st_size
    capsys.readouterr()
    assert run(*command, "data.yml/file", "-q") == 3
    err = capsys.readouterr().err
    assert "data.yml/file: cannot be written (" in err
    assert err.count("\n") == 1


def test_init_leaves_no_half_of_a_file_where_the_disk_is_full(tmp_path, monkeypatch, capsys):
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def draft(*_args, **_options):
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
        return "version: 1\n" * 100

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("fastdup_checks.draft.draft_plan", draft)
    write_images(tmp_path / "images", {"1.png": 1})
    try:
        assert run("init", "images", "-q") == 3
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "data.yml: cannot be written" in capsys.readouterr().err
    assert [file.name for file in tmp_path.iterdir()] == ["images"]


def test_no_colour_and_no_bar_outside_a_terminal(tmp_path):
    config = write_project(tmp_path, "broken_images: {at_most: 0}")
    done = subprocess.run([sys.executable, "-m", "fastdup_checks", "check", config], capture_output=True, check=False)
    assert done.returncode == 1
    assert b"\x1b" not in done.stdout + done.stderr
    assert b"scanning: 15 of 15 images" in done.stderr


def test_names_cannot_break_the_lines_of_the_terminal(tmp_path, capsys):
    images = {"train/cat/new\nline.png": 1, "test/cat/esc\x1b[31m.png": 1}
    run("check", write_project(tmp_path, "leak: {at_most: 0}", images), "-q")
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert r"test/cat/esc\x1b[31m.png  train/cat/new\nline.png  (identical)" in out


def test_a_demo_takes_the_place_of_no_files_of_ones_own(tmp_path, capsys):
    assert main(["demo", str(tmp_path / "demo"), "-q"]) == 0
    assert main(["demo", str(tmp_path / "demo"), "-q"]) == 0
    (tmp_path / "demo/data.yml").write_text("mine: precious\n")
    capsys.readouterr()
    assert main(["demo", str(tmp_path / "demo"), "-q"]) == 2
    assert "data.yml: not as the demo writes it, and it would be lost" in capsys.readouterr().err
    write_images(tmp_path / "own" / "images", {"1.png": 1})
    assert main(["demo", str(tmp_path / "own"), "-q"]) == 2
    assert "1.png: not of the demo; name another folder" in capsys.readouterr().err
    assert [file.name for file in (tmp_path / "own").iterdir()] == ["images"]


@pytest.mark.parametrize("command", ["check", "run", "init", "demo"])
def test_every_command_has_help(command, capsys):
    with pytest.raises(SystemExit) as error:
        run(command, "--help")
    assert error.value.code == 0
    assert "usage: fastdup-checks" in capsys.readouterr().out


def test_explain_says_of_each_check_what_its_page_says(capsys):
    assert main(["explain"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in listed] == list(CHECKS)
    for check in CHECKS.values():
        assert main(["explain", check.name]) == 0
        said = capsys.readouterr().out
        assert " ".join(check.doc.split()) in " ".join(said.split())
        assert all(f"{name}: " in said for name in check.parameters())
    assert main(["explain", "dubious"]) == 2
    assert "no check 'dubious'; known: blurry, " in capsys.readouterr().err
    assert main(["explain", "duplicates"]) == 2
    assert "no check 'duplicates'; did you mean 'duplicate_rate'?" in capsys.readouterr().err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_an_output_that_takes_no_more_is_one_line_and_exit_status_3():
    command = [sys.executable, "-m", "fastdup_checks", "explain"]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, check=False, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 3
    assert done.stderr == "fastdup-checks: [Errno 28] No space left on device\n"


def test_a_terminal_that_cannot_spell_a_name_gets_it_spelt_out(tmp_path, monkeypatch):
    write_images(tmp_path / "images", {"ü.png": b""})
    (tmp_path / "data.yml").write_text("version: 1\ndataset: images\nexpectations: [broken_images]\n")
    spoken = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", spoken)
    assert run("check", tmp_path / "data.yml", "-q") == 1
    assert b"\\xfc.png  (empty file)" in spoken.buffer.getvalue()


def test_without_an_output_the_exit_status_still_tells(tmp_path, monkeypatch):
    config = write_project(tmp_path, "broken_images: {at_most: 0}")
    monkeypatch.setattr(sys, "stdout", None)
    assert run("check", config, "-q") == 1


def test_images_that_no_split_holds_are_told(tmp_path, capsys):
    config = write_project(tmp_path, "broken_images", {**CLEAN, "val/cat/1.png": 1, "2.png": 2})
    assert main(["check", str(config), "-q"]) == 0
    assert "\n2 images outside the splits: not looked at\n" in capsys.readouterr().out
    assert (
        "12 images (train 6, test 6); 2 outside the splits, not looked at\n"
        in (tmp_path / "fastdup-report" / "summary.md").read_text()
    )
