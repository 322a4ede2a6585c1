"""Videos become images that say where they come from, and none is cut short in silence."""

from __future__ import annotations

import csv
import sys

import numpy as np
import pytest
from datasets import picture
from PIL import Image
from videos import turn_a_quarter, write_video

from fastdup_checks.cli import main
from fastdup_checks.errors import DatasetError, MissingExtra
from fastdup_checks.frames import extract_frames


def table(folder):
    with (folder / "frames.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_one_frame_a_second_lies_in_the_folder_of_its_video(tmp_path):
    write_video(tmp_path / "videos/train/walk/clip.mp4", 3)
    done = extract_frames(tmp_path / "videos", tmp_path / "out")
    assert [frame.path for frame in done.frames] == [
        "train/walk/clip.mp4-00000.000.jpg",
        "train/walk/clip.mp4-00001.000.jpg",
        "train/walk/clip.mp4-00002.000.jpg",
    ]
    assert [frame.second for frame in done.frames] == [0, 1, 2]
    assert (done.videos, done.damaged) == (1, ())
    for number, frame in enumerate(done.frames):
        red = np.asarray(Image.open(tmp_path / "out" / frame.path)).astype(int)[40]
        columns = np.flatnonzero((red[:, 0] > 200) & (red[:, 1] < 60))
        assert abs(int(columns[0]) - 20 * number) <= 2  # it moves 20 pixels a second
    assert table(tmp_path / "out")[1] == {
        "path": "train/walk/clip.mp4-00001.000.jpg",
        "video": "train/walk/clip.mp4",
        "second": "1.000",
    }


@pytest.mark.parametrize("suffix", ["avi", "mkv", "mov", "mp4", "webm"])
def test_the_interval_and_the_key_frames_are_those_asked_for(tmp_path, suffix):
    video = write_video(tmp_path / f"clip.{suffix}", 2, codec="libvpx" if suffix == "webm" else "mpeg4")
    half = extract_frames(video, tmp_path / "half", every=0.5)
    assert [round(frame.second, 2) for frame in half.frames] == [0, 0.5, 1, 1.5]
    keys = extract_frames(video, tmp_path / "keys", every=None)
    assert [round(frame.second, 2) for frame in keys.frames] == [0, 1]
    assert half.damaged == keys.damaged == ()


def test_an_interval_below_that_of_the_frames_takes_every_frame_once(tmp_path):
    done = extract_frames(write_video(tmp_path / "clip.mp4", 1), tmp_path / "out", every=0.001)
    assert len({frame.path for frame in done.frames}) == len(done.frames) == 10


def test_frames_of_one_millisecond_are_one(tmp_path):
    video = write_video(tmp_path / "fast.mp4", 1, rate=4000)  # ten frames in 2.25 milliseconds
    done = extract_frames(video, tmp_path / "out", every=0.0001)
    files = {file.name for file in (tmp_path / "out").glob("*.jpg")}
    assert sorted(files) == [frame.path for frame in done.frames]
    assert len(files) == 3


def test_what_a_telephone_took_upright_is_upright(tmp_path):
    video = write_video(tmp_path / "clip.mp4", 1)
    extract_frames(video, tmp_path / "lying")
    turn_a_quarter(video)
    extract_frames(video, tmp_path / "upright")
    lying = Image.open(tmp_path / "lying/clip.mp4-00000.000.jpg")
    upright = Image.open(tmp_path / "upright/clip.mp4-00000.000.jpg")
    clockwise = np.asarray(lying.transpose(Image.Transpose.ROTATE_270), np.float64)
    assert upright.size == (120, 160)
    assert np.abs(np.asarray(upright, np.float64) - clockwise).mean() < 3


@pytest.mark.parametrize("name", ["clip.avi", "clip.mkv", "clip.webm"])
def test_a_truncated_video_is_told_and_its_first_frames_are_kept(tmp_path, name):
    video = write_video(tmp_path / "videos" / name, 6, codec="libvpx" if name.endswith("webm") else "mpeg4")
    data = video.read_bytes()
    video.write_bytes(data[: len(data) // 2])
    done = extract_frames(tmp_path / "videos", tmp_path / "out")
    assert [d.video for d in done.damaged] == [name]
    assert "truncated: it ends after" in done.damaged[0].reason
    assert done.frames[0].second == 0
    assert len(done.frames) < 6


def test_a_damaged_video_costs_no_other_and_exits_with_1(tmp_path, capsys):
    write_video(tmp_path / "videos/good.mp4", 1)
    (tmp_path / "videos/text.mp4").write_text("hello")
    (tmp_path / "videos/empty.mp4").touch()
    assert main(["frames", str(tmp_path / "videos"), "--out", str(tmp_path / "out")]) == 1
    said = capsys.readouterr()
    assert "fastdup-checks: text.mp4: Invalid data" in said.err
    assert "fastdup-checks: empty.mp4: Invalid data" in said.err
    assert "1 frame of 3 videos" in said.out
    assert "not read to the end: 2 of them" in said.out
    assert [row["video"] for row in table(tmp_path / "out")] == ["good.mp4"]


@pytest.mark.parametrize("out", ["frames", "of today, cut: all"])
def test_the_line_for_data_yml_keeps_a_video_in_one_split(tmp_path, monkeypatch, capsys, out):
    monkeypatch.chdir(tmp_path)
    write_video(tmp_path / "videos/walk.mp4", 4)
    assert main(["frames", "videos", "--out", out, "-q"]) == 0
    line = capsys.readouterr().out.splitlines()[-1].removeprefix("for data.yml: dataset: {").removesuffix("}")
    splits = "splits: {train: '*-00000.*', test: '*-00003.*'}"
    (tmp_path / "data.yml").write_text(
        f"version: 1\ndataset: {{{line}, {splits}}}\nexpectations: [group_leak: {{at_most: 0}}]\n"
    )
    assert main(["check", "data.yml", "-q"]) == 1
    assert "FAILED   group_leak: " in capsys.readouterr().out


def test_an_interrupted_run_says_what_it_leaves(tmp_path, monkeypatch, capsys):
    write_video(tmp_path / "videos/a.mp4", 1)
    write_video(tmp_path / "videos/b.mp4", 1)
    seen = []

    def stop_at_the_second(text):
        seen.append(text)
        if len(seen) == 2:
            raise KeyboardInterrupt
        return text

    monkeypatch.setattr("fastdup_checks.cli.frames.printable", stop_at_the_second)
    assert main(["frames", str(tmp_path / "videos"), "--out", str(tmp_path / "out")]) == 130
    assert "holds the frames so far: empty it before the next run" in capsys.readouterr().err
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["a.mp4-00000.000.jpg"]
    assert main(["frames", str(tmp_path / "videos"), "--out", str(tmp_path / "out"), "-q"]) == 2


def test_a_folder_of_videos_is_told_how_they_become_images(tmp_path, capsys):
    write_video(tmp_path / "clip.MP4", 1)
    assert main(["run", str(tmp_path), "-q"]) == 2
    assert "no images among 1 files; of videos, fastdup-checks frames makes images" in capsys.readouterr().err
    for seed in range(3):
        picture(seed).save(tmp_path / f"{seed}.png")
    assert main(["run", str(tmp_path), "-q", "--work-dir", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert "not images: 1 .mp4\nvideos are looked at as images: fastdup-checks frames " in said


def test_two_runs_write_the_same_bytes(tmp_path):
    write_video(tmp_path / "videos/b/clip.mp4", 2)
    write_video(tmp_path / "videos/a/clip.mp4", 2, seed=1)
    for out in ("one", "two"):
        extract_frames(tmp_path / "videos", tmp_path / out)
    files = sorted(p.relative_to(tmp_path / "one") for p in (tmp_path / "one").rglob("*") if p.is_file())
    assert len(files) == 5
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_what_cannot_be_done_is_told_before_anything_is_written(tmp_path, monkeypatch):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match="there are no videos in it"):
        extract_frames(tmp_path / "empty", tmp_path / "out")
    with pytest.raises(DatasetError, match="no such folder or video"):
        extract_frames(tmp_path / "nowhere", tmp_path / "out")
    video = write_video(tmp_path / "videos/clip.mp4", 1)
    with pytest.raises(DatasetError, match="a new or an empty folder"):
        extract_frames(video, tmp_path / "videos")
    with pytest.raises(ValueError, match="above 0"):
        extract_frames(video, tmp_path / "out", every=0)
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(MissingExtra, match=r"fastdup-checks\[video\]"):
        extract_frames(video, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", "often"])
def test_an_interval_that_is_none_is_refused(value, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["frames", "videos", f"--every={value}"])
    assert stop.value.code == 2
    assert "is not a number of seconds above 0" in capsys.readouterr().err
