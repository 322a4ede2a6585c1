from __future__ import annotations

import pytest
from datasets import PLANTED, write_project

from fastdup_checks.config import load_plan
from fastdup_checks.judgement import evaluate
from fastdup_checks.pipeline import analyse
from fastdup_checks.report.markdown import render_markdown
from fastdup_checks.result import Result

HOSTILE = 'train/cat/a|b *c* [x](http://y) _e_ __s__ @me #1 `d`\n<img src=x onerror="alert(1)">.jpg'


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    expectations = (
        "broken_images\nduplicate_rate: {at_most: 50%}\nleak: {severity: warn}\nconflicting_labels: {skip: later}"
    )
    config = write_project(tmp_path_factory.mktemp("md"), expectations, {**PLANTED, HOSTILE: b"broken"})
    plan = load_plan(config)
    analysis = analyse(plan)
    return render_markdown(Result(analysis, [evaluate(e, analysis) for e in plan.expectations]))


def test_the_headline_counts_and_the_table_has_a_row_for_each_verdict(text):
    lines = text.splitlines()
    assert lines[0] == "## fastdup-checks: 1 of 3 expectations failed, 1 warned, 1 skipped"
    assert lines[2] == "16 images, 2 of them unreadable (train 7, test 7)"
    rows = [line.split(" | ") for line in lines if line.startswith("| ")][1:]
    assert [(row[0], row[1]) for row in rows] == [
        ("| **failed**", "broken_images"),
        ("| passed", "duplicate_rate"),
        ("| **warned**", "leak"),
        ("| skipped", "conflicting_labels"),
    ]
    assert rows[1][2:4] == ["14.29%", "50% allowed"]


def test_unmet_expectations_show_their_worst_findings(text):
    assert text.count("<details>") == text.count("</details>") == 2
    assert "- <code>test/dog/leak.png</code>, <code>train/dog/1.png</code>: identical" in text


def test_a_file_name_cannot_bring_markup_along(text):
    (line,) = [line for line in text.splitlines() if "train/cat/a" in line]
    inside = line.split("<code>")[1].split("</code>")[0]
    assert not set(inside) & set("<>|*[]`@\"'_:")
    assert "&#95;e&#95; &#95;&#95;s&#95;&#95;" in inside
    assert "&#124;b &#42;c&#42;" in inside
