"""What a run writes: whole, the same each time, and over nothing that it reads."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from datasets import CLEAN, PLANTED, encoded, write_images, write_project

import fastdup_checks
from fastdup_checks import ConfigError
from fastdup_checks.analysis import Analysis
from fastdup_checks.column import Column
from fastdup_checks.config import DatasetPlan
from fastdup_checks.copies import Copies
from fastdup_checks.report.tables import TABLES, write_tables


def table(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_tables_have_their_columns_and_agree_with_the_result(tmp_path):
    out = tmp_path / "out"
    result = fastdup_checks.run(write_images(tmp_path / "images", PLANTED), work_dir=out)
    assert {p.name for p in out.iterdir() if p.is_file()} == {*TABLES, "report.json", "summary.md", "gallery.html"}
    heads = {p.name: p.read_text(encoding="utf-8").split("\n", 1)[0] for p in out.glob("*.csv")}
    assert heads["images.csv"].startswith("path,split,label,width,height,")
    assert {name: head for name, head in heads.items() if name != "images.csv"} == {
        "pairs.csv": "a,b,kind,score",
        "clusters.csv": "path,cluster",
        "families.csv": "path,family,typical,mix",
        "leaks.csv": "a,a_split,b,b_split,kind,score",
        "outliers.csv": "path,score,nearest",
        "labels.csv": "path,label,suggested,score",
        "broken.csv": "path,reason",
        "quality.csv": "path,rule,value,score",
    }
    assert [r["path"] for r in table(out / "images.csv")] == list(result.images)
    assert (out / "files.txt").read_text().splitlines() == list(result.images)
    assert np.array_equal(np.load(out / "embeddings.npy"), result.embeddings)
    assert len(table(out / "labels.csv")) == len(result.images)
    assert [r["path"] for r in table(out / "families.csv")] == [path for f in result.families for path in f.images]
    scores = [float(r["score"]) for r in table(out / "labels.csv")]
    assert scores == sorted(scores, reverse=True)


def test_pairs_below_the_threshold_are_listed_as_possible_and_are_no_copies(tmp_path):
    result = fastdup_checks.run(write_images(tmp_path / "images", CLEAN), work_dir=tmp_path / "out")
    analysis = Analysis(result.analysis.scan)
    rows = np.arange(4, dtype=np.int32)
    score = np.array([1.0, 0.98, 0.2, 0.1999], np.float32)
    vars(analysis)["_candidates"] = Copies(rows, rows + 1, score, score == 1, ("",) * 4, 0)
    write_tables(analysis, tmp_path)
    listed = [(r["kind"], r["score"]) for r in table(tmp_path / "pairs.csv")]
    assert listed == [("exact", "1.0000"), ("near", "0.9800"), ("possible", "0.2000")]
    assert len(table(tmp_path / "clusters.csv")) == 3


def test_two_runs_with_any_number_of_threads_write_the_same_bytes(tmp_path):
    root = write_images(tmp_path / "images", PLANTED)
    for name, threads in (("one", 1), ("two", 2), ("again", 2)):
        fastdup_checks.run(root, work_dir=tmp_path / name, threads=threads)
    fastdup_checks.run(root, work_dir=tmp_path / "again", threads=1)
    for name in TABLES:
        assert len({(tmp_path / run / name).read_bytes() for run in ("one", "two", "again")}) == 1, name
    reports = [json.loads((tmp_path / run / "report.json").read_text()) for run in ("one", "two", "again")]
    for report in reports:
        report.pop("meta")
    assert reports[0] == reports[1] == reports[2]


def test_a_work_directory_with_an_odd_name_is_used(tmp_path):
    out = tmp_path / "o u't \"ü"
    fastdup_checks.run(write_images(tmp_path / "im ages", CLEAN), work_dir=out)
    assert (out / "gallery.html").exists()


@pytest.fixture
def reading(tmp_path):
    """A data.yml beside all its inputs, which are called as tables of the report are; and their bytes."""
    config = write_project(tmp_path, "novelty_rate: {split: test, reference: embeddings.npy}", CLEAN)
    rows = "path,label,split\n" + "".join(f"{path},cat,{path.split('/')[0]}\n" for path in CLEAN)
    inputs = {"labels.csv": rows, "images.csv": rows, "embeddings.npy": "vectors", "files.txt": "names"}
    for name, text in inputs.items():
        (tmp_path / name).write_text(text)
    lines = config.read_text().replace("splits: {train: train, test: test}", "splits: {csv: images.csv}")
    lines = lines.replace("labels: parent_folder", "labels: {csv: labels.csv}")
    config.write_text(f"{lines}embeddings: {{npy: embeddings.npy, files: files.txt}}\n")
    return config, inputs


@pytest.mark.parametrize("judge", [fastdup_checks.check, fastdup_checks.require])
def test_a_report_takes_the_place_of_no_input(tmp_path, reading, judge):
    config, inputs = reading
    with pytest.raises(ConfigError) as error:
        judge(config, work_dir=tmp_path)
    told = [(Path(p.path).name, p.message.split(";")[0]) for p in error.value.problems]
    assert told == [
        ("images.csv", "that is the table of dataset.splits"),
        ("labels.csv", "that is the table of dataset.labels"),
        ("embeddings.npy", "that is the reference of novelty_rate-test"),
        ("files.txt", "that is the file of embeddings.files"),
    ]
    assert {name: (tmp_path / name).read_text() for name in inputs} == inputs
    assert not (tmp_path / ".fastdup_cache").exists()


def test_a_report_of_a_folder_takes_the_place_of_no_table_of_it(tmp_path, monkeypatch):
    images = write_images(tmp_path / "images", CLEAN)
    monkeypatch.chdir(tmp_path)
    table = tmp_path / "labels.csv"
    table.write_text("path,label\ntrain/cat/0.png,cat\n")
    with pytest.raises(ConfigError, match=r"labels\.csv: that is the table of dataset\.labels; the report would"):
        fastdup_checks.run(images, work_dir=".", dataset=DatasetPlan(images, labels=Column(table)))


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_report_takes_the_place_of_no_input_through_a_link(tmp_path, reading):
    config, _ = reading
    (tmp_path / "out").symlink_to(tmp_path)
    with pytest.raises(ConfigError, match=r"out/labels\.csv: that is the table"):
        fastdup_checks.check(config, work_dir=tmp_path / "out")


def test_an_interrupted_report_leaves_none_of_another_run(tmp_path, monkeypatch):
    config = write_project(tmp_path, "broken_images", CLEAN)
    fastdup_checks.check(config)

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("fastdup_checks.report.gallery.render_gallery", interrupt)
    with pytest.raises(KeyboardInterrupt):
        fastdup_checks.check(config)
    left = {file.name for file in (tmp_path / "fastdup-report").iterdir()}
    assert "images.csv" in left
    assert not left & {"report.json", "summary.md", "gallery.html"}


@pytest.mark.skipif(sys.platform == "win32", reason="no such names there")
def test_a_carriage_return_in_a_name_ends_no_row(tmp_path):
    write_images(tmp_path / "images", {"train/a\rb/1.png": 1, "train/c/2\r.png": 1, "train/c/3.png": 3})
    fastdup_checks.run(tmp_path / "images", work_dir=tmp_path / "out")
    assert [row["path"] for row in table(tmp_path / "out/images.csv")] == [
        "train/a\rb/1.png",
        "train/c/2\r.png",
        "train/c/3.png",
    ]


def test_images_that_are_added_or_removed_give_the_report_of_a_run_from_nothing(tmp_path):
    images = {f"train/{'cat' if seed % 2 else 'dog'}/{seed}.png": seed for seed in range(64)}
    root = write_images(tmp_path / "images", images)
    for change, path, content in ((0, None, None), (1, "train/cat/new.png", encoded(3)), (2, "train/cat/1.png", None)):
        if path and content:
            (root / path).write_bytes(content)
        elif path:
            (root / path).unlink()
        grown = fastdup_checks.run(root, work_dir=tmp_path / "grown", cache_dir=tmp_path / "cache")
        fresh = fastdup_checks.run(root, work_dir=tmp_path / "fresh", cache_dir=tmp_path / f"cache{change}")
        assert grown.analysis.neighbours.ids.tobytes() == fresh.analysis.neighbours.ids.tobytes()
        assert _written(tmp_path / "grown") == _written(tmp_path / "fresh")


def _written(folder):
    """All files of a run by name, but for when and where it was."""
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    report = json.loads(files.pop("report.json"))
    del report["meta"]
    return files, report
