from __future__ import annotations

import sys

import pytest
from datasets import CLEAN, write_project

from fastdup_checks.baseline_file import read_baseline
from fastdup_checks.cli import main

REASON = ("--accept", "--reason", "reviewed", "--author", "ada", "-q")


@pytest.fixture
def config(tmp_path):
    return write_project(tmp_path, "broken_images\nduplicate_rate\nleak\nclass_balance: {at_least: 0}")


@pytest.fixture
def file(config):
    return config.with_name("fastdup-baseline.yml")


def test_accepting_turns_a_failing_check_into_a_passing_one(config, file, capsys):
    assert main(["check", str(config), "-q"]) == 1
    assert main(["baseline", str(config), *REASON, "--expires", "2999-01-01"]) == 0
    assert "accepted         leak: " in capsys.readouterr().out
    assert {(e.author, str(e.expires)) for e in read_baseline(file).accepted} == {("ada", "2999-01-01")}
    assert main(["check", str(config), "-q"]) == 0
    assert "; 1 accepted" in capsys.readouterr().out


def test_nothing_is_accepted_until_a_day_that_has_passed(config, file, capsys):
    assert main(["baseline", str(config), *REASON, "--expires", "2020-01-01"]) == 2
    assert "--expires: 2020-01-01 has passed" in capsys.readouterr().err
    assert not file.exists()


def test_without_an_option_nothing_is_written(config, file, capsys):
    assert main(["baseline", str(config), "-q"]) == 0
    said = capsys.readouterr().out
    assert "accept the 4 findings above with: --accept --reason TEXT" in said
    assert not file.exists()


def test_one_expectation_can_be_accepted_alone(config, file):
    assert main(["baseline", str(config), *REASON, "--only", "leak"]) == 0
    assert [e.check for e in read_baseline(file).accepted] == ["leak"]


def test_entries_of_a_file_that_the_gallery_saved_are_taken_over_once(config, file, capsys):
    main(["baseline", str(config), *REASON])
    saved = file.rename(file.with_name("saved.yml"))
    main(["baseline", str(config), "--accept", "--reason", "mine", "--author", "ada", "--only", "leak", "-q"])
    assert main(["baseline", str(config), "--add", str(saved), "-q"]) == 0
    assert sorted(e.reason for e in read_baseline(file).accepted) == ["mine", "reviewed", "reviewed", "reviewed"]
    assert main(["check", str(config), "-q"]) == 0
    assert main(["baseline", str(config), "--add", str(saved.with_name("none.yml"))]) == 2
    assert "none.yml: cannot be read: No such file" in capsys.readouterr().err


def test_what_no_longer_occurs_is_told_and_taken_out_on_request(config, file, capsys):
    main(["baseline", str(config), *REASON])
    write_project(config.parent, "broken_images\nduplicate_rate\nleak", CLEAN)
    assert main(["check", str(config), "-q"]) == 0
    out = capsys.readouterr().out
    assert "4 entries no longer occur; take them out with: fastdup-checks baseline data.yml --prune (unless" in out
    assert main(["baseline", str(config), "-q"]) == 0
    assert len(read_baseline(file).accepted) == 4
    assert main(["baseline", str(config), "--prune", "-q"]) == 0
    assert read_baseline(file).accepted == ()


def test_a_lapsed_entry_fails_again_and_is_told(config, file, capsys):
    main(["baseline", str(config), *REASON, "--expires", "2999-01-01"])
    file.write_text(file.read_text().replace("2999", "2020"))
    capsys.readouterr()
    assert main(["check", str(config), "-q"]) == 1
    assert "fastdup-baseline.yml: 4 entries have lapsed" in capsys.readouterr().out


def test_a_lapsed_entry_is_renewed_and_pruned_alone(config, file):
    main(["baseline", str(config), *REASON, "--expires", "2999-01-01"])
    file.write_text(file.read_text().replace("2999", "2020"))
    assert main(["baseline", str(config), *REASON, "--expires", "2999-01-01"]) == 0
    assert main(["check", str(config), "-q"]) == 0
    assert main(["baseline", str(config), "--prune", "-q"]) == 0
    assert {str(e.expires) for e in read_baseline(file).accepted} == {"2999-01-01"}
    assert main(["check", str(config), "-q"]) == 0


def test_held_values_become_the_bounds(tmp_path, capsys):
    config = write_project(tmp_path, "duplicate_rate: {at_most: 50%}", CLEAN)
    assert main(["baseline", str(config), "--hold", "-q"]) == 0
    write_project(tmp_path, "duplicate_rate: {at_most: 50%}")
    assert main(["check", str(config), "-q"]) == 1
    said = capsys.readouterr().out
    assert "above the 0% allowed" in said
    assert "; 50% allowed, but fastdup-baseline.yml holds what was reached" in said


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--accept"], "--accept needs --reason TEXT"),
        (["--accept", "--reason", " "], "--accept needs --reason TEXT"),
        (["--reason", "x"], "go with --accept"),
        ([*REASON, "--only", "leek"], "no expectation 'leek'; there are: broken_images, duplicate_rate, leak"),
    ],
)
def test_misuse_is_told_and_writes_nothing(config, file, capsys, arguments, complaint):
    assert main(["baseline", str(config), *arguments]) == 2
    assert complaint in capsys.readouterr().err
    assert not file.exists()


def test_a_configuration_without_a_baseline_cannot_accept(config, capsys):
    config.write_text(config.read_text() + "baseline: none\n")
    assert main(["baseline", str(config), *REASON]) == 2
    assert "says 'baseline: none'" in capsys.readouterr().err


def test_a_baseline_that_cannot_be_read_is_one_line(config, file, capsys):
    file.mkdir()
    assert main(["baseline", str(config), *REASON]) == 2
    assert capsys.readouterr().err.endswith("fastdup-baseline.yml: cannot be read: Is a directory\n")


@pytest.mark.skipif(sys.platform != "linux", reason="names are bytes there only")
def test_what_is_accepted_of_folders_in_another_encoding_is_read_again(tmp_path, capsys, monkeypatch):
    for name, value in {"COUNT": "1", "KEY_0": "user.name", "VALUE_0": "Zo\udceb"}.items():
        monkeypatch.setenv(f"GIT_CONFIG_{name}", value)
    images = {**CLEAN, "train/na\udcefve/again.png": CLEAN["train/cat/0.png"]}
    config = write_project(tmp_path, "conflicting_labels", images)
    assert main(["check", str(config), "-q"]) == 1
    assert main(["baseline", str(config), "--accept", "--reason", "caf\udce9", "-q"]) == 0
    assert main(["check", str(config), "-q"]) == 0
    assert "; 1 accepted" in capsys.readouterr().out
