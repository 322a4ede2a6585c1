"""The benchmarks run where the tools they compare with are not installed, and find what they plant."""

from __future__ import annotations

import runpy
from importlib.util import find_spec
from pathlib import Path

import pytest

from fastdup_checks.demo import make_demo

FOLDER = Path(__file__).parents[2] / "examples" / "benchmarks"


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("benchmarks")
    planted = make_demo(folder)
    for path in planted.broken | planted.outliers | planted.mislabelled:
        (folder / "images" / path).unlink()
    return folder


@pytest.fixture
def table(monkeypatch, capsys):
    """Run a benchmark and give the rows of its table."""

    def run(name: str, *arguments: object) -> list[list[str]]:
        monkeypatch.setattr("sys.argv", [name, *map(str, arguments)])
        runpy.run_path(str(FOLDER / name), run_name="__main__")
        lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("|")]
        return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]

    return run


def test_wrong_labels_are_ranked(demo, table):
    rows = table("labels.py", demo / "images/train", "--noise", 0.1, "--seeds", 1, "--cache-dir", demo / "cache")
    found = {row[1]: float(row[2]) for row in rows}
    assert found["fastdup-checks"] > 0.9
    assert ("Datalab" in found) == (find_spec("cleanlab") is not None)


def test_chances_are_compared_with_what_is_wrong(demo, table):
    rows = table("labels.py", demo / "images/train", "--chances", "--noise", 0.1, "--cache-dir", demo / "cache")
    share = {row[0]: float(row[3]) for row in rows}
    assert list(share.values()) == sorted(share.values())


def test_labels_that_people_have_found_wrong_are_ranked(demo, table, tmp_path):
    images = demo / "images/train"
    files = sorted(path.relative_to(images).as_posix() for path in images.rglob("*.jpg"))
    listed = tmp_path / "wrong.txt"
    listed.write_text("\n".join(files[:1]))
    rows = table("labels.py", images, "--wrong", listed, "--cache-dir", demo / "cache")
    assert rows[0][:2] == [f"{1 / len(files):.2%}", "fastdup-checks"]
    assert all(0 < float(row[2]) < 1 and 0 <= float(row[3]) <= 1 for row in rows), "no label is wrong"
    listed.write_text("of another folder.jpg")
    with pytest.raises(SystemExit, match="of another folder"):
        table("labels.py", images, "--wrong", listed, "--cache-dir", demo / "cache")


def test_bad_pictures_are_counted(demo, table):
    rows = table("quality.py", demo / "images/train", "--count", 9)
    assert {row[0]: row[2] for row in rows} == {row[0]: "0" if row[0] == "ordinary" else row[1] for row in rows}


def test_aliens_are_looked_for(demo, table):
    arguments = (demo / "images/train/tiles", demo / "images/train/hills", "--count", 2, "--seeds", 2)
    rows = table("outliers.py", *arguments, "--cache-dir", demo / "cache")
    assert [row[0] for row in rows][:2] == ["fastdup-checks", "fastdup-checks, vectors alone"]
    assert all(0 <= float(row[4]) <= 1 for row in rows)


def test_a_sample_is_compared_with_chance(demo, table):
    rows = table("sample.py", demo / "images/train", "-n", 9, "--cache-dir", demo / "cache")
    assert [row[0] for row in rows] == ["picked", "random"]
    assert float(rows[0][1]) > float(rows[1][1])


def test_every_stage_of_a_run_is_charged(demo, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["stages.py", str(demo / "images"), "--cache-dir", str(demo / "cache")])
    runpy.run_path(str(FOLDER / "stages.py"), run_name="__main__")
    rows = [line.rsplit(maxsplit=4) for line in capsys.readouterr().out.splitlines()[1:]]
    assert [row[0] for row in rows][::9] == ["scan", "all"]
    assert all(float(number) >= 0 for row in rows for number in row[1:])
    user = [float(row[1]) for row in rows]
    assert user[-1] >= sum(user[:-1]) - 0.1
