from __future__ import annotations

import hashlib
import io
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from datasets import BROKEN, CLEAN, PLANTED, encoded, write_images, write_project
from PIL import Image
from test_written_report import table

import fastdup_checks
from fastdup_checks import ConfigError, DatasetError, ExpectationFailed
from fastdup_checks.analysis import Analysis
from fastdup_checks.cli.terminal import print_verdicts
from fastdup_checks.demo import make_demo
from fastdup_checks.index import Scale
from fastdup_checks.report.summary import summarise

EVERYTHING = """
broken_images: {at_most: 0}
duplicate_rate: {at_most: 0}
leak: {at_most: 0}
"""


SPLITS = ((1, "train"), (2, "val"), (3, "test"))


def test_planted_problems_are_found_and_nothing_else(tmp_path):
    result = fastdup_checks.run(write_images(tmp_path / "images", PLANTED), work_dir=tmp_path / "out")
    assert [b.path for b in result.broken] == ["train/dog/broken.jpg"]
    assert result.duplicates == [("test/dog/leak.png", "train/dog/1.png"), ("train/cat/0.png", "train/cat/again.png")]
    assert [(p.a, p.b, p.kind, p.score) for p in result.leaks("train", "test")] == [
        ("train/dog/1.png", "test/dog/leak.png", "exact", 1.0)
    ]
    assert result.near_duplicates == []


def test_a_clean_set_has_no_copies(tmp_path):
    result = fastdup_checks.run(write_images(tmp_path / "images", CLEAN), work_dir=tmp_path / "out")
    assert (result.broken, result.pairs, result.leaks()) == ([], [], [])


def test_check_gives_verdicts_and_writes_the_report(tmp_path):
    verdicts = fastdup_checks.check(write_project(tmp_path, EVERYTHING))
    assert [(v.expectation.id, v.outcome) for v in verdicts] == [
        ("broken_images", "failed"),
        ("duplicate_rate", "failed"),
        ("leak", "failed"),
    ]
    assert not verdicts.passed
    assert verdicts.gallery == tmp_path / "fastdup-report" / "gallery.html"
    report = json.loads((tmp_path / "fastdup-report" / "report.json").read_text())
    assert report["version"] == 1
    assert report["passed"] is False
    assert [v["value"] for v in report["verdicts"]] == [1, pytest.approx(2 / 14), 1]
    assert report["dataset"]["images"] == len(PLANTED)


def test_bounds_are_inclusive(tmp_path):
    entries = "broken_images: {at_most: 1}\nleak: {between: [train, test], at_most: 1}"
    assert fastdup_checks.check(write_project(tmp_path, entries)).passed


def test_a_new_bound_needs_no_new_scan(tmp_path):
    fastdup_checks.check(write_project(tmp_path, "broken_images: {at_most: 0}", PLANTED))
    config = tmp_path / "data.yml"
    config.write_text(config.read_text().replace("at_most: 0", "at_most: 5"))
    verdicts = fastdup_checks.check(config)
    assert verdicts.passed
    assert verdicts.result.analysis.scan.measured == 0


def test_require_raises_what_failed_and_only_that(tmp_path):
    config = write_project(tmp_path, "broken_images: {at_most: 0}\nduplicate_rate: {at_most: 50%}")
    with pytest.raises(ExpectationFailed, match="broken_images: 1 image, above the 0 allowed") as error:
        fastdup_checks.require(config)
    assert [v.expectation.id for v in error.value.verdicts] == ["broken_images"]
    assert not isinstance(error.value, fastdup_checks.FastdupChecksError)
    config = write_project(tmp_path, "broken_images: {at_most: 1}")
    assert fastdup_checks.require(config).passed


def test_a_skipped_expectation_is_not_judged_and_said_to_be_skipped(tmp_path):
    config = write_project(tmp_path, "broken_images: {at_most: 0, skip: known}\nleak: {at_most: 1}")
    verdicts = fastdup_checks.check(config)
    assert [(v.expectation.id, v.outcome) for v in verdicts] == [("broken_images", "skipped"), ("leak", "passed")]
    assert verdicts.passed


def test_a_label_that_is_not_there_does_not_pass(tmp_path):
    config = write_project(tmp_path, "broken_images\nduplicate_rate: {label: cta}")
    with pytest.raises(DatasetError) as raised:
        fastdup_checks.check(config)
    assert str(raised.value) == f"{config}:8: there are no images of cta; the labels are cat, dog"


def test_one_class_cannot_be_consistent(tmp_path):
    images = {"train/cat/1.png": 1, "train/cat/2.png": 2, "test/cat/3.png": 3}
    with pytest.raises(DatasetError, match="needs two classes, and the dataset has 1"):
        fastdup_checks.check(write_project(tmp_path, "label_consistency: {}", images))


