from __future__ import annotations

import pytest
from datasets import DATASET

from fastdup_checks.config import load_plan
from fastdup_checks.errors import ConfigError
from fastdup_checks.suite import shipped_suites


def problems_of(tmp_path, text):
    file = tmp_path / "data.yml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        load_plan(file)
    return [f"{p.line}: {p.message}" for p in error.value.problems]


def plan_of(tmp_path, text):
    file = tmp_path / "data.yml"
    file.write_text(text, encoding="utf-8")
    return load_plan(file)


def test_reads_the_whole_grammar(tmp_path):
    plan = plan_of(
        tmp_path,
        DATASET
        + """
expectations:
  - broken_images
  - duplicate_rate: {at_most: 1%}
  - near_duplicate_rate: {at_most: 2e-2, split: train, severity: warn}
  - leak: {between: [train, test], at_most: 3, skip: not yet, marks: [slow]}
  - label_consistency: {at_least: 95%, label: cat, id: cats, xfail: "known"}
""",
    )
    assert [e.id for e in plan.expectations] == [
        "broken_images",
        "duplicate_rate",
        "near_duplicate_rate-train",
        "leak-train-test",
        "cats",
    ]
    broken, duplicates, near, leak, labels = plan.expectations
    assert broken.bound is not None
    assert (broken.bound.direction, broken.bound.value) == ("at_most", 0)
    assert duplicates.bound is not None
    assert duplicates.bound.value == 0.01
    assert (near.severity, near.params.split) == ("warn", "train")
    assert (leak.skip, leak.marks, leak.params.between) == ("not yet", ("slow",), ("train", "test"))
    assert (labels.xfail, labels.params.label, labels.line) == ("known", "cat", 12)
    assert plan.dataset.root == tmp_path / "images"


