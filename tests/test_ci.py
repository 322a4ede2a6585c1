from __future__ import annotations

import pytest
from datasets import DATASET, write_images, write_project

from fastdup_checks.ci import annotate, harmless
from fastdup_checks.cli import main
from fastdup_checks.expectation import Bound, Expectation
from fastdup_checks.findings import Measurement
from fastdup_checks.verdict import judge


@pytest.fixture
def github(tmp_path, monkeypatch):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "job.md"))
    return tmp_path / "job.md"


def commands(said: str) -> list[str]:
    return [line for line in said.splitlines() if line.startswith("::")]


def test_unmet_expectations_are_marked_on_their_lines(tmp_path, github, capsys):
    config = write_project(tmp_path, "broken_images\nduplicate_rate: {severity: warn}\noutlier_rate: {at_most: 100%}")
    assert main(["check", str(config), "-q"]) == 1
    error, warning = commands(capsys.readouterr().out)
    place, _, message = error.removeprefix("::").partition("::")
    assert place == "error file=data.yml,line=7,title=broken_images"
    assert message == "broken_images: 1 image, above the 0 allowed (among 15 images)"
    assert warning.startswith("::warning file=data.yml,line=8,title=duplicate_rate::duplicate_rate: 14.29%25, above")
    assert github.read_text(encoding="utf-8").startswith("## fastdup-checks: 1 of 3 expectations failed, 1 warned\n")
    assert (tmp_path / "fastdup-report" / "summary.md").read_bytes() == github.read_bytes()


def test_an_expectation_of_a_suite_is_marked_where_the_suite_is_extended(tmp_path, github, capsys):
    write_images(tmp_path / "images", {"train/a/1.png": 1, "test/a/2.png": 1})
    config = tmp_path / "data.yml"
    config.write_text(DATASET + "extends:\n  - fastdup_checks/hygiene\n  - fastdup_checks/splits\n")
    main(["check", str(config), "-q"])
    marks = dict(line.split(",title=")[::-1] for line in commands(capsys.readouterr().out))
    places = {title.partition("::")[0]: place.rpartition("=")[2] for title, place in marks.items()}
    assert (places["duplicate_rate"], places["leak"]) == ("7", "8")


def test_what_is_wrong_in_a_configuration_is_marked(tmp_path, github, capsys):
    config = write_project(tmp_path, "broken_imges", {})
    assert main(["check", str(config)]) == 2
    (command,) = commands(capsys.readouterr().out)
    assert command.startswith("::error file=data.yml,line=7,title=fastdup-checks::unknown check 'broken_imges'")


def test_names_of_files_give_no_commands(tmp_path, github, capsys):
    images = {"::error file=x::1.png": b"", "a##[error]2.png": b""}
    config = write_project(tmp_path, "broken_images", images)
    config.write_text("version: 1\ndataset: images\nexpectations: [broken_images]\n")
    assert main(["check", str(config), "-q"]) == 1
    assert main(["baseline", str(config), "-q", "--accept", "--reason", "##[group]"]) == 0
    out = capsys.readouterr().out
    assert "\n           \\x3a:error file=x::1.png  (empty file)\n           a##\\x5berror]2.png  (empty file)\n" in out
    assert "##\\x5bgroup]" in out
    assert "##[" not in out
    assert [line.split(" ")[0] for line in map(str.lstrip, out.splitlines()) if line.startswith("::")] == ["::error"]


def test_messages_give_no_commands(tmp_path, github, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["run", "x\n ::error::y##[error]", "-q"]) == 2
    err = capsys.readouterr().err
    assert err.count("\\x3a:error::y##\\x5berror]") == 1


def test_elsewhere_names_are_as_they_are(monkeypatch):
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    assert harmless("::a ##[b") == "::a ##[b"
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert harmless("a::b\n  ::c") == "a::b\n  \\x3a:c"


def test_elsewhere_nothing_is_said_or_written(tmp_path, github, capsys, monkeypatch):
    monkeypatch.delenv("GITHUB_ACTIONS")
    monkeypatch.delenv("GITHUB_STEP_SUMMARY")
    main(["check", str(write_project(tmp_path, "broken_images")), "-q"])
    assert commands(capsys.readouterr().out) == []
    assert not github.exists()


def test_a_command_stays_on_its_line(tmp_path, github):
    expectation = Expectation("a,b", "x", Bound("at_most", 0), "images", None)
    verdict = judge(expectation, Measurement(1, "images", 1, 2, "images", (), "50%\n::error::"))
    (command,) = annotate([verdict], tmp_path / "a:b.yml")
    assert command.startswith("::error file=a%3Ab.yml,title=a%2Cb::a,b: 1 image")
    assert "\n" not in command
    assert "50%25" in command


def test_a_summary_that_cannot_be_written_fails_nothing(tmp_path, github, monkeypatch):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path))
    assert main(["check", str(write_project(tmp_path, "duplicate_rate: {at_most: 50%}")), "-q"]) == 0