@pytest.mark.parametrize(
    "images", [{"a.png": 1}, {"a.png": 1, "b.png": 1}, {"a.png": BROKEN}, {"a.png": 1, "b.png": BROKEN}]
)
def test_the_smallest_datasets_are_looked_at(tmp_path, images):
    result = fastdup_checks.run(write_images(tmp_path / "images", images), work_dir=tmp_path / "out")
    assert len(result.images) + len(result.broken) == len(images)
    assert len(result.pairs) == (1 if images.get("b.png") == 1 else 0)


def test_a_class_of_unreadable_images_alone_is_reported_like_others(tmp_path):
    images: dict[str, int | bytes] = {f"{name}/{n}.png": 50 * c + n for c, name in enumerate("ab") for n in range(12)}
    root = write_images(tmp_path / "images", {**images, **{f"{name}/x.png": BROKEN for name in "0z"}})
    result = fastdup_checks.run(root, work_dir=tmp_path / "out")
    assert result.analysis.classes == ("0", "a", "b", "z")
    suggested = {result.analysis.class_name(number) for number in result.analysis.labels.suggested.tolist()}
    assert suggested == {"a", "b"}


def test_nothing_readable_never_passes(tmp_path):
    images = {"train/cat/1.png": BROKEN, "test/cat/3.png": BROKEN}
    rates = "".join(
        f"{name}: {{at_most: 100%}}\n" for name in ("duplicate_rate", "near_duplicate_rate", "outlier_rate")
    )
    entries = rates + "leak: {at_most: 9}"
    assert not any(v.outcome == "passed" for v in fastdup_checks.check(write_project(tmp_path, entries, images)))


def test_no_name_is_not_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(write_images(tmp_path / "images", CLEAN))
    with pytest.raises(DatasetError, match="the name of a folder is wanted, and this is empty"):
        fastdup_checks.run("", work_dir=tmp_path / "out")


@pytest.mark.parametrize("threads", [0, -1, "2", 1.5])
def test_no_number_of_cores_is_said_to_be_none(tmp_path, threads):
    with pytest.raises(ValueError, match="threads is a number of cores, or None for all of them, not "):
        fastdup_checks.check(write_project(tmp_path, "tiny", CLEAN), threads=threads)


def test_a_missing_config_is_a_config_error(tmp_path):
    with pytest.raises(ConfigError):
        fastdup_checks.check(tmp_path / "no.yml")


def test_conflicting_labels_are_groups_of_copies_with_two_labels(tmp_path):
    images = {**CLEAN, "train/dog/cat.png": CLEAN["train/cat/1.png"]}
    (verdict,) = fastdup_checks.check(write_project(tmp_path, "conflicting_labels: {}", images))
    assert verdict.measurement.count == 1
    assert verdict.measurement.findings[0].images == ("train/cat/1.png", "train/dog/cat.png")


def test_a_label_keeps_conflicts_to_those_with_an_image_of_it(tmp_path):
    images = {**CLEAN, "train/dog/cat.png": CLEAN["train/cat/1.png"], "train/ox/cat.png": CLEAN["train/cat/2.png"]}
    entries = "\n".join(f"conflicting_labels: {{label: {label}}}" for label in ("cat", "dog", "ox"))
    verdicts = fastdup_checks.check(write_project(tmp_path, entries, images))
    assert [v.measurement.count for v in verdicts] == [2, 1, 1]
    assert [v.measurement.population for v in verdicts] == [2, 1, 1]


def test_a_group_of_identical_images_counts_all_but_one(tmp_path):
    images = {f"{n}.png": 1 for n in range(40)} | {"other.png": 2}
    result = fastdup_checks.run(write_images(tmp_path / "images", images), work_dir=tmp_path / "out")
    rate = next(v for v in result.verdicts if v.expectation.check == "duplicate_rate").measurement
    assert (rate.count, rate.population) == (39, 41)
    assert len(result.duplicates[0]) == 40
    assert len(result.clusters) == 1


def test_a_picture_that_is_there_very_often_leaks_into_every_split(tmp_path):
    images: dict[str, int | bytes] = {f"{split}/{100 * s + n}.png": 100 * s + n for s, split in SPLITS for n in (1, 2)}
    placeholders = {"test": 3, "train": 17, "val": 2}
    images |= {f"{split}/none{n:02}.png": 7 for split, count in placeholders.items() for n in range(count)}
    images["val/small.png"] = encoded(7, side=48)
    config = tmp_path / "data.yml"
    config.write_text(
        "version: 1\ndataset: {root: images, splits: {train: train, val: val, test: test}}\nexpectations:\n"
        "  - leak: {between: [train, val]}\n  - leak: {between: [train, test]}\n  - leak: {between: [val, test]}\n"
        "  - leak: {id: anywhere}\n  - leak: {id: exactly, kind: exact}\n  - near_duplicate_rate: {split: val}\n"
    )
    write_images(tmp_path / "images", images)
    verdicts = fastdup_checks.check(config)
    assert [v.measurement.count for v in verdicts] == [3, 3, 3, 6, 5, 1]
    result = verdicts.result
    for one, other in (("train", "val"), ("train", "test"), ("val", "test")):
        pairs = result.leaks(one, other)
        assert {p.a.split("/")[0] for p in pairs} == {one}
        assert {p.b.split("/")[0] for p in pairs} == {other}
        assert {path for p in pairs for path in (p.a, p.b)} == {
            path for path in images if path.startswith((one, other)) and ("none" in path or "small" in path)
        }
    scores = [p.score for p in result.leaks()]
    assert scores == sorted(scores, reverse=True)
    assert len(table(tmp_path / "fastdup-report/leaks.csv")) == len(scores)