def test_tells_all_problems_at_once_with_their_lines(tmp_path):
    found = problems_of(
        tmp_path,
        """\
version: 1
datset: {}
dataset:
  root: images
  splits: {train: a, test: b}
  lables: none
expectations:
  - duplicate_rat: {at_most: 0}
  - duplicate_rate: {at_most: 5}
  - leak: {between: [train, tset]}
  - broken_images: {at_most: 1%}
  - outlier_rate: {at_least: 1%}
  - label_consistency: {}
""",
    )
    assert found == [
        "2: unknown key 'datset' in the file; did you mean 'dataset'?",
        "6: unknown key 'lables' in dataset; did you mean 'labels'?",
        "8: unknown check 'duplicate_rat'; did you mean 'duplicate_rate'?",
        "9: duplicate_rate.at_most is a share and lies between 0% and 100%; did you mean 5%?",
        "10: leak.between: no split 'tset'; did you mean 'test'?",
        "11: broken_images.at_most counts images and must be a whole number of at least 0",
        "12: outlier_rate takes at_most, not at_least",
        "13: label_consistency needs dataset.labels, and this dataset has none",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the file is empty"),
        ("[1]", "must be a mapping"),
        ("version: 2\ndataset: x\nexpectations: [broken_images]", "version 1 only"),
        ("dataset: x\nexpectations: [broken_images]", "'version' is missing"),
        ("version: 1\nexpectations: [broken_images]", "'dataset' is missing"),
        ("version: 1\ndataset: {}\nexpectations: [broken_images]", "'root' is missing"),
        ("version: 1\ndataset: x", "nothing is expected"),
        ("version: 1\ndataset: x\nexpectations: [leak]", "leak needs dataset.splits"),
        ("version: 1\ndataset: x\nexpectations: [{a: 1, b: 2}]", "one check with its bound"),
        ("version: 1\ndataset: x\nextends: [fastdup_checks/hygeine]", "did you mean 'fastdup_checks/hygiene'"),
        ("version: 1\ndataset: x\nextends: nowhere.yml", "No such file"),
        ("version: 1\ndataset: x\nexpectations: [broken_images, broken_images]", "a second expectation with the id"),
        ("version: 1\ndataset: x\nmodel: no.onnx\nexpectations: [broken_images]", "no such file"),
        ("version: 1\ndataset: x\nlimits: {megabytes: 0}\nexpectations: [broken_images]", "whole number"),
        ("version: 1\ndataset: {root: x, labels: folder}\nexpectations: [broken_images]", "write parent_folder"),
        ("version: 1\ndataset: {root: x, labels: {csv: no.csv}}\nexpectations: [broken_images]", "no such file"),
        ("version: 1\ndataset: x\nexpectations: [{broken_images: {id: 'a b'}}]", "may not hold blanks"),
        ('version: 1\ndataset: x\nexpectations: [{broken_images: {id: "a\\u202eb"}}]', "hidden characters"),
        ("version: 1\ndataset: x\nexpectations: [{broken_images: {skip: false}}]", "skip is the reason why"),
        ("version: 1\ndataset: x\nexpectations: [{broken_images: {xfail: yes}}]", "xfail is the reason why"),
        ("version: 1\ndataset: x\nexpectations:\n  - broken_images:\n    at_most: 0", "indent what belongs to"),
        ("version: 1\ndataset: x\nexpectations: [{split_drift: {at_most: 1e400}}]", "must be a number"),
        (DATASET + "expectations: [{tiny: {threshold: -5}}]", "tiny.threshold must be at least 0"),
        ("version: 1\ndataset: x\nexpectations: [{tiny: {at_most: 1}}]", "1 allows everything; write 1%, or 100%"),
        ("version: 1\ndataset: x\nexpectations: [{tiny: {at_most: 1.0}}]", "1 allows everything; write 1%, or 100%"),
        (DATASET + "expectations: [{split_drift: {at_most: 10}}]", "lies between 0 and 1; did you mean 10%?"),
        (DATASET + "expectations: [{class_balance: {at_least: -1}}]", "lies between 0 and 1"),
        ("version: 1\ndataset: x\nexpectations: [{tiny: {marks: [slow, 'a b']}}]", "'a b' is no name of a pytest mark"),
        ("version: 1\ndataset: x\nexpectations: [{tiny: {marks: _slow}}]", "'_slow' is no name of a pytest mark"),
        ('version: 1\ndataset: {root: x, splits: {"": a}}\nexpectations: [tiny]', "a split has no name"),
        ('version: 1\ndataset: x\nextends: "a\\0b"', "extends"),
        (f"version: 1\ndataset: x\nmodel: {'m' * 5000}\nexpectations: [broken_images]", "no such file"),
        (
            f"version: 1\ndataset: {{root: x, labels: {{csv: {'c' * 5000}}}}}\nexpectations: [broken_images]",
            "no such file",
        ),
        ("version: 1\ndataset: x\nlimits: {megabytes: 1e300}\nexpectations: [broken_images]", "from 1 to 1000000"),
        ("version: 1\ndataset: x\nexpectations: [{broken_images: {severity: low}}]", "severity must be error or warn"),
        ("version: 1\ndataset: x\nexpectations: [{outlier_rate: {threshold: 2}}]", "between 0 and 1"),
        (
            "version: 1\ndataset: x\nexpectations: [{near_duplicate_rate: {threshold: 0.01}}]",
            "near_duplicate_rate.threshold must lie between 0.05 and 1 (5% and 100%)",
        ),
        *(
            (DATASET + f"expectations: [{{novelty_rate: {{p_value: {wrong}}}}}]", "between 0 and 1, and be neither")
            for wrong in ("0", "0%", "1", "100%", "-0.1", "5")
        ),
    ],
)
def test_names_what_is_wrong(tmp_path, text, words):
    found = problems_of(tmp_path, text)
    assert any(words in problem for problem in found), found


def test_what_a_reference_is_compared_with_needs_no_splits(tmp_path):
    text = "version: 1\ndataset: x\nexpectations: [{novelty_rate: {reference: ref/embeddings.npy}}]"
    assert plan_of(tmp_path, text).expectations[0].params.reference == tmp_path / "ref/embeddings.npy"
    assert problems_of(tmp_path, text.replace("{reference: ref/embeddings.npy}", "{p_value: 5%}")) == [
        "3: novelty_rate needs dataset.splits, and this dataset has none"
    ]