def test_a_group_on_both_sides_is_a_leak(tmp_path):
    config = write_project(tmp_path, "group_leak: {at_most: 0}", CLEAN)
    groups = {path: "patient 1" if path.endswith("0.png") else path for path in CLEAN}
    (tmp_path / "groups.csv").write_text("path,group\n" + "".join(f"{p},{g}\n" for p, g in groups.items()))
    config.write_text(config.read_text().replace("  labels:", "  groups: {csv: groups.csv}\n  labels:"))
    (verdict,) = fastdup_checks.check(config)
    assert verdict.failed
    assert (verdict.measurement.count, verdict.measurement.population) == (1, 9)
    assert verdict.measurement.findings[0].note == "patient 1 is in train and test"
    assert verdict.measurement.remark == ""
    (tmp_path / "groups.csv").write_text("path,group\ntrain/cat/0.png,a\ntest/cat/0.png,b\n")
    (verdict,) = fastdup_checks.check(config)
    assert verdict.message == "group_leak: 0 groups, within the 0 allowed (among 2 groups); 10 images are in no group"


@pytest.mark.parametrize("images", [1, 2, 3, 5, 8])
def test_the_smallest_datasets_are_judged_like_others(tmp_path, images):
    write_images(tmp_path / "images", {**{f"{i}.png": i for i in range(images)}, "again.png": 0})
    result = fastdup_checks.run(tmp_path / "images", work_dir=tmp_path / "out")
    assert result.duplicates == [("0.png", "again.png")]
    assert result.near_duplicates == []


def test_what_is_strange_does_not_hang_on_the_names_of_the_files(tmp_path):
    make_demo(tmp_path / "named")
    for file in sorted((tmp_path / "named" / "images").rglob("*.jpg")):
        moved = tmp_path / "renamed" / file.parent.relative_to(tmp_path / "named" / "images")
        moved.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, moved / f"{hashlib.sha256(file.read_bytes() + file.name.encode()).hexdigest()}.jpg")
    strange = []
    for root in (tmp_path / "named" / "images", tmp_path / "renamed"):
        analysis = fastdup_checks.run(root, work_dir=tmp_path / "out").analysis
        strange.append(sorted(zip(analysis.scan.contents, analysis.outliers.score.round(4).tolist(), strict=True)))
    assert strange[0] == strange[1]


def test_a_picture_that_the_reference_holds_as_well_is_nothing_new(tmp_path):
    images = {f"train/{n}.png": n for n in range(120)} | {f"test/{n}.png": 200 + n for n in range(3)}
    alien = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)).save(alien, "PNG")
    images |= {"test/alien.png": alien.getvalue(), "train/alien.png": alien.getvalue()}
    data = write_project(tmp_path, "novelty_rate: {at_most: 0, split: test, against: train}", images=images)
    (verdict,) = fastdup_checks.check(data)
    assert "test/alien.png" not in {path for finding in verdict.measurement.findings for path in finding.images}


def test_the_report_says_how_much_an_approximate_search_found(tmp_path):
    exact = fastdup_checks.run(write_images(tmp_path / "images", CLEAN), work_dir=tmp_path / "out").analysis
    assert summarise(exact, [], {})["environment"]["neighbours"] == {"search": "compared with all", "recall": 1.0}
    found = Analysis(exact.scan, Scale(exact_up_to=2, recall=0.5, sample=10))
    neighbours = summarise(found, [], {})["environment"]["neighbours"]
    assert 0.5 <= neighbours["recall"] <= 1
    assert found.neighbours.ids.shape == exact.neighbours.ids.shape


def test_the_command_line_says_that_a_search_was_approximate(tmp_path, capsys):
    result = fastdup_checks.run(write_images(tmp_path / "images", CLEAN), work_dir=tmp_path / "out")
    print_verdicts(result.verdicts)
    assert "neighbours:" not in capsys.readouterr().out
    result.analysis.neighbours = replace(result.analysis.neighbours, recall=0.9921)
    print_verdicts(result.verdicts)
    assert "neighbours: approximate: 99.21 % of those that matter were found" in capsys.readouterr().out