@pytest.mark.parametrize(
    "entry",
    ["tiny: {at_most: 100%}", "tiny: {at_most: 0}", "label_consistency: {at_least: 1}", "split_drift: {at_most: 1}"],
)
def test_takes_the_bounds_at_the_ends(tmp_path, entry):
    assert plan_of(tmp_path, DATASET + f"description: all of it\nexpectations: [{{{entry}}}]\n").expectations


def test_a_file_that_is_not_there_is_a_config_error(tmp_path):
    with pytest.raises(ConfigError, match=r"no\.yml: cannot be read: No such file"):
        load_plan(tmp_path / "no.yml")


@pytest.mark.parametrize("suite", shipped_suites())
def test_every_shipped_suite_loads(tmp_path, suite):
    plan = plan_of(tmp_path, DATASET + f"extends: {suite}\n")
    assert plan.expectations


def test_an_own_entry_replaces_the_inherited_one_of_its_id(tmp_path):
    inherited = plan_of(tmp_path, DATASET + "extends: fastdup_checks/hygiene\n")
    plan = plan_of(
        tmp_path, DATASET + "extends: fastdup_checks/hygiene\nexpectations: [{duplicate_rate: {at_most: 7%}}]\n"
    )
    assert [e.id for e in plan.expectations] == [e.id for e in inherited.expectations]
    bounds = {e.id: e.bound for e in plan.expectations}
    assert bounds["duplicate_rate"] is not None
    assert bounds["duplicate_rate"].value == 0.07


def test_a_suite_of_ones_own_is_read_and_its_problems_name_it(tmp_path):
    (tmp_path / "own.yml").write_text("version: 1\nexpectations:\n  - nonsense\n")
    (tmp_path / "data.yml").write_text("version: 1\ndataset: x\nextends: own.yml\n")
    with pytest.raises(ConfigError, match=r"own\.yml:3: unknown check 'nonsense'"):
        load_plan(tmp_path / "data.yml")


def test_a_suite_that_extends_itself_is_refused(tmp_path):
    (tmp_path / "own.yml").write_text("version: 1\nextends: own.yml\nexpectations: [broken_images]\n")
    (tmp_path / "data.yml").write_text("version: 1\ndataset: x\nextends: own.yml\n")
    with pytest.raises(ConfigError, match="extends itself"):
        load_plan(tmp_path / "data.yml")


def test_suites_that_extend_each_other_by_another_way_round_are_refused(tmp_path):
    (tmp_path / "a.yml").write_text(f"version: 1\nextends: ../{tmp_path.name}/b.yml\n")
    (tmp_path / "b.yml").write_text(f"version: 1\nextends: ../{tmp_path.name}/a.yml\n")
    found = problems_of(tmp_path, "version: 1\ndataset: x\nextends: a.yml\nexpectations: [broken_images]\n")
    assert found == [f"2: extends: ../{tmp_path.name}/a.yml extends itself"]


def test_suites_that_double_at_every_step_come_to_an_end(tmp_path):
    for step in range(30):
        (tmp_path / f"{step}.yml").write_text(f"version: 1\nextends: [{step + 1}.yml, {step + 1}.yml]\n")
    (tmp_path / "30.yml").write_text("version: 1\nexpectations: [broken_images]\n")
    found = problems_of(tmp_path, "version: 1\ndataset: x\nextends: 0.yml\n")
    assert len(found) == 1
    assert "more than 100 suites" in found[0]


@pytest.mark.parametrize("dataset", ["~/images", "{root: ~/images}"])
def test_a_tilde_is_the_home_in_both_ways_to_write_the_dataset(tmp_path, monkeypatch, dataset):
    monkeypatch.setenv("HOME", str(tmp_path))
    plan = plan_of(tmp_path, f"version: 1\ndataset: {dataset}\nexpectations: [broken_images]\n")
    assert plan.dataset.root == tmp_path / "images"
